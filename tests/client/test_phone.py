from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from facestream.client.camera import Camera
from facestream.client.connection import Connector
from facestream.client.errors import ConnectionClosed
from facestream.client.frame_log import FrameLog, Outcome
from facestream.client.phone import Phone
from facestream.server import protocol as wire
from tests.client.conftest import FakeServing
from tests.client.fake_server import FLOW, hello, usual
from tests.client.test_camera import film

Connectors = Callable[..., Awaitable[Connector]]


async def streaming(phone: Phone, seconds: float) -> None:
    """Let it run; what it raises is raised."""
    running = asyncio.create_task(phone.run())
    await asyncio.wait({running}, timeout=seconds)
    running.cancel()
    await asyncio.wait({running})
    if not running.cancelled():
        running.result()


async def test_phone_streams_and_all_its_frames_are_answered(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect()
    log = FrameLog(connection.hello.flow)
    phone = Phone(connection, Camera(film(), fps=100), listener=log, fps=50)
    await streaming(phone, 0.5)
    assert [frame.seq for frame in server.frames] == list(range(len(server.frames)))
    assert len(server.frames) > 5
    ended = [frame.outcome for frame in log.frames[:-2]]
    assert set(ended) == {Outcome.ANSWERED}
    assert not log.errors
    await connection.close()


async def test_numbers_go_on_where_a_session_is_resumed(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect()
    await streaming(Phone(connection, Camera(film()), first_seq=40), 0.2)
    assert server.frames[0].seq == 40
    await connection.close()


async def test_flow_of_a_message_is_followed(
    fake_server: FakeServing, connector: Connectors
) -> None:
    slow = FLOW.model_copy(update={"rate": 0.1, "window": 1})

    def slower_after_five(message: Any) -> Sequence[wire.Message | int]:
        if isinstance(message, wire.FrameMessage) and message.seq == 4:
            return [*usual(message), wire.Flow(flow=slow)]
        return usual(message)

    server = await fake_server(slower_after_five)
    connection = await (await connector(server)).connect()
    phone = Phone(connection, Camera(film(), fps=100), fps=50)
    await streaming(phone, 0.6)
    assert phone.streamer.flow == slow
    assert len(server.frames) <= 7  # what was due at that moment may still have gone
    await connection.close()


async def test_end_of_the_connection_ends_the_phone_and_its_requests(
    fake_server: FakeServing, connector: Connectors
) -> None:
    def leaves_when_asked(message: Any) -> Sequence[wire.Message | int]:
        return [1001] if isinstance(message, wire.GalleryClear) else usual(message)

    server = await fake_server(leaves_when_asked)
    connection = await (await connector(server)).connect()
    phone = Phone(connection, Camera(film()))
    running = asyncio.create_task(phone.run())
    for ended in (phone.requests.clear(), running):
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(ended, 5)
        assert closed.value.close_code == 1001
    await connection.close()


async def test_requests_are_answered_while_frames_go(
    fake_server: FakeServing, connector: Connectors
) -> None:
    def deletes(message: Any) -> Sequence[wire.Message | int]:
        if isinstance(message, wire.GalleryDelete):
            return [wire.Ok(request=message.request)]
        return usual(message)

    server = await fake_server(deletes)
    connection = await (await connector(server)).connect()
    assert connection.hello == hello()
    phone = Phone(connection, Camera(film()))
    running = asyncio.create_task(phone.run())
    await phone.requests.delete("id-1")
    await phone.requests.delete("id-2")
    running.cancel()
    await asyncio.wait({running})
    await connection.close()
