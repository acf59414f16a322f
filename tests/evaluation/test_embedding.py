"""Whose face a photo is of."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facestream.evaluation.embedding import subject_first
from facestream.records import Detections, Frame
from facestream.vision.pipeline import Pipeline
from facestream.vision.second_look import detect_in_photos

Box = tuple[float, float, float, float]


def detections(*boxes_xyxy: Box, faces_at_xy: list[tuple[float, float]] | None) -> Detections:
    """All five landmarks of a face at one point: at its box's centre unless told otherwise."""
    boxes = np.array(boxes_xyxy, np.float32).reshape(-1, 4)
    points = (boxes[:, :2] + boxes[:, 2:]) / 2 if faces_at_xy is None else np.array(faces_at_xy)
    landmarks = np.repeat(points[:, None].astype(np.float32), 5, axis=1)
    return Detections(boxes, np.linspace(1, 0.9, len(boxes), dtype=np.float32), landmarks)


FRAME = Frame(np.zeros((150, 150, 3), np.uint8))
CENTRE, CORNER, SMALL = (50, 50, 100, 100), (0, 0, 55, 55), (70, 70, 80, 80)


@pytest.mark.parametrize(
    ("boxes_xyxy", "expected"),
    [((), None), ((CENTRE,), CENTRE), ((CORNER, CENTRE), CENTRE), ((SMALL, CENTRE), CENTRE)],
)
def test_the_subject_is_large_and_central(
    boxes_xyxy: tuple[Box, ...], expected: Box | None
) -> None:
    found = detections(*boxes_xyxy, faces_at_xy=None)
    chosen = subject_first(FRAME, found).boxes_xyxy.tolist()
    assert chosen == ([list(expected)] if expected else [])


def test_a_box_that_spans_two_faces_counts_where_its_landmarks_are() -> None:
    spanning, subject = (40, 20, 150, 130), (15, 10, 110, 130)  # as in LFW's Gene_Robinson_0003
    found = detections(spanning, subject, faces_at_xy=[(140, 80), (60, 70)])
    assert subject_first(FRAME, found).boxes_xyxy.tolist() == [list(subject)]


def test_a_face_that_touches_the_edge_is_found_at_the_second_look(
    pipeline: Pipeline, photo: Frame
) -> None:
    x1, y1, x2, y2 = pipeline.detect([photo])[0].boxes_xyxy[0].astype(int)
    cut = (y2 - y1) * 3 // 20  # off each side: from the forehead to the chin
    tight = np.ascontiguousarray(photo.pixels_rgb[y1 + cut : y2 - cut, x1 + cut : x2 - cut])
    pixels = cv2.resize(tight, (150, 190), interpolation=cv2.INTER_AREA)
    small = Frame(np.asarray(pixels, np.uint8))
    assert not len(pipeline.detect([small])[0])
    [faces] = detect_in_photos(pipeline.detect, [small])
    assert len(faces) == 1
    inside = (faces.landmarks_xy[0] > 0) & (faces.landmarks_xy[0] < small.size_wh)
    assert inside.all()
