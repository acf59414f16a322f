"""Host names and addresses as people write them -> checked ones. Strings only: asks no network."""

from __future__ import annotations

import ipaddress
import re

__all__ = [
    "IPAddress",
    "as_address",
    "checked_host",
    "in_url",
    "is_dns_name",
    "is_loopback",
    "split_at_commas",
]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_DNS_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def is_dns_name(name: str) -> bool:
    """Whether it can be in a certificate; lower case only."""
    return _DNS_NAME.fullmatch(name) is not None


def as_address(host: str) -> IPAddress | None:
    """None: it is no IP address, but may be a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    address = as_address(host)
    return host == "localhost" if address is None else address.is_loopback


def checked_host(host: str) -> str:
    """A name in lower case, or an address in its short form.

    Raises:
        ValueError: it is neither: an URL, or a name with a port.
    """
    name = host.strip().lower()
    address = as_address(name)
    if address is not None:
        return str(address)
    if not is_dns_name(name):
        raise ValueError(f"{host!r} is neither a host name nor an IP address")
    return name


def in_url(host: str) -> str:
    """As it is written in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def split_at_commas(value: object) -> object:
    """Several values in one variable of the environment; a list of a file stays as it is."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]
