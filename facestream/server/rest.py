"""The plain HTTP endpoints: health, and what a program may ask. JSON out."""

from __future__ import annotations

from aiohttp import web

from facestream import __version__
from facestream.metrics import CONTENT_TYPE
from facestream.server.bodies import answered
from facestream.server.keys import ENGINE
from facestream.server.operations import Media, operation
from facestream.server.rest_models import Liveness, Readiness, Session

__all__ = ["routes"]

TOPIC = "server"


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        web.get("/healthz", _healthz),
        web.get("/readyz", _readyz),
        web.get("/metrics", _metrics),
        web.get("/api/session", _session),
    ]


@operation("liveness", TOPIC, {200: Liveness, 503: Liveness})
async def _healthz(request: web.Request) -> web.Response:
    """200 while nothing is broken, warming up included: a reason not to restart the server."""
    healthy = request.app[ENGINE].healthy
    return answered(Liveness(healthy=healthy), 200 if healthy else 503)


@operation("readiness", TOPIC, {200: Readiness, 503: Readiness})
async def _readyz(request: web.Request) -> web.Response:
    """200 once frames are answered."""
    ready = request.app[ENGINE].ready
    return answered(Readiness(ready=ready, version=__version__), 200 if ready else 503)


@operation("metrics", TOPIC, Media(("text/plain",)))
async def _metrics(request: web.Request) -> web.Response:
    """Figures for Prometheus, which sends the access token as `Authorization: Bearer`."""
    body = request.app[ENGINE].metrics.exposition()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


@operation("session", TOPIC, Session)
async def _session(request: web.Request) -> web.Response:
    """Whether this browser has access: the socket cannot tell a page why it was refused."""
    return answered(Session(version=__version__, ready=request.app[ENGINE].ready))
