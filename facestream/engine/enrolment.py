"""The capture of one person: which frames give an example, and why the others do not.

Faces in, verdicts out. Knows no session and no gallery; time and the JPEG encoder are handed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from facestream.engine.likeness import Likeness
from facestream.engine.quality_gate import fault, subject
from facestream.gallery.records import Crop
from facestream.records import Coach, Decision, Faces, Float32, UInt8, Verdict
from facestream.vision.portrait import Portraits
from facestream.vision.pose import POSES, PoseName, head_angles, pose_name
from facestream.vision.quality import FrameLight

__all__ = ["Capture", "CaptureProgress", "Example", "LookAlike", "Verdict"]

MIN_PAUSE_S = 0.15
"""Seconds between two examples: ten of them take 1.5 s, in which a head moves, instead of being ten
copies of one look."""

ALIKE_PATIENCE_S = 1.0
"""After so long without an example one is taken that shows nothing new: who sits still is done in
ten seconds, who follows the coach in two."""

NAMED_SHARE = 0.2
"""Of the examples: so many must have had somebody's name, for the person to look like them."""

COACHES: Mapping[PoseName, Coach] = {
    "front": "look_straight",
    "left": "turn_left",
    "right": "turn_right",
    "up": "look_up",
    "down": "look_down",
}


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One accepted look of a person, to be stored as a template.

    embedding: (d,) float32 of unit length. sharpness: see `vision.quality`.
    decision: whom it was taken for; None if nobody said.
    """

    example_id: str
    embedding: Float32
    sharpness: float
    pose: PoseName
    crop: Crop
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody known whom the person looks like; similarity and confidence as of a face."""

    identity_id: str
    display_name: str
    similarity: float
    confidence: float


@dataclass(frozen=True, slots=True)
class CaptureProgress:
    """What one frame meant to a capture.

    example: when one was accepted. poses: how many accepted examples show each. coach: what would
    help next. look_alike: told when the capture is complete.
    """

    verdict: Verdict
    accepted: int
    wanted: int
    poses: Mapping[PoseName, int]
    coach: Coach | None
    example: Example | None = None
    look_alike: LookAlike | None = None


