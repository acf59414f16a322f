"""Camera pictures -> frames on the wire, never more than the server wants. Knows no socket.

As web/js/camera/streamer.js: nothing is queued. While the window is full, or a frame is not due
yet, the camera's pictures are passed over, and the next frame is made of the newest one. Unlike the
page, which is called for each picture, it sleeps until the next picture that may be sent: that
comes to the same, and costs a load generator much less.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from facestream.client.camera import SAME_TIME_S, Camera
from facestream.client.frame_window import PAGE_FPS, FrameWindow
from facestream.server import protocol as wire

__all__ = ["Clock", "SendFrame", "Streamer"]

Clock = Callable[[], float]
"""Seconds, never going back."""
SendFrame = Callable[[int, float, bytes], Awaitable[None]]
"""Takes seq, the time of the capture in seconds, and the JPEG file."""


class Streamer:
    """Sends one camera's pictures as the server's flow asks; owned by the task that runs it.

    Args:
        camera: where pictures come from; shares `clock`.
        flow: as of the server's hello.
        send: takes a frame; what it raises ends `run`.
        fps: frames a second which this client wants itself; the lower of this and the flow's holds.
        first_seq: of the next frame; has to go on rising when a session is resumed.
    """

    def __init__(
        self,
        camera: Camera,
        flow: wire.FlowFields,
        send: SendFrame,
        *,
        fps: float = PAGE_FPS,
        first_seq: int = 0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._camera = camera
        self._send = send
        self._fps = fps
        self._clock = clock
        self._window = FrameWindow()
        self._changed = asyncio.Event()
        self.next_seq = first_seq
        self.follow(flow)

    @property
    def flow(self) -> wire.FlowFields:
        """What the server asked for last."""
        return self._flow

    def follow(self, flow: wire.FlowFields) -> None:
        """Send like this from the next frame on."""
        self._flow = flow
        self._window.follow(flow.window, min(self._fps, flow.rate))
        self._changed.set()

    def answered(self, seq: int) -> None:
        """A result, a dropped or an error came for this frame."""
        if self._window.answered(seq):
            self._changed.set()

    def receive(self, message: wire.ServerMessage) -> None:
        """Take from any message of the server what concerns the frames."""
        match message:
            case wire.Flow():
                self.follow(message.flow)
            case wire.Result() | wire.Dropped():
                self.answered(message.seq)
            case wire.ErrorMessage(seq=int(seq)):
                self.answered(seq)

    async def run(self) -> None:
        """Send until it is cancelled, or sending fails."""
        while True:
            self._changed.clear()
            now_s = self._clock()
            free_s = max(self._window.room_s(now_s), self._window.due_s)
            picture_s = self._camera.next_picture_s(max(now_s, free_s))
            await self._changes_within(picture_s - now_s)
            now_s = self._clock() + SAME_TIME_S
            if now_s >= picture_s and self._window.allows(now_s):
                await self._send_picture(now_s)

    async def _changes_within(self, seconds: float) -> None:
        """Wait for an answer or another flow, but no longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _send_picture(self, now_s: float) -> None:
        jpeg = self._camera.jpeg(now_s, self._flow.width, self._flow.quality)
        seq = self.next_seq
        self.next_seq += 1
        self._window.sent(seq, now_s)
        await self._send(seq, now_s, jpeg)
