from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from facestream.server.buckets import MOST_ADDRESSES, Bucket, Buckets


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    bucket = Bucket(rate=10, burst=3)
    assert [round(bucket.delay_s(0.0), 6) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]
    assert bucket.delay_s(0.5) == 0  # the two owed, and three of five new ones, are there


def test_no_more_than_a_burst_is_saved_up() -> None:
    bucket = Bucket(rate=10, burst=2)
    bucket.delay_s(0.0)
    assert [bucket.delay_s(1e6) > 0 for _ in range(3)] == [False, False, True]


@given(st.lists(st.floats(0, 2), max_size=80))
def test_who_waits_as_told_never_exceeds_the_rate(pauses: list[float]) -> None:
    bucket, now_s, passed = Bucket(rate=5, burst=4), 0.0, []
    for pause_s in pauses:
        now_s += pause_s
        now_s += bucket.delay_s(now_s)
        passed.append(now_s)
    for start in passed:
        assert sum(start <= at <= start + 1 for at in passed) <= 4 + 5 + 1


def test_each_address_has_its_own_bucket_and_a_refusal_costs_nothing() -> None:
    buckets = Buckets(rate=1, burst=2)
    assert [buckets.refused_for_s("a", 0.0) > 0 for _ in range(4)] == [False, False, True, True]
    assert buckets.refused_for_s("b", 0.0) == 0
    assert buckets.refused_for_s("a", 1.01) == 0


def test_number_of_addresses_is_bounded() -> None:
    buckets = Buckets(rate=1, burst=2)
    for number in range(MOST_ADDRESSES + 100):
        buckets.refused_for_s(str(number), 0.0)
    assert len(buckets._buckets) == MOST_ADDRESSES
