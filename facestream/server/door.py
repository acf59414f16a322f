"""Who comes in: held back when it is too often, and known while its session lasts."""

from __future__ import annotations

import asyncio

from aiohttp import web

from facestream.errors import TooManyConnections
from facestream.server.keys import CONNECTS, ENGINE, HELD_BACK, SESSIONS
from facestream.server.session import Session

__all__ = ["MOST_HELD_BACK", "admit", "lived"]

HELD_BACK_S, MOST_HELD_BACK = 1.0, 128
"""How long, and how many at a time, who connects too often waits for the refusal."""


async def admit(request: web.Request) -> str:
    """The address of a client that connects seldom enough; returned at once.

    Raises:
        TooManyConnections: a while later, for this address connects too often.
    """
    app, address = request.app, request.remote or ""
    if app[CONNECTS].refused_for_s(address, asyncio.get_running_loop().time()):
        app[ENGINE].metrics.refused.labels(TooManyConnections.code).inc()
        await _hold_back(app)
        raise TooManyConnections("this address connects too often: wait a little")
    return address


async def lived(app: web.Application, session: Session) -> None:
    """Return when the session is over; until then the application knows it."""
    app[SESSIONS].add(session)
    try:
        code = await session.run()
        app[ENGINE].metrics.sessions_closed.labels(str(code)).inc()
    finally:
        app[SESSIONS].discard(session)


async def _hold_back(app: web.Application) -> None:
    """Let who asks too often wait for the refusal: else it asks again at once.

    A TLS handshake costs more than all else about a connection; a hundred a second take a quarter
    of a core.
    """
    places = app[HELD_BACK]
    if not places.locked():
        async with places:
            await asyncio.sleep(HELD_BACK_S)
