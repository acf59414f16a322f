"""Kept pictures of faces -> embeddings by the model in use. Knows neither SQL nor asyncio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facestream.errors import InputError
from facestream.gallery.records import Crop, are_unit_rows
from facestream.records import Detections, Float32, Frame, UInt8
from facestream.vision.images import decode_picture
from facestream.vision.second_look import detect_in_photos

if TYPE_CHECKING:  # importing it costs seconds: it brings TensorFlow
    from facestream.gallery.store import GalleryStore
    from facestream.vision.pipeline import Pipeline

__all__ = ["Reembedded", "embed_crops", "reembed"]

MAX_PIXELS = 1 << 20
"""Of a kept picture. facestream makes them of 192 x 192; an import may bring others."""

CROPS_AT_A_TIME = 16
"""In one transaction of `reembed`: what is lost when the process is killed."""


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What became of the templates that the model had not embedded.

    done: how many it has embedded now. without_face: how many have a picture in which no face could
    be found, or which cannot be read. without_crop: how many have no picture.
    """

    done: int
    without_face: int
    without_crop: int


def embed_crops(pipeline: Pipeline, crops: Sequence[Crop]) -> list[Float32 | None]:
    """The embedding (d,) of each picture's face, all in one call of the network.

    None where the picture cannot be read, or shows no face. Where the pipeline's own detector found
    the landmarks, they are taken as they are; else the face is looked for anew.
    """
    frames = [_decoded(crop) for crop in crops]
    found = _found_anew(pipeline, crops, frames)
    faces: dict[int, UInt8] = {}
    for i, (crop, frame) in enumerate(zip(crops, frames, strict=True)):
        if frame is not None:
            face = _aligned(pipeline, crop, frame, found.get(i))
            if face is not None:
                faces[i] = face
    rows: list[Float32 | None] = [None] * len(crops)
    if faces:
        embeddings = pipeline.embed(np.stack(list(faces.values())))
        for i, row, sound in zip(faces, embeddings, are_unit_rows(embeddings), strict=True):
            rows[i] = row if sound else None
    return rows


def reembed(
    store: GalleryStore,
    pipeline: Pipeline,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reembedded:
    """Embed all templates that the pipeline's model has not embedded; what others made stays.

    A few at a time are stored, so that it goes on where it was when it is killed. `progress` is
    told how many templates were looked at, and how many there are.

    Raises:
        StoreFailed: the gallery cannot be written to; what was stored before stays.
    """
    total = store.foreign_templates(pipeline.fingerprint)
    looked_at = done = last_id = 0
    while crops := store.foreign_crops(pipeline.fingerprint, last_id, CROPS_AT_A_TIME):
        progress(looked_at, total)
        last_id = crops[-1][0]
        rows = embed_crops(pipeline, [crop for _, crop in crops])
        made = [(i, row) for (i, _), row in zip(crops, rows, strict=True) if row is not None]
        store.add_embeddings(pipeline.fingerprint, made)
        looked_at += len(crops)
        done += len(made)
    progress(looked_at, total)
    store.touch()
    return Reembedded(done, looked_at - done, total - looked_at)


# --- inside ---------------------------------------------------------------------------------------


def _decoded(crop: Crop) -> Frame | None:
    try:
        return decode_picture(crop.jpeg, MAX_PIXELS)
    except InputError:  # damaged, or too large
        return None


def _found_anew(
    pipeline: Pipeline, crops: Sequence[Crop], frames: Sequence[Frame | None]
) -> dict[int, Detections]:
    """By the row of each picture whose landmarks are another detector's: its faces."""
    asked = {
        i: frame
        for i, (crop, frame) in enumerate(zip(crops, frames, strict=True))
        if frame is not None and (crop.landmarks_xy is None or crop.detector != pipeline.detector)
    }
    # An old picture ends close to the face, which is found more often with a border around it.
    found = detect_in_photos(pipeline.detect, list(asked.values())) if asked else []
    return dict(zip(asked, found, strict=True))


def _aligned(
    pipeline: Pipeline, crop: Crop, frame: Frame, found: Detections | None
) -> UInt8 | None:
    """The face (s, s, 3) as the embedder wants it; None where there is none.

    found: the faces that were found anew; None where the picture's own landmarks are good.
    """
    landmarks_xy = crop.landmarks_xy
    if found is not None and len(found):
        landmarks_xy = found.landmarks_xy[_nearest_the_middle(frame, found)]
    if landmarks_xy is not None:
        [[face]] = pipeline.align([frame], [_only_landmarks(landmarks_xy)])
        return np.asarray(face, np.uint8)
    # Pictures of before facestream 0.2 were aligned already, for the embedder of that time.
    [nothing] = pipeline.align([frame], [Detections.none()])
    side = nothing.shape[1]
    return frame.pixels_rgb if frame.size_wh == (side, side) else None


def _nearest_the_middle(frame: Frame, found: Detections) -> int:
    """The row of the face that the picture was kept for."""
    offsets = found.landmarks_xy.mean(axis=1) - np.array(frame.size_wh, np.float32) / 2
    return int(np.argmin(np.square(offsets).sum(axis=1)))


def _only_landmarks(landmarks_xy: Float32) -> Detections:
    """One face (5, 2) of which only the landmarks matter."""
    return Detections(
        np.zeros((1, 4), np.float32), np.ones(1, np.float32), landmarks_xy[np.newaxis]
    )
