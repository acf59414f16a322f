"""The JSON body of a request -> a model, or an error which says what is wrong with it."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from facestream.errors import BadMessage

__all__ = ["Body", "read_body"]

MAX_BODY_BYTES = 64 * 1024
"""Of a JSON body: a thousand ids have 20 kB."""

_T = TypeVar("_T", bound=BaseModel)


class Body(BaseModel):
    """Unknown fields are refused: a misspelt one would silently do nothing."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


async def read_body(request: web.Request, model: type[_T]) -> _T:
    """The JSON body as a model. Raises BadMessage."""
    raw = await request.content.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise BadMessage(f"the body may have {MAX_BODY_BYTES:,} bytes")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadMessage(f"{where}: {first['msg']}") from error
