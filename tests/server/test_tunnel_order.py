"""However the messages of a tunnel are cut into requests, each is taken once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.errors import NoSuchTunnel, OutOfOrder, Overloaded
from facestream.server import protocol as wire
from facestream.server.devices import EVERYBODY
from facestream.server.parcels import unpacked
from facestream.server.session import Patience, Session
from facestream.server.tunnel import MOST_WAITING, Tunnel
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine, picture, turns
from tests.server.conftest import Serving, unheard
from tests.server.tunnel_client import code_of, through_tunnel, tunnel_of


async def test_what_overtakes_waits_for_what_is_before_it(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    first, second, third = (wire.encode(wire.EnrolCancel(request=n)) for n in (1, 2, 3))
    later = asyncio.create_task(tunnel.post(2, second, third))
    await asyncio.sleep(0.02)
    assert not later.done()
    assert (await tunnel.post(1, first)).status == 204
    assert (await later).status == 204
    asked = [(await client.expect_error("no_enrolment")).request for _ in range(3)]
    assert asked == [1, 2, 3]
    await client.socket.close()


async def test_what_is_sent_again_is_passed_over(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    first, second = (wire.encode(wire.EnrolCancel(request=n)) for n in (1, 2))
    for messages in ((first,), (first,), (first, second), (first, second)):
        assert (await tunnel.post(1, *messages)).status == 204
    asked = [(await client.expect_error("no_enrolment")).request for _ in range(2)]
    assert asked == [1, 2]
    tunnel.sent = 3
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


async def test_an_answer_that_was_lost_is_given_again(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    await client.frame(0, picture(1))
    lost: list[bytes] = []
    while not lost:
        response = await tunnel.ask("GET", f"?first={tunnel.received}")
        lost = unpacked(await response.read())
    assert (await client.receive()).seq == 0
    await client.socket.close()


async def test_of_two_requests_that_wait_the_older_goes_away_empty(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    await tunnel.get()  # the first ping
    older = asyncio.create_task(tunnel.get())
    await asyncio.sleep(0.02)
    newer = asyncio.create_task(tunnel.get())
    assert await older == []
    await client.frame(0, picture(1))
    assert len(await newer) == 1
    await client.socket.close()


async def test_a_message_is_given_to_one_of_them_only() -> None:
    tunnel = Tunnel(wire.SUBPROTOCOL)
    older = asyncio.create_task(tunnel.collect(0))
    await turns()
    newer = asyncio.create_task(tunnel.collect(0))
    await turns(1)
    await tunnel.send_bytes(b"x")
    assert (await older).messages == ()
    assert (await newer).messages == (b"x",)


async def test_one_body_of_a_tunnel_is_read_at_a_time() -> None:
    tunnel = Tunnel(wire.SUBPROTOCOL)
    async with tunnel.turn(0):
        again = tunnel.turn(0)
        entering = asyncio.create_task(again.__aenter__())
        await turns()
        assert not entering.done()
    await entering
    await again.__aexit__(None, None, None)


async def test_what_is_missing_is_not_waited_for_for_ever(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facestream.server.tunnel.TURN_S", 0.02)
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    assert await code_of(await tunnel.post(5, b"x")) == (409, "out_of_order")
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


async def test_few_requests_wait_for_their_turn_and_all_end_with_the_tunnel() -> None:
    tunnel = Tunnel(wire.SUBPROTOCOL)

    async def send(first: int) -> None:
        async with tunnel.turn(first):
            await tunnel.put(first, [b"x"])

    waiting = [asyncio.create_task(send(5 + n)) for n in range(MOST_WAITING)]
    await turns()
    with pytest.raises(Overloaded):
        await send(99)
    tunnel.finish()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ends] == [NoSuchTunnel] * MOST_WAITING
    with pytest.raises(NoSuchTunnel):
        await tunnel.collect(0)
    with pytest.raises(ConnectionResetError):
        await tunnel.send_bytes(b"x")


MESSAGES: tuple[bytes, ...] = (
    wire.encode(wire.EnrolBegin(request=1, wanted=2)),
    b"garbage",
    wire.encode(wire.EnrolCancel(request=2)),
    wire.encode(wire.EnrolCancel(request=3)),
    wire.encode(wire.FrameMessage(seq=7, captured_ms=0.0, jpeg=picture(1))),
    wire.encode(wire.FrameMessage(seq=7, captured_ms=0.0, jpeg=picture(1))),
    b"",
    wire.encode(wire.ClientHello(client="again")),
    wire.encode(wire.GalleryDelete(request=4, identity_id="nobody")),
    wire.encode(wire.FaceWhy(request=5, track=99)),
    wire.encode(wire.EnrolBegin(request=6, wanted=1)),
)


@asynccontextmanager
async def a_session(tunnel: Tunnel) -> AsyncIterator[None]:
    """A session in `tunnel`, with an engine of its own."""
    engine = FakeEngine()
    await engine.start()
    session = Session(tunnel, None, engine, Settings(), Patience(), "", EVERYBODY, unheard())
    living = asyncio.create_task(session.run())
    try:
        yield
    finally:
        tunnel.leave()
        await living
        tunnel.finish()
        await engine.stop(1.0)


async def answers(
    cuts: Sequence[int], started: Sequence[int], twice: Sequence[bool], lost: Sequence[bool]
) -> list[tuple[Any, ...]]:
    """What `MESSAGES` are answered by, but for the frame's result, which comes when it comes.

    cuts: where one request ends. started: of the requests, in which order they begin. twice: which
    are sent again at the same time. lost: which of the answers do not reach the client.
    """
    raw = [wire.encode(wire.ClientHello(client="test")), *MESSAGES]
    ends = [*cuts, len(raw)]
    begins = [0, *cuts]
    tunnel = Tunnel(wire.SUBPROTOCOL)

    async def send(number: int) -> None:
        async with tunnel.turn(begins[number]):
            await tunnel.put(begins[number], raw[begins[number] : ends[number]])

    async with asyncio.timeout(10), a_session(tunnel), asyncio.TaskGroup() as requests:
        for number in sorted(range(len(ends)), key=lambda n: started[n]):
            for _ in range(1 + twice[number]):
                requests.create_task(send(number))
                await asyncio.sleep(0)
        said: list[Any] = []
        asked = received = 0
        while len(said) < len(raw):
            delivery = await tunnel.collect(received)
            asked += 1
            if asked <= len(lost) and lost[asked - 1]:
                continue
            received += len(delivery.messages)
            told = map(wire.decode_server, delivery.messages)
            said += [one for one in told if not isinstance(one, wire.Flow)]
    results = [one for one in said if isinstance(one, wire.Result)]
    assert [one.seq for one in results] == [7]
    return [
        (one.type, getattr(one, "request", None), getattr(one, "code", None))
        for one in said
        if not isinstance(one, wire.Result)
    ]


PLAINLY = (
    ("hello", None, None),
    ("enrol_progress", None, None),
    ("error", None, "bad_message"),
    ("ok", 2, None),
    ("error", 3, "no_enrolment"),
    ("error", None, "bad_message"),
    ("error", None, "bad_message"),
    ("error", None, "bad_message"),
    ("error", 4, "no_such_identity"),
    ("error", 5, "no_such_face"),
    ("enrol_progress", None, None),
)


@settings(max_examples=60)
@given(
    cuts=st.sets(st.integers(1, len(MESSAGES)), max_size=3).map(sorted),
    started=st.permutations(range(4)),
    twice=st.lists(st.booleans(), min_size=4, max_size=4),
    lost=st.lists(st.booleans(), max_size=6),
)
def test_however_messages_are_cut_into_requests_the_answers_are_the_same(
    cuts: list[int], started: list[int], twice: list[bool], lost: list[bool]
) -> None:
    assert tuple(asyncio.run(answers(cuts, started, twice, lost))) == PLAINLY


async def test_out_of_order_says_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facestream.server.tunnel.TURN_S", 0.01)
    tunnel = Tunnel(wire.SUBPROTOCOL)
    with pytest.raises(OutOfOrder, match="the next message is 0, not 3"):
        async with tunnel.turn(3):
            pass
