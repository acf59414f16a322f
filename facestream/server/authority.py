"""`ca.pem` -> what everybody may know of the certificate authority. Knows no private key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from facestream.errors import BadCertificate

__all__ = ["Authority", "read_authority"]


@dataclass(frozen=True, slots=True)
class Authority:
    """The certificate that a device has to trust."""

    name: str
    """As a device shows it in its settings, such as `facestream on attic`."""
    sha256: bytes
    """Of `der`."""
    der: bytes
    pem: bytes

    @property
    def fingerprint(self) -> str:
        """`sha256` as devices show it: `AB:CD:...`."""
        return self.sha256.hex(":").upper()


def read_authority(path: Path) -> Authority:
    """Read a PEM file.

    Raises:
        BadCertificate: it cannot be read, or is no certificate.
    """
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{path} cannot be read as a certificate: {error}") from error
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Authority(
        name=str(names[0].value) if names else "facestream",
        sha256=certificate.fingerprint(SHA256()),
        der=certificate.public_bytes(Encoding.DER),
        # Written anew: what else a person may have put into the file is nobody's business.
        pem=certificate.public_bytes(Encoding.PEM),
    )
