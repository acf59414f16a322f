from __future__ import annotations

import pytest

from facestream.engine.pace import Pace


def test_there_is_no_delay_without_experience() -> None:
    assert Pace().delay_s(1) == 0.0


def test_delay_leaves_just_the_time_to_decode() -> None:
    pace = Pace()
    pace.decoded(4, 0.005)
    pace.ran(4, 0.040)
    assert pace.delay_s(4) == pytest.approx(0.035)


def test_batch_sizes_are_told_apart() -> None:
    pace = Pace()
    pace.ran(1, 0.010)
    pace.ran(8, 0.050)
    assert pace.delay_s(1) == pytest.approx(0.010)
    assert pace.delay_s(8) == pytest.approx(0.050)
    assert pace.delay_s(2) == 0.0


def test_slow_decoding_never_makes_the_delay_negative() -> None:
    pace = Pace()
    pace.decoded(8, 1.0)
    pace.ran(1, 0.010)
    assert pace.delay_s(1) == 0.0


def test_mean_follows_a_change() -> None:
    pace = Pace()
    pace.ran(1, 0.010)
    for _ in range(20):
        pace.ran(1, 0.100)
    assert pace.delay_s(1) == pytest.approx(0.100, rel=0.01)
