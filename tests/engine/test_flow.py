from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.engine.flow import (
    LARGEST_WINDOW,
    LEAST_RATE,
    QUICK_TURNS,
    SLOW_TURNS,
    TARGET,
    Counts,
    Flow,
    Link,
    Regulator,
    fair_shares,
    window_for,
)

LIMITS = Flow(rate=15.0, width=640, quality=80, window=2)
TURN_S = 0.5


# --- shares ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "demands", "shares"),
    [
        (10.0, {}, {}),
        (10.0, {"a": inf}, {"a": 10.0}),
        (10.0, {"a": inf, "b": inf}, {"a": 5.0, "b": 5.0}),
        (10.0, {"a": 2.0, "b": inf}, {"a": 5.0, "b": 8.0}),
        (9.0, {"a": 1.0, "b": inf, "c": 4.0}, {"a": 3.0, "c": 4.0, "b": 4.0}),
        (inf, {"a": 3.0, "b": inf}, {"a": inf, "b": inf}),
    ],
)
def test_shares_are_fair(
    capacity: float, demands: dict[str, float], shares: dict[str, float]
) -> None:
    assert fair_shares(capacity, demands) == pytest.approx(shares)


@given(
    st.floats(1, 1000),
    st.dictionaries(st.text(max_size=3), st.floats(0, 100) | st.just(inf), min_size=1, max_size=9),
)
def test_nobody_takes_from_one_who_has_less(capacity: float, demands: dict[str, float]) -> None:
    shares = fair_shares(capacity, demands)
    used = {key: min(share, demands[key]) for key, share in shares.items()}
    assert sum(used.values()) <= capacity * (1 + 1e-9)
    unsatisfied = [used[key] for key in used if used[key] < demands[key]]
    if unsatisfied:
        assert min(unsatisfied) >= max(used.values()) - 1e-6 * capacity
        assert sum(used.values()) == pytest.approx(capacity)


# --- the regulator --------------------------------------------------------------------------------


class Server:
    """A worker that takes `cost_s` for a frame, and clients that send as they are asked."""

    def __init__(self, cost_s: float, wants: dict[str, float]) -> None:
        self.cost_s = cost_s
        self.wants = wants
        self.owed: dict[str, float] = {}  # parts of frames that are to come
        self.regulator = Regulator(LIMITS)
        self.links = {key: Link() for key in wants}
        self.flows = {key: self.regulator.first(n) for n, key in enumerate(wants)}

    def run(self, turns: int) -> None:
        for _ in range(turns):
            sent = {key: min(self.flows[key].rate, want) for key, want in self.wants.items()}
            arrived = sum(sent.values()) * TURN_S
            answered = min(arrived, TURN_S / self.cost_s)
            for key, rate in sent.items():
                self.owed[key] = self.owed.get(key, 0.0) + rate * TURN_S
                while self.owed[key] >= 1:
                    self.owed[key] -= 1
                    self.links[key].received(0.01)
            counts = Counts(
                round(arrived), round(answered), round(arrived - answered), answered * self.cost_s
            )
            self.flows = self.regulator.judge(counts, self.links, TURN_S)

    def rates(self) -> list[float]:
        return [flow.rate for flow in self.flows.values()]


def test_a_server_with_little_to_do_asks_for_all() -> None:
    server = Server(0.01, {"a": 12.0, "b": 12.0})
    server.run(20)
    assert server.rates() == [15.0, 15.0]


def test_a_busy_server_asks_for_what_it_can_answer_and_of_all_alike() -> None:
    server = Server(0.02, dict.fromkeys("abcdefghij", 12.0))
    server.run(30)
    assert sum(server.rates()) == pytest.approx(TARGET / 0.02, rel=0.15)
    assert min(server.rates()) == pytest.approx(max(server.rates()), rel=0.05)


def test_who_wants_little_leaves_the_rest_to_the_others() -> None:
    server = Server(0.02, {"slow camera": 2.0, "a": 30.0, "b": 30.0, "c": 30.0, "d": 30.0})
    server.run(30)
    assert server.flows["a"].rate > 10.0
    assert server.flows["slow camera"].rate >= 2.0


def test_a_server_that_becomes_idle_asks_for_more_within_a_second() -> None:
    server = Server(0.02, dict.fromkeys("abcdefghij", 12.0))
    server.run(30)
    for key in "bcdefghij":
        del server.wants[key], server.links[key]
    server.run(2)
    assert server.flows["a"].rate > 12.0


def test_nobody_is_asked_for_less_than_a_live_view_takes() -> None:
    server = Server(0.5, dict.fromkeys("abcdefghij", 12.0))
    server.run(20)
    assert LEAST_RATE <= min(server.rates()) <= max(server.rates()) < 1.5 * LEAST_RATE


def test_who_joins_a_busy_server_begins_with_a_share() -> None:
    server = Server(0.02, dict.fromkeys("abcdefghij", 12.0))
    server.run(30)
    assert server.regulator.first(10).rate < 6.0


def test_frames_that_were_skipped_are_a_sign_too() -> None:
    regulator = Regulator(LIMITS)
    links = {"a": Link()}
    for _ in range(20):  # the worker is idle, and yet half of the frames are superseded
        regulator.judge(Counts(arrived=10, answered=5, skipped=5, run_s=0.05), links, TURN_S)
    assert regulator.capacity == pytest.approx(10.0, rel=0.05)


# --- the way to one client ------------------------------------------------------------------------


def steps(link: Link, round_trip_s: float, turns: int) -> list[tuple[float, float]]:
    seen = []
    for _ in range(turns):
        link.round_trip_s = round_trip_s
        link.received(0.01)
        width, quality = link.judged(TURN_S)
        seen.append((width, quality))
    return seen


def test_a_slow_way_gets_smaller_pictures_and_a_quick_one_large_ones_again() -> None:
    link = Link()
    assert steps(link, 0.05, 5)[-1] == (1.0, 1.0)
    assert steps(link, 0.8, SLOW_TURNS)[-1] == (1.0, 0.75)
    assert steps(link, 0.8, 20)[-1] == (0.5, 0.75)
    assert steps(link, 0.05, QUICK_TURNS - 1)[-1] == (0.5, 0.75)
    assert steps(link, 0.05, 4 * QUICK_TURNS)[-1] == (1.0, 1.0)


def test_a_way_between_slow_and_quick_changes_nothing() -> None:
    assert set(steps(Link(), 0.25, 50)) == {(1.0, 1.0)}


@pytest.mark.parametrize(
    ("rate", "round_trip_s", "window"),
    [(12, 0.0, 2), (12, 0.02, 2), (12, 0.3, 5), (1, 0.3, 2), (15, 5.0, LARGEST_WINDOW)],
)
def test_the_window_hides_the_round_trip(rate: float, round_trip_s: float, window: int) -> None:
    assert window_for(rate, round_trip_s, 2) == window


def test_small_changes_are_not_worth_a_message() -> None:
    flow = Flow(10.0, 640, 80, 2)
    assert not Flow(10.9, 640, 80, 2).differs(flow)
    assert Flow(11.1, 640, 80, 2).differs(flow)
    assert Flow(10.0, 480, 80, 2).differs(flow)
