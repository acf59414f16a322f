"""The table from similarity to error rates."""

from __future__ import annotations

import numpy as np

from facestream.evaluation.calibration import FEWEST_PAIRS, GRID, rate_table


def test_rates_equal_those_counted_pair_by_pair() -> None:
    generator = np.random.default_rng(3)
    embeddings = generator.normal(size=(60, 8)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    people = generator.integers(0, 12, 60)
    table = rate_table(embeddings, people)

    rows, columns = np.triu_indices(60, 1)
    found = (embeddings[rows] * embeddings[columns]).sum(axis=1)
    same = people[rows] == people[columns]
    assert table["mated_pairs"] == same.sum()
    assert table["non_mated_pairs"] == (~same).sum()
    for grid, fmr, fnmr in zip(
        GRID, table["false_match_rate"], table["false_non_match_rate"], strict=True
    ):
        accepted = (found[~same] >= grid).sum()
        assert round(fmr * (~same).sum()) == (accepted if accepted >= FEWEST_PAIRS else 0)
        np.testing.assert_allclose(fnmr, (found[same] < grid).mean())
