"""The composition: sessions -> frame queue -> batcher -> worker thread; the gallery beside."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from facestream.engine.batcher import Batcher
from facestream.engine.checkup import CheckUp
from facestream.engine.engine_session import EngineSession, Listeners, Surroundings
from facestream.engine.enrolment import Capture
from facestream.engine.face_desk import FaceDesk
from facestream.engine.flow import Flow, Regulator
from facestream.engine.frame_queue import FrameQueue
from facestream.engine.gallery_desk import GalleryDesk, GalleryView
from facestream.engine.identify_desk import IdentifyDesk
from facestream.engine.ledger import Ledger
from facestream.engine.likeness import Likeness
from facestream.engine.photo_desk import Photo, PhotoDesk, PhotoVerdict
from facestream.engine.reembedder import Reembedder, Reembedding
from facestream.engine.roll import Roll
from facestream.engine.supervisor import Supervisor
from facestream.engine.worker import Model, Worker
from facestream.errors import EngineLost, ShuttingDown, WorkerFailed
from facestream.metrics import Metrics
from facestream.records import Frame, UInt8
from facestream.settings import Settings

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.engine.recogniser import Recogniser, Recognition
    from facestream.gallery.decision import DecisionPolicy
    from facestream.gallery.gallery import Gallery, GalleryChange
    from facestream.gallery.health import Health

__all__ = ["Engine"]

log = logging.getLogger(__name__)

DECODE_THREADS = min(4, os.cpu_count() or 1)
"""A camera JPEG takes some 3 ms to decode; four keep ahead of any worker, and more would only take
the cores that TensorFlow computes on."""

JUDGED_EVERY_S = 0.5
"""So that a client follows the server's load within a second."""


