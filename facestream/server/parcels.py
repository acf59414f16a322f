"""Several messages <-> the body of one request. Knows neither what they say nor HTTP.

Each message follows its length in bytes, an unsigned integer of 32 bits, most significant byte
first. So one that cannot be read spoils none of the others, and nobody has to parse it to find the
next one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from facestream.errors import BadMessage

__all__ = ["MOST_MESSAGES", "packed", "unpacked"]

MOST_MESSAGES = 256
"""In one body: four seconds of what a client may send. Empty messages would be millions."""

LENGTH = struct.Struct(">I")


def packed(messages: Iterable[bytes]) -> bytes:
    """The body that carries `messages`; empty for none."""
    return b"".join(part for raw in messages for part in (LENGTH.pack(len(raw)), raw))


def unpacked(body: bytes | bytearray) -> list[bytes]:
    """The messages in `body`, whole and in their order.

    Raises:
        BadMessage: it ends within a message, or holds too many.
    """
    messages: list[bytes] = []
    whole = memoryview(body)  # of which a slice is no copy
    at = 0
    while at < len(body):
        begin = at + LENGTH.size
        if begin > len(body):
            raise BadMessage("the body ends within the length of a message")
        [length] = LENGTH.unpack_from(body, at)
        at = begin + length
        if at > len(body):
            raise BadMessage("the body ends within a message")
        if len(messages) == MOST_MESSAGES:
            raise BadMessage(f"a body may hold {MOST_MESSAGES} messages")
        messages.append(bytes(whole[begin:at]))
    return messages
