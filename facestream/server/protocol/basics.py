"""What the messages of both directions are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "MAX_EXAMPLES",
    "MAX_NAME_LENGTH",
    "MAX_SAFE_INTEGER",
    "PROTOCOL_VERSION",
    "RAW_NAME_LIMIT",
    "SUBPROTOCOL",
    "Close",
    "Counter",
    "Id",
    "Message",
]

PROTOCOL_VERSION = 1
SUBPROTOCOL = f"facestream.v{PROTOCOL_VERSION}"

MAX_NAME_LENGTH = 100
"""Characters of a display name, after Unicode normalisation."""

RAW_NAME_LIMIT = 4096
"""Characters of a name that are read at all: too long a name gets `bad_name`, not `bad_message`."""

MAX_EXAMPLES = 50
"""Examples that one capture may ask for."""

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer which JavaScript holds exactly; bounds every counter on the wire."""

Counter = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Id = Annotated[str, Field(min_length=1, max_length=64)]


class Close:
    """WebSocket close codes which the server sends (RFC 6455, and 4000 to 4999 of our own).

    ABNORMAL is never sent: it stands for a connection that is cut off.
    """

    NORMAL = 1000
    GOING_AWAY = 1001
    ABNORMAL = 1006
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    HELLO_EXPECTED = 4400
    REVOKED = 4401
    UNSUPPORTED_VERSION = 4406
    TOO_SLOW = 4408
    RESUMED_ELSEWHERE = 4409
    IDLE = 4410


class Message(BaseModel):
    """Root of all messages. Unknown fields are ignored, so that a minor addition breaks nobody."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")