class Capture:
    """Takes `wanted` good examples of one person out of the frames offered; owned by one session.

    Bound: `wanted` examples, of about 1.5 kB and a small JPEG each. Policy: when it is complete,
    nothing more is taken.

    Args:
        wanted: how many examples.
        encode_jpeg: the JPEG of a portrait.
        likeness: whether two looks are of one person, with the embedder in use.
    """

    def __init__(
        self, wanted: int, encode_jpeg: Callable[[UInt8], bytes], likeness: Likeness
    ) -> None:
        self._wanted = wanted
        self._encode_jpeg = encode_jpeg
        self._likeness = likeness
        self._examples: list[Example] = []
        self._last_s = -np.inf

    @property
    def complete(self) -> bool:
        """Whether all examples wanted have been taken."""
        return len(self._examples) >= self._wanted

    def progress(self, verdict: Verdict, example: Example | None = None) -> CaptureProgress:
        """How far the capture is, with `verdict`."""
        return self._progress(verdict, self._examples, example)

    def so_far(self) -> list[CaptureProgress]:
        """The progress that each example taken so far was told with, again."""
        return [
            self._progress(
                "complete" if number == self._wanted else "accepted",
                self._examples[:number],
                self._examples[number - 1],
            )
            for number in range(1, len(self._examples) + 1)
        ]

    def offer(
        self,
        faces: Faces,
        portraits: Portraits,
        size_wh: tuple[int, int],
        light: FrameLight,
        now_s: float,
        decisions: Sequence[Decision] = (),
    ) -> CaptureProgress:
        """Judge the faces of one frame; take the face when it is a good one.

        Args:
            faces: all faces of the frame.
            portraits: their pictures.
            size_wh: the frame's width and height in pixels.
            light: of the whole frame.
            now_s: seconds, on a clock that does not go back.
            decisions: what was said of each face; nothing when it is not known.
        """
        refusal = fault(faces, size_wh, light)
        if refusal is not None:
            return self.progress(refusal)
        row = subject(faces)
        pose = pose_name(*head_angles(faces.detections.landmarks_xy[[row]])[0].tolist())
        refusal = self._conflict(faces.embeddings[row], pose, now_s)
        if refusal is not None:
            return self.progress(refusal)
        example = Example(
            example_id=uuid4().hex,
            embedding=faces.embeddings[row].copy(),  # its own 1 kB: a row holds the whole batch
            sharpness=float(faces.sharpness[row]),
            pose=pose,
            crop=self._crop(portraits, row),
            decision=decisions[row] if decisions else None,
        )
        self._examples.append(example)
        self._last_s = now_s
        if self.complete and self._drop_strangers():
            # Not kept either: a verdict that refuses tells no example, and nothing that the person
            # was not shown may be stored.
            self._examples = [e for e in self._examples if e is not example]
            return self.progress("different_person")
        return self.progress("complete" if self.complete else "accepted", example)

    def examples(self, keep: Sequence[str] | None = None) -> list[Example]:
        """The examples with the ids `keep`, or all of them, in the order of their taking."""
        return [e for e in self._examples if keep is None or e.example_id in keep]

    def keep_only(self, keep: Sequence[str]) -> None:
        """Forget the examples with other ids; the capture goes on in their place."""
        self._examples = self.examples(keep)

    def _crop(self, portraits: Portraits, row: int) -> Crop:
        return Crop(
            self._encode_jpeg(portraits.pixels_rgb[row]),
            portraits.landmarks_xy[row].copy(),
            portraits.detector,
        )

    def _conflict(self, embedding: Float32, pose: PoseName, now_s: float) -> Verdict | None:
        """What stands between a good face and the examples before it."""
        if not self._examples:
            return None
        if not self._likeness.is_same_person(embedding, _stacked(self._examples)):
            return "different_person"
        since_s = now_s - self._last_s
        if since_s < MIN_PAUSE_S:
            return "wait"
        is_new = pose not in {example.pose for example in self._examples}
        if is_new or since_s >= ALIKE_PATIENCE_S:
            return None
        last = self._examples[-1].embedding
        return "too_alike" if self._likeness.is_same_look(embedding, last) else None

    def _drop_strangers(self) -> bool:
        """Forget examples that do not resemble the others, now that there are many to compare."""
        rows = _stacked(self._examples)
        others = [np.delete(rows, i, axis=0) for i in range(len(rows))]
        stay = [
            len(rest) == 0 or self._likeness.is_same_person(row, rest)
            for row, rest in zip(rows, others, strict=True)
        ]
        self._examples = [e for e, stays in zip(self._examples, stay, strict=True) if stays]
        return not all(stay)

    def _progress(
        self, verdict: Verdict, examples: Sequence[Example], example: Example | None
    ) -> CaptureProgress:
        poses = Counter(one.pose for one in examples)
        complete = verdict == "complete"
        missing = [pose for pose in POSES if not poses[pose]]
        return CaptureProgress(
            verdict,
            len(examples),
            self._wanted,
            poses={pose: poses[pose] for pose in POSES},
            coach=COACHES[missing[0]] if missing and not complete else None,
            example=example,
            look_alike=_look_alike(examples) if complete else None,
        )


def _stacked(examples: Sequence[Example]) -> Float32:
    """Their embeddings, (n, d)."""
    return np.stack([example.embedding for example in examples])


def _look_alike(examples: Sequence[Example]) -> LookAlike | None:
    """Who was named in enough of the examples, the most often."""
    said = [one.decision for one in examples if one.decision is not None and one.decision.named]
    names = Counter(one.named.identity_id for one in said if one.named)
    if not names:
        return None
    identity_id, times = names.most_common(1)[0]
    if times < NAMED_SHARE * len(examples):
        return None
    theirs = [one for one in said if one.named and one.named.identity_id == identity_id]
    assert theirs[0].named is not None
    return LookAlike(
        identity_id,
        theirs[0].named.display_name,
        float(np.mean([one.similarity for one in theirs])),
        float(np.mean([one.confidence for one in theirs])),
    )
