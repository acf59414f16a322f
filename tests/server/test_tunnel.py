"""Sessions over plain requests: the same as over a socket, whatever becomes of the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.errors import NoSuchTunnel, OutOfOrder, Overloaded
from facestream.server import protocol as wire
from facestream.server.app import shut_down_sessions
from facestream.server.devices import EVERYBODY
from facestream.server.keys import SESSIONS, TUNNELS
from facestream.server.parcels import packed, unpacked
from facestream.server.protocol import Close
from facestream.server.pulse import LATEST
from facestream.server.session import OUTBOX_MESSAGES, Patience, Session
from facestream.server.tunnel import MOST_LEAVING, MOST_WAITING, Tunnel
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine, picture, turns, until
from tests.server.conftest import TOKEN, Client, Serve, Serving, unheard
from tests.server.tunnel_client import HEADERS, TunnelSocket, open_tunnel, through_tunnel


@pytest.fixture
def quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are pinged, and looked after, fifty times a second."""
    monkeypatch.setattr("facestream.server.pulse.EVERY_S", 0.02)


def tunnel_of(client: Client) -> TunnelSocket:
    assert isinstance(client.socket, TunnelSocket)
    return client.socket


async def code_of(response: aiohttp.ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["code"]


async def nothing_is_left(serving: Serving) -> None:
    await until(lambda: not serving.server.app[SESSIONS])
    await until(lambda: not len(serving.server.app[TUNNELS]))
    await until(lambda: not serving.engine._roll.live)


# --- the same as over a socket --------------------------------------------------------------------


async def test_hellos_are_exchanged_and_a_frame_is_answered_once(serving: Serving) -> None:
    client = await through_tunnel(serving)
    assert client.hello
    assert client.hello.session_id
    assert not client.hello.resumed
    result = await client.answer(0, picture(2))
    assert (result.type, result.seq, len(result.faces)) == ("result", 0, 2)
    assert (await client.answer(1, picture(1))).seq == 1  # and nothing between
    assert (await client.answer(1, picture(1))).code == "bad_message"  # seq has to rise
    await client.socket.close()
    await nothing_is_left(serving)


async def test_who_is_enrolled_over_a_tunnel_is_known_over_a_socket(serving: Serving) -> None:
    client, other = await through_tunnel(serving), await serving.client()
    await client.send(wire.EnrolBegin(request=1, wanted=1))
    await client.expect(wire.EnrolProgress)
    await client.answer(0, picture(1))
    assert (await client.expect(wire.EnrolProgress)).verdict == "complete"
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await client.expect(wire.GalleryEvent)
    assert (await client.expect(wire.EnrolCommitted)).request == 2
    assert (await other.expect(wire.GalleryEvent)).upserted[0].display_name == "Ada"
    await client.socket.close()


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"garbage", msgpack.packb({"type": "tea"})])
async def test_garbage_gets_one_error_and_the_session_goes_on(serving: Serving, raw: bytes) -> None:
    client = await through_tunnel(serving)
    frame = wire.encode(wire.FrameMessage(seq=0, captured_ms=0.0, jpeg=picture(1)))
    await tunnel_of(client).send_bytes(raw, frame)
    await client.expect_error("bad_message")
    assert (await client.expect(wire.Result)).seq == 0
    await client.socket.close()


async def test_too_big_a_message_names_its_frame_and_the_session_goes_on(serve: Serve) -> None:
    serving = await serve(max_message_bytes=1024)
    client = await through_tunnel(serving)
    await client.frame(0, picture(1, bytes(1500)))
    assert (await client.expect_error("message_too_big")).seq == 0
    assert (await client.answer(1, picture(1))).seq == 1
    await client.socket.close()


async def test_a_client_of_another_version_is_told_and_closed(serving: Serving) -> None:
    client = Client(await open_tunnel(serving, "facestream.v99"))  # type: ignore[arg-type]
    await client.expect_error("unsupported_version")
    assert await client.close_code() == Close.UNSUPPORTED_VERSION
    await nothing_is_left(serving)


