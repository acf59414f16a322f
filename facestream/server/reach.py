"""Whether a browser gets through: an answer without content, and a socket that says one word.

The helper page (web/trust/) asks here whether its device trusts this server by now. It comes from
another origin and has no token, so both are open to all. Whoever asks learns that something answers
at this port, which opening the port tells as well.
"""

from __future__ import annotations

from aiohttp import WSCloseCode, web

from facestream.errors import TooManyConnections
from facestream.server.door import admit
from facestream.server.operations import operation

__all__ = ["GREETING", "routes"]

GREETING = "reached"

CLOSE_S = 2.0
"""How long the other end may take to say goodbye. With what `admit` lets through this bounds how
many of these sockets there are."""

MOST_BYTES = 64
"""Of a message to us: none is expected."""


def routes() -> list[web.RouteDef]:
    """One path, for a request and for a socket."""
    return [web.get("/reach", _reach)]


@operation("reach", "server", {101: None, 204: None}, errors=(TooManyConnections,))
async def _reach(request: web.Request) -> web.StreamResponse:
    """Whether a browser gets through: no content, or one word to a WebSocket."""
    await admit(request)
    socket = web.WebSocketResponse(timeout=CLOSE_S, max_msg_size=MOST_BYTES, compress=False)
    if not socket.can_prepare(request):
        return web.Response(status=204, headers={"Access-Control-Allow-Origin": "*"})
    await socket.prepare(request)
    await socket.send_str(GREETING)
    await socket.close(code=WSCloseCode.OK)
    return socket
