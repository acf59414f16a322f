"""Keeps the worker busy: forms and decodes the next batch while it runs one. Knows no sessions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facestream.engine.frame_queue import Entry, FrameQueue
from facestream.engine.ledger import Ledger
from facestream.engine.pace import Pace
from facestream.engine.results import Computed, FrameTimings
from facestream.engine.worker import BatchOutcome, Worker
from facestream.errors import ShuttingDown, WorkerFailed
from facestream.records import Frame

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.engine.recogniser import BatchTimings
    from facestream.gallery.gallery import GallerySnapshot

__all__ = ["Batcher"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Chosen:
    """An entry in a batch, decoded."""

    entry: Entry
    frame: Frame


@dataclass(slots=True)
class _Batch:
    """Seconds on the engine's clock: its turn came; all of it was decoded; the worker began."""

    chosen: list[_Chosen]
    chosen_s: float
    decoded_s: float
    started_s: float = 0.0


class Batcher:
    """One task, owned by the event loop, from the queue to the answers.

    Bound: one batch that runs and one that is prepared, `max_batch` frames each. Policy: the next
    batch is chosen as late as possible (one is running already, and nearly done), so that it is as
    full and its frames as new as can be.

    Args:
        queue: where the frames wait.
        worker: what computes them.
        decode: JPEG -> Frame, called in `pool`; raises BadPicture or PictureTooLarge.
        pool: threads for the decoding.
        gallery: the newest one; asked when a batch begins to run, and again when it is done.
        max_batch: the most frames of a batch; asked for each.
        ledger: what is counted and measured.
        clock: seconds.
    """

    def __init__(
        self,
        queue: FrameQueue,
        worker: Worker,
        decode: Callable[[bytes], Frame],
        pool: Executor,
        gallery: Callable[[], GallerySnapshot],
        max_batch: Callable[[], int],
        ledger: Ledger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue
        self._worker = worker
        self._decode = decode
        self._pool = pool
        self._gallery = gallery
        self._max_batch = max_batch
        self._ledger = ledger
        self._clock = clock
        self._pace = Pace()
        self._in_hand: list[Entry] = []

    def in_hand(self) -> list[Entry]:
        """The entries that were taken from the queue and are not answered yet."""
        self._in_hand = [entry for entry in self._in_hand if not entry.ended]
        return list(self._in_hand)

    async def run(self) -> None:
        """Serve until cancelled; then what is in hand ends in ShuttingDown."""
        try:
            while True:
                try:
                    await self._serve()
                except Exception:  # the same for the choosing; the others go on
                    log.exception("the batcher failed")
                    self._give_up(WorkerFailed("the server failed over this frame"))
        finally:
            self._give_up(ShuttingDown("the server is going away"))

    async def _serve(self) -> None:
        """Batch after batch: while one runs, the next one is prepared."""
        batch = await self._next_batch()
        while True:
            running = asyncio.create_task(self._compute(batch))
            try:
                await self._until_nearly_free(running, len(batch.chosen))
                batch = await self._next_batch()
                await running
            finally:
                running.cancel()  # without effect unless we were cancelled or failed

    async def _until_nearly_free(self, running: asyncio.Task[None], frames: int) -> None:
        delay_s = self._pace.delay_s(frames)
        if delay_s:
            await asyncio.wait({running}, timeout=delay_s)

    async def _next_batch(self) -> _Batch:
        """Choose, then decode. A frame that cannot be decoded is answered here, and alone."""
        entries = [e for e in await self._queue.take(self._max_batch()) if not e.ended]
        self._in_hand = [*self.in_hand(), *entries]
        chosen_s = self._clock()
        self._ledger.chosen(entries, chosen_s)
        loop = asyncio.get_running_loop()
        frames = await asyncio.gather(
            *(loop.run_in_executor(self._pool, self._decode, e.jpeg) for e in entries),
            return_exceptions=True,
        )
        decoded_s = self._clock()
        self._pace.decoded(len(entries), decoded_s - chosen_s)
        return _Batch(_decoded(entries, frames), chosen_s, decoded_s)

    async def _compute(self, batch: _Batch) -> None:
        """Run a batch, without those whose session left meanwhile, and answer it."""
        batch.chosen = [c for c in batch.chosen if not c.entry.ended]
        if not batch.chosen:
            return
        try:
            batch.started_s = self._clock()
            views = [c.entry.view(c.entry, c.frame) for c in batch.chosen]
            outcome = await self._worker.run_up_to_date(views, self._gallery)
            run_s = self._clock() - batch.started_s
            self._pace.ran(len(batch.chosen), run_s)
            self._ledger.ran(len(batch.chosen), run_s, outcome.traces)
            self._answer(batch, outcome)
        except WorkerFailed as error:  # its thread died, which has been logged
            for chosen in batch.chosen:
                chosen.entry.fail(WorkerFailed(str(error)))
        except Exception:  # a bug of ours; told at once, not when the next batch is ready
            log.exception("a batch failed")
            for chosen in batch.chosen:
                chosen.entry.fail(WorkerFailed("the server failed over this frame"))

    def _answer(self, batch: _Batch, outcome: BatchOutcome) -> None:
        for chosen, result in zip(batch.chosen, outcome.results, strict=True):
            if isinstance(result, WorkerFailed):
                chosen.entry.fail(result)
            elif outcome.timings is not None:
                timings = _timings(chosen.entry, batch, outcome.timings)
                chosen.entry.resolve(Computed(chosen.frame.size_wh, result, timings))

    def _give_up(self, error: Exception) -> None:
        for entry in self.in_hand():
            entry.fail(error)


def _timings(entry: Entry, batch: _Batch, stages: BatchTimings) -> FrameTimings:
    return FrameTimings(
        captured_s=entry.captured_s,
        received_s=entry.received_s,
        chosen_s=batch.chosen_s,
        decoded_s=batch.decoded_s,
        started_s=batch.started_s,
        stages=stages,
        batch=len(batch.chosen),
    )


def _decoded(entries: Sequence[Entry], frames: Sequence[Frame | BaseException]) -> list[_Chosen]:
    """The entries that have a frame; the others are answered with their error."""
    chosen = []
    for entry, frame in zip(entries, frames, strict=True):
        if isinstance(frame, Exception):
            entry.fail(frame)
        elif isinstance(frame, BaseException):
            raise frame
        else:
            chosen.append(_Chosen(entry, frame))
    return chosen
