"""Rates at thresholds, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facestream.evaluation.rates import (
    accuracy_at,
    best_threshold,
    tar_at_fmr,
    threshold_at_fmr,
)

similarities = hnp.arrays(
    np.float64, st.integers(2, 30), elements=st.integers(-99, 99).map(lambda i: i / 100)
)


@given(similarities, st.integers(0, 2**32 - 1))
def test_no_threshold_is_better_than_the_best(found: np.ndarray, seed: int) -> None:
    mated = np.random.default_rng(seed).random(len(found)) < 0.5
    best = accuracy_at(best_threshold(found, mated), found, mated)
    assert best >= max(accuracy_at(t, found, mated) for t in np.arange(-1, 1.005, 0.005)) - 1e-12


def test_perfectly_apart_pairs_are_all_decided_rightly() -> None:
    found, mated = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    assert best_threshold(found, mated) == 0.5
    assert tar_at_fmr(found, mated, 0.001) == 1


@given(similarities, st.floats(0.0001, 1))
def test_the_threshold_accepts_no_more_than_allowed(non_mated: np.ndarray, fmr: float) -> None:
    threshold = threshold_at_fmr(non_mated, fmr)
    assert np.mean(non_mated >= threshold) <= fmr


@pytest.mark.parametrize(("fmr", "tar"), [(0.01, 0.5), (0.25, 0.75), (1.0, 1.0)])
def test_tar_at_known_rates(fmr: float, tar: float) -> None:
    found = np.array([0.9, 0.6, 0.4, 0.2, 0.5, 0.3, 0.1, 0.0])
    mated = np.array([True] * 4 + [False] * 4)
    assert tar_at_fmr(found, mated, fmr) == tar


def test_a_pair_at_the_threshold_is_accepted() -> None:
    assert accuracy_at(0.5, np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert accuracy_at(0.5, np.array([0.5]), np.array([True])) == 1