async def test_a_client_that_says_no_hello_is_closed(serve: Serve) -> None:
    serving = await serve(patience=Patience(hello_s=0.05))
    client = Client(await open_tunnel(serving))  # type: ignore[arg-type]
    await client.expect_error("bad_message")
    assert await client.close_code() == Close.HELLO_EXPECTED


async def test_one_client_too_many_is_told_and_closed(serve: Serve) -> None:
    serving = await serve(max_sessions=9, max_sessions_per_address=2)
    early = [await serving.client(), await through_tunnel(serving)]
    late = Client(await open_tunnel(serving))  # type: ignore[arg-type]
    await late.send(wire.ClientHello(client="late"))
    await late.expect_error("overloaded")
    assert await late.close_code() == Close.TRY_AGAIN_LATER
    assert (await early[1].answer(0, picture(1))).seq == 0
    await early[1].socket.close()


async def test_an_idle_session_ends(serve: Serve, quick_pulse: None) -> None:
    serving = await serve(idle_seconds=0.1)
    client = await through_tunnel(serving)
    await client.expect_error("idle")  # although it asks and asks
    assert await client.close_code() == Close.IDLE
    await nothing_is_left(serving)


async def test_who_sends_too_much_is_read_slowly_and_answered_in_full(serve: Serve) -> None:
    serving = await serve(max_messages_per_second=50)
    client = await through_tunnel(serving)
    loop = asyncio.get_running_loop()
    started = loop.time()
    frames = [wire.FrameMessage(seq=seq, captured_ms=0.0, jpeg=picture(1)) for seq in range(130)]
    sending = asyncio.create_task(tunnel_of(client).send_bytes(*map(wire.encode, frames)))
    seqs = [(await client.receive()).seq for _ in frames]
    assert set(seqs) == set(range(130))
    await sending
    assert loop.time() - started > 0.5  # 100 at once, the others at 50 a second
    await client.socket.close()


async def test_a_session_that_is_resumed_elsewhere_closes_its_tunnel(serving: Serving) -> None:
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    assert client.hello
    again = await through_tunnel(serving, resume=client.hello.session_id)
    assert again.hello
    assert again.hello.resumed
    await client.expect_error("resumed_elsewhere")
    assert await client.close_code() == Close.RESUMED_ELSEWHERE
    assert (await again.answer(1, picture(1))).seq == 1
    await again.socket.close()


async def test_shutting_down_answers_what_is_under_way_and_closes_with_1001(
    serving: Serving,
) -> None:
    client = await through_tunnel(serving)
    serving.engine.recogniser.hold()
    await client.frame(0, picture(1))
    await until(lambda: bool(serving.engine.recogniser.batches))
    closing = asyncio.create_task(shut_down_sessions(serving.server.app))
    [session] = serving.server.app[SESSIONS]
    await until(lambda: session._conversation._refusing)
    await client.frame(1, picture(1))
    assert (await client.expect_error("shutting_down")).seq == 1
    serving.engine.recogniser.release()
    assert (await client.expect(wire.Result)).seq == 0
    await turns()
    assert not closing.done()  # it waits until the client has asked why
    assert await client.close_code() == Close.GOING_AWAY
    async with asyncio.timeout(1):
        await closing
    await nothing_is_left(serving)


async def test_shutting_down_waits_for_no_client_that_does_not_ask(serve: Serve) -> None:
    serving = await serve(patience=Patience(closing_s=0.05))
    await through_tunnel(serving)
    async with asyncio.timeout(1):
        await shut_down_sessions(serving.server.app)
    await nothing_is_left(serving)


# --- life -----------------------------------------------------------------------------------------


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


# --- requests that are wrong, or that go wrong ----------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_tunnel_has_an_error_of_its_own(serving: Serving, method: str) -> None:
    tunnel = TunnelSocket(serving, "A" * 22)
    assert await code_of(await tunnel.ask(method, "?first=0")) == (404, "no_such_tunnel")


@pytest.mark.parametrize("query", ["", "?first=", "?first=-1", "?first=x", "?first=" + "9" * 17])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_says_which_message_is_its_first(
    serving: Serving, method: str, query: str
) -> None:
    client = await through_tunnel(serving)
    assert await code_of(await tunnel_of(client).ask(method, query)) == (400, "bad_message")
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


