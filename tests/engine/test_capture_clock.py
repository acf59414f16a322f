from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.engine.capture_clock import JUMP_S, LATE_FRAMES, CaptureClock

HOUR_MS = 3_600_000.0


def ages(clock: CaptureClock, frames: list[tuple[float, float]]) -> list[float]:
    """Seconds from the capture to the arrival, of frames (captured ms, arrived s)."""
    return [arrived_s - clock.captured_s(ms, arrived_s) for ms, arrived_s in frames]


@pytest.mark.parametrize("wrong_ms", [0.0, HOUR_MS, -HOUR_MS])
def test_a_wrong_clock_tells_the_delay_all_the_same(wrong_ms: float) -> None:
    frames = [(wrong_ms + 100.0 * i, 50 + 0.1 * i + delay) for i, delay in enumerate([0.01, 0.3])]
    assert ages(CaptureClock(), frames) == pytest.approx([0.0, 0.29])


def test_half_the_round_trip_is_added() -> None:
    assert CaptureClock().captured_s(0.0, 50.0, round_trip_s=0.2) == pytest.approx(49.9)


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS])
def test_a_clock_that_jumps_is_judged_anew(jump_ms: float) -> None:
    frames = [(0.0, 50.0), (100.0, 50.1), (200.0 + jump_ms, 50.2), (300.0 + jump_ms, 50.8)]
    assert ages(CaptureClock(), frames) == pytest.approx([0, 0, 0, 0.5])


def test_a_clock_that_stands_still_makes_no_frame_late_for_long() -> None:
    seen = ages(CaptureClock(), [(0.0, 50 + 0.1 * i) for i in range(200)])
    assert max(seen) < 2.0
    assert sum(age > 0.5 for age in seen) < 0.75 * len(seen)


def test_a_way_that_became_longer_for_good_is_taken_for_granted() -> None:
    clock = CaptureClock()
    ages(clock, [(0.0, 50.0)])
    slow = ages(clock, [(100.0 * i, 51 + 0.1 * i) for i in range(1, LATE_FRAMES + 2)])
    assert slow[0] == pytest.approx(1.0)
    assert slow[-1] == pytest.approx(0.0)


def test_what_was_long_ago_is_forgotten() -> None:
    clock = CaptureClock()
    ages(clock, [(0.0, 50.0)])
    drifting = ages(clock, [(100.0 * i, 50.3 + 0.1 * i) for i in range(1, 400)])
    assert drifting[0] == pytest.approx(0.3)
    assert drifting[-1] == pytest.approx(0.0)


@given(
    st.lists(
        st.tuples(
            st.floats(-1e15, 1e15, allow_nan=False),
            st.floats(0, 5, allow_nan=False),
        )
    )
)
def test_no_frame_was_captured_after_it_came_nor_unthinkably_long_ago(
    frames: list[tuple[float, float]],
) -> None:
    clock, now_s = CaptureClock(), 0.0
    for captured_ms, pause_s in frames:
        now_s += pause_s
        age_s = now_s - clock.captured_s(captured_ms, now_s)
        assert -1e-6 <= age_s <= JUMP_S + 1e-6
