from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from facestream.engine.frame_queue import Entry, FrameQueue
from facestream.engine.results import Computed, FrameResult, FrameTimings
from facestream.engine.scene import View
from facestream.errors import ShuttingDown, Superseded
from tests.engine.fakes import FRAME_WH, TIMINGS, decode, picture, recognition, turns

COMPUTED = Computed(
    FRAME_WH,
    recognition(View(decode(picture(0), 99)), ()),
    FrameTimings(0, 0, 0, 0, 0, TIMINGS, batch=1),
)


def entry(session_id: str, seq: int = 0, captured_s: float = 0.0) -> Entry:
    def finish(entry: Entry, computed: Computed) -> FrameResult:
        of = (computed.size_wh, computed.recognition, computed.timings)
        return FrameResult(entry.seq, entry.captured_ms, *of, progress=None)

    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen
    return Entry(
        session_id=session_id,
        seq=seq,
        captured_ms=0.0,
        jpeg=b"",
        captured_s=captured_s,
        received_s=captured_s,
        view=lambda entry, frame: View(frame),
        finish=finish,
        future=future,
    )


def filled(*entries: Entry) -> FrameQueue:
    queue = FrameQueue()
    for each in entries:
        queue.put(each)
    return queue


async def test_newest_frame_replaces_the_older_one_of_its_session() -> None:
    older, newer = entry("a", 1), entry("a", 2)
    queue = filled(older, newer)
    assert isinstance(older.future.exception(), Superseded)
    assert await queue.take(9) == [newer]
    assert not newer.ended


async def test_frame_of_another_session_is_left_alone() -> None:
    a, b = entry("a"), entry("b")
    assert await filled(a, b).take(9) == [a, b]


async def test_replacement_keeps_the_place_in_the_line() -> None:
    a1, b, a2 = entry("a", 1), entry("b"), entry("a", 2)
    assert await filled(a1, b, a2).take(9) == [a2, b]


async def test_no_more_than_the_limit_is_taken_and_the_oldest_first() -> None:
    entries = [entry(name) for name in "abc"]
    queue = filled(*entries)
    assert await queue.take(2) == entries[:2]
    assert await queue.take(2) == entries[2:]


async def test_sessions_are_served_in_turn_however_fast_one_sends() -> None:
    queue, served = FrameQueue(), []
    for seq in range(6):
        for name in "aaabc":  # a sends three times as much
            queue.put(entry(name, seq))
        served += [e.session_id for e in await queue.take(2)]
    assert {name: served.count(name) for name in "abc"} == {"a": 4, "b": 4, "c": 4}


async def test_nothing_is_remembered_of_sessions_that_left() -> None:
    queue = FrameQueue()
    for i in range(100):
        queue.put(entry(str(i)))
        await queue.take(1)
        queue.discard(str(i))
    assert not queue._served


async def test_there_is_never_more_than_one_entry_a_session() -> None:
    queue = filled(*[entry("ab"[i % 2], i) for i in range(100)])
    assert len(queue) == 2


async def test_take_waits_for_a_frame() -> None:
    queue = FrameQueue()
    taking = asyncio.create_task(queue.take(9))
    await turns()
    assert not taking.done()
    a = entry("a")
    queue.put(a)
    assert await taking == [a]


async def test_cancelled_take_loses_nothing() -> None:
    queue = FrameQueue()
    taking = asyncio.create_task(queue.take(9))
    await turns()
    a = entry("a")
    queue.put(a)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert await queue.take(9) == [a]


async def test_entry_of_a_session_that_left_is_cancelled() -> None:
    a, b = entry("a"), entry("b")
    queue = filled(a, b)
    queue.discard("a")
    queue.discard("a")
    queue.discard("unheard of")
    assert a.future.cancelled()
    assert await queue.take(9) == [b]


async def test_closed_queue_refuses_but_gives_out_what_it_has() -> None:
    before, after = entry("a"), entry("b")
    queue = filled(before)
    queue.close()
    queue.put(after)
    assert isinstance(after.future.exception(), ShuttingDown)
    assert await queue.take(9) == [before]


async def test_everything_that_waits_can_be_failed() -> None:
    a, b = entry("a"), entry("b")
    queue = filled(a, b)
    queue.fail_all(ShuttingDown("bye"))
    assert all(isinstance(e.future.exception(), ShuttingDown) for e in (a, b))
    assert len(queue) == 0


async def test_entry_ends_only_once() -> None:
    a = entry("a", 7)
    a.resolve(COMPUTED)
    a.resolve(replace(COMPUTED, size_wh=(1, 1)))
    a.fail(ValueError())
    answer = await a.future
    assert (answer.seq, answer.size_wh) == (7, FRAME_WH)


async def test_error_while_finishing_is_the_answer() -> None:
    def fail(entry: Entry, computed: Computed) -> FrameResult:
        raise ZeroDivisionError

    a = entry("a")
    a.finish = fail
    a.resolve(COMPUTED)
    assert isinstance(a.future.exception(), ZeroDivisionError)
