"""What is served where -> the text that a person reads when the server starts. Prints nothing."""

from __future__ import annotations

import io
import ipaddress
import textwrap
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import segno

from facestream import __version__
from facestream.hosts import as_address, in_url
from facestream.server.access import TOKEN_PARAMETER

__all__ = ["banner", "reachable_hosts"]

_LABEL_WIDTH = 16
_INDENT = "  "


def banner(
    *,
    host: str,
    port: int,
    addresses: Sequence[str],
    public_names: Sequence[str] = (),
    token: str | None,
    ca: Path | None,
    fingerprint: str | None,
    helper_port: int | None,
    data: Path,
) -> str:
    """Some lines of plain text, ending in a newline.

    Args:
        host: the address that is listened on; `0.0.0.0` and `::` mean all.
        port: the port that is listened on.
        addresses: of this machine in its networks, the likeliest first; see `tls.lan_addresses`.
        public_names: at which others reach this server, if it was told.
        token: None with --no-auth.
        ca: the certificate that devices have to trust; None with --no-tls.
        fingerprint: of that certificate, for people to compare.
        helper_port: of the page that helps them to trust it; None if there is none.
        data: the data folder.
    """
    scheme = "http" if ca is None else "https"
    path = "/" if token is None else f"/?{urlencode({TOKEN_PARAMETER: token})}"
    own_hosts, other_hosts = reachable_hosts(host, addresses, public_names)
    own_urls = [f"{scheme}://{name}:{port}{path}" for name in own_hosts]
    other_urls = [f"{scheme}://{name}:{port}{path}" for name in other_hosts]

    lines = [f"facestream {__version__} is starting; Ctrl-C stops it", ""]
    lines += _entry("This machine", own_urls)
    lines += _entry("Other devices", other_urls or ["none: no network address is listened on"])
    if helper_port is not None:
        name = (other_hosts or own_hosts)[0]
        shown = f"http://{name}:{helper_port} shows a device how to trust this server"
        lines += _entry("First visit", [shown])
    # Without TLS a browser on another device gives the page no camera: nothing to point a phone at.
    if other_urls and ca is not None:
        lines += ["", *_qr_code(other_urls[0]), f"{_INDENT}Point a phone's camera at this."]
    lines += ["", *_entry("Gallery in", [str(data)])]
    if ca is not None:
        lines += _entry(
            "Certificate",
            [
                str(ca),
                "Install this file on a device, and its browser stops warning.",
                *_in_halves(fingerprint or ""),
            ],
        )
    else:
        lines += _entry(
            "Not encrypted",
            ["--no-tls: only this machine's browser gives the page its camera"],
        )
    if token is None:
        lines += _entry(
            "Not protected",
            ["--no-auth: all who reach this port may watch, enrol and delete people"],
        )
    return "\n".join(lines) + "\n"


def reachable_hosts(
    host: str, addresses: Sequence[str], public_names: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """As they are written in a URL: how this machine reaches the server, and how others do."""
    own, others = _listened_hosts(host, addresses)
    # At loopback a proxy is what others reach, by a scheme and a port that are not ours.
    return own, [in_url(name) for name in public_names] if others and public_names else others


def _listened_hosts(host: str, addresses: Sequence[str]) -> tuple[list[str], list[str]]:
    listened = as_address(host)
    if listened is None:
        return ([host], []) if host == "localhost" else ([host], [host])
    if listened.is_loopback:
        return [in_url(host)], []
    if not listened.is_unspecified:
        return [in_url(host)], [in_url(host)]
    # asyncio listens on the one IP version only that was asked for.
    found = [ipaddress.ip_address(address) for address in addresses]
    return ["localhost"], [in_url(str(each)) for each in found if each.version == listened.version]


def _entry(label: str, values: Sequence[str]) -> list[str]:
    labels = [label, *[""] * (len(values) - 1)]
    return [
        f"{_INDENT}{name:<{_LABEL_WIDTH}}{value}"
        for name, value in zip(labels, values, strict=True)
    ]


def _in_halves(fingerprint: str) -> list[str]:
    """Two lines, because one would be wider than a terminal."""
    octets = fingerprint.split(":")
    middle = len(octets) // 2
    return [f"SHA-256 {':'.join(octets[:middle])}", f"        {':'.join(octets[middle:])}"]


def _qr_code(url: str) -> list[str]:
    text = io.StringIO()
    # The lowest error correction makes the smallest code; a screen has no scratches.
    segno.make(url, error="l", micro=False).terminal(text, compact=True, border=2)
    return textwrap.indent(text.getvalue().rstrip("\n"), _INDENT).split("\n")