@pytest.mark.parametrize("first", [2, 2**53])
async def test_what_was_not_sent_cannot_be_asked_for(serving: Serving, first: int) -> None:
    client = await through_tunnel(serving)
    response = await tunnel_of(client).ask("GET", f"?first={first}")
    assert await code_of(response) == (400, "bad_message")
    await client.socket.close()


async def test_what_the_client_says_it_has_is_not_sent_again(serving: Serving) -> None:
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    await client.answer(1, picture(1))  # asking for which confirmed the first one
    assert await code_of(await tunnel_of(client).ask("GET", "?first=0")) == (400, "bad_message")
    await client.socket.close()


async def test_half_a_message_is_refused_with_all_of_its_request(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    frame = wire.encode(wire.FrameMessage(seq=0, captured_ms=0.0, jpeg=picture(1)))
    for body in (packed([frame])[:-1], packed([frame]) + b"\x00\x00"):
        response = await tunnel.ask("POST", f"?first={tunnel.sent}", data=body)
        assert await code_of(response) == (400, "bad_message")
    assert (await client.answer(0, picture(1))).seq == 0  # which is not said to have come before
    await client.socket.close()


async def test_a_client_that_leaves_within_a_request_holds_nothing_up(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    _, writer = await asyncio.open_connection("127.0.0.1", serving.server.port)
    head = f"POST {tunnel.path}?first=1 HTTP/1.1\r\nHost: 127.0.0.1:{serving.server.port}\r\n"
    head += f"Authorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n"
    writer.write(head.encode() + bytes(500))
    await writer.drain()
    [carrier] = serving.server.app[TUNNELS]._tunnels.values()
    await until(lambda: carrier._sending)
    writer.transport.abort()
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()
    await nothing_is_left(serving)


async def test_a_client_that_leaves_while_it_waits_loses_no_message(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    asking = asyncio.create_task(tunnel.get())
    await asyncio.sleep(0.02)
    asking.cancel()
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


async def test_too_big_a_request_ends_the_session(serve: Serve) -> None:
    serving = await serve(max_message_bytes=1024)
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    tunnel = tunnel_of(client)
    response = await tunnel.ask("POST", "?first=2", data=bytes(4097))
    assert await code_of(response) == (413, "message_too_big")
    assert await client.close_code() == Close.MESSAGE_TOO_BIG
    await nothing_is_left(serving)
    assert len(serving.engine._roll.parked) == 1  # as over a socket


async def test_the_guard_stands_before_the_tunnels(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    requests = [("POST", "/api/tunnel")]
    requests += [(method, f"{tunnel.path}?first=0") for method in ("GET", "POST", "DELETE")]
    for method, path in requests:
        bare = await serving.http.request(method, serving.url + path)
        assert await code_of(bare) == (401, "unauthorised")
        headers = {**HEADERS, "Origin": "https://elsewhere.example"}
        foreign = await serving.http.request(method, serving.url + path, headers=headers)
        assert await code_of(foreign) == (403, "forbidden_origin")
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


async def test_who_opens_again_and_again_is_told_to_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = await serve(max_sessions_per_address=1, max_connects_per_second=0.01)
    monkeypatch.setattr("facestream.server.door.HELD_BACK_S", 0.05)
    await (await serving.connect()).socket.close()
    await (await open_tunnel(serving)).close()
    refused = await serving.http.post(f"{serving.url}/api/tunnel", headers=HEADERS)
    assert await code_of(refused) == (429, "too_many_connections")
    assert refused.headers["Retry-After"].isdecimal()


async def test_tunnels_are_no_more_than_twice_the_sessions(serve: Serve) -> None:
    serving = await serve(max_sessions=2)
    opened = [await open_tunnel(serving) for _ in range(4)]
    assert len({tunnel.path for tunnel in opened}) == 4
    refused = await serving.http.post(f"{serving.url}/api/tunnel", headers=HEADERS)
    assert await code_of(refused) == (503, "overloaded")
    for tunnel in opened:
        await tunnel.close()
    await nothing_is_left(serving)
    await (await open_tunnel(serving)).close()


# --- order ----------------------------------------------------------------------------------------


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


# --- any way of cutting the messages into requests ------------------------------------------------

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
