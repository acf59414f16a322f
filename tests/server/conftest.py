"""A server on a real socket around a fake engine, and a client that speaks the protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from facestream.audit import AuditFile
from facestream.engine.engine import Engine
from facestream.server import protocol as wire
from facestream.server.app import build_app
from facestream.server.audit_trail import Auditor, AuditTrail
from facestream.server.session import Patience
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine, picture

TOKEN = "a-token-for-the-tests"

M = TypeVar("M", bound=wire.Message)


class Client:
    """One WebSocket. Whatever is awaited comes within five seconds, or the test fails."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.hello: wire.ServerHello | None = None
        self.flows: list[wire.FlowFields] = []

    @property
    def transport(self) -> asyncio.Transport:
        """Of its connection, to do to it what networks do."""
        connection = self.socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        return connection.transport

    async def send(self, message: wire.Message) -> None:
        await self.socket.send_bytes(wire.encode(message))

    async def frame(self, seq: int, jpeg: bytes) -> None:
        await self.send(wire.FrameMessage(seq=seq, captured_ms=seq + 0.5, jpeg=jpeg))

    async def frames_until(self, over: Callable[[], bool]) -> None:
        """Send frames, and never receive, until `over`; for at most ten seconds."""
        async with asyncio.timeout(10):
            for seq in count():
                if over():
                    return
                await self.frame(seq, picture(0))
                await asyncio.sleep(0.01)

    async def receive(self) -> Any:
        """The next message of the server, but for what it says about the flow: see `flows`."""
        async with asyncio.timeout(5):
            while True:
                message = wire.decode_server(await self.socket.receive_bytes())
                if not isinstance(message, wire.Flow):
                    return message
                self.flows.append(message.flow)

    async def expect(self, kind: type[M]) -> M:
        message = await self.receive()
        assert isinstance(message, kind), message
        return message

    async def expect_error(self, code: str) -> wire.ErrorMessage:
        message = await self.expect(wire.ErrorMessage)
        assert message.code == code, message
        return message

    async def answer(self, seq: int, jpeg: bytes) -> Any:
        """Send a frame, return the next message."""
        await self.frame(seq, jpeg)
        return await self.receive()

    async def silent(self, seconds: float = 0.03) -> bool:
        """Whether nothing comes for a while."""
        try:
            await asyncio.wait_for(self.socket.receive(), seconds)
        except TimeoutError:
            return True
        return False

    async def close_code(self) -> int | None:
        """Wait until the server closes; messages before that are dropped."""
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.receive()
                if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                    return self.socket.close_code


class Serving:
    """A running server."""

    def __init__(self, server: TestServer, engine: Engine, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http
        self._engine = engine

    @property
    def engine(self) -> FakeEngine:
        """Where it is fake, as nearly everywhere; a real one is `app[ENGINE]`."""
        assert isinstance(self._engine, FakeEngine)
        return self._engine

    @property
    def app(self) -> web.Application:
        return self.server.app

    @property
    def url(self) -> str:
        return str(self.server.make_url(""))

    async def connect(
        self, *, protocols: tuple[str, ...] = (wire.SUBPROTOCOL,), **options: Any
    ) -> Client:
        options.setdefault("headers", {"Authorization": f"Bearer {TOKEN}"})
        return Client(await self.http.ws_connect(f"{self.url}/ws", protocols=protocols, **options))

    async def client(self, **options: Any) -> Client:
        """A client that has exchanged hellos."""
        client = await self.connect(**options)
        await client.send(wire.ClientHello(client="test"))
        client.hello = await client.expect(wire.ServerHello)
        return client

    async def get(self, path: str, *, token: bool = False, **options: Any) -> Any:
        if token:
            options["headers"] = {"Authorization": f"Bearer {TOKEN}", **options.get("headers", {})}
        answer = await self.http.get(self.url + path, allow_redirects=False, **options)
        await answer.read()  # a body that nobody reads keeps its connection
        return answer


Serve = Callable[..., Awaitable[Serving]]


@pytest_asyncio.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts servers: `await serve(engine, patience=..., token=..., any=setting)`."""
    async with AsyncExitStack() as stack:

        async def start(
            engine: Engine | None = None,
            *,
            token: str | None = TOKEN,
            patience: Patience | None = None,
            now_s: Callable[[], float] = time.time,
            ready: bool = True,
            **given: Any,
        ) -> Serving:
            given = {
                "data": tmp_path,
                "max_batch": 4,
                "examples_wanted": 2,
                "min_examples": 1,
                "shutdown_seconds": 2.0,
                **given,
            }
            engine = engine or FakeEngine(**given)
            app = build_app(Settings(**given), engine, token, patience, now_s)
            server = TestServer(app)
            http = await stack.enter_async_context(aiohttp.ClientSession())
            await server.start_server()
            stack.push_async_callback(server.close)
            if isinstance(engine, FakeEngine):
                stack.callback(engine.recogniser.release)
                stack.callback(engine.gallery_file.release)
            if ready:
                await engine.started()
            return Serving(server, engine, http)

        yield start


@pytest_asyncio.fixture
async def serving(serve: Serve) -> Serving:
    """A server that is ready."""
    return await serve()


@pytest.fixture
def quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are pinged, and looked after, fifty times a second."""
    monkeypatch.setattr("facestream.server.pulse.EVERY_S", 0.02)


def unheard() -> Auditor:
    """Of a client whose doings nobody writes down."""
    trail = AuditTrail(AuditFile(Path("nowhere"), 1 << 20), time.time)
    return Auditor(trail, "", None)
