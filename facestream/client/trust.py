"""Whom a client believes to be the server. Files -> one TLS context for all connections."""

from __future__ import annotations

import ssl
from pathlib import Path

from facestream.client.address import Address
from facestream.errors import BadCertificate

__all__ = ["client_tls"]


def client_tls(
    address: Address, *, ca: Path | None = None, insecure: bool = False
) -> ssl.SSLContext | None:
    """The context for `address`; None where there is no TLS.

    On a loopback address any certificate is accepted unless `ca` is given: what is sent there does
    not leave the machine, so that nobody can sit in between.

    Args:
        address: of the server.
        ca: PEM file of the one authority to trust; None: those which the system trusts.
        insecure: accept any certificate, wherever the server is.

    Raises:
        BadCertificate: `ca` cannot be read.
    """
    if not address.secure:
        return None
    if insecure or (ca is None and address.is_loopback):
        return _believing_anybody()
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise BadCertificate(f"{ca} is no certificate that can be read: {error}") from error


def _believing_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
