"""The application: its routes, and the life of the engine and of the sessions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from facestream import __version__
from facestream.audit import AuditFile
from facestream.engine.engine import Engine
from facestream.engine.places import Places
from facestream.errors import InputError, TooManyConnections
from facestream.server import (
    docs_rest,
    gallery_files,
    gallery_rest,
    identify_rest,
    join,
    pages,
    reach,
    rest,
    tokens_rest,
    tunnel_rest,
)
from facestream.server.audit_trail import AuditTrail
from facestream.server.buckets import Buckets
from facestream.server.devices import Devices
from facestream.server.door import MOST_HELD_BACK, admit, lived
from facestream.server.eviction import evictions, note_started
from facestream.server.guard import errors_as_json, make_guard, set_security_headers
from facestream.server.invitations import Invitations
from facestream.server.keys import (
    AUDIT_TRAIL,
    AUDITOR,
    CONNECTS,
    DEVICES,
    ENGINE,
    FILES,
    HELD_BACK,
    HOLDER,
    INVITATIONS,
    PAGE_ROUTES,
    PATIENCE,
    SESSIONS,
    SETTINGS,
    STARTING,
    TUNNELS,
    UNDER_WAY,
)
from facestream.server.operations import operation
from facestream.server.protocol import SUBPROTOCOL
from facestream.server.proxies import behind_proxies
from facestream.server.session import HARD_LIMIT_FACTOR, Patience, Session
from facestream.server.tunnels import Tunnels
from facestream.settings import Settings

__all__ = ["build_app", "shut_down_sessions"]

log = logging.getLogger(__name__)

TUNNELS_PER_SESSION = 2
"""Half of them may be about to begin, or to end."""


def build_app(
    settings: Settings,
    engine: Engine,
    token: str | None,
    patience: Patience | None = None,
    now_s: Callable[[], float] = time.time,
) -> web.Application:
    """Everything that answers on the port. The engine starts and stops with the application.

    Args:
        settings: limits, and whether there is TLS.
        engine: not started yet.
        token: what an admin has to bring; None makes everybody one.
        patience: with slow clients.
        now_s: the Unix time in seconds, by which join links and devices expire.
    """
    guard = make_guard(settings.tls, settings.public_names)
    middlewares = [pages.compress_text, errors_as_json, guard]
    if settings.trusted_proxies:
        middlewares.insert(0, behind_proxies(settings.trusted_proxies))
    app = web.Application(middlewares=middlewares)
    app[SETTINGS] = settings
    app[ENGINE] = engine
    app[SESSIONS] = set()
    app[UNDER_WAY] = set()
    app[AUDIT_TRAIL] = AuditTrail(AuditFile(settings.data, settings.audit_bytes), now_s)
    app[DEVICES] = Devices(settings.data, now_s, token)
    app[INVITATIONS] = Invitations(now_s)
    app[PATIENCE] = patience or Patience()
    app[HELD_BACK] = asyncio.Semaphore(MOST_HELD_BACK)
    app[FILES] = Places(gallery_files.MOST_FILES, "too many exports and imports are under way")
    app[TUNNELS] = Tunnels(TUNNELS_PER_SESSION * settings.max_sessions)
    engine.metrics.watch(
        "facestream_tunnels", "Sessions over plain requests", lambda: len(app[TUNNELS])
    )
    app[CONNECTS] = Buckets(
        settings.max_connects_per_second, 2.0 * settings.max_sessions_per_address
    )
    app.on_response_prepare.append(set_security_headers)
    docs_rest.describe(app)
    app.on_response_prepare.append(note_started)
    app.on_shutdown.append(shut_down_sessions)
    app.on_cleanup.append(_close_devices)
    app.cleanup_ctx.append(_is_audited)  # the last to end
    app.cleanup_ctx.append(evictions)
    app.cleanup_ctx.append(_engine_runs)
    app.add_routes([web.get("/ws", _websocket), *rest.routes(), *gallery_rest.routes()])
    app.add_routes([*gallery_files.routes(), *join.routes(), *reach.routes()])
    app.add_routes([*tunnel_rest.routes(), *identify_rest.routes(), *docs_rest.routes()])
    app.add_routes(tokens_rest.routes())
    app[PAGE_ROUTES] = frozenset(app.add_routes(pages.routes()))
    return app


@operation(
    "socket",
    "live",
    {101: None},
    errors=(InputError, TooManyConnections),
)
async def _websocket(request: web.Request) -> web.StreamResponse:
    """One session, as long as it lasts: a WebSocket. docs/protocol.md says what goes over it."""
    app, address = request.app, await admit(request)
    settings = app[SETTINGS]
    socket = web.WebSocketResponse(
        protocols=_subprotocols(request),
        autoping=False,  # the session measures the round trip by them
        max_msg_size=HARD_LIMIT_FACTOR * settings.max_message_bytes + 1,  # aiohttp's is exclusive
        compress=False,  # a JPEG does not get smaller
    )
    await socket.prepare(request)
    session = Session(
        socket,
        request.transport,
        app[ENGINE],
        settings,
        app[PATIENCE],
        address,
        request[HOLDER],
        request[AUDITOR],
    )
    await lived(app, session)
    return socket


def _subprotocols(request: web.Request) -> list[str]:
    """Ours; or the client's first, if ours is not among those it offers.

    A browser drops a connection that agrees to none of its subprotocols, and its page would never
    learn why. So we agree, say what is wrong, and close with 4406.
    """
    header = request.headers.get("Sec-WebSocket-Protocol", "")
    offered = [name.strip() for name in header.split(",") if name.strip()]
    return [SUBPROTOCOL] if SUBPROTOCOL in offered or not offered else offered[:1]


async def _is_audited(app: web.Application) -> AsyncIterator[None]:
    """Write down what is done, from the start to the end."""
    trail, open_to_all = app[AUDIT_TRAIL], app[DEVICES].open_to_all
    trail.start()
    trail.note_server("start", {"version": __version__, "auth": not open_to_all})
    if open_to_all:
        trail.note_server("no_auth")
    yield
    trail.note_server("stop")
    await asyncio.to_thread(trail.close)


async def _engine_runs(app: web.Application) -> AsyncIterator[None]:
    """Start the engine behind the open port, so that /healthz answers while it warms up."""
    starting = asyncio.create_task(app[ENGINE].start(), name="facestream-start")
    starting.add_done_callback(_log_failure)
    app[STARTING] = starting
    yield
    starting.cancel()
    await asyncio.wait({starting})
    await app[ENGINE].stop(app[SETTINGS].shutdown_seconds)


async def _close_devices(app: web.Application) -> None:
    app[DEVICES].close()


def _log_failure(starting: asyncio.Task[None]) -> None:
    if not starting.cancelled() and (error := starting.exception()) is not None:
        log.error("the engine could not start: %s", error)


async def shut_down_sessions(app: web.Application) -> None:
    """Refuse, answer what is under way, close with 1001.

    To be called before the runner's cleanup, from where on aiohttp reads no more from any client.
    """
    deadline_s = app[SETTINGS].shutdown_seconds
    sessions = app[SESSIONS]
    await asyncio.gather(*[session.shut_down(deadline_s) for session in sessions])
    await app[TUNNELS].ended(app[PATIENCE].closing_s)
