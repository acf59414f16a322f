"""Lanes: each part once, one at a time in a lane, and errors come out."""

from __future__ import annotations

import threading
from itertools import pairwise
from time import sleep

import pytest

from facestream.vision.lanes import Lanes


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("parts", [0, 1, 2, 40])
def test_each_part_is_done_once_in_a_lane_that_does_one_at_a_time(count: int, parts: int) -> None:
    lanes = Lanes(count)
    done: list[int] = []
    busy = [threading.Lock() for _ in range(count)]

    def work(lane: int, part: int) -> None:
        assert busy[lane].acquire(blocking=False)
        sleep(0.001)
        done.append(part)
        busy[lane].release()

    lanes.each(parts, work)
    assert len(lanes) == count
    assert sorted(done) == list(range(parts))


def test_lanes_work_side_by_side_and_the_first_is_the_caller() -> None:
    together = threading.Barrier(3, timeout=10)
    threads: dict[int, int] = {}

    def work(lane: int, part: int) -> None:
        threads[lane] = threading.get_ident()
        together.wait()

    Lanes(3).each(3, work)
    assert len(set(threads.values())) == 3
    assert threads[0] == threading.get_ident()


@pytest.mark.parametrize("lane", [0, 1])
def test_an_error_comes_out_after_all_lanes_are_done_and_they_can_go_on(lane: int) -> None:
    lanes = Lanes(2)
    together = threading.Barrier(2, timeout=10)
    finished: list[int] = []

    def work(number: int, part: int) -> None:
        if part < 2:
            together.wait()
            if number == lane:
                raise ValueError("no")
        sleep(0.001)
        finished.append(part)

    with pytest.raises(ValueError, match="no"):
        lanes.each(9, work)
    assert len(finished) == 8  # the other lane did the rest
    lanes.each(2, lambda number, part: finished.append(-1))
    assert finished.count(-1) == 2


def test_threads_are_made_once() -> None:
    lanes = Lanes(2)
    counts = []
    for _ in range(20):
        lanes.each(8, lambda lane, part: sleep(0.001))
        counts.append(threading.active_count())
    assert all(a == b for a, b in pairwise(counts))
