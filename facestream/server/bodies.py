"""The body of a request -> bytes within a limit; JSON -> a model, or what is wrong with it."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from facestream.errors import BadMessage

__all__ = ["Body", "read_at_most", "read_body"]

MAX_BODY_BYTES = 64 * 1024
"""Of a JSON body: a thousand ids have 20 kB."""

_T = TypeVar("_T", bound=BaseModel)


class Body(BaseModel):
    """Unknown fields are refused: a misspelt one would silently do nothing."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


async def read_body(request: web.Request, model: type[_T]) -> _T:
    """The JSON body as a model. Raises BadMessage."""
    raw = await read_at_most(request, MAX_BODY_BYTES)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadMessage(f"{where}: {first['msg']}") from error


async def read_at_most(request: web.Request, max_bytes: int) -> bytes:
    """The whole body, in however many pieces it comes. Raises BadMessage: it is longer."""
    raw = bytearray()
    while piece := await request.content.readany():
        raw += piece
        if len(raw) > max_bytes:
            raise BadMessage(f"the body may have {max_bytes:,} bytes")
    return bytes(raw)
