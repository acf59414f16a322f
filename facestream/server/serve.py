"""Settings -> a server which runs until it is told to stop. Alone has signals, and prints."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from facestream.engine.engine import Engine
from facestream.engine.factory import make_engine
from facestream.errors import EngineLost, PortInUse, StoreFailed
from facestream.files import create_private_folder
from facestream.gallery.lock import FolderLock
from facestream.hosts import as_address
from facestream.server.access import read_or_create_token
from facestream.server.app import build_app, shut_down_sessions
from facestream.server.authority import read_authority
from facestream.server.banner import banner
from facestream.server.keys import ENGINE, STARTING
from facestream.server.strangers import keep_log_readable
from facestream.server.tls import lan_addresses, local_names, server_certificate, ssl_context
from facestream.server.trust import build_trust_app, running
from facestream.settings import Settings

__all__ = ["LOST_STATUS", "serve"]

log = logging.getLogger(__name__)

LOST_STATUS = 70
"""Exit status of a server that broke while it served; EX_SOFTWARE of sysexits.h. To be started
anew, where 1 and 2 mean that somebody has to change something first."""

JOIN_S = 5.0
"""For a thread to end once all is closed. One that is stuck in TensorFlow or on a disk never does,
and Python would wait for it for ever."""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way and return.

    Raises:
        DataFolderInUse, PortInUse: another server is there.
        StoreFailed, BadCertificate, MissingWeights, BadWeights: the operator has to act.
        EngineLost: it broke while it served, and a new process may help.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    keep_log_readable()
    _claim(settings.data)
    addresses = lan_addresses()
    token = read_or_create_token(settings.data) if settings.auth else None
    if token is None:
        log.warning(
            "no-auth: no token is asked for; all who reach this port may watch, enrol, export and "
            "delete people"
        )
    ca, context = _certificate(settings, addresses) if settings.tls else (None, None)
    authority = None if ca is None else read_authority(ca)
    with (
        _listen(settings.host, settings.port) as listening,
        _listen_for_helper(settings) as at_helper,
    ):
        port = listening.getsockname()[1]
        helping: AbstractAsyncContextManager[None] = nullcontext()
        if authority is not None and at_helper is not None:
            helping = running(build_trust_app(authority, port), at_helper)
        print(
            banner(
                host=settings.host,
                port=port,
                helper_port=None if at_helper is None else settings.helper_port,
                addresses=addresses,
                public_names=settings.public_names,
                token=token,
                ca=ca,
                fingerprint=None if authority is None else authority.fingerprint,
                data=settings.data,
            ),
            flush=True,
        )
        engine = make_engine(settings)
        app = build_app(settings, engine, token)
        try:
            asyncio.run(_serve_helped(helping, app, listening, context))
        except EngineLost as error:
            _leave_stuck_threads(engine, error)
            raise
        _leave_stuck_threads(engine, None)


def _leave_stuck_threads(engine: Engine, error: EngineLost | None) -> None:
    """End the process here if a thread would keep it; all that can be closed is closed."""
    if engine.join(JOIN_S):
        return
    if error is not None:
        log.critical("%s: %s", error.code, error)
    log.critical("a thread is stuck: the process ends without it")
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if error is None else LOST_STATUS)


def _claim(folder: Path) -> None:
    """Make the data folder; fail early if another server has it, as loading takes seconds.

    The gallery takes the lock again, and keeps it, when it opens. A folder that cannot be written
    to is no reason not to serve: people are named, and the page says that nobody can be added.
    """
    try:
        create_private_folder(folder)
    except OSError as error:
        raise StoreFailed(f"the data folder {folder} cannot be made: {error.strerror}") from error
    try:
        FolderLock.acquire(folder).release()
    except StoreFailed as error:
        log.warning("%s", error)


def _certificate(settings: Settings, addresses: Sequence[str]) -> tuple[Path, ssl.SSLContext]:
    """What devices have to trust, and what the server speaks TLS with."""
    public = settings.public_names
    names = [name for name in public if as_address(name) is None]
    public_addresses = [name for name in public if as_address(name) is not None]
    files = server_certificate(
        settings.data,
        [*names, *local_names()],
        [*public_addresses, *addresses],
        datetime.now(UTC),
    )
    return files.ca, ssl_context(files)


def _listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """A socket bound before anything slow begins; port 0 takes any. Raises PortInUse."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise PortInUse(
            f"{host} port {port} cannot be listened on: {error.strerror}; try another {option}"
        ) from error


def _listen_for_helper(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    """Where the helper page is to answer. Devices get by without it, so must the server."""
    if not settings.tls or not settings.helper_port:
        return nullcontext()
    try:
        return _listen(settings.host, settings.helper_port, "--helper-port")
    except PortInUse as error:
        log.warning("no page helps devices to trust this server: %s", error)
        return nullcontext()


async def _serve_helped(
    helping: AbstractAsyncContextManager[None],
    app: web.Application,
    listening: socket.socket,
    context: ssl.SSLContext | None,
) -> None:
    """As `_serve`, with the helper page beside it."""
    async with helping:
        await _serve(app, listening, context)


async def _serve(
    app: web.Application, listening: socket.socket, context: ssl.SSLContext | None
) -> None:
    """Run `app` until a signal comes; or until its engine fails, now or later: then raise why."""
    told_to_stop = _signals()
    runner = web.AppRunner(app, access_log=None)  # its lines would hold the token of `/?token=`
    await runner.setup()
    lost: EngineLost | None = None
    try:
        site = web.SockSite(runner, listening, ssl_context=context)
        await site.start()
        starting, stopping = app[STARTING], asyncio.create_task(told_to_stop.wait())
        losing = asyncio.create_task(app[ENGINE].lost())
        ends = [stopping, losing]
        await asyncio.wait([starting, *ends], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            log.info("ready")
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if losing.done() and not stopping.done():
            lost = losing.result()
        log.info("stopping")
        await site.stop()
        await shut_down_sessions(app)
    except Exception:
        if lost is None:
            raise
        log.exception("the sessions could not be closed")
    finally:
        await _clean_up(runner, lost)
    if lost is not None:
        raise lost


async def _clean_up(runner: web.AppRunner, lost: EngineLost | None) -> None:
    """What cannot be closed when the engine is lost changes neither the reason nor the status."""
    try:
        await runner.cleanup()
    except Exception:
        if lost is None:
            raise
        log.exception("the application could not be closed")


def _signals() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM."""
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, told_to_stop.set)
    return told_to_stop
