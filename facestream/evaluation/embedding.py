"""Photos -> one embedding each: what every evaluation begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from facestream.records import Detections, Float32, Frame
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline
from facestream.vision.second_look import detect_in_photos

__all__ = ["embed_photos", "subject_first"]

BATCH = 16
MAX_PIXELS = 50_000_000


def subject_first(frame: Frame, found: Detections) -> Detections:
    """The face that the photo is of, as (1,) detections; none where there is no face.

    Photos of one person often show others at the edge. The subject's face is large and near the
    centre: the face of greatest area minus twice the squared distance of its centre from the
    frame's, the rule of facenet's alignment for LFW. Its centre is that of its landmarks, which lie
    on the face also where a box spans two faces that touch.
    """
    if not len(found):
        return found
    sides = found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
    centres = found.landmarks_xy.mean(axis=1)
    distances = np.square(centres - np.array(frame.size_wh) / 2).sum(axis=1)
    return found.take([int(np.argmax(sides.prod(axis=1) - 2 * distances))])


def embed_photos(
    pipeline: Pipeline,
    paths: Sequence[Path],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[Path, Float32]:
    """The embedding (d,) of each photo's subject; photos without a face are left out.

    `progress` is told how many photos are done and how many there are.

    Raises:
        BadPicture, PictureTooLarge: see `vision.images`.
    """
    embeddings: dict[Path, Float32] = {}
    for start in range(0, len(paths), BATCH):
        progress(start, len(paths))
        embeddings |= _embed_batch(pipeline, paths[start : start + BATCH])
    return embeddings


def _embed_batch(pipeline: Pipeline, paths: Sequence[Path]) -> dict[Path, Float32]:
    frames = [decode_picture(path.read_bytes(), MAX_PIXELS) for path in paths]
    found = detect_in_photos(pipeline.detect, frames)
    subjects = [subject_first(frame, faces) for frame, faces in zip(frames, found, strict=True)]
    faces = pipeline.describe(frames, subjects)
    return {path: f.embeddings[0] for path, f in zip(paths, faces, strict=True) if len(f)}
