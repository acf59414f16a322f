"""How long a session over plain requests lives, and how it ends."""

from __future__ import annotations

import asyncio

import pytest

from facestream.server import protocol as wire
from facestream.server.keys import SESSIONS, TUNNELS
from facestream.server.protocol import Close
from facestream.server.pulse import LATEST
from facestream.server.session import OUTBOX_MESSAGES, Patience
from facestream.server.tunnel import MOST_LEAVING
from tests.engine.fakes import picture, turns, until
from tests.server.conftest import Serve, Serving
from tests.server.tunnel_client import code_of, nothing_is_left, through_tunnel, tunnel_of


async def test_a_request_without_news_waits_for_the_next_ping(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facestream.server.pulse.EVERY_S", 0.2)
    client = await through_tunnel(serving)
    tunnel, loop = tunnel_of(client), asyncio.get_running_loop()
    await tunnel.get()
    started = loop.time()
    assert await tunnel.get() == []
    assert 0.1 < loop.time() - started < 1
    waiting = asyncio.create_task(tunnel.get())
    await asyncio.sleep(0.02)
    await client.frame(0, picture(1))
    assert len(await waiting) == 1  # but at once with what comes
    await client.socket.close()


async def test_the_round_trip_of_requests_is_measured(serving: Serving, quick_pulse: None) -> None:
    client = await through_tunnel(serving)
    [engine_session] = serving.engine._roll.live.values()
    for _ in range(LATEST + 1):  # of which the least counts
        await tunnel_of(client).get()
        await asyncio.sleep(0.05)  # the way there and back
    await tunnel_of(client).get()
    assert 0.05 <= engine_session.link.round_trip_s < 0.5
    await client.socket.close()


async def test_a_client_that_asks_no_more_is_lost_and_may_come_back(
    serve: Serve, quick_pulse: None
) -> None:
    serving = await serve(patience=Patience(silent_s=0.15))
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    await nothing_is_left(serving)
    assert len(serving.engine._roll.parked) == 1
    assert await code_of(await tunnel_of(client).ask("GET", "?first=0")) == (404, "no_such_tunnel")
    assert client.hello
    again = await through_tunnel(serving, resume=client.hello.session_id)
    assert again.hello
    assert (again.hello.resumed, again.hello.session_id) == (True, client.hello.session_id)
    assert (await again.answer(1, picture(1))).scan == "tracks"  # of a scene that it remembers
    await again.socket.close()


async def test_a_client_that_sends_but_asks_for_nothing_is_too_slow(
    serve: Serve, quick_pulse: None
) -> None:
    serving = await serve(patience=Patience(silent_s=0.4))
    client = await through_tunnel(serving)
    [session] = serving.server.app[SESSIONS]
    await client.frames_until(session._ending.done)
    assert session._ending.result() == Close.TOO_SLOW
    assert await client.close_code() == Close.TOO_SLOW


async def test_an_outbox_that_overflows_closes_the_session(serving: Serving) -> None:
    client = await through_tunnel(serving)
    [session] = serving.server.app[SESSIONS]
    message = wire.error_message(ValueError())
    for _ in range(OUTBOX_MESSAGES + MOST_LEAVING + 2):
        session._send(message)
        await turns()
    assert session._ending.result() == Close.TOO_SLOW
    assert await client.close_code() == Close.TOO_SLOW
    await nothing_is_left(serving)


async def test_what_waits_to_be_sent_is_sent_before_the_end(serving: Serving) -> None:
    client = await through_tunnel(serving)
    [session] = serving.server.app[SESSIONS]
    for number in range(40):
        session._send(wire.Ok(request=number))
    await turns()
    session._end(Close.GOING_AWAY)
    assert [(await client.expect(wire.Ok)).request for _ in range(40)] == list(range(40))
    assert await client.close_code() == Close.GOING_AWAY


async def test_who_says_good_bye_leaves_nothing_behind(serving: Serving) -> None:
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    waiting = asyncio.create_task(client.close_code())
    await asyncio.sleep(0.02)
    await client.socket.close()
    assert await waiting == Close.NORMAL  # who still asks is told
    await nothing_is_left(serving)
    assert not serving.engine._roll.parked
    assert await code_of(await tunnel_of(client).ask("DELETE")) == (404, "no_such_tunnel")


async def test_a_good_bye_comes_after_what_was_sent(serving: Serving) -> None:
    client, other = await through_tunnel(serving), await serving.client()
    await client.send(wire.EnrolBegin(request=1, wanted=1))
    await client.expect(wire.EnrolProgress)
    await client.answer(0, picture(1))
    await client.expect(wire.EnrolProgress)
    before = tunnel_of(client).sent
    sending = asyncio.create_task(client.send(wire.EnrolCommit(request=2, display_name="Ada")))
    [carrier] = serving.server.app[TUNNELS]._tunnels.values()
    await until(lambda: carrier._received > before)
    await client.socket.close()
    assert (await other.expect(wire.GalleryEvent)).upserted[0].display_name == "Ada"
    await sending
