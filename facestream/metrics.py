"""Every metric with its name and unit, for Prometheus. Knows no room."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from facestream.records import STAGES

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5)
FRAMES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)


class Metrics:
    """One server's metrics, in a registry of their own; owned by the event loop."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # process_resident_memory_bytes and its like

        stage_seconds = Histogram(
            "facestream_stage_seconds",
            "Time of an answered frame in each stage of its way",
            ["stage"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._stages = {stage: stage_seconds.labels(stage) for stage in STAGES}
        self.batch_frames = Histogram(
            "facestream_batch_frames",
            "Frames computed together",
            buckets=FRAMES,
            registry=self.registry,
        )
        self.queue_age_seconds = Histogram(
            "facestream_queue_age_seconds",
            "Age of a frame when its turn came, since its capture",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.frames = self._counter(
            "facestream_frames",
            "Frames by how they ended: answered, superseded, expired, failed, abandoned",
            "outcome",
        )
        self.scans = self._counter(
            "facestream_scans",
            "Answered frames by where faces were sought: full, tracks",
            "scan",
        )
        self.embeddings = self._counter(
            "facestream_embeddings",
            "Faces of answered frames by their embedding: computed, carried",
            "embedding",
        )
        self.sessions_opened = self._counter(
            "facestream_sessions_opened", "Sessions begun: new, resumed", "how"
        )
        self.sessions_closed = self._counter(
            "facestream_sessions_closed", "Connections ended, by WebSocket close code", "code"
        )
        self.refused = self._counter(
            "facestream_refused", "Connections that were refused, by error code", "reason"
        )
        self.retracings = Counter(
            "facestream_retracings",
            "TensorFlow traces since the warm-up; each is a fault",
            registry=self.registry,
        )
        self.restarts = Counter(
            "facestream_restarts",
            "How often the worker thread broke and was begun anew; each is a fault",
            registry=self.registry,
        )
        self.traces = self._gauge("facestream_traces", "TensorFlow traces in all")
        self.worker_busy_ratio = self._gauge(
            "facestream_worker_busy_ratio", "Part of the time that the worker ran"
        )
        self.capacity = self._gauge(
            "facestream_capacity_frames_per_second", "Frames a second that it could answer"
        )

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """A gauge that is read when it is asked for."""
        self._gauge(name, meaning).set_function(read)

    def answered(self, stages_ms: Mapping[str, float]) -> None:
        """A result was sent after these milliseconds; keys as in `STAGES`."""
        for stage, histogram in self._stages.items():
            histogram.observe(stages_ms[stage] / 1e3)

    def exposition(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, label: str) -> Counter:
        return Counter(name, meaning, [label], registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self.registry)
