"""Bootstrap intervals over people."""

from __future__ import annotations

import numpy as np
import pytest

from facestream.evaluation.intervals import interval_over_people


def test_the_interval_of_independent_values_is_that_of_their_mean() -> None:
    values = np.random.default_rng(1).random(2000) < 0.1
    low, high = interval_over_people(values, [str(i) for i in range(2000)])
    error = np.sqrt(0.1 * 0.9 / 2000)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=error / 3)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=error / 3)


def test_photos_of_one_person_count_as_one_that_may_be_missing() -> None:
    values = np.repeat(np.random.default_rng(1).random(50) < 0.5, 20)
    low, high = interval_over_people(values, np.repeat(np.arange(50), 20).astype(str).tolist())
    alone = interval_over_people(values, [str(i) for i in range(1000)])
    assert high - low > 3 * (alone[1] - alone[0])


def test_values_that_are_all_equal_leave_no_doubt() -> None:
    assert interval_over_people([True, True], ["a", "b"]) == (1.0, 1.0)
