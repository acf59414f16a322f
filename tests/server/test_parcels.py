from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.errors import BadMessage
from facestream.server.parcels import MOST_MESSAGES, packed, unpacked


def test_no_message_is_no_byte() -> None:
    assert packed([]) == b""
    assert unpacked(b"") == []


def test_a_message_follows_its_length() -> None:
    body = b"\x00\x00\x00\x02hi" + b"\x00\x00\x00\x00" + b"\x00\x00\x00\x01!"
    assert packed([b"hi", b"", b"!"]) == body
    assert unpacked(body) == [b"hi", b"", b"!"]


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_what_is_packed_is_unpacked(messages: list[bytes]) -> None:
    assert unpacked(packed(messages)) == messages


@pytest.mark.parametrize("body", [b"\x00", b"\x00\x00\x00\x03hi", b"\xff\xff\xff\xff", b"garbage"])
def test_half_a_message_is_refused_with_all_before_it(body: bytes) -> None:
    with pytest.raises(BadMessage):
        unpacked(packed([b"whole"]) + body)


def test_a_body_holds_so_many_messages_and_no_more() -> None:
    assert len(unpacked(packed([b""] * MOST_MESSAGES))) == MOST_MESSAGES
    with pytest.raises(BadMessage):
        unpacked(packed([b""] * (MOST_MESSAGES + 1)))
