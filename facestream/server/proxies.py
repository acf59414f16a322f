"""What a proxy in front says of a client -> whom the request is from. Believes only proxies named.

A header that anybody may send tells nothing. So the way of a request is gone back from its end: as
long as a hop is one of `trusted_proxies`, what it says about the hop before it is believed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from facestream.hosts import IPAddress, as_address

__all__ = ["Network", "behind_proxies", "client_address", "client_scheme"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_HOPS = 16
"""Of a header, counted from its end. Nobody has so many proxies of their own."""


def behind_proxies(trusted: Sequence[Network]) -> Middleware:
    """A middleware after which `request.remote` and `request.scheme` are the client's."""

    @web.middleware
    async def behind(request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.remote or ""
        if not _is_trusted(_address(peer), trusted):
            return await handler(request)
        hops = ",".join(request.headers.getall("X-Forwarded-For", []))
        protocols = ",".join(request.headers.getall("X-Forwarded-Proto", []))
        return await handler(
            request.clone(
                remote=client_address(peer, hops, trusted),
                scheme=client_scheme(protocols) or request.scheme,
            )
        )

    return behind


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address of the first hop, from the end, that is no trusted proxy.

    Args:
        peer: who the connection is from.
        forwarded_for: the header `X-Forwarded-For`: each proxy appends whom it was asked by.
        trusted: the proxies to believe.
    """
    known = peer
    # At the most so many parts are looked at, however many a client sends.
    for hop in reversed(forwarded_for.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
        if not _is_trusted(_address(known), trusted):
            break
        address = _address(hop)
        if address is None:  # empty, `unknown`, or nonsense: who sent it is all that is known
            break
        known = str(address)
    return known


def client_scheme(forwarded_proto: str) -> str | None:
    """How the last proxy was spoken to: `http` or `https`; None if it does not say."""
    last = forwarded_proto.rpartition(",")[2].strip().lower()
    return last if last in ("http", "https") else None


def _is_trusted(address: IPAddress | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _address(hop: str) -> IPAddress | None:
    """Of `1.2.3.4`, `1.2.3.4:567`, `::1`, `[::1]` or `[::1]:567`."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = as_address(text)
    # A socket of both versions shows an IPv4 client as an address of IPv6.
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
