"""The cascade with the real weights on real photos."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from facestream.records import Detections, Frame
from facestream.vision.geometry import box_overlaps
from facestream.vision.images import decode_picture, resize_to_width
from facestream.vision.mtcnn import Mtcnn
from facestream.vision.pipeline import Pipeline
from tests.vision.plain_mtcnn import PlainMtcnn


@pytest.fixture(scope="module")
def detector(pipeline: Pipeline) -> Mtcnn:
    return Mtcnn(min_face=40)


def resized(frame: Frame, width: int) -> Frame:
    return resize_to_width(frame, width)[0]


def resident_bytes() -> int:
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0  # Linux has it
    return pages * os.sysconf("SC_PAGE_SIZE")


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
    [[overlap]] = box_overlaps(found.boxes_xyxy, np.array([[179, 66, 265, 172]], np.float32))
    assert overlap > 0.85
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
    huge = resized(astronaut, 3000)
    together = detector.detect([astronaut, huge, huge, astronaut])
    for found, frame in zip(together, [astronaut, huge, huge, astronaut], strict=True):
        assert_same(found, detector.detect([frame])[0])
    assert all(len(found) >= 1 for found in together)


def test_faces_at_the_edge_are_found_beyond_the_frame(detector: Mtcnn, astronaut: Frame) -> None:
    cut = Frame(np.ascontiguousarray(astronaut.pixels_rgb[100:, 190:]))
    [found] = detector.detect([cut])
    assert len(found) == 1
    assert found.boxes_xyxy[0, :2].min() < 5


def test_no_size_of_frame_leads_to_a_new_trace_or_stays_in_memory(
    detector: Mtcnn, astronaut: Frame
) -> None:
    """The full length, 10,000 frames, is benchmarks/endurance.py."""
    random = np.random.default_rng(0)
    pixels = astronaut.pixels_rgb
    frames = [
        Frame(np.ascontiguousarray(np.resize(pixels, (height, width, 3))))
        for width, height in random.integers(1, 900, (50, 2)).tolist()
    ]
    detector.warm_up()
    traces = detector.traces

    def detect_all(batch: int) -> int:
        order = random.permutation(np.arange(len(frames)))
        for start in range(0, len(frames), batch):
            detector.detect([frames[row] for row in order[start : start + batch]])
        return resident_bytes()

    before = max(detect_all(batch) for batch in (1, 8, 8))
    after = min(detect_all(batch) for batch in (1, 3, 8))
    assert detector.traces == traces == 3
    assert after - before <= 30e6


def test_faces_are_found_around_where_they_were(detector: Mtcnn, astronaut: Frame) -> None:
    [whole] = detector.detect([astronaut])
    shifted = whole.boxes_xyxy + np.float32(8)
    nowhere = np.array([[300, 300, 400, 400]], np.float32)
    none = np.zeros((0, 4), np.float32)
    found = detector.detect([astronaut] * 4, [shifted, nowhere, none, None])
    assert [len(faces) for faces in found] == [1, 0, 0, 1]
    assert box_overlaps(whole.boxes_xyxy, found[0].boxes_xyxy)[0, 0] > 0.8
    np.testing.assert_allclose(found[3].boxes_xyxy, whole.boxes_xyxy, atol=1e-3)


@pytest.fixture(scope="module")
def crowds(shared: Path) -> list[Frame]:
    """The scenes, at two widths, and the street video."""
    scenes = [
        resized(decode_picture(path.read_bytes(), 10**8), width)
        for path in sorted((shared / "scenes").glob("*.jpg"))
        for width in (640, 1280)
    ]
    video = cv2.VideoCapture(str(shared / "video" / "street-1080p25.mp4"))
    street = []
    while video.grab():
        pixels = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
        street.append(Frame(np.asarray(pixels, np.uint8)))
    return scenes + [resized(frame, 640) for frame in street]


@pytest.mark.parametrize(("min_face", "strong"), [(40, 250), (20, 500)])
def test_no_face_is_given_up_for_speed(
    crowds: list[Frame], min_face: int, strong: int, pipeline: Pipeline
) -> None:
    plain, fast = PlainMtcnn(min_face), Mtcnn(min_face)
    hits, wanted, extra, total, distances = 0, 0, 0, 0, []
    for start in range(0, len(crowds), 8):
        frames = crowds[start : start + 8]
        for frame, found in zip(frames, fast.detect(frames), strict=True):
            expected = plain.detect(frame)
            same = box_overlaps(expected.boxes_xyxy, found.boxes_xyxy) >= 0.7
            wanted += int((expected.scores >= 0.9).sum())
            hits += int(same[expected.scores >= 0.9].any(axis=1).sum())
            extra += int((~same.any(axis=0)).sum())
            total += len(expected)
            rows, columns = np.nonzero(same)
            apart = expected.landmarks_xy[rows] - found.landmarks_xy[columns]
            widths = expected.boxes_xyxy[rows, 2] - expected.boxes_xyxy[rows, 0]
            distances += (np.linalg.norm(apart, axis=2).mean(axis=1) / widths).tolist()
    assert wanted >= strong
    assert hits >= 0.99 * wanted
    assert extra <= 0.02 * total
    assert np.median(distances) <= 0.02


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
        boxes_xyxy = np.array([face["box_xyxy"] for face in expected], np.float32)
        overlaps = box_overlaps(boxes_xyxy, found.boxes_xyxy)
        total += len(expected)
        hits += int((overlaps.max(axis=1) >= 0.8).sum())
        extra += int((overlaps.max(axis=0) < 0.8).sum())
        points_xy = np.array([face["landmarks_xy"] for face in expected], np.float32)
        apart = np.linalg.norm(found.landmarks_xy[overlaps.argmax(axis=1)] - points_xy, axis=2)
        distances += (apart.mean(axis=1) / (boxes_xyxy[:, 2] - boxes_xyxy[:, 0])).tolist()
    assert total == faces
    assert hits >= wanted
    assert extra <= more
    assert np.mean(distances) <= 0.03
