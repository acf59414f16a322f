"""Sessions over plain requests, for clients that get no WebSocket through.

docs/protocol.md, "Over plain HTTPS", is the contract in words. All of these need what the socket
needs, and no more.
"""

from __future__ import annotations

import asyncio
from functools import partial

from aiohttp import web

from facestream.errors import (
    BadMessage,
    MessageTooBig,
    NoSuchTunnel,
    OutOfOrder,
    Overloaded,
    TooManyConnections,
)
from facestream.server.bodies import answered, read_query
from facestream.server.door import admit, lived
from facestream.server.keys import AUDITOR, ENGINE, HOLDER, PATIENCE, SETTINGS, TUNNELS
from facestream.server.operations import Media, operation
from facestream.server.parcels import packed, unpacked
from facestream.server.protocol import Close
from facestream.server.rest_models import TunnelOpened, TunnelPart, TunnelQuery
from facestream.server.session import HARD_LIMIT_FACTOR, Session
from facestream.server.tunnel import Tunnel

__all__ = ["CLOSE_HEADER", "routes"]

CLOSE_HEADER = "Tunnel-Close"
"""With the last messages: the code with which a WebSocket would have been closed."""

BINARY = "application/octet-stream"

TOPIC = "tunnel"
PARCEL = Media((BINARY,), optional=True)


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        web.post("/api/tunnel", _open),
        web.post("/api/tunnel/{tunnel_id}", _send),
        web.get("/api/tunnel/{tunnel_id}", _collect),
        web.delete("/api/tunnel/{tunnel_id}", _leave),
    ]


@operation(
    "tunnel_open",
    TOPIC,
    {201: TunnelOpened},
    query=TunnelQuery,
    errors=(Overloaded, TooManyConnections),
)
async def _open(request: web.Request) -> web.Response:
    """A session begins; its hello is its first message, as on a socket."""
    app, address = request.app, await admit(request)
    tunnel = Tunnel(read_query(request, TunnelQuery).protocol)
    session = Session(
        tunnel,
        None,
        app[ENGINE],
        app[SETTINGS],
        app[PATIENCE],
        address,
        request[HOLDER],
        request[AUDITOR],
    )
    tunnel_id = app[TUNNELS].open(tunnel, partial(lived, app, session))
    return answered(TunnelOpened(tunnel_id=tunnel_id), 201)


@operation(
    "tunnel_send",
    TOPIC,
    {204: None},
    body=PARCEL,
    query=TunnelPart,
    errors=(BadMessage, MessageTooBig, NoSuchTunnel, OutOfOrder, Overloaded),
)
async def _send(request: web.Request) -> web.Response:
    """Messages of the client, taken all or none; answered when the session has read them."""
    tunnel, first = _tunnel(request), _first(request)
    async with tunnel.turn(first):
        await tunnel.put(first, unpacked(await _body(request, tunnel)))
    return web.Response(status=204)


@operation(
    "tunnel_collect",
    TOPIC,
    PARCEL,
    query=TunnelPart,
    errors=(BadMessage, NoSuchTunnel, OutOfOrder),
)
async def _collect(request: web.Request) -> web.Response:
    """Messages for the client, as soon as there is one. Within a second there is at least a ping,
    which is a body without any.
    """
    delivery = await _tunnel(request).collect(_first(request))
    body = packed(delivery.messages)
    response = web.Response(body=body, content_type=BINARY)
    if delivery.close_code is not None:
        response.headers[CLOSE_HEADER] = str(delivery.close_code)
    return response


@operation("tunnel_leave", TOPIC, {204: None}, errors=(NoSuchTunnel,))
async def _leave(request: web.Request) -> web.Response:
    """A good-bye, after which nothing is kept."""
    _tunnel(request).leave()
    return web.Response(status=204)


def _tunnel(request: web.Request) -> Tunnel:
    return request.app[TUNNELS][request.match_info["tunnel_id"]]


def _first(request: web.Request) -> int:
    """The number of the first message that this request is about, counted from 0."""
    return read_query(request, TunnelPart).first


async def _body(request: web.Request, tunnel: Tunnel) -> bytearray:
    """All of it, or an error: half a body is none.

    Raises:
        MessageTooBig: over what a socket would read of one message; the session ends as there.
        BadMessage: the client went away, or takes too long.
    """
    limit = HARD_LIMIT_FACTOR * request.app[SETTINGS].max_message_bytes
    body = bytearray()
    try:
        async with asyncio.timeout(request.app[PATIENCE].silent_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    tunnel.refuse(Close.MESSAGE_TOO_BIG)
                    raise MessageTooBig(f"a request may have {limit:,} bytes")
    except (TimeoutError, ConnectionError, web.RequestPayloadError) as error:
        raise BadMessage("the body did not come to its end") from error
    return body
