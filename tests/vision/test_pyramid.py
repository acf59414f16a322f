"""The canvas: every level has its own place, and every cell knows whose it is."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.records import Frame
from facestream.vision.pyramid import (
    CELL,
    MIN_WIDTH,
    MOST_PIXELS,
    STRIDE,
    canvas_heights,
    draw,
    layout,
    pyramid_sizes_wh,
    shares,
)

sizes = st.lists(st.tuples(st.integers(1, 1500), st.integers(1, 1500)), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("size_wh", "min_face", "expected"),
    [
        ((39, 640), 40, []),  # narrower than the smallest face
        ((40, 40), 40, [(12, 12)]),
        ((640, 360), 40, [(192, 108), (138, 78), (98, 56), (70, 40), (50, 28), (36, 20), (26, 14)]),
    ],
)
def test_levels_of_known_frames(
    size_wh: tuple[int, int], min_face: int, expected: list[tuple[int, int]]
) -> None:
    assert pyramid_sizes_wh(size_wh, min_face) == expected


@given(sizes, st.integers(20, 200))
def test_levels_lie_apart_on_the_canvas(frames: list[tuple[int, int]], min_face: int) -> None:
    plan = layout(tuple(frames), min_face)
    width, height = plan.size_wh
    taken = np.zeros((height, width), np.uint8)
    for level in plan.levels:
        assert level.left % STRIDE == level.top % STRIDE == 0
        assert level.left + level.width <= width
        assert level.top + level.height <= height
        taken[level.top : level.top + level.height, level.left : level.left + level.width] += 1
    assert taken.max(initial=0) <= 1


@given(sizes, st.integers(20, 200))
def test_a_cell_belongs_to_the_level_that_holds_its_window(
    frames: list[tuple[int, int]], min_face: int
) -> None:
    plan = layout(tuple(frames), min_face)
    for number, level in enumerate(plan.levels):
        rows, columns = np.nonzero(plan.level_of_cell == number)
        windows = (
            (level.width - CELL) // STRIDE + 1,
            (level.height - CELL) // STRIDE + 1,
        )
        assert len(rows) == windows[0] * windows[1]
        assert STRIDE * columns.min() == level.left
        assert STRIDE * rows.max() + CELL <= level.top + level.height
        assert plan.frame_of_level[number] == level.frame


@given(sizes, st.integers(12, 200))
def test_canvas_sizes_come_from_a_small_set(frames: list[tuple[int, int]], min_face: int) -> None:
    width, height = layout(tuple(frames), min_face).size_wh
    assert width in (MIN_WIDTH * 2**doubled for doubled in range(4))
    assert height in canvas_heights(height)


def test_few_heights_lead_to_a_tall_canvas() -> None:
    heights = canvas_heights(10_000)
    assert len(heights) < 40
    assert all(b - a <= max(64, a / 8) for a, b in pairwise(heights))


def test_each_level_shows_its_frame() -> None:
    frames = [Frame(np.full((90, 160, 3), value, np.uint8)) for value in (50, 200)]
    plan = layout(tuple(frame.size_wh for frame in frames), 20)
    canvas = draw(frames, plan)
    for level in plan.levels:
        shown = canvas[level.top : level.top + level.height, level.left : level.left + level.width]
        assert (shown == (50, 200)[level.frame]).all()


def test_levels_look_as_if_each_were_resized_from_the_whole_frame(photo: Frame) -> None:
    frame = Frame(cv2.resize(photo.pixels_rgb, (640, 427), interpolation=cv2.INTER_AREA))
    plan = layout((frame.size_wh,), 40)
    canvas = draw([frame], plan).astype(int)
    for level in plan.levels:
        shown = canvas[level.top : level.top + level.height, level.left : level.left + level.width]
        direct = cv2.resize(
            frame.pixels_rgb, (level.width, level.height), interpolation=cv2.INTER_AREA
        )
        assert np.abs(shown - direct).mean() < 1


def test_frames_narrower_than_a_face_take_no_room() -> None:
    assert layout(((12_000_000, 1), (1, 12_000_000)), 40).size_wh == (MIN_WIDTH, 64)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=1, max_size=9))
def test_huge_frames_share_no_canvas(frames: list[tuple[int, int]]) -> None:
    found = shares(frames, 40)
    assert [frame for share in found for frame in frames[share]] == frames
    for share in found:
        levels = [size_wh for frame in frames[share] for size_wh in pyramid_sizes_wh(frame, 40)]
        assert len(frames[share]) == 1 or sum(w * h for w, h in levels) <= MOST_PIXELS


def test_frames_of_phones_share_one_canvas() -> None:
    assert shares([(640, 480)] * 8, 20) == [slice(0, 8)]
