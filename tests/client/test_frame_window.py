from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.client.frame_window import GIVE_UP_S, FrameWindow

CAMERA_S = 1 / 30


def test_first_frame_may_go_at_once() -> None:
    assert FrameWindow().allows(0.0)


def test_window_is_full_until_an_answer_comes() -> None:
    window = FrameWindow(size=2, rate=15)
    for seq in (0, 1):
        window.sent(seq, float(seq))
    assert not window.allows(2.0)
    assert window.answered(0)
    assert window.allows(2.0)
    assert not window.answered(0)


def test_frame_without_answer_is_given_up() -> None:
    window = FrameWindow()
    window.sent(0, 1.0)
    assert window.room_s(2.0) == 1.0 + GIVE_UP_S
    assert not window.allows(1.0 + GIVE_UP_S - 0.001)
    assert window.allows(1.0 + GIVE_UP_S)
    assert window.unanswered == 0


def test_smaller_window_waits_for_as_many_answers_as_it_needs() -> None:
    window = FrameWindow(size=3, rate=15)
    for seq in range(3):
        window.sent(seq, float(seq))
    window.follow(size=1, rate=15)
    assert window.room_s(3.0) == 2.0 + GIVE_UP_S
    window.answered(0)
    assert not window.allows(3.0)
    window.answered(1)
    window.answered(2)
    assert window.allows(3.0)


@pytest.mark.parametrize("rate", [12, 15, 20])
def test_camera_at_30_fps_is_thinned_out_to_the_rate(rate: int) -> None:
    window, sent = FrameWindow(rate=rate), 0
    for tick in range(30 * 20):
        now_s = tick * CAMERA_S + 1e-4 * (tick % 7)  # pictures come a little late
        if window.allows(now_s):
            window.sent(sent, now_s)
            window.answered(sent)
            sent += 1
    assert sent == pytest.approx(rate * 20, abs=2)


def test_another_rate_holds_for_the_pause_under_way() -> None:
    window = FrameWindow(rate=1)
    window.sent(0, 0.0)
    window.answered(0)
    before_s = window.due_s
    window.follow(size=1, rate=10)
    assert window.due_s == pytest.approx(before_s - 0.9)


def test_rate_of_nearly_nothing_is_no_standstill() -> None:
    window = FrameWindow(rate=15)
    window.follow(size=0, rate=1e-9)
    window.sent(0, 0.0)
    window.answered(0)
    assert window.allows(10.0)


steps = st.lists(
    st.tuples(
        st.floats(0, 0.4),  # seconds until the next picture of the camera
        st.sampled_from(["", "", "answer", "answer", "flow"]),
        st.integers(1, 4),
        st.floats(0.5, 30),
    ),
    max_size=120,
)


@given(steps=steps)
def test_never_more_unanswered_than_the_window_and_never_faster_than_the_rate(
    steps: list[tuple[float, str, int, float]],
) -> None:
    window, now_s, size, rate = FrameWindow(size=2, rate=15), 0.0, 2, 15.0
    under_way: dict[int, float] = {}
    sent_s: list[float] = []
    rates = [(now_s, rate)]
    for pause_s, event, new_size, new_rate in steps:
        now_s += pause_s
        if event == "answer" and under_way:
            seq = min(under_way)
            assert window.answered(seq) is (now_s < under_way.pop(seq) + GIVE_UP_S)
        if event == "flow":
            size, rate = new_size, new_rate
            window.follow(size, rate)
            rates.append((now_s, rate))
        waited_for = [s for s in under_way.values() if now_s < s + GIVE_UP_S]
        if window.allows(now_s):
            assert len(waited_for) < size
            window.sent(len(sent_s), now_s)
            under_way[len(sent_s)] = now_s
            sent_s.append(now_s)
            _assert_not_faster(sent_s, rates)


def _assert_not_faster(sent_s: list[float], rates: list[tuple[float, float]]) -> None:
    """In the second that ends with the newest frame: one frame over the fastest rate in force."""
    since_s = sent_s[-1] - 1
    before = [rate for at_s, rate in rates if at_s <= since_s][-1:]
    fastest = max(before + [rate for at_s, rate in rates if at_s > since_s])
    assert sum(at_s > since_s for at_s in sent_s) <= -(-fastest // 1) + 1
