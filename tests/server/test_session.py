from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgpack
import pytest

from facestream.errors import MissingWeights, StoreFailed
from facestream.records import UInt8
from facestream.server import protocol as wire
from facestream.server.app import shut_down_sessions
from facestream.server.keys import SESSIONS
from facestream.server.protocol import Close
from facestream.server.session import OUTBOX_MESSAGES, Patience, Session
from tests.engine.fakes import POISON, FakeEngine, picture, until
from tests.server.conftest import Client, Serve, Serving

LONG = wire.ErrorMessage(code="long", message="x" * 2**20, retryable=False)

# --- hello ----------------------------------------------------------------------------------------


async def test_hellos_are_exchanged(serving: Serving) -> None:
    hello = (await serving.client()).hello
    assert hello is not None
    assert hello.protocol == 1
    assert hello.fingerprint == "fake-fingerprint"
    assert (hello.flow.window, hello.examples_wanted) == (2, 2)
    assert hello.limits.message_bytes == 2 * 1024 * 1024
    assert hello.gallery == wire.GalleryFields(revision=0, identities=[])


async def test_every_session_has_an_id_of_its_own(serving: Serving) -> None:
    clients = [await serving.client() for _ in range(3)]
    assert len({client.hello.session_id for client in clients if client.hello}) == 3


async def test_server_says_hello_only_when_it_is_warm(serve: Serve) -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    serving = await serve(engine, ready=False)
    client = await serving.connect()
    await client.send(wire.ClientHello(client="early"))
    await asyncio.sleep(0.02)
    assert not engine._roll.live
    serving.engine.recogniser.release()
    await client.expect(wire.ServerHello)


async def test_client_that_says_no_hello_is_closed(serve: Serve) -> None:
    serving = await serve(patience=Patience(hello_s=0.02))
    client = await serving.connect()
    await client.expect_error("bad_message")
    assert await client.close_code() == Close.HELLO_EXPECTED


@pytest.mark.parametrize(
    "first",
    [
        wire.encode(wire.FrameMessage(seq=0, captured_ms=0.0, jpeg=picture())),
        wire.encode(wire.GalleryClear(request=1)),
        b"nonsense",
    ],
)
async def test_client_whose_first_message_is_not_hello_is_closed(
    serving: Serving, first: bytes
) -> None:
    client = await serving.connect()
    await client.socket.send_bytes(first)
    await client.expect_error("bad_message")
    assert await client.close_code() == Close.HELLO_EXPECTED
    assert serving.engine.gallery_file.events == []


async def test_hello_as_text_is_refused(serving: Serving) -> None:
    client = await serving.connect()
    await client.socket.send_str("hello")
    await client.expect_error("bad_message")
    assert await client.close_code() == Close.HELLO_EXPECTED


@pytest.mark.parametrize("protocols", [(), ("facestream.v2",), ("chat", "facestream.v9")])
async def test_client_of_another_version_is_told_and_closed(
    serving: Serving, protocols: tuple[str, ...]
) -> None:
    client = await serving.connect(protocols=protocols)
    if protocols:  # a browser drops the connection unless one of its own is agreed to
        assert client.socket.protocol == protocols[0]
    await client.expect_error("unsupported_version")
    assert await client.close_code() == Close.UNSUPPORTED_VERSION


async def test_our_version_is_chosen_among_several(serving: Serving) -> None:
    client = await serving.connect(protocols=("facestream.v2", "facestream.v1"))
    assert client.socket.protocol == "facestream.v1"


async def test_second_hello_is_an_error_and_the_session_goes_on(serving: Serving) -> None:
    client = await serving.client()
    await client.send(wire.ClientHello(client="again"))
    await client.expect_error("bad_message")
    await unharmed(client)


async def test_one_client_too_many_is_told_and_closed(serve: Serve) -> None:
    serving = await serve(max_sessions=2)
    clients = [await serving.client() for _ in range(2)]
    late = await serving.connect()
    await late.send(wire.ClientHello(client="late"))
    error = await late.expect_error("overloaded")
    assert error.retryable
    assert await late.close_code() == Close.TRY_AGAIN_LATER
    await clients[0].socket.close()
    await until(lambda: len(serving.engine._roll.live) == 1)
    await serving.client()


