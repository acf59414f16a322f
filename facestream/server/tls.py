"""Names of a machine -> a certificate for them, made by a certificate authority of its own.

Browsers give a page the camera only over HTTPS (or on localhost), and a server on a home network
can get no certificate from a public authority. A device that trusts `ca.pem` trusts this server
from then on, whatever addresses it gets: only the server's certificate is renewed.

    DATA/tls/ca-key.pem       never leaves the machine
             ca.pem           what devices trust
             server-key.pem
             server.pem

Reads no settings and no clock; knows no aiohttp.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import ifaddr
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from facestream.errors import BadCertificate
from facestream.files import create_private_folder, write_whole
from facestream.hosts import is_dns_name

__all__ = [
    "CertificateFiles",
    "lan_addresses",
    "local_names",
    "server_certificate",
    "ssl_context",
]

SERVER_LIFETIME = timedelta(days=397)  # Apple refuses more than 398 days
CA_LIFETIME = timedelta(days=3650)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(days=1)  # a phone whose clock is behind must not find it "not yet valid"

LOOPBACK_NAMES = ("localhost",)
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")

_NEW_AUTHORITY = "delete that folder to get a new one, which every device then has to trust anew"
_MAX_COMMON_NAME = 64  # X.520, ub-common-name


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Paths of PEM files."""

    ca: Path
    """What a device has to trust."""
    certificate: Path
    """The server's, as is `key`."""
    key: Path


@dataclass(frozen=True, slots=True)
class _Signed:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def server_certificate(
    folder: Path, names: Sequence[str], addresses: Sequence[str], now: datetime
) -> CertificateFiles:
    """A certificate for this machine, made or renewed if need be.

    It is renewed when it is missing or broken, when its names and addresses are others than those
    asked for, and 30 days before it expires. `localhost`, 127.0.0.1 and ::1 are always in it.

    Args:
        folder: the data folder.
        names: DNS names; the first one is how people know this machine.
        addresses: IPv4 and IPv6 addresses.
        now: with a time zone.

    Raises:
        BadCertificate: the authority is broken or expired, or a file cannot be read or written.
    """
    tls = folder / "tls"
    files = CertificateFiles(tls / "ca.pem", tls / "server.pem", tls / "server-key.pem")
    wanted = _alternative_names(names, addresses)
    try:
        create_private_folder(tls)
        authority = _read_or_create_authority(files.ca, tls / "ca-key.pem", names, now)
        if not _is_usable(files, authority, wanted, now):
            issued = _issue(authority, wanted, now)
            # Interrupted in between, the two do not belong together, which _is_usable sees.
            _write_key(files.key, issued.key)
            _write_certificate(files.certificate, issued.certificate)
    except OSError as error:
        raise BadCertificate(
            f"the certificates in {tls} cannot be read or written: {error}"
        ) from error
    return files


def ssl_context(files: CertificateFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer, with this certificate.

    Raises:
        BadCertificate: the files are not a certificate and its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
    except OSError as error:  # ssl.SSLError is one
        raise BadCertificate(f"{files.certificate} cannot be used: {error}") from error
    return context


def local_names() -> list[str]:
    """The names of this machine: the host name, the same under `.local` (mDNS), `localhost`."""
    full_name = socket.gethostname().lower()
    short_name = full_name.partition(".")[0]
    names = [short_name, f"{short_name}.local", full_name, *LOOPBACK_NAMES]
    return [name for name in dict.fromkeys(names) if is_dns_name(name)]


def lan_addresses() -> list[str]:
    """Addresses at which others may reach this machine; likeliest first, IPv4 before IPv6."""
    found = [
        address
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if not (address := _address(ip)).is_loopback
        # Of no use in a URL: an IPv6 one needs a scope, an IPv4 one comes of an address not got.
        and not address.is_link_local
    ]
    preferred = _address_of_default_route()
    found.sort(key=lambda address: (str(address) != preferred, address.version))
    return list(dict.fromkeys(map(str, found)))


def _address(ip: ifaddr.IP) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])


def _address_of_default_route() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # UDP connect sends nothing, it chooses a way. Nobody has this address (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _alternative_names(names: Sequence[str], addresses: Sequence[str]) -> list[x509.GeneralName]:
    all_names = dict.fromkeys((*names, *LOOPBACK_NAMES))
    all_addresses = dict.fromkeys(map(ipaddress.ip_address, (*addresses, *LOOPBACK_ADDRESSES)))
    return [*map(x509.DNSName, all_names), *map(x509.IPAddress, all_addresses)]


def _read_or_create_authority(
    path: Path, key_path: Path, names: Sequence[str], now: datetime
) -> _Signed:
    if path.exists():
        return _read_authority(path, key_path, now)
    # The certificate is written last: without it nobody can have trusted the key, if there is one.
    authority = _create_authority(names, now)
    _write_key(key_path, authority.key)
    _write_certificate(path, authority.certificate)
    return authority


def _read_authority(path: Path, key_path: Path, now: datetime) -> _Signed:
    try:
        authority = _read(path, key_path)
    except (ValueError, FileNotFoundError) as error:
        raise BadCertificate(
            f"the certificate authority in {path.parent} is broken ({error}): {_NEW_AUTHORITY}"
        ) from error
    if now >= authority.certificate.not_valid_after_utc:
        raise BadCertificate(
            f"the certificate authority in {path.parent} has expired: {_NEW_AUTHORITY}"
        )
    return authority


def _is_usable(
    files: CertificateFiles, authority: _Signed, wanted: Sequence[x509.GeneralName], now: datetime
) -> bool:
    try:
        certificate = _read(files.certificate, files.key).certificate
        certificate.verify_directly_issued_by(authority.certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, FileNotFoundError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
        and set(names) == set(wanted)
    )


def _create_authority(names: Sequence[str], now: datetime) -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    host = names[0] if names else "this machine"
    subject = _name(f"facestream on {host}"[:_MAX_COMMON_NAME])
    builder = (
        _builder(subject, subject, key, now)
        .not_valid_after(now - CLOCK_SKEW + CA_LIFETIME)
        # Path length 0: it can sign certificates for servers, but make no further authority.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return _Signed(builder.sign(key, SHA256()), key)


def _issue(authority: _Signed, wanted: Sequence[x509.GeneralName], now: datetime) -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    expires = min(now - CLOCK_SKEW + SERVER_LIFETIME, authority.certificate.not_valid_after_utc)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(_name("facestream"), authority.certificate.subject, key, now)
        .not_valid_after(expires)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(issuer_key, critical=False)
    )
    return _Signed(builder.sign(authority.key, SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    """What every certificate has: all but how long it is valid and what for."""
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .add_extension(own_key, critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "facestream"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read(path: Path, key_path: Path) -> _Signed:
    """Raises ValueError when the two are not a certificate and its key."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        key = load_pem_private_key(key_path.read_bytes(), password=None)
    except TypeError as error:  # it has a password
        raise ValueError(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key_path.name} is not an elliptic curve key")
    if key.public_key() != certificate.public_key():
        raise ValueError(f"{key_path.name} is not the key of {path.name}")
    return _Signed(certificate, key)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    write_whole(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    write_whole(path, certificate.public_bytes(Encoding.PEM))
