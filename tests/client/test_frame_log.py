from __future__ import annotations

from facestream.client.frame_log import Answer, FrameLog, Outcome
from facestream.server import protocol as wire
from tests.client.fake_server import FLOW, error, face, result


def test_log_of_nothing_is_empty() -> None:
    assert FrameLog(FLOW).frames == []


def test_each_frame_ends_as_its_answer_says() -> None:
    log = FrameLog(FLOW)
    for seq in range(5):
        log.sent(seq, float(seq))
    for message in (
        result(0),
        wire.Dropped(seq=1, reason="superseded"),
        wire.Dropped(seq=2, reason="expired"),
        error("bad_picture", seq=3),
    ):
        log.received(message, 10.0)
    assert [frame.outcome for frame in log.frames] == [
        *(Outcome.ANSWERED, Outcome.SUPERSEDED, Outcome.EXPIRED, Outcome.ERROR),
        Outcome.UNDER_WAY,
    ]
    assert [frame.latency_s for frame in log.frames] == [10, 9, 8, 7, None]
    assert dict(log.errors) == {"bad_picture": 1}


def test_answer_says_what_was_computed() -> None:
    log = FrameLog(FLOW)
    log.sent(0, 0.0)
    log.received(result(0, [face("computed"), face("carried"), face("carried")], "tracks"), 1.0)
    [frame] = log.frames
    assert frame.answer == Answer(
        computed=1, carried=2, full_scan=False, batch=2, stages_ms=(1, 2, 3, 4, 5, 6, 7, 8, 36)
    )
    assert frame.answer.faces == 3


def test_second_answer_and_answer_to_nothing_are_errors() -> None:
    log = FrameLog(FLOW)
    log.sent(0, 0.0)
    for message in (result(0), wire.Dropped(seq=0, reason="expired"), result(9)):
        log.received(message, 1.0)
    assert dict(log.errors) == {"answered_twice": 1, "never_sent": 1}
    assert [frame.outcome for frame in log.frames] == [Outcome.ANSWERED]


def test_error_that_answers_no_frame_is_counted() -> None:
    log = FrameLog(FLOW)
    log.received(error("overloaded"), 0.0)
    assert dict(log.errors) == {"overloaded": 1}


def test_last_flow_is_kept() -> None:
    log = FrameLog(FLOW)
    slower = FLOW.model_copy(update={"rate": 3.0})
    log.received(wire.Flow(flow=slower), 0.0)
    assert (log.flow, log.flow_changes) == (slower, 1)
