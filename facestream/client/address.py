"""The URL of a server, as people copy it -> where its socket is, and the token. Performs no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from facestream.client.errors import BadAddress
from facestream.hosts import is_loopback

__all__ = ["Address", "parse_address"]

_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_SOCKET_PATH = "/ws"
_TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Address:
    """url: of the socket, ws: or wss:, without the token, which would be written into logs."""

    url: str
    token: str | None = None

    @property
    def host(self) -> str:
        """Name or address, without brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def page_url(self) -> str:
        """Of the page, http: or https:, without the `/` at its end: paths of requests follow it."""
        parts = urlsplit(self.url)
        scheme = "https" if self.secure else "http"
        return f"{scheme}://{parts.netloc}{parts.path.removesuffix(_SOCKET_PATH)}"

    @property
    def secure(self) -> bool:
        """Whether it is reached by TLS."""
        return self.url.startswith("wss:")

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent there never leaves this machine."""
        return is_loopback(self.host)


def parse_address(url: str) -> Address:
    """`https://host:8443/?token=abc`, as the server prints it, or `wss://host:8443/ws`.

    Raises:
        BadAddress: another scheme, no host, or no usable port.
    """
    parts = _split(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    token = next((value for name, value in query if name == _TOKEN), None)
    path = parts.path.rstrip("/")
    if not path.endswith(_SOCKET_PATH):
        path += _SOCKET_PATH
    rest = urlencode([(name, value) for name, value in query if name != _TOKEN])
    return Address(urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, rest, "")), token)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises too
    except ValueError as error:
        raise BadAddress(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise BadAddress(f"{url!r} is no URL of a server, such as wss://192.168.1.5:8443")
    return parts
