"""A server that speaks the protocol and computes nothing: what it says is up to the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from facestream.server import protocol as wire

TOKEN = "a-token-for-the-tests"
SESSION = "session-1"
FLOW = wire.FlowFields(rate=50, width=64, quality=80, window=2)
TIMINGS = wire.TimingsMs(
    upload=1, queued=2, decode=3, wait=4, detect=5, embed=6, search=7, answer=8, total=36, batch=2
)

Answers = Callable[[Any], Sequence[wire.Message | int]]
"""A client's message -> what the server says to it; a number closes with that code."""


def hello(**changes: Any) -> wire.ServerHello:
    fields: dict[str, Any] = {
        "server": "fake",
        "session_id": SESSION,
        "resumed": False,
        "role": "admin",
        "flow": FLOW,
        "examples_wanted": 3,
        "min_examples": 2,
        "keeps_crops": True,
        "limits": wire.Limits(message_bytes=10**6, picture_pixels=10**6),
        "embedder": "fake",
        "fingerprint": "fake",
        "gallery": wire.GalleryFields(revision=0, identities=[]),
    }
    return wire.ServerHello(**{**fields, **changes})


def face(embedding: str = "computed") -> wire.FaceFields:
    return wire.FaceFields(
        track=1,
        embedding=embedding,  # type: ignore[arg-type]
        box_xyxy=[1, 2, 3, 4],
        landmarks_xy=[[1, 1]] * 5,
        score=1,
        name=None,
        identity_id=None,
        similarity=0,
        confidence=0,
        reason="too_far",
        candidates=[],
    )


def result(seq: int, faces: Sequence[wire.FaceFields] = (), scan: str = "full") -> wire.Result:
    return wire.Result(
        seq=seq,
        captured_ms=0,
        size_wh=[64, 36],
        scan=scan,  # type: ignore[arg-type]
        faces=list(faces),
        timings_ms=TIMINGS,
    )


def error(code: str, seq: int | None = None, request: int | None = None) -> wire.ErrorMessage:
    return wire.ErrorMessage(
        code=code, message=f"it is {code}", retryable=False, seq=seq, request=request
    )


def usual(message: Any) -> Sequence[wire.Message | int]:
    """Hello, and a result without faces for each frame."""
    match message:
        case wire.ClientHello():
            return [hello(resumed=message.resume == SESSION)]
        case wire.FrameMessage():
            return [result(message.seq)]
    return []


class FakeServer:
    """Notes what comes: `received` all messages, `closed` the codes with which clients left.

    delay_s: before every answer to a frame; the answers keep their order.
    unready: how often /readyz says no.
    """

    def __init__(self, answers: Answers = usual, *, delay_s: float = 0, token: str = TOKEN) -> None:
        self.answers = answers
        self.delay_s = delay_s
        self.unready = 0
        self.received: list[Any] = []
        self.closed: list[int | None] = []
        self.headers: list[Any] = []
        self._token = token
        self._left = asyncio.Event()
        app = web.Application()
        app.add_routes([web.get("/ws", self._serve), web.get("/readyz", self._readyz)])
        self.http = _Server(app)

    @property
    def url(self) -> str:
        return str(self.http.make_url("/"))

    @property
    def frames(self) -> list[wire.FrameMessage]:
        return [m for m in self.received if isinstance(m, wire.FrameMessage)]

    async def left(self) -> None:
        """Wait until a client is gone."""
        await asyncio.wait_for(self._left.wait(), 5)

    async def _readyz(self, request: web.Request) -> web.StreamResponse:
        ready, self.unready = self.unready == 0, max(0, self.unready - 1)
        return web.json_response({"ready": ready, "version": "fake"}, status=200 if ready else 503)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(request.headers)
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse(protocols=[wire.SUBPROTOCOL])
        await socket.prepare(request)
        try:
            await self._converse(socket)
        finally:
            self.closed.append(socket.close_code)
            self._left.set()
        return socket

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            decoded = wire.decode_client(message.data, 10**6)
            self.received.append(decoded)
            for said in self.answers(decoded):
                if isinstance(said, int):
                    await socket.close(code=said)
                elif isinstance(decoded, wire.FrameMessage) and self.delay_s:
                    asyncio.get_running_loop().call_later(self.delay_s, _say, socket, said)
                else:
                    await socket.send_bytes(wire.encode(said))


class _Server(TestServer):
    """As in production: the handler of a client that is gone goes on, and reads its goodbye."""

    async def _make_runner(self, **options: Any) -> web.AppRunner:
        return web.AppRunner(self.app, **{**options, "handler_cancellation": False})


def _say(socket: web.WebSocketResponse, message: wire.Message) -> None:
    if not socket.closed:
        task = asyncio.ensure_future(socket.send_bytes(wire.encode(message)))
        task.add_done_callback(lambda sent: sent.exception())