async def test_client_of_a_server_that_cannot_start_is_told_and_closed(serve: Serve) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("the model is not installed")
    serving = await serve(engine, ready=False)
    client = await serving.connect()
    await client.send(wire.ClientHello(client="x"))
    await client.expect_error("missing_weights")
    assert await client.close_code() == Close.INTERNAL_ERROR


# --- frames ---------------------------------------------------------------------------------------


async def test_frame_is_answered_by_its_result(serving: Serving) -> None:
    client = await serving.client()
    result = await client.answer(7, picture(2))
    assert isinstance(result, wire.Result)
    assert (result.seq, result.captured_ms, result.size_wh) == (7, 7.5, [200, 120])
    assert [face.track for face in result.faces] == [0, 1]
    assert [face.reason for face in result.faces] == ["gallery_empty"] * 2
    assert result.timings_ms.batch == 1


async def test_frame_without_faces_is_answered_too(serving: Serving) -> None:
    client = await serving.client()
    assert (await client.answer(0, picture(0))).faces == []


async def test_frame_whose_place_was_taken_is_dropped(serving: Serving) -> None:
    client = await serving.client()
    serving.engine.recogniser.hold()

    def are_in_hand(frames: int) -> bool:
        return len(serving.engine._batcher.in_hand()) == frames

    for seq in range(6):
        await client.frame(seq, picture())
        if seq < 2:  # one is running, one is prepared; from then on they wait
            await until(partial(are_in_hand, seq + 1))
    dropped = [await client.expect(wire.Dropped) for _ in range(3)]
    serving.engine.recogniser.release()
    results = [await client.expect(wire.Result) for _ in range(3)]
    answered = [*(one.seq for one in dropped), *(one.seq for one in results)]
    assert sorted(answered) == list(range(6))
    assert [result.seq for result in results] == sorted(result.seq for result in results)


@pytest.mark.parametrize(
    ("jpeg", "code"),
    [
        (b"bad", "bad_picture"),
        (b"huge", "picture_too_large"),
        (picture(POISON), "worker_failed"),
    ],
)
async def test_frame_that_cannot_be_used_gets_one_error(
    serving: Serving, jpeg: bytes, code: str
) -> None:
    client = await serving.client()
    await client.frame(3, jpeg)
    error = await client.expect_error(code)
    assert (error.seq, error.request) == (3, None)
    await unharmed(client)


async def test_frame_of_another_session_is_not_harmed_by_a_bad_one(serving: Serving) -> None:
    a, b = await serving.client(), await serving.client()
    serving.engine.recogniser.hold()
    await a.frame(0, picture(0))
    await until(lambda: bool(serving.engine.recogniser.batches))
    await a.frame(1, picture(POISON))
    await b.frame(0, picture(1))
    await until(lambda: len(serving.engine._batcher.in_hand()) + len(serving.engine._queue) == 3)
    serving.engine.recogniser.release()
    assert (await a.expect(wire.Result)).seq == 0
    assert (await a.expect_error("worker_failed")).seq == 1
    assert (await b.expect(wire.Result)).seq == 0


async def test_unforeseen_error_shows_no_detail(serving: Serving) -> None:
    def broken(crop_rgb: UInt8) -> bytes:
        raise ZeroDivisionError("float division by zero")

    client = await serving.client()
    serving.engine._encode_jpeg = broken
    await client.send(wire.EnrolBegin(request=1))
    await client.expect(wire.EnrolProgress)
    await client.frame(0, picture(1))
    error = await client.expect_error("internal")
    assert error.seq == 0
    assert "division" not in error.message


@pytest.mark.parametrize("seq", [5, 4, 0])
async def test_seq_that_does_not_grow_is_an_error(serving: Serving, seq: int) -> None:
    client = await serving.client()
    await client.answer(5, picture())
    await client.frame(seq, picture())
    assert (await client.expect_error("bad_message")).seq == seq
    await unharmed(client, seq=6)


