from __future__ import annotations

import json
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.errors import BadMessage, FacestreamError, MessageTooBig, PoorFace, Superseded
from facestream.server import protocol as wire

GOLDEN = Path(__file__).parents[1] / "golden" / "protocol_v1.json"
LIMIT = 2**20


def from_json(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$bin"}:
            return bytes.fromhex(value["$bin"])
        return {key: from_json(item) for key, item in value.items()}
    return [from_json(item) for item in value] if isinstance(value, list) else value


def entries(direction: str) -> list[Any]:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return [
        pytest.param(from_json(entry["fields"]), bytes.fromhex(entry["hex"]), id=entry["name"])
        for entry in golden
        if entry["direction"] == direction
    ]


def client(fields: dict[str, Any]) -> wire.ClientMessage:
    return wire.decode_client(msgpack.packb(fields), LIMIT)


def model_types(union: Any) -> set[str]:
    return {model.model_fields["type"].default for model in union.__args__}


# --- golden bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("fields", "raw"), entries("client"))
def test_golden_client_bytes_decode_and_encode(fields: dict[str, Any], raw: bytes) -> None:
    message = wire.decode_client(raw, LIMIT)
    assert message.model_dump() == fields
    assert wire.encode(message) == raw


@pytest.mark.parametrize(("fields", "raw"), entries("server"))
def test_golden_server_bytes_decode_and_encode(fields: dict[str, Any], raw: bytes) -> None:
    message = wire.decode_server(raw)
    assert message.model_dump() == fields
    assert wire.encode(message) == raw


def test_golden_file_has_every_message_type() -> None:
    seen = {
        direction: {entry.values[0]["type"] for entry in entries(direction)}
        for direction in ("client", "server")
    }
    assert seen["client"] == model_types(wire.ClientMessage)
    assert seen["server"] == model_types(wire.ServerMessage)


def test_bytes_written_by_hand_are_a_dropped_message() -> None:
    raw = b"\x83\xa4type\xa7dropped\xa3seq\x05\xa6reason\xaasuperseded"
    assert wire.decode_server(raw) == wire.Dropped(seq=5, reason="superseded")
    assert wire.encode(wire.Dropped(seq=5, reason="superseded")) == raw


def test_bytes_written_by_hand_are_a_frame() -> None:
    raw = (
        b"\x84\xa4type\xa5frame\xa3seq\x01\xabcaptured_ms\xcb"
        + struct.pack(">d", 2.5)
        + b"\xa4jpeg\xc4\x03abc"
    )
    assert wire.decode_client(raw, LIMIT) == wire.FrameMessage(seq=1, captured_ms=2.5, jpeg=b"abc")


# --- what is lenient ------------------------------------------------------------------------------


def test_whole_number_of_milliseconds_may_come_as_an_integer() -> None:
    message = client({"type": "frame", "seq": 1, "captured_ms": 12, "jpeg": b""})
    assert isinstance(message, wire.FrameMessage)
    assert message.captured_ms == 12.0


def test_unknown_fields_are_ignored() -> None:
    assert client({"type": "hello", "client": "x", "new": [1, {"deep": None}]}) == (
        wire.ClientHello(client="x")
    )


def test_optional_field_may_be_absent() -> None:
    assert client({"type": "enrol_begin", "request": 1}) == wire.EnrolBegin(request=1, wanted=None)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "nonsense"},
        {"type": None},
        {"type": ["frame"]},
        {"type": "result"},
        {"type": "frame", "seq": 1, "captured_ms": 0.0},
        {"type": "frame", "seq": "1", "captured_ms": 0.0, "jpeg": b""},
        {"type": "frame", "seq": 1.0, "captured_ms": 0.0, "jpeg": b""},
        {"type": "frame", "seq": True, "captured_ms": 0.0, "jpeg": b""},
        {"type": "frame", "seq": -1, "captured_ms": 0.0, "jpeg": b""},
        {"type": "frame", "seq": 2**53, "captured_ms": 0.0, "jpeg": b""},
        {"type": "frame", "seq": 1, "captured_ms": "0", "jpeg": b""},
        {"type": "frame", "seq": 1, "captured_ms": 0.0, "jpeg": "text"},
        {"type": "frame", "seq": 1, "captured_ms": 0.0, "jpeg": None},
        {"type": "hello", "client": "x" * 65},
        {"type": "enrol_begin", "request": 1, "wanted": 0},
        {"type": "enrol_begin", "request": 1, "wanted": 51},
        {"type": "enrol_commit", "request": 1, "display_name": b"Ada", "keep": None},
        {"type": "enrol_commit", "request": 1, "display_name": "x" * 4097, "keep": None},
        {"type": "enrol_commit", "request": 1, "display_name": "Ada", "keep": "e1"},
        {"type": "enrol_commit", "request": 1, "display_name": "Ada", "keep": [1]},
        {"type": "enrol_commit", "request": 1, "display_name": "Ada", "keep": ["e"] * 51},
        {"type": "gallery_delete", "request": 1, "identity_id": ""},
        {"type": "gallery_clear"},
    ],
)
def test_wrong_field_is_a_bad_message(fields: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        client(fields)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xc1",
        b"\x85",
        b"\xc0",
        b"\x93\x01\x02\x03",
        b"\x81\x01\x02",
        b"\x81\xa4type\xa2\xff\xfe",
        b"\x81\xa4type\xa5hello\x00",
        b"\x91" * 5000,
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b'{"type": "hello"}',
    ],
)
def test_bytes_that_are_no_map_are_a_bad_message(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        wire.decode_client(raw, LIMIT)


def test_bad_message_names_the_field() -> None:
    with pytest.raises(BadMessage, match=r"frame\.jpeg"):
        client({"type": "frame", "seq": 1, "captured_ms": 0.0})


def test_message_of_just_the_limit_passes_and_one_byte_more_is_too_big() -> None:
    raw = wire.encode(wire.FrameMessage(seq=0, captured_ms=0.0, jpeg=bytes(500)))
    wire.decode_client(raw, len(raw))
    with pytest.raises(MessageTooBig, match="bytes"):
        wire.decode_client(raw, len(raw) - 1)


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_a_bad_message(raw: bytes) -> None:
    for decode in (lambda: wire.decode_client(raw, LIMIT), lambda: wire.decode_server(raw)):
        with suppress(BadMessage):
            decode()


@given(st.data())
def test_a_golden_message_with_some_bytes_changed_decodes_or_is_a_bad_message(
    data: st.DataObject,
) -> None:
    raw = bytearray(data.draw(st.sampled_from(entries("client"))).values[1])
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadMessage):
        wire.decode_client(bytes(raw), LIMIT)


