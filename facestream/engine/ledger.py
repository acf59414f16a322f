"""What the engine counts: for the operator's metrics, and for the regulator's judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facestream.engine.flow import Counts
from facestream.errors import Expired, Superseded
from facestream.metrics import Metrics

if TYPE_CHECKING:
    from facestream.engine.frame_queue import Entry
    from facestream.engine.recogniser import Recognition

__all__ = ["Ledger"]


class Ledger:
    """Told by queue, batcher and sessions; owned by the event loop."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counts = Counts()
        self._traces: int | None = None

    def arrived(self) -> None:
        """A frame was handed in."""
        self._counts.arrived += 1

    def chosen(self, entries: Sequence[Entry], now_s: float) -> None:
        """These frames' turn came."""
        for entry in entries:
            self._metrics.queue_age_seconds.observe(max(now_s - entry.captured_s, 0.0))

    def ran(self, frames: int, run_s: float, traces: int) -> None:
        """The worker computed a batch. `traces`: of TensorFlow functions, since the beginning."""
        self._counts.run_s += run_s
        self._metrics.batch_frames.observe(frames)
        self._metrics.traces.set(traces)
        if self._traces is not None:
            self._metrics.retracings.inc(max(traces - self._traces, 0))
        self._traces = traces

    def answered(self, recognition: Recognition) -> None:
        """A frame got its result."""
        self._counts.answered += 1
        self._metrics.frames.labels("answered").inc()
        self._metrics.scans.labels("full" if recognition.scanned else "tracks").inc()
        computed = sum(recognition.embedded)
        self._metrics.embeddings.labels("computed").inc(computed)
        self._metrics.embeddings.labels("carried").inc(len(recognition.embedded) - computed)

    def refused(self, error: BaseException | None) -> None:
        """A frame got no result; None: because its session left."""
        if isinstance(error, Superseded | Expired):
            self._counts.skipped += 1
            self._metrics.frames.labels(error.code).inc()
        else:
            self._metrics.frames.labels("failed" if error else "abandoned").inc()

    def taken(self) -> Counts:
        """The counts since the last time."""
        counts, self._counts = self._counts, Counts()
        return counts
