"""A photo over HTTP: who is in it. A picture file in, JSON out."""

from __future__ import annotations

import asyncio

from aiohttp import web

from facestream.errors import BadMessage, MessageTooBig
from facestream.face_fields import identified
from facestream.server.keys import ENGINE

__all__ = ["routes"]

MAX_PHOTO_BYTES = 32 << 20
"""Of one picture file: six times the JPEG of a phone with 12 megapixels."""

RECEIVE_S = 60.0
"""For so long a photo may be on the way: it holds one of few places."""

CHUNK = 1 << 18


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [web.post("/api/identify", _identify)]


async def _identify(request: web.Request) -> web.Response:
    """The faces in a photo, each with a name or the reason why not."""

    async def receive() -> bytes:
        try:
            async with asyncio.timeout(RECEIVE_S):
                return await _body(request)
        except TimeoutError as error:
            raise BadMessage(f"the photo did not come within {RECEIVE_S:.0f} seconds") from error

    if (request.content_length or 0) > MAX_PHOTO_BYTES:
        raise _too_big()
    (width, height), recognition = await request.app[ENGINE].identify(receive)
    return web.json_response({"width": width, "height": height, "faces": identified(recognition)})


async def _body(request: web.Request) -> bytes:
    content = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > MAX_PHOTO_BYTES:
            raise _too_big()
    return bytes(content)


def _too_big() -> MessageTooBig:
    return MessageTooBig(f"a photo may have {MAX_PHOTO_BYTES:,} bytes")
