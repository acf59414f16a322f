"""The gallery as files over HTTP: export, import, and photos to enrol. Bytes in, bytes out."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from aiohttp import BodyPartReader, web

from facestream.engine.photo_desk import Photo
from facestream.errors import BadMessage, MessageTooBig, StoreFailed
from facestream.gallery.archive import check_comparable, read_archive, write_archive
from facestream.gallery.store import GalleryStore
from facestream.server import answers
from facestream.server.keys import ENGINE, SETTINGS

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import Gallery, GalleryChange
    from facestream.gallery.records import Absorbed

__all__ = ["routes"]

CHUNK = 1 << 18
MAX_PHOTOS = 200
"""In one request. They are in memory together."""

MAX_PHOTOS_BYTES = 256 << 20


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        # To a HEAD it would send the whole file where the next answer belongs.
        web.get("/api/gallery/export", _export, allow_head=False),
        web.post("/api/gallery/import", _import),
        web.post("/api/gallery/photos", _photos),
    ]


async def _export(request: web.Request) -> web.StreamResponse:
    """The whole gallery in one file, written to disk first, so that it is whole or not sent."""
    folder = request.app[SETTINGS].data

    def export(file: BinaryIO) -> None:
        """Beside the gallery's thread, which goes on with changes: SQLite shows one moment."""
        with closing(GalleryStore.open_for_reading(folder)) as store:
            write_archive(file, store.everybody())

    with _scratch(request) as file:
        with _explained():
            await asyncio.to_thread(export, file)
        response = web.StreamResponse()
        response.content_type = "application/zip"
        response.content_length = file.seek(0, os.SEEK_END)
        name = f"facestream-{datetime.now(UTC):%Y-%m-%d}.zip"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        await response.prepare(request)
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            await response.write(chunk)
        await response.write_eof()
        return response


async def _import(request: web.Request) -> web.Response:
    """Take people in out of such a file; or only say what would change."""
    mode = request.query.get("mode", "merge")
    preview = request.query.get("preview", "false")
    if mode not in ("merge", "replace") or preview not in ("true", "false"):
        raise BadMessage("mode is merge or replace, preview is true or false")
    engine = request.app[ENGINE]
    model = await engine.started()

    def absorb(gallery: Gallery) -> tuple[Absorbed, GalleryChange | None]:
        with read_archive(file) as archive:
            check_comparable(archive, model.fingerprint)
            return gallery.absorb(
                archive.people(), replace=mode == "replace", preview=preview == "true"
            )

    with _scratch(request) as file:
        await _receive(request, file)
        absorbed = await engine.desk.absorb(absorb)
    return web.json_response(
        {
            "revision": engine.gallery.revision,
            "people_new": list(absorbed.new),
            "people_changed": [
                {"display_name": name, "added": n} for name, n in absorbed.changed.items()
            ],
            "people_removed": list(absorbed.removed),
            "examples_new": absorbed.new_templates,
            "examples_known": absorbed.known_templates,
        }
    )


async def _photos(request: web.Request) -> web.Response:
    """Enrol a person by photos, each with its own verdict."""
    name = request.query.get("name", "")
    if not request.content_type.startswith("multipart/"):
        raise BadMessage("the photos come as multipart/form-data, one part each")
    photos = await _parts(request)
    verdicts, change = await request.app[ENGINE].enrol_photos(name, photos)
    return web.json_response(
        {
            "revision": request.app[ENGINE].gallery.revision,
            "identity": None
            if change is None
            else answers.identity_fields(change.upserted[-1]).model_dump(),
            "photos": [
                {"file": one.name, "verdict": one.verdict, "message": one.message}
                for one in verdicts
            ],
        }
    )


async def _parts(request: web.Request) -> list[Photo]:
    photos: list[Photo] = []
    room = MAX_PHOTOS_BYTES
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise BadMessage("a part in parts is not a photo")
        content = bytearray()
        while chunk := await part.read_chunk(CHUNK):
            room -= len(chunk)
            if room < 0:
                raise MessageTooBig(f"photos may have {MAX_PHOTOS_BYTES:,} bytes together")
            content += chunk
        photos.append(Photo(part.filename or f"photo {len(photos) + 1}", bytes(content)))
        if len(photos) > MAX_PHOTOS:
            raise BadMessage(f"at most {MAX_PHOTOS} photos at a time")
    if not photos:
        raise BadMessage("there is no photo in the request")
    return photos


async def _receive(request: web.Request, file: BinaryIO) -> None:
    room = request.app[SETTINGS].max_archive_bytes
    async for chunk in request.content.iter_chunked(CHUNK):
        room -= len(chunk)
        if room < 0:
            limit = request.app[SETTINGS].max_archive_bytes
            raise MessageTooBig(f"the file may have {limit:,} bytes")
        with _explained():
            await asyncio.to_thread(file.write, chunk)
    file.seek(0)


@contextmanager
def _scratch(request: web.Request) -> Iterator[BinaryIO]:
    """A file in the data folder without a name: nobody can open it, and it goes with its end."""
    with _explained():
        file = tempfile.TemporaryFile(dir=request.app[SETTINGS].data)  # noqa: SIM115
    with file:
        yield file


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreFailed(f"The data folder cannot be written to: {error.strerror}.") from error
