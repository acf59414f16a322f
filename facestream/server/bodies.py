"""Requests -> models, or what is wrong with them; models -> responses. Bytes within a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from facestream.audit import ids_in
from facestream.errors import BadMessage, MessageTooBig
from facestream.server.keys import TARGET
from facestream.server.rest_models import Body, Query
from facestream.validation import first_fault

__all__ = ["Body", "answered", "read_at_most", "read_body", "read_photo", "read_query"]

MAX_BODY_BYTES = 64 * 1024
"""Of a JSON body: a thousand ids have 20 kB."""

CHUNK = 1 << 18
"""Of a photo that is received, in bytes."""

PHOTO_S = 60.0
"""For so long a photo may be on the way: it holds one of few places."""

_T = TypeVar("_T", bound=BaseModel)
_Q = TypeVar("_Q", bound=Query)


def answered(answer: BaseModel, status: int = 200) -> web.Response:
    """The answer as JSON."""
    return web.json_response(answer.model_dump(mode="json"), status=status)


async def read_body(request: web.Request, model: type[_T]) -> _T:
    """The JSON body as a model; its ids are those of the request's target. Raises BadMessage."""
    raw = await read_at_most(request, MAX_BODY_BYTES)
    try:
        body = model.model_validate_json(raw)
    except ValidationError as error:
        raise BadMessage(first_fault(error, "body")) from error
    request.setdefault(TARGET, {}).update(ids_in(body.model_dump()))
    return body


def read_query(request: web.Request, model: type[_Q]) -> _Q:
    """The parameters after the `?`; of one that comes twice the first. Raises BadMessage."""
    given = {name: request.query[name] for name in request.query}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise BadMessage(first_fault(error, "query")) from error


async def read_at_most(request: web.Request, max_bytes: int) -> bytes:
    """The whole body, in however many pieces it comes. Raises BadMessage: it is longer."""
    raw = bytearray()
    while piece := await request.content.readany():
        raw += piece
        if len(raw) > max_bytes:
            raise BadMessage(f"the body may have {max_bytes:,} bytes")
    return bytes(raw)


async def read_photo(read: Callable[[int], Awaitable[bytes]], most: int) -> bytes:
    """A whole photo.

    Args:
        read: the next so many bytes, or fewer; none: that was all.
        most: bytes that it may have.

    Raises:
        MessageTooBig: it has more.
        BadMessage: it did not come in `PHOTO_S`.
    """
    content = bytearray()
    try:
        async with asyncio.timeout(PHOTO_S):
            while chunk := await read(CHUNK):
                content += chunk
                if len(content) > most:
                    raise MessageTooBig(f"a photo may have {most:,} bytes")
    except TimeoutError as error:
        raise BadMessage(f"the photo did not come within {PHOTO_S:g} seconds") from error
    return bytes(content)
