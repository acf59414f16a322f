"""How sessions last: resumed, taken over, idle, silent, too many, too fast."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from facestream.server import protocol as wire
from facestream.server.app import shut_down_sessions
from facestream.server.keys import SESSIONS
from facestream.server.protocol import Close
from facestream.server.session import Patience
from tests.engine.fakes import FakeEngine, picture, until
from tests.server.conftest import TOKEN, Client, Serve, Serving


def lose(client: Client) -> None:
    """The connection breaks, without a good-bye."""
    client.transport.abort()


async def resumed(serving: Serving, lost: Client) -> Client:
    """A new connection of a client that asks for its session."""
    client = await serving.connect()
    assert lost.hello
    await client.send(wire.ClientHello(client="test", resume=lost.hello.session_id))
    client.hello = await client.expect(wire.ServerHello)
    return client


async def seen(client: Client) -> Client:
    """A frame of it was answered."""
    assert isinstance(await client.answer(0, picture(1)), wire.Result)
    return client


# --- resume ---------------------------------------------------------------------------------------


async def test_a_lost_session_is_resumed_with_its_number_and_tracks(serving: Serving) -> None:
    client = await seen(await serving.client())
    lose(client)
    await until(lambda: bool(serving.engine._roll.parked))
    again = await resumed(serving, client)
    assert again.hello
    assert client.hello
    assert (again.hello.resumed, again.hello.session_id) == (True, client.hello.session_id)
    assert (await again.answer(1, picture(1))).scan == "tracks"  # of a scene that it remembers
    assert not serving.engine._roll.parked


async def test_a_capture_goes_on_and_its_examples_are_told_again(serving: Serving) -> None:
    client = await serving.client()
    await client.send(wire.EnrolBegin(request=1, wanted=2))
    await client.expect(wire.EnrolProgress)
    await client.answer(0, picture(1))
    example = (await client.expect(wire.EnrolProgress)).example
    lose(client)
    await until(lambda: bool(serving.engine._roll.parked))
    again = await resumed(serving, client)
    told = await again.expect(wire.EnrolProgress)
    assert (told.seq, told.verdict, told.example) == (None, "accepted", example)
    await again.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await again.expect(wire.GalleryEvent)
    assert (await again.expect(wire.EnrolCommitted)).identity.templates == 1


async def test_an_unknown_session_is_not_resumed_but_begun(serving: Serving) -> None:
    client = await serving.connect()
    await client.send(wire.ClientHello(client="test", resume="nobody"))
    assert not (await client.expect(wire.ServerHello)).resumed


async def test_a_session_is_forgotten_after_its_time(serve: Serve) -> None:
    serving = await serve(resume_seconds=0.05)
    client = await seen(await serving.client())
    lose(client)
    await until(lambda: bool(serving.engine._roll.parked))
    await until(lambda: not serving.engine._roll.parked)
    again = await resumed(serving, client)
    assert again.hello
    assert not again.hello.resumed


@pytest.mark.parametrize("code", [Close.NORMAL, Close.GOING_AWAY])
async def test_who_says_good_bye_leaves_nothing_to_resume(serving: Serving, code: int) -> None:
    client = await seen(await serving.client())
    await client.socket.close(code=code)
    await until(lambda: not serving.engine._roll.live)
    assert not serving.engine._roll.parked


async def test_who_never_had_an_answer_leaves_nothing_to_resume(serving: Serving) -> None:
    lose(await serving.client())
    await until(lambda: not serving.engine._roll.live)
    assert not serving.engine._roll.parked


async def test_a_session_that_is_resumed_elsewhere_closes_its_old_connection(
    serving: Serving,
) -> None:
    client = await seen(await serving.client())
    again = await resumed(serving, client)
    assert again.hello
    assert again.hello.resumed
    await client.expect_error("resumed_elsewhere")
    assert await client.close_code() == Close.RESUMED_ELSEWHERE
    assert len(serving.engine._roll.live) == 1
    assert isinstance(await again.answer(1, picture(1)), wire.Result)


async def test_lost_sessions_are_no_more_than_may_be_connected(serve: Serve) -> None:
    serving = await serve(max_sessions=2)
    lost = []
    for _ in range(4):
        lost.append(await seen(await serving.client()))
        lose(lost[-1])
        await until(lambda: not serving.engine._roll.live)
    kept = [client.hello.session_id for client in lost[2:] if client.hello]
    assert list(serving.engine._roll.parked) == kept
    assert set(serving.engine._roll._endings) == set(kept)


# --- limits ---------------------------------------------------------------------------------------


async def test_one_address_cannot_take_all_places(serve: Serve) -> None:
    serving = await serve(max_sessions=9, max_sessions_per_address=2)
    early = [await serving.client() for _ in range(2)]
    late = await serving.connect()
    await late.send(wire.ClientHello(client="late"))
    await late.expect_error("overloaded")
    assert await late.close_code() == Close.TRY_AGAIN_LATER
    assert isinstance(await early[0].answer(0, picture(1)), wire.Result)


async def test_who_connects_again_and_again_is_told_to_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = await serve(max_sessions_per_address=1, max_connects_per_second=0.01)
    monkeypatch.setattr("facestream.server.door.HELD_BACK_S", 0.05)
    for _ in range(2):
        await (await serving.connect()).socket.close()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await serving.connect()
    assert refused.value.status == 429
    response = await serving.get("/ws", token=True)
    assert response.headers["Retry-After"].isdecimal()
    assert (await response.json())["code"] == "too_many_connections"
    assert (await serving.get("/healthz")).status == 200


async def test_who_sends_too_much_is_read_slowly_and_answered_in_full(serve: Serve) -> None:
    serving = await serve(max_messages_per_second=50)
    client, other = await serving.client(), await serving.client()
    loop = asyncio.get_running_loop()
    started = loop.time()
    for seq in range(150):
        await client.frame(seq, picture(1))
    assert isinstance(await other.answer(0, picture(1)), wire.Result)
    seqs = {(await client.receive()).seq for _ in range(150)}
    assert seqs == set(range(150))
    assert loop.time() - started > 0.9  # 100 at once, the others at 50 a second


# --- silence --------------------------------------------------------------------------------------


async def test_a_session_in_which_nothing_is_said_ends(serve: Serve, quick_pulse: None) -> None:
    serving = await serve(idle_seconds=0.1)
    client = await seen(await serving.client())
    await client.expect_error("idle")
    assert await client.close_code() == Close.IDLE
    assert not serving.engine._roll.parked  # it is no loss


async def test_a_client_that_answers_no_ping_is_cut_off(serve: Serve, quick_pulse: None) -> None:
    serving = await serve(patience=Patience(silent_s=0.15))
    client = await seen(await serving.client())  # who only answers pings while it receives
    await until(lambda: not serving.server.app[SESSIONS])
    assert len(serving.engine._roll.parked) == 1  # it may be back
    assert (await resumed(serving, client)).hello


async def test_who_waits_for_the_start_is_not_silent(serve: Serve, quick_pulse: None) -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    serving = await serve(engine, ready=False, patience=Patience(silent_s=0.15))
    client = await serving.connect()
    await client.send(wire.ClientHello(client="early"))
    assert await client.silent(0.6)  # it answers pings, which nobody reads yet
    engine.recogniser.release()
    await client.expect(wire.ServerHello)


async def test_half_a_message_does_not_keep_a_session(serve: Serve, quick_pulse: None) -> None:
    serving = await serve(patience=Patience(silent_s=0.15))
    client = await serving.client()
    client.transport.write(bytes([0x82, 0xFE, 0xEA, 0x60]) + bytes(500))  # 500 bytes of 60,000
    await until(lambda: not serving.server.app[SESSIONS])


async def test_a_client_that_sends_but_answers_no_ping_is_told_that_it_is_too_slow(
    serve: Serve, quick_pulse: None
) -> None:
    serving = await serve(patience=Patience(silent_s=0.15))
    client = await serving.client()
    [session] = serving.server.app[SESSIONS]
    await client.frames_until(session._ending.done)
    assert session._ending.result() == Close.TOO_SLOW


async def test_the_round_trip_is_measured(serving: Serving) -> None:
    client = await serving.client()
    [session] = serving.engine._roll.live.values()
    receiving = asyncio.create_task(client.silent(0.2))  # answers the ping
    await until(lambda: session.link.round_trip_s > 0)
    assert session.link.round_trip_s < 1
    await receiving


# --- flow -----------------------------------------------------------------------------------------


async def test_a_client_is_told_when_the_flow_changes(serving: Serving) -> None:
    client = await serving.client()
    assert client.hello
    [session] = serving.engine._roll.live.values()
    session.flow = None  # as if it had been asked for something else
    await until(lambda: session.flow is not None)
    await client.answer(0, picture(1))
    [flow] = client.flows
    assert (flow.rate, flow.width, flow.quality, flow.window) == (15.0, 640, 80, 2)
    assert client.hello.flow == flow


async def test_a_frame_that_is_too_old_is_dropped_as_expired(serve: Serve) -> None:
    serving = await serve(max_frame_age_seconds=10)
    client = await serving.client()
    now_ms = 1e3 * asyncio.get_running_loop().time()

    async def answer(seq: int, captured_ms: float) -> Any:
        await client.send(wire.FrameMessage(seq=seq, captured_ms=captured_ms, jpeg=picture(0)))
        return await client.receive()

    assert isinstance(await answer(0, now_ms), wire.Result)
    late = await answer(1, now_ms - 20_000)
    assert (late.type, late.seq, late.reason) == ("dropped", 1, "expired")


async def test_stages_add_up_to_the_total(serving: Serving) -> None:
    client = await serving.client()
    stages = (await client.answer(0, picture(1))).timings_ms.model_dump()
    assert stages.pop("batch") == 1
    total = stages.pop("total")
    assert sum(stages.values()) == pytest.approx(total)
    assert set(stages) == {
        *("upload", "queued", "decode", "wait"),
        *("detect", "embed", "search", "answer"),
    }


# --- the end --------------------------------------------------------------------------------------


async def test_everybody_is_told_that_the_server_stops(serving: Serving) -> None:
    clients = [await serving.client() for _ in range(3)]
    closing = asyncio.create_task(shut_down_sessions(serving.server.app))
    for client in clients:
        assert (await client.expect_error("shutting_down")).seq is None
        assert await client.close_code() == Close.GOING_AWAY
    await closing


# --- metrics --------------------------------------------------------------------------------------


async def test_metrics_tell_what_happened(serving: Serving) -> None:
    client = await seen(await serving.client())
    await client.answer(1, b"bad")
    response = await serving.get("/metrics", token=True)
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = (await response.text()).splitlines()
    for line in (
        'facestream_frames_total{outcome="answered"} 1.0',
        'facestream_frames_total{outcome="failed"} 1.0',
        'facestream_stage_seconds_count{stage="total"} 1.0',
        'facestream_scans_total{scan="full"} 1.0',
        'facestream_embeddings_total{embedding="computed"} 1.0',
        'facestream_sessions_opened_total{how="new"} 1.0',
        "facestream_sessions 1.0",
        "facestream_ready 1.0",
    ):
        assert line in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)
    assert TOKEN not in "".join(lines)


async def test_metrics_are_not_for_everybody(serving: Serving) -> None:
    assert (await serving.get("/metrics")).status == 401
