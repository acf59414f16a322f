"""What comes out of the engine for one frame. Records only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.engine.enrolment import CaptureProgress
    from facestream.engine.recogniser import Recognition

__all__ = ["Computed", "FrameResult", "FrameTimings"]


@dataclass(frozen=True, slots=True)
class FrameTimings:
    """Milliseconds on the engine's clock.

    queued_ms: from arrival until the frame was chosen for a batch.
    decode_ms, detect_ms, embed_ms, search_ms: of the whole batch.
    total_ms: from arrival until the answer.
    batch: frames that were computed together.
    """

    queued_ms: float
    decode_ms: float
    detect_ms: float
    embed_ms: float
    search_ms: float
    total_ms: float
    batch: int


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What the worker found in one frame. `size_wh`: the frame's, in pixels."""

    size_wh: tuple[int, int]
    recognition: Recognition
    timings: FrameTimings


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """The answer to one frame.

    track_ids: one for each face of `recognition.faces`, in its order.
    progress: what the frame meant to the capture under way; None without one.
    """

    seq: int
    captured_ms: float
    size_wh: tuple[int, int]
    recognition: Recognition
    track_ids: tuple[int, ...]
    timings: FrameTimings
    progress: CaptureProgress | None
