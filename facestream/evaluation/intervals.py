"""How far a share may be off because other people might have been photographed. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["interval_over_people"]

RESAMPLES = 2000


def interval_over_people(values: ArrayLike, people: Sequence[str]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values` (n,).

    People are drawn with replacement, each with all their values: photos of one person succeed or
    fail together, so that drawing photos would give intervals which are too narrow.

    people: (n,) whose each value is.
    """
    number = np.unique(np.asarray(people), return_inverse=True)[1]
    sums, counts = np.bincount(number, np.asarray(values, np.float64)), np.bincount(number)
    drawn = np.random.default_rng(0).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
