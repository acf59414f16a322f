"""Pictures over a socket, one at a time, to a server that says what the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from facestream.client import ConnectionClosed, NoAnswer, RequestRefused, connect
from facestream.server import protocol as wire
from tests.client.conftest import FakeServing
from tests.client.fake_server import FLOW, TOKEN, FakeServer, error, face, hello, result, usual


def answering(*answers: wire.Message | int) -> Any:
    """Hello, and to each picture the next of `answers`."""
    left = list(answers)

    def answer(message: Any) -> Sequence[wire.Message | int]:
        match message:
            case wire.ClientHello():
                return [hello()]
            case wire.FrameMessage():
                return [left.pop(0)] if left else []
        return [wire.Ok(request=message.request)]

    return answer


async def test_pictures_are_answered_in_turn(fake_server: FakeServing) -> None:
    server = await fake_server(answering(result(0, [face()]), result(1)))
    async with connect(server.url, token=TOKEN) as there, there.stream() as phone:
        assert phone.hello.role == "admin"
        assert [len((await phone.recognise(b"a")).faces), (await phone.recognise(b"b")).seq] == [
            1,
            1,
        ]
    assert [frame.jpeg for frame in server.frames] == [b"a", b"b"]
    await server.left()
    assert server.closed == [1000]


async def test_one_picture_is_under_way_at_a_time(fake_server: FakeServing) -> None:
    server = await fake_server(usual, delay_s=0.02)
    async with connect(server.url, token=TOKEN) as there, there.stream() as phone:
        results = await asyncio.gather(*(phone.recognise(b"a") for _ in range(3)))
    assert [one.seq for one in results] == [0, 1, 2]


async def test_pictures_go_no_faster_than_the_server_asks(fake_server: FakeServing) -> None:
    slow = wire.Flow(flow=FLOW.model_copy(update={"rate": 10}))

    def answer(message: Any) -> Sequence[wire.Message | int]:
        return [slow, *usual(message)] if isinstance(message, wire.FrameMessage) else usual(message)

    server: FakeServer = await fake_server(answer)
    loop = asyncio.get_running_loop()
    async with connect(server.url, token=TOKEN) as there, there.stream() as phone:
        await phone.recognise(b"a")
        began_s = loop.time()
        for _ in range(3):
            await phone.recognise(b"a")
    assert loop.time() - began_s > 0.2


async def test_what_is_said_of_a_picture_is_raised_and_the_next_is_answered(
    fake_server: FakeServing,
) -> None:
    dropped = wire.Dropped(seq=0, reason="expired")
    server = await fake_server(answering(dropped, error("bad_picture", seq=1), result(2)))
    async with connect(server.url, token=TOKEN) as there, there.stream() as phone:
        for code, retryable in (("expired", True), ("bad_picture", False)):
            with pytest.raises(RequestRefused) as refused:
                await phone.recognise(b"a")
            assert (refused.value.code, refused.value.retryable) == (code, retryable)
        assert (await phone.recognise(b"a")).seq == 2


async def test_late_answer_is_nobodys(fake_server: FakeServing) -> None:
    server = await fake_server(answering(result(7), result(1)))
    async with connect(server.url, token=TOKEN) as there, there.stream(result_s=0.2) as phone:
        with pytest.raises(NoAnswer, match=r"0\.2 s"):
            await phone.recognise(b"a")
        assert (await phone.recognise(b"a")).seq == 1


async def test_end_of_the_session_ends_what_waits_and_what_comes_later(
    fake_server: FakeServing,
) -> None:
    server = await fake_server(answering(1001))
    async with connect(server.url, token=TOKEN) as there, there.stream() as phone:
        for _ in range(2):
            with pytest.raises(ConnectionClosed, match="1001"):
                await phone.recognise(b"a")


async def test_requests_go_over_the_same_socket(fake_server: FakeServing) -> None:
    server = await fake_server(answering(result(0)))
    async with connect(server.url, token=TOKEN) as there, there.stream() as phone:
        await asyncio.gather(phone.recognise(b"a"), phone.requests.clear())
    assert isinstance(server.received[-1], wire.GalleryClear | wire.FrameMessage)
