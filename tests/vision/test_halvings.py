"""Halved frames are means of blocks, and are chosen so that nothing needed is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.records import Frame
from facestream.vision.halvings import halved_frames, times_halved
from facestream.vision.lanes import Lanes

sides = st.integers(1, 300)


@given(sides, sides, st.integers(0, 2**32 - 1))
def test_each_is_the_mean_of_two_by_two_pixels_of_the_one_before(
    width: int, height: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    [series] = halved_frames([Frame(pixels)], Lanes(1))
    assert series[0] is pixels
    for whole, half in pairwise(series):
        rows, columns, _ = half.shape
        assert (rows, columns) == (whole.shape[0] // 2, whole.shape[1] // 2)
        blocks = whole[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, 3).astype(float)
        assert np.abs(half - blocks.mean(axis=(1, 3))).max() <= 0.5


@given(st.tuples(sides, sides), st.tuples(sides, sides))
def test_what_is_chosen_exists_and_is_the_smallest_that_is_large_enough(
    size_wh: tuple[int, int], wanted_wh: tuple[int, int]
) -> None:
    pixels = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    [series] = halved_frames([Frame(pixels)], Lanes(1))
    large = [
        number
        for number, half in enumerate(series)
        if half.shape[1] >= wanted_wh[0] and half.shape[0] >= wanted_wh[1]
    ]
    assert times_halved(size_wh, wanted_wh) == max(large, default=0)


@pytest.mark.parametrize("lanes", [1, 3])
def test_each_frame_of_a_batch_has_its_own_series(lanes: int) -> None:
    frames = [Frame(np.full((8 * n, 90, 3), n, np.uint8)) for n in range(1, 9)]
    for number, series in enumerate(halved_frames(frames, Lanes(lanes)), start=1):
        assert all((half == number).all() for half in series)
