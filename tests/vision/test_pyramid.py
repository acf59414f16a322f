"""The canvas: every level has its own place, and every cell knows whose it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.records import Frame
from facestream.vision.halvings import halved_frames
from facestream.vision.lanes import Lanes
from facestream.vision.pyramid import (
    CELL,
    OVERLAP,
    STEP_X,
    STEP_Y,
    STRIDE,
    Layout,
    draw,
    layout,
    pyramid_sizes_wh,
)

sizes = st.lists(st.tuples(st.integers(1, 1500), st.integers(1, 1500)), min_size=1, max_size=6)
LANES = Lanes(2)


def drawn(frames: list[Frame], plan: Layout) -> np.ndarray:
    return draw(halved_frames(frames, LANES), plan, LANES)


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
    level_of_cell = plan.level_of_cell()
    for number, level in enumerate(plan.levels):
        rows, columns = np.nonzero(level_of_cell == number)
        windows = (
            (level.width - CELL) // STRIDE + 1,
            (level.height - CELL) // STRIDE + 1,
        )
        assert len(rows) == windows[0] * windows[1]
        assert STRIDE * columns.min() == level.left
        assert STRIDE * rows.max() + CELL <= level.top + level.height
        assert plan.frame_of_level[number] == level.frame


@given(sizes, st.integers(12, 200))
def test_the_canvas_is_made_of_whole_tiles(frames: list[tuple[int, int]], min_face: int) -> None:
    width, height = layout(tuple(frames), min_face).size_wh
    assert width > OVERLAP
    assert height > OVERLAP
    assert (width - OVERLAP) % STEP_X == (height - OVERLAP) % STEP_Y == 0


def test_little_of_the_canvas_is_empty_when_phones_share_it() -> None:
    for min_face in (20, 40):
        plan = layout(((640, 480), (480, 640)) * 4, min_face)
        used = sum(level.width * level.height for level in plan.levels)
        assert used > 0.75 * plan.size_wh[0] * plan.size_wh[1]


def test_each_level_shows_its_frame() -> None:
    frames = [Frame(np.full((90, 160, 3), value, np.uint8)) for value in (50, 200)]
    plan = layout(tuple(frame.size_wh for frame in frames), 20)
    canvas = drawn(frames, plan)
    for level in plan.levels:
        shown = canvas[level.top : level.top + level.height, level.left : level.left + level.width]
        assert (shown == (50, 200)[level.frame]).all()


def test_levels_look_as_if_each_were_resized_from_the_whole_frame(photo: Frame) -> None:
    pixels = cv2.resize(photo.pixels_rgb, (640, 432), interpolation=cv2.INTER_AREA)
    frame = Frame(np.asarray(pixels, np.uint8))
    plan = layout((frame.size_wh,), 40)
    canvas = drawn([frame], plan).astype(int)
    for level in plan.levels:
        shown = canvas[level.top : level.top + level.height, level.left : level.left + level.width]
        direct = cv2.resize(
            frame.pixels_rgb, (level.width, level.height), interpolation=cv2.INTER_AREA
        )
        assert np.abs(shown - direct).mean() < 4  # of 255; a wrong place gives 30


@given(
    st.tuples(st.integers(30, 1500), st.integers(30, 1500)),
    st.integers(20, 60),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_scales_lead_from_the_canvas_back_to_the_pixel(
    size_wh: tuple[int, int], min_face: int, point: tuple[float, float]
) -> None:
    plan = layout((size_wh,), min_face)
    at = np.array(point) * size_wh
    for number, level in enumerate(plan.levels):
        on_level = plan.scale_xy[number] * at
        whole = on_level / (level.width, level.height) * size_wh
        # halving leaves out less than 2 ** halved rows and columns of the frame
        assert np.abs(whole - at).max() <= 2**level.halved


def test_frames_narrower_than_a_face_take_no_room() -> None:
    plan = layout(((12_000_000, 1), (1, 12_000_000)), 40)
    assert plan.size_wh == (STEP_X + OVERLAP, STEP_Y + OVERLAP)
    assert (plan.level_of_cell() == -1).all()