# --- messages that are wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "seq", "request_id"),
    [
        (b"", None, None),
        (b"\xc1", None, None),
        (b"not MessagePack", None, None),
        (msgpack.packb([1, 2, 3]), None, None),
        (msgpack.packb({"type": "dance", "request": 5}), None, 5),
        (msgpack.packb({"type": "frame", "seq": 3, "captured_ms": "now", "jpeg": b""}), 3, None),
        (msgpack.packb({"type": "frame", "seq": -3, "captured_ms": 0.0, "jpeg": b""}), None, None),
        (msgpack.packb({"type": "enrol_commit", "request": 6, "display_name": 7}), None, 6),
        (msgpack.packb({"type": "gallery_delete", "request": 8}), None, 8),
    ],
)
async def test_wrong_message_gets_one_error_and_the_session_goes_on(
    serving: Serving, raw: bytes, seq: int | None, request_id: int | None
) -> None:
    client = await serving.client()
    await client.socket.send_bytes(raw)
    error = await client.expect_error("bad_message")
    assert (error.seq, error.request) == (seq, request_id)
    await unharmed(client)


async def test_text_gets_one_error_and_the_session_goes_on(serving: Serving) -> None:
    client = await serving.client()
    await client.socket.send_str('{"type": "frame"}')
    await client.expect_error("bad_message")
    await unharmed(client)


async def test_too_big_a_message_names_its_frame_and_the_session_goes_on(serve: Serve) -> None:
    serving = await serve(max_message_bytes=2048)
    client = await serving.client()
    await client.frame(0, picture(1, bytes(2048)))
    assert (await client.expect_error("message_too_big")).seq == 0
    await client.frame(1, picture(1, bytes(1900)))
    assert (await client.expect(wire.Result)).seq == 1
    await client.socket.send_bytes(bytes(4 * 2048))  # just the hard limit
    await client.expect_error("message_too_big")
    await unharmed(client, seq=2)


async def test_much_too_big_a_message_ends_the_session(serve: Serve) -> None:
    serving = await serve(max_message_bytes=2048)
    client = await serving.client()
    await client.socket.send_bytes(bytes(4 * 2048 + 1))
    assert await client.close_code() == Close.MESSAGE_TOO_BIG
    await until(lambda: not serving.engine._roll.live)


# --- enrolment ------------------------------------------------------------------------------------


async def begin(client: Client, wanted: int | None = None) -> Any:
    await client.send(wire.EnrolBegin(request=1, wanted=wanted))
    return await client.expect(wire.EnrolProgress)


async def capture(client: Client, seq: int = 0) -> None:
    """Take one example."""
    await begin(client)
    assert (await client.answer(seq, picture(1))).seq == seq
    assert (await client.expect(wire.EnrolProgress)).verdict == "accepted"


async def test_each_result_of_a_capture_is_followed_by_its_progress(serving: Serving) -> None:
    client = await serving.client()
    started = await begin(client, wanted=1)
    assert (started.seq, started.verdict, started.accepted, started.wanted) == (
        (None, "started", 0, 1)
    )
    for seq, content, verdict in ((0, 0, "no_face"), (1, 2, "several_faces"), (2, 1, "complete")):
        await client.frame(seq, picture(content))
        assert (await client.expect(wire.Result)).seq == seq
        progress = await client.expect(wire.EnrolProgress)
        assert (progress.seq, progress.verdict) == (seq, verdict)
    assert progress.example is not None
    assert (progress.accepted, progress.example.crop_jpeg) == (1, b"crop")
    await client.frame(3, picture(1))
    await client.expect(wire.Result)
    assert await client.silent()


