"""Tokens that hold no more -> the end of what is open with them: sessions and requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from facestream.errors import Unauthorised
from facestream.server.keys import DEVICES, HOLDER, SESSIONS, STARTED, UNDER_WAY

__all__ = ["LOOK_S", "answer_while_allowed", "evict", "evictions", "note_started"]

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""So often the files are looked at; with `GRACE_S` all are out within 2 s."""

GRACE_S = 1.0
"""What is nearly answered is answered; and who collects from a tunnel learns of its end."""


@dataclass(frozen=True, slots=True, eq=False)
class _UnderWay:
    """A request that is being answered, and how it is cut off."""

    request: web.Request
    cut: asyncio.Timeout


async def evictions(app: web.Application) -> AsyncIterator[None]:
    """Look at the files of the tokens as long as the application runs."""
    task = asyncio.create_task(_look(app), name="facestream-evictions")
    yield
    task.cancel()
    await asyncio.wait({task})


async def _look(app: web.Application) -> None:
    while True:
        try:
            await app[DEVICES].refresh()
            evict(app)
        except Exception:  # whatever it is, the next look may do better, and none would be worse
            log.exception("the tokens could not be looked at")
        await asyncio.sleep(LOOK_S)


def evict(app: web.Application) -> None:
    """End what is open with tokens that were revoked or have expired."""
    devices = app[DEVICES]
    sessions, under_way = app[SESSIONS], app[UNDER_WAY]
    for session in tuple(sessions):
        if devices.still(session.holder):
            devices.used(session.holder)
        else:
            session.revoke()
    for one in tuple(under_way):
        if not devices.still(one.request[HOLDER]) and one.cut.when() is None:
            one.cut.reschedule(asyncio.get_running_loop().time() + GRACE_S)


async def answer_while_allowed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As `handler`, which is cut off when the token holds no more.

    Raises:
        Unauthorised: it was; what it had begun may have been done.
    """
    under_way = request.app[UNDER_WAY]
    cut = asyncio.timeout(None)
    try:
        async with cut:
            entry = _UnderWay(request, cut)
            under_way.add(entry)
            try:
                return await handler(request)
            finally:
                under_way.discard(entry)
    except TimeoutError:
        if not cut.expired():
            raise
        if request.get(STARTED, False) and request.transport is not None:
            request.transport.abort()  # an answer that has begun cannot become a refusal
        raise Unauthorised("the access token was revoked, or its time is over") from None


async def note_started(request: web.Request, response: web.StreamResponse) -> None:
    """Signal of aiohttp: the headers of the answer are about to leave."""
    request[STARTED] = True
