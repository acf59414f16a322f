"""Faces over time within one session: boxes in, stable numbers out. Knows no frames, no clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facestream.records import Float32
from facestream.vision.geometry import box_overlaps

__all__ = ["Tracker"]

MIN_OVERLAP = 0.3
"""Least intersection over union of the same face in two frames: the default of SORT (Bewley et al.
2016). At 10 frames a second a face moves by much less than its own width."""

MAX_MISSED = 5
"""Frames without a face after which its track ends: half a second at 10 frames a second, so that
a blink of the detector does not give a person a new number."""


@dataclass(slots=True)
class _Track:
    track_id: int
    box_xyxy: Float32
    missed: int = 0


class Tracker:
    """Greedy matching of each frame's boxes with the last ones seen; owned by one session.

    Bound: the tracks of the faces of the last `MAX_MISSED` + 1 frames.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next_id = 0

    def update(self, boxes_xyxy: Float32) -> tuple[int, ...]:
        """The track number of each box (n, 4) of the next frame; never used twice in a session."""
        matched = _match(self._boxes_xyxy(), boxes_xyxy)
        for track in self._tracks:
            track.missed += 1
        ids = tuple(
            self._see(box, matched.get(row)) for row, box in enumerate(boxes_xyxy)
        )  # a new track is appended behind those that `matched` counts
        self._tracks = [track for track in self._tracks if track.missed <= MAX_MISSED]
        return ids

    def _boxes_xyxy(self) -> Float32:
        if not self._tracks:
            return np.zeros((0, 4), np.float32)
        return np.stack([track.box_xyxy for track in self._tracks])

    def _see(self, box_xyxy: Float32, row: int | None) -> int:
        """Move the track in `row` to `box_xyxy`, or begin one."""
        if row is None:
            self._tracks.append(_Track(self._next_id, box_xyxy))
            self._next_id += 1
            return self._tracks[-1].track_id
        track = self._tracks[row]
        track.box_xyxy, track.missed = box_xyxy, 0
        return track.track_id


def _match(old_xyxy: Float32, new_xyxy: Float32) -> dict[int, int]:
    """New row -> old row: best overlaps first, each row at most once."""
    overlaps = box_overlaps(old_xyxy, new_xyxy)
    matched: dict[int, int] = {}
    while overlaps.size and overlaps.max() >= MIN_OVERLAP:
        old, new = np.unravel_index(overlaps.argmax(), overlaps.shape)
        matched[int(new)] = int(old)
        overlaps[old, :] = overlaps[:, new] = -1.0
    return matched