async def test_commit_is_heard_by_all_before_it_is_acknowledged(serving: Serving) -> None:
    client, other = await serving.client(), await serving.client()
    await capture(client)
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    event = await client.expect(wire.GalleryEvent)
    committed = await client.expect(wire.EnrolCommitted)
    assert (committed.request, committed.revision) == (2, 1)
    assert event.upserted == [committed.identity]
    assert await other.expect(wire.GalleryEvent) == event
    assert (await other.answer(0, picture(1))).faces[0].name == "Ada"
    late = await serving.client()
    assert late.hello is not None
    assert late.hello.gallery.identities == [committed.identity]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (wire.EnrolCommit(request=9, display_name="Ada"), "no_enrolment"),
        (wire.EnrolCancel(request=9), "no_enrolment"),
        (wire.GalleryDelete(request=9, identity_id="nobody"), "no_such_identity"),
    ],
)
async def test_request_that_cannot_be_done_gets_one_error(
    serving: Serving, message: wire.Message, code: str
) -> None:
    client = await serving.client()
    await client.send(message)
    assert (await client.expect_error(code)).request == 9
    await unharmed(client)


async def test_commit_without_examples_leaves_the_capture_open(serving: Serving) -> None:
    client = await serving.client()
    await begin(client)
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await client.expect_error("no_examples")
    await client.answer(0, picture(1))
    assert (await client.expect(wire.EnrolProgress)).verdict == "accepted"
    await client.send(wire.EnrolCommit(request=3, display_name=" "))
    await client.expect_error("bad_name")
    serving.engine.gallery_file.error = StoreFailed("the disk is full")
    await client.send(wire.EnrolCommit(request=4, display_name="Ada"))
    assert (await client.expect_error("store_failed")).message == "the disk is full"
    serving.engine.gallery_file.error = None
    await client.send(wire.EnrolCommit(request=5, display_name="Ada"))
    await client.expect(wire.GalleryEvent)
    await client.expect(wire.EnrolCommitted)


async def test_cancelled_capture_is_over(serving: Serving) -> None:
    client = await serving.client()
    await capture(client)
    await client.send(wire.EnrolCancel(request=2))
    assert (await client.expect(wire.Ok)).request == 2
    await client.answer(1, picture(1))
    assert await client.silent()


async def test_person_and_everybody_can_be_deleted(serving: Serving) -> None:
    client = await serving.client()
    await capture(client)
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await client.expect(wire.GalleryEvent)
    identity = (await client.expect(wire.EnrolCommitted)).identity
    await client.send(wire.GalleryDelete(request=3, identity_id=identity.identity_id))
    assert (await client.expect(wire.GalleryEvent)).removed == [identity.identity_id]
    assert (await client.expect(wire.Ok)).request == 3
    await client.send(wire.GalleryClear(request=4))
    assert (await client.expect(wire.GalleryEvent)).cleared
    assert (await client.expect(wire.Ok)).request == 4


async def test_results_go_on_while_the_disk_is_slow(serving: Serving) -> None:
    client, other = await serving.client(), await serving.client()
    serving.engine.gallery_file.hold()
    await client.send(wire.GalleryClear(request=1))
    await until(lambda: bool(serving.engine.gallery_file.threads))
    assert (await other.answer(0, picture(1))).seq == 0
    serving.engine.gallery_file.release()
    await client.expect(wire.GalleryEvent)
    await client.expect(wire.Ok)


# --- the end --------------------------------------------------------------------------------------


async def test_client_that_leaves_leaves_nothing_behind(serving: Serving) -> None:
    client, other = await serving.client(), await serving.client()
    serving.engine.recogniser.hold()
    await client.frame(0, picture())
    await until(lambda: bool(serving.engine.recogniser.batches))
    await client.frame(1, picture())
    await client.socket.close()
    await until(lambda: len(serving.engine._roll.live) == 1)
    serving.engine.recogniser.release()
    assert (await other.answer(0, picture(1))).seq == 0
    assert len(serving.engine._queue) == 0
    assert len(serving.engine._desk._listeners) == 1
    assert len(serving.server.app[SESSIONS]) == 1


async def test_client_that_breaks_off_leaves_nothing_behind(serving: Serving) -> None:
    client = await serving.client()
    await client.frame(0, picture())
    client.transport.abort()
    await until(lambda: not serving.engine._roll.live)
    await unharmed(await serving.client())


