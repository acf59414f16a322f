"""The plain HTTP endpoints: health, and what a program may ask. JSON out."""

from __future__ import annotations

from aiohttp import web

from facestream import __version__
from facestream.metrics import CONTENT_TYPE
from facestream.server.keys import ENGINE

__all__ = ["routes"]


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        web.get("/healthz", _healthz),
        web.get("/readyz", _readyz),
        web.get("/metrics", _metrics),
        web.get("/api/session", _session),
    ]


async def _healthz(request: web.Request) -> web.Response:
    """200 while nothing is broken, warming up included: a reason not to restart the server."""
    healthy = request.app[ENGINE].healthy
    return web.json_response({"healthy": healthy}, status=200 if healthy else 503)


async def _readyz(request: web.Request) -> web.Response:
    """200 once frames are answered."""
    ready = request.app[ENGINE].ready
    return web.json_response({"ready": ready, "version": __version__}, status=200 if ready else 503)


async def _metrics(request: web.Request) -> web.Response:
    """For Prometheus, which sends the access token as `Authorization: Bearer`."""
    body = request.app[ENGINE].metrics.exposition()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


async def _session(request: web.Request) -> web.Response:
    """Whether this browser has access: the socket cannot tell a page why it was refused."""
    return web.json_response({"version": __version__, "ready": request.app[ENGINE].ready})
