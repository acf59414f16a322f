"""Tracking against none on the same video: what it saves, and whether it says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facestream.engine.recogniser import Recogniser, Recognition
from facestream.engine.scene import NOTHING_SEEN, Sample, View
from facestream.gallery.gallery import GallerySnapshot
from facestream.gallery.index import GalleryIndex
from facestream.gallery.people import NOBODY
from facestream.gallery.records import StoredTemplates
from facestream.records import Float32, Frame
from facestream.vision.geometry import box_overlaps
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline

__all__ = [
    "Agreement",
    "agreement",
    "enrolled_from_photos",
    "enrolled_from_video",
    "longest_wrong",
    "names",
    "watch",
]

LONG, EXAMPLES = 20, 5
"""Frames in which somebody has to be seen to be enrolled from a video, and from how many."""

SAME_FACE = 0.4
"""Least intersection over union of one face found in two ways."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one video, with tracking and without.

    embedded, embedded_without: embeddings computed.
    scanned, frames: whole frames searched, of so many.
    face_frames: faces that both found, counted in every frame. same_names: of these.
    only_with, only_without: faces that one of them found.
    tracks: how many there were.
    """

    frames: int
    scanned: int
    embedded: int
    embedded_without: int
    face_frames: int
    same_names: int
    only_with: int
    only_without: int
    tracks: int


def watch(
    recogniser: Recogniser, frames: Sequence[Frame], gallery: GallerySnapshot, fps: float
) -> list[Recognition]:
    """What a session would be told of a video."""
    scene, seen = NOTHING_SEEN, []
    for number, frame in enumerate(frames):
        [recognition], _ = recogniser.recognise([View(frame, scene, number / fps)], gallery)
        scene = recognition.scene
        seen.append(recognition)
    return seen


def enrolled_from_photos(
    pipeline: Pipeline, photos: Mapping[str, Sequence[Path]]
) -> GallerySnapshot:
    """A gallery of these people by their photos; one without a face is left out."""
    examples = [
        (name, found.embeddings[0])
        for name, paths in photos.items()
        for path in paths
        if len(found := pipeline.faces([decode_picture(path.read_bytes(), 10**8)])[0])
    ]
    return _gallery(examples)


def enrolled_from_video(
    recogniser: Recogniser, frames: Sequence[Frame], fps: float
) -> GallerySnapshot:
    """A gallery of those who are in a video for long, by their clearest faces in it."""
    nobody = GallerySnapshot(0, NOBODY, GalleryIndex.empty(recogniser.dimension), 0)
    looks: dict[int, list[Sample]] = {}
    for seen in watch(recogniser, frames, nobody, fps):
        for track in seen.tracks:
            looks.setdefault(track.track_id, []).append(track.samples[-1])
    return _gallery(
        [
            (f"person {track_id}", sample.embedding)
            for track_id, samples in looks.items()
            if len(samples) >= LONG
            for sample in sorted(samples, key=lambda sample: -sample.quality)[:EXAMPLES]
        ]
    )


def agreement(tracked: Sequence[Recognition], untracked: Sequence[Recognition]) -> Agreement:
    """Compare two that watched the same frames."""
    pairs, faces, others, same = 0, 0, 0, 0
    for one, other in zip(tracked, untracked, strict=True):
        for row, twin in _twins(_boxes(one), _boxes(other)).items():
            pairs += 1
            same += names(one)[row] == names(other)[twin]
        faces, others = faces + len(one.faces), others + len(other.faces)
    return Agreement(
        frames=len(tracked),
        scanned=sum(one.scanned for one in tracked),
        embedded=sum(sum(one.embedded) for one in tracked),
        embedded_without=sum(sum(other.embedded) for other in untracked),
        face_frames=pairs,
        same_names=same,
        only_with=faces - pairs,
        only_without=others - pairs,
        tracks=tracked[-1].scene.next_id if tracked else 0,
    )


def longest_wrong(
    seen: Sequence[Recognition],
    persons: Sequence[Sequence[str]],
    centres_xy: Sequence[Float32],
) -> int:
    """The most frames in a row for which one track carried somebody else's name.

    persons, centres_xy: who was where in each frame, names and (n, 2).
    """
    longest = 0
    running: dict[int, int] = {}
    for one, present, centres in zip(seen, persons, centres_xy, strict=True):
        wrong = {
            track.track_id
            for track, name, truth in zip(
                one.tracks, names(one), _owners(one, centres), strict=True
            )
            if name is not None and truth is not None and name != present[truth]
        }
        running = {track_id: running.get(track_id, 0) + 1 for track_id in wrong}
        longest = max([longest, *running.values()])
    return longest


def names(recognition: Recognition) -> list[str | None]:
    """The name of each face, or None."""
    return [d.named.display_name if d.named else None for d in recognition.decisions]


def _gallery(examples: Sequence[tuple[str, Float32]]) -> GallerySnapshot:
    names = tuple(name for name, _ in examples)
    embeddings = np.stack([embedding for _, embedding in examples])
    templates = StoredTemplates(np.arange(len(names)), names, embeddings)
    return GallerySnapshot(1, NOBODY, GalleryIndex.of(templates, {n: n for n in names}), 0)


def _owners(recognition: Recognition, centres_xy: Float32) -> list[int | None]:
    """Of each face the row of the person whose centre is in its box; None: nobody's, or several."""
    boxes = _boxes(recognition)
    inside = (centres_xy[None] > boxes[:, None, :2]) & (centres_xy[None] < boxes[:, None, 2:])
    rows = [np.flatnonzero(hits.all(axis=1)).tolist() for hits in inside]
    return [hits[0] if len(hits) == 1 else None for hits in rows]


def _boxes(recognition: Recognition) -> Float32:
    return recognition.faces.detections.boxes_xyxy


def _twins(a_xyxy: Float32, b_xyxy: Float32) -> dict[int, int]:
    """Row of `a` -> row of `b`: the same face."""
    overlaps = box_overlaps(a_xyxy, b_xyxy)
    if not overlaps.size:
        return {}
    best = overlaps.argmax(axis=1)
    return {
        row: int(twin)
        for row, twin in enumerate(best)
        if overlaps[row, twin] >= SAME_FACE and overlaps[:, twin].argmax() == row
    }
