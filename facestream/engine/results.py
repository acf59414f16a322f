"""What comes out of the engine for one frame. Records only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.engine.enrolment import CaptureProgress
    from facestream.engine.recogniser import BatchTimings, Recognition

__all__ = ["Computed", "FrameResult", "FrameTimings"]


@dataclass(frozen=True, slots=True)
class FrameTimings:
    """When a frame passed where, in seconds on the engine's clock.

    captured_s: as far as the client's clock tells.
    received_s, chosen_s, decoded_s: it came; its turn came; its whole batch was decoded.
    started_s: the worker began with the batch.
    stages: what the worker took for the batch.
    batch: frames that were computed together.
    """

    captured_s: float
    received_s: float
    chosen_s: float
    decoded_s: float
    started_s: float
    stages: BatchTimings
    batch: int

    def milliseconds(self, sent_s: float) -> dict[str, float]:
        """The stages of the way until `sent_s`, which add up to their `total`; `records.STAGES`."""
        detect, embed, search = (
            self.stages.detect_ms,
            self.stages.embed_ms,
            self.stages.search_ms,
        )
        computed_s = self.started_s + (detect + embed + search) / 1e3
        return {
            "upload": 1e3 * (self.received_s - self.captured_s),
            "queued": 1e3 * (self.chosen_s - self.received_s),
            "decode": 1e3 * (self.decoded_s - self.chosen_s),
            "wait": 1e3 * (self.started_s - self.decoded_s),
            "detect": detect,
            "embed": embed,
            "search": search,
            "answer": 1e3 * (sent_s - computed_s),
            "total": 1e3 * (sent_s - self.captured_s),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What the worker found in one frame. `size_wh`: the frame's, in pixels."""

    size_wh: tuple[int, int]
    recognition: Recognition
    timings: FrameTimings


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """The answer to one frame.

    progress: what the frame meant to the capture under way; None without one.
    """

    seq: int
    captured_ms: float
    size_wh: tuple[int, int]
    recognition: Recognition
    timings: FrameTimings
    progress: CaptureProgress | None
