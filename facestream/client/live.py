"""A picture -> its result, over one socket. For whoever has pictures and no camera.

`Phone` is the other way: a camera's pace, with frames under way while others are answered.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from types import TracebackType

from facestream.client.connection import Connection
from facestream.client.errors import NoAnswer, RequestRefused
from facestream.client.frame_window import FrameWindow
from facestream.client.requests import Requests
from facestream.errors import FacestreamError
from facestream.server import protocol as wire

__all__ = ["RESULT_S", "Live"]

RESULT_S = 10.0
"""For a result; a frame that waited for a second is dropped by the server anyway."""


class Live:
    """One session; `async with`. One picture at a time is under way; who asks meanwhile waits.

    requests: captures, deletions and the like, over the same socket.

    Args:
        connection: hellos were exchanged. It is closed at the end.
        result_s: how long a result may take.
    """

    def __init__(self, connection: Connection, result_s: float = RESULT_S) -> None:
        self._connection = connection
        self._result_s = result_s
        self.requests = Requests(connection.send)
        flow = connection.hello.flow
        self._window = FrameWindow(1, flow.rate)
        self._turn = asyncio.Semaphore(1)
        self._seq = 0
        self._waiting: asyncio.Future[wire.Result] | None = None
        self._receiving: asyncio.Task[None] | None = None
        self._ended: FacestreamError | None = None

    @property
    def hello(self) -> wire.ServerHello:
        """What the server said of itself."""
        return self._connection.hello

    async def __aenter__(self) -> Live:
        self._receiving = asyncio.create_task(self._receive(), name="facestream-live")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            with suppress(asyncio.CancelledError):
                await self._receiving
        await self._connection.close()

    async def recognise(self, jpeg: bytes) -> wire.Result:
        """The faces in a picture, each with its name or the reason why not.

        The pictures of one session are taken for a film: who is in several keeps a track. It goes
        no faster than the server asks for.

        Raises:
            RequestRefused: with the server's code; `superseded` and `expired` are retryable.
            NoAnswer: it took too long.
            ConnectionClosed: the session is over.
        """
        async with self._turn:
            if self._ended is not None:
                raise self._ended
            await asyncio.sleep(max(0.0, self._window.due_s - time.monotonic()))
            return await self._answered(jpeg)

    async def _answered(self, jpeg: bytes) -> wire.Result:
        seq, self._seq = self._seq, self._seq + 1
        waiting: asyncio.Future[wire.Result] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        now_s = time.monotonic()
        self._window.sent(seq, now_s)
        try:
            async with asyncio.timeout(self._result_s):
                await self._connection.send_frame(seq, now_s * 1e3, jpeg)
                return await waiting
        except TimeoutError as error:
            raise NoAnswer(f"the picture was not answered in {self._result_s:g} s") from error
        finally:
            self._waiting = None
            self._window.answered(seq)

    async def _receive(self) -> None:
        try:
            while True:
                message = await self._connection.receive()
                self.requests.receive(message)
                self._take(message)
        except FacestreamError as error:
            self._ended = error
            self.requests.fail(error)
            self._settle(self._seq - 1, error)

    def _take(self, message: wire.ServerMessage) -> None:
        match message:
            case wire.Result():
                self._settle(message.seq, message)
            case wire.Dropped():
                why = RequestRefused(message.reason, "the server dropped the picture", True)
                self._settle(message.seq, why)
            case wire.ErrorMessage(seq=int(seq)):
                self._settle(seq, RequestRefused(message.code, message.message, message.retryable))
            case wire.Flow():
                self._window.follow(1, message.flow.rate)

    def _settle(self, seq: int, outcome: wire.Result | Exception) -> None:
        """An answer to a picture that is given up is nobody's."""
        if self._waiting is None or self._waiting.done() or seq != self._seq - 1:
            return
        if isinstance(outcome, Exception):
            self._waiting.set_exception(outcome)
        else:
            self._waiting.set_result(outcome)
