"""Suppression, against a loop over one pair at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facestream.vision.geometry import Overlap
from facestream.vision.pyramid import CELL, STRIDE
from facestream.vision.suppression import suppress, suppress_cells
from tests.vision.plain_mtcnn import suppressed
from tests.vision.strategies import boxes

seeds = st.integers(0, 2**32 - 1)


@given(
    boxes(),
    seeds,
    st.sampled_from([0.0, 0.313, 0.4987, 0.7013]),  # no overlap of whole pixels is exactly that
    st.sampled_from(["union", "smaller"]),
)
def test_each_group_keeps_what_the_plain_loop_keeps(
    found: np.ndarray, seed: int, threshold: float, by: Overlap
) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.permutation(len(found)).astype(np.float32)
    groups = generator.integers(0, 3, len(found))
    expected = set()
    for group in range(3):
        rows = np.flatnonzero(groups == group)
        plain = suppressed(found[rows], scores[rows], threshold, by_smaller=by == "smaller")
        expected |= set(rows[plain].tolist())
    kept = suppress(found, scores, groups, threshold, by)
    assert set(kept.tolist()) == expected
    assert scores[kept].tolist() == sorted(scores[kept], reverse=True)


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))), seeds)
def test_cells_keep_what_their_windows_would_keep(grid: np.ndarray, seed: int) -> None:
    cells = np.argwhere(grid)
    generator = np.random.default_rng(seed)
    cells = cells[generator.permutation(len(cells))]
    scores = generator.integers(0, 4, len(cells)).astype(np.float32)  # many are equal
    corners = STRIDE * cells[:, ::-1]
    windows = np.concatenate([corners, corners + CELL], axis=1)
    assert suppress_cells(cells, scores).tolist() == suppressed(windows, scores, 0.5)


def test_a_long_row_of_cells_that_each_beat_the_next_is_kept_by_turns() -> None:
    cells = np.stack([np.zeros(100, int), np.arange(100)], axis=1)
    kept = suppress_cells(cells, np.linspace(1, 0, 100, dtype=np.float32))
    assert kept.tolist() == list(range(0, 100, 2))


@pytest.mark.parametrize("by", ["union", "smaller"])
def test_nothing_is_kept_of_nothing(by: Overlap) -> None:
    none = np.zeros(0, np.float32)
    assert suppress(np.zeros((0, 4), np.float32), none, np.zeros(0, int), 0.5, by).shape == (0,)
    assert suppress_cells(np.zeros((0, 2), int), none).shape == (0,)
