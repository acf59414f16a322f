"""The one thread in which the recogniser, and so TensorFlow, lives: build, warm up, run batches.

Frames in, recognitions out. Knows no sessions and no queue.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from facestream.engine.job_thread import JobThread
from facestream.engine.scene import View
from facestream.errors import FingerprintMismatch, WorkerFailed
from facestream.records import Frame

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.engine.recogniser import BatchTimings, Recogniser, Recognition
    from facestream.gallery.gallery import GallerySnapshot
    from facestream.gallery.records import Crop
    from facestream.records import Faces, Float32
    from facestream.vision.portrait import Portraits

__all__ = ["BatchOutcome", "Model", "Worker"]

log = logging.getLogger(__name__)
_T = TypeVar("_T")

STALLED_S = 30.0
"""Seconds after which a batch counts as stuck: hundreds of times the longest one measured."""

START_STALLED_S = 600.0
"""The same for building and warming up: on its first start a GPU compiles kernels for minutes."""

RENEWALS = 3
"""How often one batch is searched again while the gallery goes on changing; then it is answered."""


SUSPICIOUS = 3
"""So many batches in a row of which every frame failed: then an empty picture tells whether the
frames are to blame, or TensorFlow, which after some errors of a GPU fails for ever."""

EMPTY_WH = (640, 480)


class _Broken(BaseException):
    """The recogniser fails whatever it is given. No Exception, so that its thread ends by it."""


@dataclass(frozen=True, slots=True)
class Model:
    """What the recogniser is.

    fingerprint: hash of all that makes an embedding of `dimension`.
    frames_at_once: so many together pay on the device that computes.
    """

    fingerprint: str
    dimension: int
    frames_at_once: int = 8


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """One recognition or error a frame, in order; `timings` is None when no frame succeeded.

    revision: of the gallery in which it was searched.
    traces: of TensorFlow functions, since the program began.
    """

    results: list[Recognition | WorkerFailed]
    timings: BatchTimings | None
    revision: int
    traces: int


class Worker:
    """Owns the thread, and the thread owns the recogniser: nothing else may call it.

    The thread's queue holds at most a batch, a photo to enrol, one to identify and some crops: of
    each kind one is run at a time. If the thread dies, what it was to do ends in WorkerFailed, and
    so does all else until `restart` is done: who asked may ask again, and a frame is soon old.

    Args:
        make_recogniser: called in the thread, once and at each restart.
        clock: seconds, for the health.
    """

    def __init__(
        self,
        make_recogniser: Callable[[], Recogniser],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_recogniser = make_recogniser
        self._clock = clock
        self._thread = _thread()
        self._model: Model | None = None
        self._recogniser: Recogniser | None = None  # touched in the thread only
        self._failed_in_a_row = 0  # as well: batches
        self._restarting = False
        self._stalls_at: dict[object, float] = {}

    @property
    def alive(self) -> bool:
        """Whether its thread lives."""
        return self._thread.alive

    @property
    def serving(self) -> bool:
        """Whether it computes what it is given: not while it begins anew."""
        return self.alive and not self._restarting

    @property
    def healthy(self) -> bool:
        """Whether no job has been waited for longer than it may take."""
        return all(self._clock() < stalls_at for stalls_at in self._stalls_at.values())

    async def start(self) -> Model:
        """Build the recogniser and run every shape once. Raises what the building raises."""
        self._model = await self._call(self._start, START_STALLED_S)
        return self._model

    async def restart(self) -> None:
        """A new thread with a new recogniser, in the place of a dead one.

        Raises:
            FingerprintMismatch: the model's files are others now, and so would embeddings be.
            and what the building raises. In both cases it is not alive, and can be tried again.
        """
        self._thread, self._restarting = _thread(), True
        try:
            model = await self._call(self._start, START_STALLED_S)
            if model != self._model:
                raise FingerprintMismatch("the model's files were changed while the server ran")
        except Exception:
            self._thread.stop()
            self._thread.bury()
            raise
        finally:
            self._restarting = False

    def bury(self) -> None:
        """End all that a dead thread has left."""
        self._thread.bury()

    async def run(self, views: Sequence[View], gallery: GallerySnapshot) -> BatchOutcome:
        """Recognise a batch. Never raises for the fault of a frame."""
        return await self._call(lambda: self._run(views, gallery), STALLED_S)

    async def run_up_to_date(
        self, views: Sequence[View], gallery: Callable[[], GallerySnapshot]
    ) -> BatchOutcome:
        """The same, searched again if the gallery changed meanwhile.

        So nobody who was told of a change sees an answer from before it.
        """
        outcome = await self.run(views, gallery())
        for _ in range(RENEWALS):
            newer = gallery()
            if newer.revision == outcome.revision:
                break
            outcome = await self.renew(outcome, newer)
        return outcome

    async def renew(self, outcome: BatchOutcome, gallery: GallerySnapshot) -> BatchOutcome:
        """The same faces, searched in another gallery."""
        return await self._call(lambda: self._renew(outcome, gallery), STALLED_S)

    async def photo(self, frame: Frame) -> tuple[Faces, Portraits]:
        """The faces of a photo to be enrolled, and their pictures to be kept."""
        return await self._call(lambda: self._built().photo(frame), STALLED_S)

    async def embed_crops(self, crops: Sequence[Crop]) -> list[Float32 | None]:
        """What the model makes of stored crops; None of those without a face."""
        return await self._call(lambda: self._built().embed_crops(crops), STALLED_S)

    def stop(self) -> None:
        """Take no more jobs. A running one ends by itself: a thread cannot be stopped."""
        self._thread.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end after `stop`; whether it did. Blocks."""
        return self._thread.join(timeout_s)

    async def _call(self, job: Callable[[], _T], allowed_s: float) -> _T:
        if self._restarting and job != self._start:
            raise _died()
        running = asyncio.wrap_future(self._thread.submit(job))
        self._stalls_at[running] = self._clock() + allowed_s
        try:
            return await running
        finally:  # a cancelled wait leaves the thread busy, but then the engine is stopping
            del self._stalls_at[running]

    # --- in the thread ----------------------------------------------------------------------------

    def _start(self) -> Model:
        self._recogniser = None  # its memory, before another one takes as much
        recogniser = self._make_recogniser()
        recogniser.warm_up()
        self._recogniser, self._failed_in_a_row = recogniser, 0
        return Model(recogniser.fingerprint, recogniser.dimension, recogniser.frames_at_once)

    def _run(self, views: Sequence[View], gallery: GallerySnapshot) -> BatchOutcome:
        outcome = self._run_each(views, gallery)
        self._failed_in_a_row = self._failed_in_a_row + 1 if outcome.timings is None else 0
        if self._failed_in_a_row >= SUSPICIOUS:
            self._failed_in_a_row = 0
            self._try_an_empty_picture(gallery)
        return outcome

    def _try_an_empty_picture(self, gallery: GallerySnapshot) -> None:
        """Raises _Broken, of which the thread dies, if even that fails."""
        width, height = EMPTY_WH
        try:
            self._built().recognise([View(Frame(np.zeros((height, width, 3), np.uint8)))], gallery)
        except Exception as error:
            raise _Broken("an empty picture failed, too") from error

    def _run_each(self, views: Sequence[View], gallery: GallerySnapshot) -> BatchOutcome:
        """All frames at once; if that fails, one by one, so that a bad frame fails alone."""
        try:
            return self._recognise(views, gallery)
        except Exception:
            log.exception("a batch of %d frames failed", len(views))
        if len(views) == 1:
            return BatchOutcome([_failure()], None, gallery.revision, self._built().traces)
        outcomes = [self._run_each([view], gallery) for view in views]
        timings = [o.timings for o in outcomes if o.timings is not None]
        return BatchOutcome(
            [result for o in outcomes for result in o.results],
            _sum(timings) if timings else None,
            gallery.revision,
            self._built().traces,
        )

    def _recognise(self, views: Sequence[View], gallery: GallerySnapshot) -> BatchOutcome:
        recognitions, timings = self._built().recognise(views, gallery)
        if len(recognitions) != len(views):
            raise RuntimeError(f"{len(views)} frames gave {len(recognitions)} recognitions")
        return BatchOutcome(list(recognitions), timings, gallery.revision, self._built().traces)

    def _renew(self, outcome: BatchOutcome, gallery: GallerySnapshot) -> BatchOutcome:
        sound = [result for result in outcome.results if not isinstance(result, WorkerFailed)]
        renewed = iter(self._built().renewed(sound, gallery))
        results = [r if isinstance(r, WorkerFailed) else next(renewed) for r in outcome.results]
        return replace(outcome, results=results, revision=gallery.revision)

    def _built(self) -> Recogniser:
        assert self._recogniser is not None, "run before start"
        return self._recogniser


def _thread() -> JobThread:
    return JobThread("facestream-worker", _died)


def _died() -> WorkerFailed:
    return WorkerFailed("the computation broke down and is begun anew; try again in a moment")


def _failure() -> WorkerFailed:
    return WorkerFailed("the computation failed for this frame; the server's log says why")


def _sum(timings: Sequence[BatchTimings]) -> BatchTimings:
    """The time of several runs together."""
    return type(timings[0])(
        detect_ms=sum(t.detect_ms for t in timings),
        embed_ms=sum(t.embed_ms for t in timings),
        search_ms=sum(t.search_ms for t in timings),
    )
