"""Sessions over plain requests are the same as over a socket."""

from __future__ import annotations

import asyncio

import msgpack
import pytest

from facestream.server import protocol as wire
from facestream.server.app import shut_down_sessions
from facestream.server.keys import SESSIONS
from facestream.server.protocol import Close
from facestream.server.session import Patience
from tests.engine.fakes import picture, turns, until
from tests.server.conftest import Client, Serve, Serving
from tests.server.tunnel_client import nothing_is_left, open_tunnel, through_tunnel, tunnel_of


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
