from __future__ import annotations

import asyncio

import pytest

from facestream.server.outbox import Outbox, TooSlow
from tests.engine.fakes import turns


class Line:
    """Takes messages, or makes the sender wait."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, raw: bytes) -> None:
        await self.open.wait()
        self.sent.append(raw)


def outbox(limit: int = 3, patience_s: float = 5.0) -> tuple[Outbox, list[str]]:
    overflows: list[str] = []
    return Outbox(limit, patience_s, lambda: overflows.append("overflow")), overflows


async def test_messages_are_sent_in_order() -> None:
    box, _ = outbox()
    line = Line()
    box.put(b"1")
    draining = asyncio.create_task(box.drain_into(line.send))
    await turns()
    box.put(b"2")
    box.put(b"3")
    await turns(10)
    assert line.sent == [b"1", b"2", b"3"]
    draining.cancel()


async def test_message_over_the_limit_is_an_overflow() -> None:
    box, overflows = outbox(limit=3)
    for raw in (b"1", b"2", b"3"):
        box.put(raw)
    assert overflows == []
    box.put(b"4")
    assert overflows == ["overflow"]
    assert list(box.rest()) == [b"1", b"2", b"3"]


async def test_message_that_does_not_leave_in_time_is_too_slow() -> None:
    box, _ = outbox(patience_s=0.01)
    line = Line()
    line.open.clear()
    box.put(b"1")
    with pytest.raises(TooSlow):
        await box.drain_into(line.send)


async def test_who_brings_in_work_waits_while_the_outbox_is_half_full() -> None:
    box, _ = outbox(limit=4)
    line = Line()
    await box.room()
    for raw in (b"1", b"2", b"3"):
        box.put(raw)
    waiting = asyncio.create_task(box.room())
    await turns()
    assert not waiting.done()
    draining = asyncio.create_task(box.drain_into(line.send))
    await asyncio.wait_for(waiting, 2)
    draining.cancel()


async def test_what_was_not_sent_is_left_over() -> None:
    box, _ = outbox()
    line = Line()
    for raw in (b"1", b"2"):
        box.put(raw)
    assert list(box.rest()) == [b"1", b"2"]
    assert list(box.rest()) == []
    draining = asyncio.create_task(box.drain_into(line.send))
    await turns()
    assert line.sent == []
    draining.cancel()
