"""Boxes and alignment, against slow and plain versions of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.vision.geometry import (
    Overlap,
    align,
    box_overlaps,
    clip_boxes,
    enlarge_boxes,
    regress_boxes,
    similarity_transform,
    square_boxes,
)
from tests.vision.strategies import boxes


def plain_overlap(a: np.ndarray, b: np.ndarray, by: str) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return float(common / (sum(areas) - common if by == "union" else min(areas)))


@pytest.mark.parametrize(
    ("a", "b", "by", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), "union", 1.0),
        ((0, 0, 10, 10), (10, 0, 20, 10), "union", 0.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), "union", 1 / 3),
        ((0, 0, 10, 10), (0, 0, 5, 5), "smaller", 1.0),
    ],
)
def test_overlap_of_known_boxes(
    a: tuple[int, ...], b: tuple[int, ...], by: Overlap, expected: float
) -> None:
    overlap = box_overlaps(np.array([a], np.float32), np.array([b], np.float32), by)
    assert overlap.tolist() == [[pytest.approx(expected)]]


@given(boxes(), boxes(), st.sampled_from(["union", "smaller"]))
def test_overlaps_equal_those_of_one_pair_at_a_time(
    a: np.ndarray, b: np.ndarray, by: Overlap
) -> None:
    expected = [[plain_overlap(x, y, by) for y in b] for x in a]
    found = box_overlaps(a, b, by)
    assert found.shape == (len(a), len(b))
    np.testing.assert_allclose(found, np.reshape(expected, found.shape), atol=1e-6)


@given(boxes())
def test_square_boxes_keep_centre_and_longer_side(found: np.ndarray) -> None:
    square = square_boxes(found)
    sides = square[:, 2:] - square[:, :2]
    np.testing.assert_allclose(sides[:, 0], sides[:, 1], atol=1e-4)
    np.testing.assert_allclose(sides[:, 0], (found[:, 2:] - found[:, :2]).max(axis=1, initial=0))
    np.testing.assert_allclose(square[:, :2] + square[:, 2:], found[:, :2] + found[:, 2:])


def test_offsets_are_fractions_of_the_box() -> None:
    boxes = np.array([[10, 10, 30, 50]], np.float32)
    moved = regress_boxes(boxes, np.array([[0.1, -0.1, 0.5, 0.25]], np.float32))
    assert moved.tolist() == [[12, 6, 40, 60]]


@given(boxes())
def test_clipped_boxes_lie_in_the_frame(found: np.ndarray) -> None:
    clipped = clip_boxes(found, (40, 30))
    assert clipped.shape == found.shape
    assert ((clipped >= 0) & (clipped <= [40, 30, 40, 30])).all()


@given(
    st.floats(0.2, 5),
    st.floats(-3.1, 3.1),
    st.floats(-100, 100),
    st.floats(-100, 100),
    st.integers(0, 2**32 - 1),
)
def test_a_similarity_is_found_again(
    scale: float, angle: float, x: float, y: float, seed: int
) -> None:
    points = np.random.default_rng(seed).uniform(0, 100, (5, 2))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cosine, -sine, x], [sine, cosine, y]])
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(similarity_transform(points, moved), matrix, atol=1e-6)


def test_alignment_puts_the_landmarks_on_the_template() -> None:
    template = np.array([[10, 10], [30, 10], [20, 20], [12, 30], [28, 30]], np.float32)
    landmarks = 2 * template[:, ::-1] * [-1, 1] + [100, 50]  # turned by 90 degrees, enlarged, moved
    pixels = np.zeros((200, 200, 3), np.uint8)
    for x, y in landmarks.round().astype(int):
        pixels[y - 1 : y + 2, x - 1 : x + 2] = 255
    [crop] = align(pixels, landmarks[None].astype(np.float32), template, 40)
    assert all(crop[y, x].min() > 128 for x, y in template.astype(int))


def test_no_landmarks_give_no_crops() -> None:
    none = np.zeros((0, 5, 2), np.float32)
    template = np.zeros((5, 2), np.float32)
    assert align(np.zeros((9, 9, 3), np.uint8), none, template, 8).shape == (0, 8, 8, 3)


def test_boxes_are_enlarged_about_their_centre() -> None:
    boxes = np.array([[10, 20, 30, 60]], np.float32)
    np.testing.assert_allclose(enlarge_boxes(boxes, 1.5), [[5, 10, 35, 70]])
    assert enlarge_boxes(boxes[:0], 2.0).shape == (0, 4)