TEXT = st.text(max_size=9)
FIELD_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
FIELD_NAMES = st.sampled_from(
    ["seq", "captured_ms", "jpeg", "request", "wanted", "keep", "display_name", "identity_id"]
)


@given(
    st.sampled_from(sorted(model_types(wire.ClientMessage))),
    st.dictionaries(FIELD_NAMES, FIELD_VALUES),
)
def test_any_fields_decode_or_are_a_bad_message(kind: str, fields: dict[str, Any]) -> None:
    with suppress(BadMessage):
        client({**fields, "type": kind})


COUNTERS = st.integers(0, 2**53 - 1)


@given(COUNTERS, st.floats(allow_nan=False, allow_infinity=False), st.binary(max_size=2000))
def test_frames_make_the_round_trip(seq: int, captured_ms: float, jpeg: bytes) -> None:
    message = wire.FrameMessage(seq=seq, captured_ms=captured_ms, jpeg=jpeg)
    assert wire.decode_client(wire.encode(message), LIMIT) == message


@given(COUNTERS, st.text(max_size=100), st.none() | st.lists(st.text(min_size=1, max_size=9)))
def test_commits_make_the_round_trip(request: int, name: str, keep: list[str] | None) -> None:
    message = wire.EnrolCommit(request=request, display_name=name, keep=keep)
    assert wire.decode_client(wire.encode(message), LIMIT) == message


# --- what a refused message was about -------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"type": "frame", "seq": 3}, {"seq": 3}),
        ({"type": "frame", "seq": 0, "request": 4}, {"seq": 0}),
        ({"type": "frame", "request": 4}, {}),
        ({"type": "frame", "seq": "3"}, {}),
        ({"type": "frame", "seq": True}, {}),
        ({"type": "frame", "seq": -1}, {}),
        ({"type": "frame", "seq": 2**53}, {}),
        ({"type": "enrol_commit", "request": 4}, {"request": 4}),
        ({"type": "dance", "request": 4}, {"request": 4}),
        ({"request": 4}, {"request": 4}),
        ({"type": ["frame"], "seq": 3}, {}),
        ({}, {}),
    ],
)
def test_number_of_a_refused_message_is_found(fields: Any, number: dict[str, int]) -> None:
    assert wire.refers_to(msgpack.packb(fields)) == number


@given(st.binary(max_size=300))
def test_looking_for_the_number_never_raises(raw: bytes) -> None:
    assert isinstance(wire.refers_to(raw), dict)


# --- errors as messages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (BadMessage("no"), "bad_message", False),
        (Superseded("newer"), "superseded", True),
        (PoorFace("blurred", "hold still"), "blurred", False),
        (FacestreamError("?"), "internal", False),
    ],
)
def test_our_errors_say_what_is_wrong(error: Exception, code: str, retryable: bool) -> None:
    message = wire.error_message(error, seq=3)
    assert (message.code, message.retryable, message.seq) == (code, retryable, 3)
    assert message.message == str(error)


def test_error_of_another_kind_shows_no_detail() -> None:
    message = wire.error_message(KeyError("secret path"), request=1)
    assert (message.code, message.request) == ("internal", 1)
    assert "secret" not in message.message
