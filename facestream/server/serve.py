"""Settings -> a server which runs until it is told to stop. Alone has signals, and prints."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from facestream.engine.factory import make_engine
from facestream.errors import PortInUse, StoreFailed
from facestream.files import create_private_folder
from facestream.gallery.lock import FolderLock
from facestream.server.access import read_or_create_token
from facestream.server.app import build_app, shut_down_sessions
from facestream.server.authority import read_authority
from facestream.server.banner import banner
from facestream.server.keys import STARTING
from facestream.server.tls import lan_addresses, local_names, server_certificate, ssl_context
from facestream.server.trust import build_trust_app, running
from facestream.settings import Settings

__all__ = ["serve"]

log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way and return.

    Raises:
        DataFolderInUse, PortInUse: another server is there.
        StoreFailed, BadCertificate, MissingWeights, BadWeights: the operator has to act.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    _claim(settings.data)
    addresses = lan_addresses()
    token = read_or_create_token(settings.data) if settings.auth else None
    ca, context = _certificate(settings.data, addresses) if settings.tls else (None, None)
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
                token=token,
                ca=ca,
                fingerprint=None if authority is None else authority.fingerprint,
                data=settings.data,
            ),
            flush=True,
        )
        app = build_app(settings, make_engine(settings), token)
        asyncio.run(_serve_helped(helping, app, listening, context))


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


def _certificate(folder: Path, addresses: Sequence[str]) -> tuple[Path, ssl.SSLContext]:
    """What devices have to trust, and what the server speaks TLS with."""
    files = server_certificate(folder, local_names(), addresses, datetime.now(UTC))
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
    """Run `app` until a signal comes, or its engine fails to start; then raise why."""
    told_to_stop = _signals()
    runner = web.AppRunner(app, access_log=None)  # its lines would hold the token of `/?token=`
    await runner.setup()
    try:
        site = web.SockSite(runner, listening, ssl_context=context)
        await site.start()
        starting, stopping = app[STARTING], asyncio.create_task(told_to_stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            log.info("ready")
        await stopping
        log.info("stopping")
        await site.stop()
        await shut_down_sessions(app)
    finally:
        await runner.cleanup()


def _signals() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM."""
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, told_to_stop.set)
    return told_to_stop
