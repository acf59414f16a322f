"""The capture of one person: which frames give an example, and why the others do not.

Faces in, verdicts out. Knows no session and no gallery; time and the JPEG encoder are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from facestream.records import Faces, Float32, UInt8, Verdict
from facestream.vision.geometry import clip_boxes
from facestream.vision.quality import MIN_SHARPNESS

__all__ = ["Capture", "CaptureProgress", "Example", "Verdict"]


MIN_SIDE = 60.0
"""Pixels of a face's shorter side: the embedder's crop is 112 pixels wide, so that a smaller face
would be enlarged to about twice its size, and every later probe compared with invented detail."""

MIN_INSIDE = 0.8
"""Part of the box that lies in the frame. MTCNN's boxes reach beyond a forehead at the edge, which
costs nothing; with more than a fifth missing, an eye or the mouth is often gone."""

MIN_PAUSE_S = 0.15
"""Seconds between two examples: ten of them take 1.5 s, in which a head moves, instead of being ten
copies of one look."""

MIN_SIMILARITY = 0.3
"""Least cosine to the mean of the examples before. Well below any threshold at which a name is
given, so that a turned head passes, and somebody else who steps in mostly does not."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One accepted look of a person, to be stored as a template.

    embedding: (d,) float32 of unit length. sharpness: see `vision.quality`.
    """

    example_id: str
    embedding: Float32
    sharpness: float
    crop_jpeg: bytes


@dataclass(frozen=True, slots=True)
class CaptureProgress:
    """What one frame meant to a capture. `example` is set when one was accepted."""

    verdict: Verdict
    accepted: int
    wanted: int
    example: Example | None = None


class Capture:
    """Takes `wanted` good examples of one person out of the frames offered; owned by one session.

    Bound: `wanted` examples, of about 1.5 kB and a small JPEG each. Policy: when it is complete,
    nothing more is taken.
    """

    def __init__(self, wanted: int, encode_jpeg: Callable[[UInt8], bytes]) -> None:
        self._wanted = wanted
        self._encode_jpeg = encode_jpeg
        self._examples: list[Example] = []
        self._last_s = -np.inf

    @property
    def complete(self) -> bool:
        """Whether all examples wanted have been taken."""
        return len(self._examples) >= self._wanted

    def progress(self, verdict: Verdict, example: Example | None = None) -> CaptureProgress:
        """How far the capture is, with `verdict`."""
        return CaptureProgress(verdict, len(self._examples), self._wanted, example)

    def so_far(self) -> list[CaptureProgress]:
        """The progress that each example taken so far was told with, again."""
        return [
            CaptureProgress(
                "complete" if number == self._wanted else "accepted", number, self._wanted, example
            )
            for number, example in enumerate(self._examples, start=1)
        ]

    def offer(self, faces: Faces, size_wh: tuple[int, int], now_s: float) -> CaptureProgress:
        """Judge the faces of one frame; take the face when it is a good one.

        Args:
            faces: all faces of the frame.
            size_wh: the frame's width and height in pixels.
            now_s: seconds, on a clock that does not go back.
        """
        refusal = _fault(faces, size_wh) or self._conflict(faces.embeddings[0], now_s)
        if refusal is not None:
            return self.progress(refusal)
        example = Example(
            example_id=uuid4().hex,
            embedding=faces.embeddings[0].copy(),  # its own 1 kB: a row would hold the whole batch
            sharpness=float(faces.sharpness[0]),
            crop_jpeg=self._encode_jpeg(faces.crops_rgb[0]),
        )
        self._examples.append(example)
        self._last_s = now_s
        return self.progress("complete" if self.complete else "accepted", example)

    def examples(self, keep: Sequence[str] | None = None) -> list[Example]:
        """The examples with the ids `keep`, or all of them, in the order of their taking."""
        return [e for e in self._examples if keep is None or e.example_id in keep]

    def _conflict(self, embedding: Float32, now_s: float) -> Verdict | None:
        """What stands between a good face and the examples before it."""
        if self._examples and self._similarity(embedding) < MIN_SIMILARITY:
            return "different_person"
        return "wait" if now_s - self._last_s < MIN_PAUSE_S else None

    def _similarity(self, embedding: Float32) -> float:
        """Cosine to the mean of the examples so far."""
        mean = np.mean([e.embedding for e in self._examples], axis=0)
        return float(mean @ embedding / max(float(np.linalg.norm(mean)), 1e-6))


def _fault(faces: Faces, size_wh: tuple[int, int]) -> Verdict | None:
    """Why the faces of a frame cannot be an example, whoever it is."""
    if len(faces) != 1:
        return "several_faces" if len(faces) else "no_face"
    box = faces.detections.boxes_xyxy[:1]
    if _sides(box).min() < MIN_SIDE:
        return "too_small"
    if _sides(clip_boxes(box, size_wh)).prod() < MIN_INSIDE * _sides(box).prod():
        return "cut_off"
    return "blurred" if faces.sharpness[0] < MIN_SHARPNESS else None


def _sides(box_xyxy: Float32) -> Float32:
    """Width and height of one box (1, 4) in pixels, (2,)."""
    sides: Float32 = np.maximum(box_xyxy[0, 2:] - box_xyxy[0, :2], 0.0)
    return sides
