"""The cascade with the real weights on real photos."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from facestream.records import Detections, Frame
from facestream.vision.geometry import box_overlaps
from facestream.vision.images import decode_picture, resize_to_width
from facestream.vision.mtcnn import Mtcnn
from facestream.vision.pipeline import Pipeline


@pytest.fixture(scope="module")
def detector(pipeline: Pipeline) -> Mtcnn:
    return Mtcnn(min_face=40)


def resized(frame: Frame, width: int) -> Frame:
    return resize_to_width(frame, width)[0]


def assert_same(found: Detections, expected: Detections) -> None:
    assert len(found) == len(expected)
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, atol=0.05)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-3)
    np.testing.assert_allclose(found.landmarks_xy, expected.landmarks_xy, atol=0.05)


def test_the_astronaut_has_one_face_with_landmarks_in_order(
    detector: Mtcnn, astronaut: Frame
) -> None:
    [found] = detector.detect([astronaut])
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes_xyxy[0], [179, 66, 265, 172], atol=5)
    left_eye, right_eye, nose, left_mouth, right_mouth = found.landmarks_xy[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


@pytest.mark.parametrize("size_wh", [(1, 1), (39, 39), (12, 900), (900, 12), (640, 360)])
def test_a_frame_without_faces_gives_empty_arrays(
    detector: Mtcnn, size_wh: tuple[int, int]
) -> None:
    [found] = detector.detect([Frame(np.full((size_wh[1], size_wh[0], 3), 90, np.uint8))])
    assert found.boxes_xyxy.shape == (0, 4)
    assert found.landmarks_xy.shape == (0, 5, 2)


def test_a_batch_equals_its_frames_one_by_one(
    detector: Mtcnn, astronaut: Frame, photo: Frame
) -> None:
    blank = Frame(np.zeros((30, 50, 3), np.uint8))
    turned = Frame(np.ascontiguousarray(resized(photo, 400).pixels_rgb[:, ::-1]))
    frames = [resized(photo, 640), astronaut, blank, turned, resized(astronaut, 200)]
    together = detector.detect(frames)
    for frame, found in zip(frames, together, strict=True):
        assert_same(found, detector.detect([frame])[0])
    assert [len(found) for found in together] == [1, 1, 0, 1, 1]


def test_huge_pictures_in_a_batch_equal_themselves_alone(detector: Mtcnn, astronaut: Frame) -> None:
    huge = Frame(cv2.resize(astronaut.pixels_rgb, (3000, 3000), interpolation=cv2.INTER_LINEAR))
    together = detector.detect([astronaut, huge, huge, astronaut])
    for found, frame in zip(together, [astronaut, huge, huge, astronaut], strict=True):
        assert_same(found, detector.detect([frame])[0])
    assert all(len(found) >= 1 for found in together)


def test_faces_at_the_edge_are_found_beyond_the_frame(detector: Mtcnn, astronaut: Frame) -> None:
    cut = Frame(np.ascontiguousarray(astronaut.pixels_rgb[100:, 190:]))
    [found] = detector.detect([cut])
    assert len(found) == 1
    assert found.boxes_xyxy[0, :2].min() < 5


def test_no_size_of_frame_leads_to_a_new_trace(detector: Mtcnn, astronaut: Frame) -> None:
    detector.warm_up(max_batch=2)
    before = detector.traces
    for width in (100, 333, 640, 1000):
        detector.detect([resized(astronaut, width)])
        detector.detect([resized(astronaut, width)] * 2)
    assert detector.traces == before == 3


@pytest.mark.parametrize(
    ("min_face", "faces", "wanted", "more"), [(40, 20, 20, 1), (20, 21, 20, 2)]
)
def test_the_faces_are_those_of_the_reference(
    shared: Path, min_face: int, faces: int, wanted: int, more: int, pipeline: Pipeline
) -> None:
    reference = json.loads((shared / "scenes" / "reference.json").read_text())["photos"]
    detector = Mtcnn(min_face)
    hits, extra, total, distances = 0, 0, 0, []
    for name, photo in reference.items():
        expected = photo["min_face_size"][str(min_face)]
        frame = decode_picture((shared / "scenes" / name).read_bytes(), 10**8)
        [found] = detector.detect([resized(frame, 640)])
        boxes_xyxy = np.float32([face["box_xyxy"] for face in expected])
        overlaps = box_overlaps(boxes_xyxy, found.boxes_xyxy)
        total += len(expected)
        hits += int((overlaps.max(axis=1) >= 0.8).sum())
        extra += int((overlaps.max(axis=0) < 0.8).sum())
        points_xy = np.float32([face["landmarks_xy"] for face in expected])
        apart = np.linalg.norm(found.landmarks_xy[overlaps.argmax(axis=1)] - points_xy, axis=2)
        distances += (apart.mean(axis=1) / (boxes_xyxy[:, 2] - boxes_xyxy[:, 0])).tolist()
    assert total == faces
    assert hits >= wanted
    assert extra <= more
    assert np.mean(distances) <= 0.03
