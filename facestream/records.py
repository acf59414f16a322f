"""The arrays that pass between rooms, their shapes checked once when made. Knows numpy only.

Letters in shapes: b frames, n faces, m templates, d the embedding's dimension, s the crop's side.
Arrays in records are never mutated after construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "STAGES",
    "Candidate",
    "Coach",
    "Decision",
    "Detections",
    "Faces",
    "Float32",
    "Frame",
    "Reason",
    "UInt8",
    "Verdict",
]

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]


def _check(name: str, array: NDArray[Any], shape: tuple[int | str, ...], dtype: type) -> None:
    """Raise ValueError unless `array` has this dtype and shape; letters stand for any size."""
    fits = len(array.shape) == len(shape) and all(
        isinstance(want, str) or got == want for got, want in zip(array.shape, shape, strict=True)
    )
    if not fits or array.dtype != dtype:
        wanted = ", ".join(map(str, shape))
        raise ValueError(
            f"{name} must have shape ({wanted}) and dtype {np.dtype(dtype)}, "
            f"got {array.shape} and {array.dtype}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One whole picture. `pixels_rgb`: (height, width, 3) uint8, RGB."""

    pixels_rgb: UInt8

    def __post_init__(self) -> None:
        _check("pixels_rgb", self.pixels_rgb, ("height", "width", 3), np.uint8)
        if 0 in self.pixels_rgb.shape:
            raise ValueError(f"pixels_rgb must not be empty, got {self.pixels_rgb.shape}")

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels_rgb.shape[1], self.pixels_rgb.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The faces of one frame, best first, in that frame's pixels.

    boxes_xyxy: (n, 4) float32, x1 y1 x2 y2; may reach beyond the frame.
    scores: (n,) float32 in [0, 1]: is it a face.
    landmarks_xy: (n, 5, 2) float32: eye, eye, nose, mouth corner, mouth corner, image-left first.
    """

    boxes_xyxy: Float32
    scores: Float32
    landmarks_xy: Float32

    def __post_init__(self) -> None:
        n = len(self.boxes_xyxy)
        _check("boxes_xyxy", self.boxes_xyxy, (n, 4), np.float32)
        _check("scores", self.scores, (n,), np.float32)
        _check("landmarks_xy", self.landmarks_xy, (n, 5, 2), np.float32)

    def __len__(self) -> int:
        return len(self.boxes_xyxy)

    def take(self, rows: NDArray[np.intp] | list[int] | slice) -> Detections:
        """The detections of `rows`, in that order."""
        return Detections(self.boxes_xyxy[rows], self.scores[rows], self.landmarks_xy[rows])

    def scaled(self, factor: float) -> Detections:
        """The same faces in a frame that is `factor` times as large."""
        scale = np.float32(factor)
        return Detections(self.boxes_xyxy * scale, self.scores, self.landmarks_xy * scale)

    @classmethod
    def none(cls) -> Detections:
        """No face: arrays of length 0."""
        return cls(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces of one frame with what recognition needs of them.

    detections: where they are.
    sharpness: (n,) float32, see `vision.quality.sharpness`.
    crops_rgb: (n, s, s, 3) uint8, aligned by the five landmarks for the embedder.
    embeddings: (n, d) float32, rows of unit length.
    """

    detections: Detections
    sharpness: Float32
    crops_rgb: UInt8
    embeddings: Float32

    def __post_init__(self) -> None:
        n = len(self.detections)
        _check("sharpness", self.sharpness, (n,), np.float32)
        _check("crops_rgb", self.crops_rgb, (n, "s", "s", 3), np.uint8)
        _check("embeddings", self.embeddings, (n, "d"), np.float32)

    def __len__(self) -> int:
        return len(self.detections)


@final  # so that of one or None `one and one.field` has the field's type
@dataclass(frozen=True, slots=True)
class Candidate:
    """An identity that a probe may belong to. `similarity`: cosine, in [-1, 1]."""

    identity_id: str
    display_name: str
    similarity: float


class Reason(StrEnum):
    """Why a face got no name."""

    GALLERY_EMPTY = "gallery_empty"
    TOO_FAR = "too_far"
    AMBIGUOUS = "ambiguous"
    POOR_FACE = "poor_face"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is said of one probe.

    named: the accepted candidate, or None: unknown.
    reason: why it is unknown; None exactly when `named` is set.
    similarity: of the best candidate, accepted or not; -1.0 with an empty gallery.
    confidence: in [0, 1], see `gallery.decision`; of the best candidate, accepted or not.
    candidates: best identities, by descending similarity.
    """

    named: Candidate | None
    reason: Reason | None
    similarity: float
    confidence: float
    candidates: tuple[Candidate, ...]

    def __post_init__(self) -> None:
        if (self.named is None) == (self.reason is None):
            raise ValueError("a decision has either a name or a reason for having none")


STAGES = ("upload", "queued", "decode", "wait", "detect", "embed", "search", "answer", "total")
"""Of a frame's way, in its order, as in `timings_ms` of docs/protocol.md; `total` is their sum."""

Verdict = Literal[
    "started",
    "accepted",
    "complete",
    "wait",
    "no_face",
    "several_faces",
    "too_small",
    "cut_off",
    "too_dark",
    "too_bright",
    "blurred",
    "turned_away",
    "too_alike",
    "different_person",
]
"""What one frame meant to the capture of a person; `docs/protocol.md` says what each means."""

Coach = Literal["look_straight", "turn_left", "turn_right", "look_up", "look_down"]
"""What would help a capture next; left and right are the person's own."""
