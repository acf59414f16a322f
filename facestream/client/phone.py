"""One phone, as a whole: a connection, its camera's frames, its requests, and who watches it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol

from facestream.client.camera import Camera
from facestream.client.connection import Connection
from facestream.client.errors import ClientError
from facestream.client.frame_window import PAGE_FPS
from facestream.client.requests import Requests
from facestream.client.streamer import Clock, Streamer
from facestream.server import protocol as wire

__all__ = ["Listener", "Nobody", "Phone"]


class Listener(Protocol):
    """Learns all that passes, at once and in order; must not take long. Times in seconds."""

    def sent(self, seq: int, now_s: float) -> None:
        """A frame is about to be sent; its JPEG file exists."""

    def received(self, message: wire.ServerMessage, now_s: float) -> None:
        """Any message came."""


class Nobody:
    """Does not listen."""

    def sent(self, seq: int, now_s: float) -> None:
        pass

    def received(self, message: wire.ServerMessage, now_s: float) -> None:
        pass


class Phone:
    """Streams until the connection ends. `requests` may be used while it runs.

    Args:
        connection: hellos were exchanged; closing it is the business of whoever opened it.
        camera: shares `clock`.
        listener: see there.
        fps: frames a second which the phone wants itself.
        first_seq: larger than of any frame before, where the session was resumed.
    """

    def __init__(
        self,
        connection: Connection,
        camera: Camera,
        *,
        listener: Listener | None = None,
        fps: float = PAGE_FPS,
        first_seq: int = 0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._connection = connection
        self._listener = listener or Nobody()
        self._clock = clock
        self.requests = Requests(connection.send)
        self.streamer = Streamer(
            camera, connection.hello.flow, self._send, fps=fps, first_seq=first_seq, clock=clock
        )

    async def run(self) -> None:
        """Send and receive until it is cancelled.

        Raises:
            ConnectionClosed: the connection ended.
            BadMessage: the server sent what is not of the protocol.
        """
        try:
            await _until_one_ends(self._receive(), self.streamer.run())
        except ClientError as error:
            self.requests.fail(error)
            raise

    async def _send(self, seq: int, captured_s: float, jpeg: bytes) -> None:
        self._listener.sent(seq, self._clock())
        await self._connection.send_frame(seq, captured_s * 1e3, jpeg)

    async def _receive(self) -> None:
        while True:
            message = await self._connection.receive()
            self._listener.received(message, self._clock())
            self.streamer.receive(message)
            self.requests.receive(message)


async def _until_one_ends(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run them side by side; when one ends, the others are cancelled, and its error is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()
