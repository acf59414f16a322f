from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.client.frame_log import Answer, Outcome, SentFrame
from facestream.client.frame_window import GIVE_UP_S
from facestream.evaluation.load import (
    ClientLoad,
    Counts,
    Period,
    count,
    fairness,
    load_figures,
    percentiles_ms,
)
from facestream.records import STAGES

PERIOD = Period(10.0, 20.0)
FLOW = {"rate": 12.0, "width": 640, "quality": 80, "window": 2}
PROMISED = {"clients", "sent", "answered", "superseded", "errors", "fps_total", "latency_ms"}


def answered(
    sent_s: float,
    took_s: float = 0.1,
    *,
    computed: int = 0,
    carried: int = 0,
    full_scan: bool = True,
    batch: int = 1,
) -> SentFrame:
    """Of a frame's time, `upload` is 10 ms, and all the server's stages make up 30 ms."""
    stages_ms = tuple({"upload": 10.0, "detect": 30.0, "total": 40.0}.get(s, 0.0) for s in STAGES)
    answer = Answer(computed, carried, full_scan, batch, stages_ms)
    return SentFrame(0, sent_s, Outcome.ANSWERED, sent_s + took_s, answer)


def ended(sent_s: float, outcome: Outcome, took_s: float | None = 0.1) -> SentFrame:
    return SentFrame(0, sent_s, outcome, None if took_s is None else sent_s + took_s)


def client(*frames: SentFrame, **others: Any) -> ClientLoad:
    return ClientLoad(frames, **{"errors": {}, "flow": FLOW, **others})


def test_nobody_sends_anything() -> None:
    figures = load_figures([client(), client()], PERIOD)
    assert figures["latency_ms"] == {"p50": None, "p95": None, "p99": None}
    assert (figures["sent"], figures["answered"], figures["fps_total"]) == (0, 0, 0)
    assert figures["fairness"] == 0
    assert figures["faces_per_frame"] is None
    assert figures["stages_ms"]["detect"] == {"median": None, "p95": None}
    json.dumps(figures)


def test_frames_are_counted_by_how_they_ended() -> None:
    frames = [
        *(answered(11), answered(12), ended(13, Outcome.SUPERSEDED), ended(14, Outcome.EXPIRED)),
        ended(15, Outcome.ERROR),
        ended(19, Outcome.UNDER_WAY, None),
        ended(11, Outcome.UNDER_WAY, None),
    ]
    assert count(frames, PERIOD) == Counts(7, 2, 1, 1, 1, unanswered=1, lost=1)


@pytest.mark.parametrize(
    ("frame", "counts"),
    [
        (answered(9.99), Counts()),
        (answered(10.0), Counts(sent=1, answered=1)),
        (answered(20.0), Counts()),
        (answered(19.95), Counts(sent=1, unanswered=1)),  # the answer came when all was over
        (ended(19.95, Outcome.EXPIRED), Counts(sent=1, unanswered=1)),
        (answered(12, took_s=8.5), Counts(sent=1, lost=1)),
        (answered(12, took_s=GIVE_UP_S + 1), Counts(sent=1, answered=1)),
    ],
)
def test_only_what_happened_in_the_period_counts(frame: SentFrame, counts: Counts) -> None:
    assert count([frame], PERIOD) == counts


outcomes = st.tuples(
    st.floats(5, 25), st.one_of(st.none(), st.floats(0, 8)), st.sampled_from(list(Outcome))
)


@given(st.lists(st.lists(outcomes, max_size=30), min_size=1, max_size=4))
def test_every_frame_sent_is_counted_once(drawn: list[list[Any]]) -> None:
    clients = []
    for rows in drawn:
        frames = []
        for sent_s, took_s, outcome in rows:
            if took_s is None or outcome is Outcome.UNDER_WAY:
                frames.append(ended(sent_s, Outcome.UNDER_WAY, None))
            elif outcome is Outcome.ANSWERED:
                frames.append(answered(sent_s, took_s))
            else:
                frames.append(ended(sent_s, outcome, took_s))
        clients.append(client(*frames))
    figures = load_figures(clients, PERIOD)
    for part in (figures, *figures["per_client"]):
        ends = ("answered", "superseded", "expired", "failed", "unanswered", "lost")
        assert part["sent"] == sum(part[name] for name in ends)
    for name in Counts.__slots__:
        assert figures[name] == sum(row[name] for row in figures["per_client"])
    assert 0 <= figures["fairness"] <= 1
    assert figures["fps_total"] == pytest.approx(figures["answered"] / 10)


@pytest.mark.parametrize(
    ("numbers", "fair"),
    [([0, 0], 0), ([5], 1), ([0], 0), ([5, 10], 0.5), ([7, 7, 7], 1), ([0, 9], 0)],
)
def test_fairness_is_slowest_over_fastest(numbers: list[int], fair: float) -> None:
    assert fairness(numbers) == fair


def test_percentiles_lie_between_the_values() -> None:
    assert percentiles_ms([]) == {"p50": None, "p95": None, "p99": None}
    assert percentiles_ms([7.0]) == {"p50": 7, "p95": 7, "p99": 7}
    hundred = [float(i) for i in range(101)]
    assert percentiles_ms(hundred[::-1]) == {"p50": 50, "p95": 95, "p99": 99}


def test_figures_by_hand() -> None:
    one = client(
        answered(11, 0.1, computed=2, carried=1, batch=1),
        answered(12, 0.2, carried=3, full_scan=False, batch=3),
        errors={"bad_picture": 1, "overloaded": 2},
        flow={**FLOW, "rate": 4.0},
        flow_changes=3,
    )
    other = client(answered(13, 0.3), errors={"overloaded": 1})
    figures = load_figures([one, other], PERIOD)
    assert figures.keys() >= PROMISED | {"fairness"}
    assert figures["latency_ms"]["p50"] == pytest.approx(200)
    assert figures["fairness"] == 0.5
    assert figures["fps_total"] == pytest.approx(0.3)
    assert (figures["errors"], figures["error_codes"]) == (4, {"overloaded": 3, "bad_picture": 1})
    assert figures["faces_per_frame"] == 2
    assert (figures["embeddings_computed"], figures["embeddings_carried"]) == (2, 4)
    assert figures["scans_full"] == pytest.approx(2 / 3)
    assert figures["batch"] == pytest.approx(5 / 3)
    assert figures["stages_ms"]["detect"] == {"median": 30, "p95": 30}
    assert figures["outside_ms"]["median"] == pytest.approx(200 - 30)
    assert figures["flow"] == {**FLOW, "rate": 8}
    assert figures["flow_changes"] == 3
    rows = figures["per_client"]
    assert [row["fps"] for row in rows] == pytest.approx([0.2, 0.1])
    assert [row["errors"] for row in rows] == [3, 1]
    assert rows[0]["flow"]["rate"] == 4
    assert rows[1]["latency_ms"]["p95"] == pytest.approx(300)