class Engine:
    """Everything between a session's JPEG and its answer; owned by the event loop.

    Bound: see `Roll`. Policy: refuse the next one.

    Args:
        settings: limits, batch size, examples of a capture.
        make_recogniser: builds it; called in the worker thread.
        open_gallery: opens it; called in the store thread.
        load_policy: by which faces are named; of the embedder in use.
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
        load_policy: Callable[[Model], DecisionPolicy],
        decode: Callable[[bytes, int], Frame],
        encode_jpeg: Callable[[UInt8], bytes],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._load_policy = load_policy
        self._encode_jpeg = encode_jpeg
        self._clock = clock
        self._pool = ThreadPoolExecutor(DECODE_THREADS, thread_name_prefix="facestream-decode")
        self._worker = Worker(make_recogniser, clock)
        self._desk = GalleryDesk(open_gallery, keeps_crops=settings.crops, clock=clock)
        self._decode = partial(_decode, decode, settings.max_picture_pixels)
        self._photos = PhotoDesk(self._worker, self._desk, self._decode, self._pool)
        self._identify_desk = IdentifyDesk(
            self._worker, self._decode, self._pool, self._desk.snapshot
        )
        self._reembedder = Reembedder(self._worker, self._desk)
        self._queue = FrameQueue(settings.max_frame_age_seconds, clock)
        self.metrics = Metrics()
        self._ledger = Ledger(self.metrics)
        self._batcher = Batcher(
            self._queue,
            self._worker,
            self._decode,
            self._pool,
            self._desk.snapshot,
            self._most_frames,
            self._ledger,
            clock,
        )
        self._roll = Roll(
            settings.max_sessions, settings.max_sessions_per_address, settings.resume_seconds
        )
        self._regulator = Regulator(_flow_limits(settings))
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._settled = asyncio.Event()
        self._model: Model | None = None
        self._around: Surroundings | None = None
        self._check_up: CheckUp | None = None
        self._failure: Exception | None = None
        self._supervisor = Supervisor(
            self._worker,
            {"gallery": self._desk},
            lambda: self._serving,
            settings.give_up_seconds,
            self.metrics.restarts.inc,
            clock,
        )
        self._supervising: asyncio.Task[EngineLost] | None = None
        self._begun = asyncio.Event()
        self._stopping = False
        self._watch_gauges()

    @property
    def ready(self) -> bool:
        """Whether frames are answered: warmed up, not begun anew just now, and not stopping."""
        return bool(self._serving) and self._worker.serving and self.healthy and not self._stopping

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken that does not mend itself; true while it warms up."""
        if self._failure is not None or not (self._worker.healthy and self._desk.healthy):
            return False
        return self._stopping or not any(
            task is not None and task.done()
            for task in (*self._serving.values(), self._supervising)
        )

    async def lost(self) -> EngineLost:
        """Wait until only a new process can help; returns why."""
        await self._begun.wait()
        assert self._supervising is not None
        try:
            return await asyncio.shield(self._supervising)
        except Exception:  # a bug of ours; nobody looks after the parts any more
            log.exception("the supervisor failed")
            return EngineLost("What looks after the engine has failed.")

    @property
    def gallery(self) -> GalleryView:
        """Who is enrolled."""
        return self._desk.view

    @property
    def desk(self) -> GalleryDesk:
        """For all that is not the business of one session."""
        return self._desk

    async def enrol_photos(
        self, display_name: str, photos: AsyncIterable[Photo]
    ) -> tuple[list[PhotoVerdict], GalleryChange | None]:
        """Enrol a person by photos; see `PhotoDesk.enrol`."""
        model = await self.started()
        return await self._photos.enrol(display_name, photos, model.fingerprint)

    async def identify(
        self, receive: Callable[[], Awaitable[bytes]]
    ) -> tuple[tuple[int, int], Recognition]:
        """Everybody in a photo, whose size comes first; see `IdentifyDesk.identify`."""
        await self.started()
        return await self._identify_desk.identify(receive)

    async def reembed(self) -> Reembedding:
        """Begin to embed the templates of other models, or go on; how far it is."""
        model = await self.started()
        self._reembedder.begin(model.fingerprint)
        return self._reembedder.state

    async def health(self) -> tuple[int, Health]:
        """What is worth a look in the gallery, and of which revision that is said."""
        await self.started()
        assert self._check_up is not None
        return await self._check_up.health()

    @property
    def reembedding(self) -> Reembedding:
        """How far it is."""
        return self._reembedder.state

    def now_s(self) -> float:
        """Seconds, on the clock of all times that the engine gives."""
        return self._clock()

    async def start(self) -> None:
        """Build and warm up the recogniser, read the gallery, begin to serve.

        Raises:
            MissingWeights, BadWeights, StoreFailed, DataFolderInUse: the operator has to act.
        """
        self._supervising = asyncio.create_task(
            self._supervisor.run(), name="facestream-supervisor"
        )
        self._begun.set()
        try:
            model = await self._worker.start()
            await self._desk.open(model)
            policy = self._load_policy(model)
            self._around = self._surroundings(model, policy)
            self._check_up = CheckUp(self._desk, policy, self._around.min_examples)
        except Exception as error:
            self._failure = error
            self._settled.set()
            raise
        self._model = model
        self._desk.listen(self._tell_all)
        for name, work in (
            ("batcher", self._batcher.run()),
            ("regulator", self._regulate()),
            ("housekeeping", self._desk.keep_house()),
        ):
            self._serving[name] = asyncio.create_task(work, name=f"facestream-{name}")
        self._settled.set()

    async def started(self) -> Model:
        """Wait until it serves; returns what the recogniser is. Raises what `start` raised."""
        await self._settled.wait()
        if self._model is None:
            raise self._failure or ShuttingDown("the server is going away")
        return self._model

    def open_session(
        self, listeners: Listeners, address: str = "", resume: str | None = None
    ) -> tuple[EngineSession, bool]:
        """Admit a client; returns its session, and whether it is the one that it had.

        Args:
            listeners: called on the event loop; flow with news only, not for the first time.
            address: of the client, for the limits.
            resume: id of a session whose connection was lost. An unknown one is no error.

        Raises:
            Overloaded: `max_sessions`, or as many of this address as may be, are open.
            ShuttingDown: the engine stops.
        """
        if self._stopping:
            raise ShuttingDown("the server is going away")
        known = self._roll.admit(address, resume)
        session = known or self._new_session(address)
        session.address = address
        session.flow = session.flow or self._regulator.first(len(self._roll.live))
        session.listeners = listeners
        self._roll.live[session.session_id] = session
        self.metrics.sessions_opened.labels("resumed" if known else "new").inc()
        return session, known is not None

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
        if in_flight and self._serving:
            await asyncio.wait(in_flight, timeout=deadline_s)
        tasks = [*self._serving.values(), *filter(None, [self._supervising])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._reembedder.stop()
        self._roll.forget_all()
        self._queue.fail_all(ShuttingDown("the server is going away"))
        await self._desk.close()
        self._worker.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def join(self, timeout_s: float) -> bool:
        """Wait after `stop` for the threads to end, each so long; whether they did. Blocks."""
        return self._worker.join(timeout_s) and self._desk.join(timeout_s)

    def _new_session(self, address: str) -> EngineSession:
        assert self._around is not None, "a session before the engine has started"
        return EngineSession(uuid4().hex, address, self._around)

    def _surroundings(self, model: Model, policy: DecisionPolicy) -> Surroundings:
        settings = self._settings
        least = min(settings.min_examples, settings.examples_wanted)
        likeness = Likeness.of(policy.calibration)

        def new_capture(wanted: int | None) -> Capture:
            take = max(wanted or settings.examples_wanted, least)
            return Capture(take, self._encode_jpeg, likeness)

        return Surroundings(
            queue=self._queue,
            desk=self._desk,
            faces=FaceDesk(self._desk, policy, model.fingerprint, self._encode_jpeg),
            ledger=self._ledger,
            new_capture=new_capture,
            min_examples=least,
            fingerprint=model.fingerprint,
            strain=lambda: self._regulator.strain,
            clock=self._clock,
            left=self._roll.left,
        )

    def _most_frames(self) -> int:
        """Of a batch."""
        assert self._model is not None, "a batch before the engine has started"
        return self._settings.max_batch or self._model.frames_at_once

    def _tell_all(self, change: GalleryChange) -> None:
        for session in list(self._roll.live.values()):
            if session.listeners is not None:
                session.listeners.gallery(change)

    async def _regulate(self) -> None:
        """Twice a second, ask each client for what it may send."""
        before_s = self._clock()
        while True:
            await asyncio.sleep(JUDGED_EVERY_S)
            now_s = self._clock()
            try:
                self._judge(max(now_s - before_s, 1e-3))
            except Exception:  # the flow stays as it is, and frames go on to be answered
                log.exception("the regulator failed")
            before_s = now_s

    def _judge(self, seconds: float) -> None:
        counts, live = self._ledger.taken(), self._roll.live
        links = {key: session.link for key, session in live.items()}
        for key, flow in self._regulator.judge(counts, links, seconds).items():
            live[key].ask(flow)
        self.metrics.worker_busy_ratio.set(min(counts.run_s / seconds, 1.0))
        self.metrics.capacity.set(self._regulator.capacity)

    def _watch_gauges(self) -> None:
        watch = self.metrics.watch
        watch("facestream_sessions", "Clients connected", lambda: len(self._roll.live))
        watch(
            "facestream_parked_sessions",
            "Sessions kept for clients that lost their connection",
            lambda: len(self._roll.parked),
        )
        watch("facestream_queued_frames", "Frames that wait", lambda: len(self._queue))
        watch("facestream_identities", "People enrolled", lambda: len(self.gallery.people))
        watch(
            "facestream_templates",
            "Templates of all people",
            lambda: sum(one.templates for one in self.gallery.people.values()),
        )
        watch("facestream_tasks", "Tasks on the event loop", lambda: len(asyncio.all_tasks()))
        watch(
            "facestream_strain",
            "How many times as long scans and embeddings wait, because of the load",
            lambda: self._regulator.strain,
        )
        watch("facestream_ready", "Whether frames are answered", lambda: float(self.ready))


def _flow_limits(settings: Settings) -> Flow:
    return Flow(
        rate=settings.max_rate,
        width=settings.frame_width,
        quality=settings.jpeg_quality,
        window=settings.window,
    )


def _decode(decode: Callable[[bytes, int], Frame], max_pixels: int, jpeg: bytes) -> Frame:
    """`decode` with its limit bound. What is no Exception would end the event loop: not here."""
    try:
        return decode(jpeg, max_pixels)
    except Exception:
        raise
    except BaseException as error:
        raise WorkerFailed("the decoding failed for this picture") from error
