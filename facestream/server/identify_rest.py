"""A photo over HTTP: who is in it. A picture file in, JSON out."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from facestream.errors import (
    BadMessage,
    BadPicture,
    MessageTooBig,
    Overloaded,
    PictureTooLarge,
    ShuttingDown,
    WorkerFailed,
)
from facestream.face_fields import identified
from facestream.server.bodies import answered, read_photo
from facestream.server.keys import ENGINE, SETTINGS
from facestream.server.operations import Media, operation
from facestream.server.rest_models import Identified, IdentifiedFace

__all__ = ["routes"]

PHOTO = Media(("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff"))
"""What it is, is read from the file itself, whatever the header says."""


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [web.post("/api/identify", _identify)]


@operation(
    "identify",
    "photos",
    Identified,
    body=PHOTO,
    errors=(
        *(BadMessage, MessageTooBig, BadPicture, PictureTooLarge),
        *(Overloaded, ShuttingDown, WorkerFailed),
    ),
)
async def _identify(request: web.Request) -> web.Response:
    """The faces in a photo, each with a name or the reason why not."""
    most = request.app[SETTINGS].max_photo_bytes
    if (request.content_length or 0) > most:
        raise MessageTooBig(f"a photo may have {most:,} bytes")
    receive = partial(read_photo, request.content.read, most)
    (width, height), recognition = await request.app[ENGINE].identify(receive)
    faces = [IdentifiedFace(**face) for face in identified(recognition)]
    return answered(Identified(width=width, height=height, faces=faces))