async def test_change_is_made_even_if_the_one_who_asked_left(serving: Serving) -> None:
    client, other = await serving.client(), await serving.client()
    await capture(client)
    serving.engine.gallery_file.hold()
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await until(lambda: bool(serving.engine.gallery_file.threads))
    client.transport.abort()
    serving.engine.gallery_file.release()
    assert (await other.expect(wire.GalleryEvent)).upserted[0].display_name == "Ada"


def buffered(session: Session) -> int:
    """Bytes on the server's side of a connection that the client has not taken."""
    assert session._transport is not None
    return session._transport.get_write_buffer_size()


async def test_client_that_does_not_read_is_cut_off(serve: Serve) -> None:
    serving = await serve(patience=Patience(unsent_s=0.05, closing_s=0.05))
    client = await serving.client()
    client.transport.pause_reading()
    [session] = serving.server.app[SESSIONS]
    for _ in range(OUTBOX_MESSAGES - 1):  # more than the buffers of two sockets
        session._send(LONG)
    await until(lambda: not serving.engine._roll.live)
    assert session._ending.result() == Close.TOO_SLOW
    await until(lambda: buffered(session) == 0)  # it holds no memory
    await unharmed(await serving.client())


async def test_client_that_reads_too_late_learns_why_it_was_closed(serve: Serve) -> None:
    serving = await serve(patience=Patience(unsent_s=0.05))
    client = await serving.client()
    transport = client.transport
    transport.pause_reading()
    [session] = serving.server.app[SESSIONS]
    for _ in range(OUTBOX_MESSAGES - 1):
        session._send(LONG)
    await until(lambda: not serving.engine._roll.live)
    transport.resume_reading()
    assert await client.close_code() == Close.TOO_SLOW


async def test_what_waits_to_be_sent_is_sent_before_the_end(serving: Serving) -> None:
    client = await serving.client()
    transport = client.transport
    transport.pause_reading()
    [session] = serving.server.app[SESSIONS]
    for _ in range(40):
        session._send(LONG)
    await until(lambda: buffered(session) > 0)  # the writer is stuck
    session._end(Close.GOING_AWAY)
    await until(lambda: not serving.engine._roll.live)
    transport.resume_reading()
    for _ in range(40):
        await client.expect_error("long")
    assert await client.close_code() == Close.GOING_AWAY


async def test_outbox_that_overflows_closes_the_session(serving: Serving) -> None:
    client = await serving.client()
    [session] = serving.server.app[SESSIONS]
    message = wire.error_message(ValueError())
    for _ in range(OUTBOX_MESSAGES + 1):
        session._send(message)
    assert await client.close_code() == Close.TOO_SLOW
    await until(lambda: not serving.engine._roll.live)


async def test_shutting_down_answers_what_is_under_way_and_closes_with_1001(
    serving: Serving,
) -> None:
    client = await serving.client()
    serving.engine.recogniser.hold()
    await client.frame(0, picture(1))
    await until(lambda: bool(serving.engine.recogniser.batches))
    closing = asyncio.create_task(shut_down_sessions(serving.server.app))
    [session] = serving.server.app[SESSIONS]
    await until(lambda: session._conversation._refusing)
    await client.frame(1, picture(1))
    await client.send(wire.GalleryClear(request=2))
    assert (await client.expect_error("shutting_down")).seq == 1
    assert (await client.expect_error("shutting_down")).request == 2
    serving.engine.recogniser.release()
    assert (await client.expect(wire.Result)).seq == 0
    assert await client.close_code() == Close.GOING_AWAY
    await closing


async def test_shutting_down_waits_no_longer_than_the_deadline(serve: Serve) -> None:
    serving = await serve(shutdown_seconds=0.05)
    client = await serving.client()
    serving.engine.recogniser.hold()
    await client.frame(0, picture(1))
    await until(lambda: bool(serving.engine.recogniser.batches))
    async with asyncio.timeout(1):
        closing = asyncio.create_task(shut_down_sessions(serving.server.app))
        assert await client.close_code() == Close.GOING_AWAY
        await closing


async def unharmed(client: Client, seq: int = 100) -> None:
    """The session still answers, and nothing else was said before."""
    result = await client.answer(seq, picture(1))
    assert isinstance(result, wire.Result), result
    assert result.seq == seq
