"""Messages <-> bytes: MessagePack maps checked against a model for each type. Performs no I/O."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgpack
from pydantic import Field, TypeAdapter, ValidationError

from facestream.errors import BadMessage, MessageTooBig
from facestream.server.protocol.basics import MAX_SAFE_INTEGER, Message
from facestream.server.protocol.from_client import ClientMessage
from facestream.server.protocol.from_server import ServerMessage
from facestream.server.values import has_more_values
from facestream.validation import first_fault

__all__ = ["decode_client", "decode_server", "encode", "refers_to"]

_T = TypeVar("_T")

MAX_VALUES = 4096
"""Values in a client's message, keys included; the largest has some sixty."""

MAX_SAID = 500
"""Characters in which a client is told what is wrong with its message."""

_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(
    Annotated[ClientMessage, Field(discriminator="type")]
)
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(
    Annotated[ServerMessage, Field(discriminator="type")]
)


def encode(message: Message) -> bytes:
    """The MessagePack map of `message`; fields in the order of their declaration."""
    packed: bytes = msgpack.packb(message.model_dump())
    return packed


def decode_client(raw: bytes, max_bytes: int) -> ClientMessage:
    """Parse what a client sent.

    Raises:
        MessageTooBig: `raw` is longer than `max_bytes`.
        BadMessage: not a MessagePack map, an unknown type, a field missing or of a wrong type, or
            far more values than any message has.
    """
    if len(raw) > max_bytes:
        raise MessageTooBig(f"a message may have {max_bytes:,} bytes, this one has {len(raw):,}")
    return _validate(_CLIENT, _unpack_client(raw))


def refers_to(raw: bytes) -> dict[str, int]:
    """The `seq` or `request` of a message that was refused, where it can be read; never raises."""
    try:
        fields = _unpack_client(raw)
    except BadMessage:
        return {}
    name = "seq" if fields.get("type") == "frame" else "request"
    number = fields.get(name)
    if type(number) is not int or not 0 <= number <= MAX_SAFE_INTEGER:
        return {}
    return {name: number}


def decode_server(raw: bytes) -> ServerMessage:
    """Parse what a server sent; for clients in Python. Raises BadMessage."""
    return _validate(_SERVER, _unpack(raw))


def _unpack_client(raw: bytes) -> dict[str, Any]:
    if has_more_values(raw, MAX_VALUES):
        raise BadMessage(f"a message may have {MAX_VALUES:,} values")
    return _unpack(raw)


def _unpack(raw: bytes) -> dict[str, Any]:
    try:
        fields = msgpack.unpackb(raw, raw=False, strict_map_key=True)
    except (ValueError, msgpack.UnpackException) as error:  # bad UTF-8 and nesting are ValueErrors
        raise BadMessage(f"not a MessagePack message: {error}") from error
    if not isinstance(fields, dict):
        raise BadMessage(f"a message must be a map, got {type(fields).__name__}")
    return fields


def _validate(adapter: TypeAdapter[_T], fields: dict[str, Any]) -> _T:
    try:
        return adapter.validate_python(fields)
    except ValidationError as error:
        # Pydantic repeats an unknown type, which may have two megabytes.
        raise BadMessage(first_fault(error, "message")[:MAX_SAID]) from error
