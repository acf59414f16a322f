"""The composition: sessions -> frame queue -> batcher -> worker thread; the gallery beside."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from facestream.engine.batcher import Batcher
from facestream.engine.engine_session import EngineSession
from facestream.engine.enrolment import Capture
from facestream.engine.frame_queue import FrameQueue
from facestream.engine.gallery_desk import GalleryDesk, GalleryView, Listener
from facestream.engine.worker import Model, Worker
from facestream.errors import Overloaded, ShuttingDown
from facestream.records import Frame, UInt8
from facestream.settings import Settings

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.engine.recogniser import Recogniser
    from facestream.gallery.gallery import Gallery

__all__ = ["Engine"]

log = logging.getLogger(__name__)

DECODE_THREADS = min(4, os.cpu_count() or 1)
"""A camera JPEG takes some 3 ms to decode; four keep ahead of any worker, and more would only take
the cores that TensorFlow computes on."""


class Engine:
    """Everything between a session's JPEG and its answer; owned by the event loop.

    Bound: `settings.max_sessions` sessions. Policy: refuse the next one.

    Args:
        settings: limits, batch size, examples of a capture.
        make_recogniser: builds it; called in the worker thread.
        open_gallery: opens it; called in the store thread.
        decode: JPEG, greatest number of pixels -> Frame; called in the decode pool.
        encode_jpeg: the JPEG of a face's crop. Called on the event loop: 0.1 ms, for each example.
        clock: seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        make_recogniser: Callable[[], Recogniser],
        open_gallery: Callable[[Model], Gallery],
        decode: Callable[[bytes, int], Frame],
        encode_jpeg: Callable[[UInt8], bytes],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._encode_jpeg = encode_jpeg
        self._clock = clock
        self._pool = ThreadPoolExecutor(DECODE_THREADS, thread_name_prefix="facestream-decode")
        self._worker = Worker(make_recogniser, settings.max_batch, clock)
        self._desk = GalleryDesk(open_gallery)
        self._queue = FrameQueue()
        self._batcher = Batcher(
            self._queue,
            self._worker,
            partial(_decode, decode, settings.max_picture_pixels),
            self._pool,
            self._desk.index,
            settings.max_batch,
            clock,
        )
        self._sessions: dict[str, Callable[[], None]] = {}
        self._serving: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._model: Model | None = None
        self._failure: Exception | None = None
        self._stopping = False

    @property
    def ready(self) -> bool:
        """Whether frames are answered: warmed up, and not stopping."""
        return self._serving is not None and self.healthy and not self._stopping

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken; true while it warms up."""
        broken = self._serving is not None and self._serving.done() and not self._stopping
        return self._failure is None and self._worker.healthy and not broken

    @property
    def gallery(self) -> GalleryView:
        """Who is enrolled."""
        return self._desk.view

    async def start(self) -> None:
        """Build and warm up the recogniser, read the gallery, begin to serve.

        Raises:
            MissingWeights, BadWeights, StoreFailed, DataFolderInUse: the operator has to act.
        """
        try:
            model = await self._worker.start()
            await self._desk.open(model)
        except Exception as error:
            self._failure = error
            self._settled.set()
            raise
        self._model = model
        self._serving = asyncio.create_task(self._batcher.run(), name="facestream-batcher")
        self._settled.set()

    async def started(self) -> Model:
        """Wait until it serves; returns what the recogniser is. Raises what `start` raised."""
        await self._settled.wait()
        if self._model is None:
            raise self._failure or ShuttingDown("the server is going away")
        return self._model

    def open_session(self, on_gallery_change: Listener) -> EngineSession:
        """Admit a client. `on_gallery_change` is called on the event loop after each change.

        Raises:
            Overloaded: `settings.max_sessions` are open.
            ShuttingDown: the engine stops.
        """
        if self._stopping:
            raise ShuttingDown("the server is going away")
        if len(self._sessions) >= self._settings.max_sessions:
            raise Overloaded("too many clients are connected")
        session = EngineSession(
            uuid4().hex, self._queue, self._desk, self._new_capture, self._clock, self._leave
        )
        self._sessions[session.session_id] = self._desk.listen(on_gallery_change)
        return session

    async def stop(self, deadline_s: float) -> None:
        """Refuse frames, answer those in flight within `deadline_s`, stop the threads.

        Safe to call again.
        """
        if self._stopping:
            return
        self._stopping = True
        self._settled.set()
        self._queue.close()
        in_flight = [e.future for e in (*self._queue.waiting(), *self._batcher.in_hand())]
        if in_flight and self._serving is not None:
            await asyncio.wait(in_flight, timeout=deadline_s)
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait({self._serving})
        self._queue.fail_all(ShuttingDown("the server is going away"))
        await self._desk.close()
        self._worker.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _new_capture(self, wanted: int | None) -> Capture:
        return Capture(wanted or self._settings.examples_wanted, self._encode_jpeg)

    def _leave(self, session_id: str) -> None:
        stop_listening = self._sessions.pop(session_id)
        stop_listening()


def _decode(decode: Callable[[bytes, int], Frame], max_pixels: int, jpeg: bytes) -> Frame:
    """`decode` with its limit bound."""
    return decode(jpeg, max_pixels)
