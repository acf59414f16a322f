"""The gallery as files over HTTP: export, import, and photos to enrol. Bytes in, bytes out."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from facestream.engine.photo_desk import Photo
from facestream.errors import (
    BadArchive,
    BadMessage,
    BadName,
    GalleryFull,
    MessageTooBig,
    Overloaded,
    StoreFailed,
)
from facestream.gallery.archive import check_comparable, read_archive, write_archive
from facestream.gallery.store_reader import StoreReader
from facestream.server import answers
from facestream.server import rest_models as rest
from facestream.server.bodies import answered, read_photo, read_query
from facestream.server.gallery_rest import CHANGING, ids_of
from facestream.server.keys import ENGINE, FILES, SETTINGS, TARGET
from facestream.server.operations import Media, operation

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import Gallery, GalleryChange
    from facestream.gallery.records import Absorbed

__all__ = ["MOST_FILES", "routes"]

CHUNK = 1 << 18

MOST_FILES = 4
"""Exports and imports at a time. Each has a file in the data folder while it lasts."""

TOPIC = "gallery"
ZIP = Media(("application/zip",))
PHOTOS = Media(
    ("multipart/form-data",),
    schema={
        "type": "object",
        "description": "Each part is a picture file, whatever its name is.",
        "properties": {
            "photo": {
                "type": "array",
                "items": {"type": "string", "format": "binary"},
                "minItems": 1,
            }
        },
        "required": ["photo"],
    },
)
ADDING = (GalleryFull, *CHANGING)


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        # To a HEAD it would send the whole file where the next answer belongs.
        web.get("/api/gallery/export", _export, allow_head=False),
        web.post("/api/gallery/import", _import),
        web.post("/api/gallery/photos", _photos),
    ]


@operation("export", TOPIC, ZIP, errors=(StoreFailed, Overloaded))
async def _export(request: web.Request) -> web.StreamResponse:
    """The whole gallery in one file, written to disk first, so that it is whole or not sent."""
    folder = request.app[SETTINGS].data

    def export(file: BinaryIO) -> None:
        """Beside the gallery's thread, which goes on with changes: SQLite shows one moment."""
        with closing(StoreReader.open_for_reading(folder)) as store:
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


@operation(
    "import_gallery",
    TOPIC,
    rest.Absorbed,
    body=ZIP,
    query=rest.ImportQuery,
    errors=(BadMessage, BadArchive, MessageTooBig, *ADDING),
)
async def _import(request: web.Request) -> web.Response:
    """Take people in out of such a file; or only say what would change."""
    asked = read_query(request, rest.ImportQuery)
    engine = request.app[ENGINE]
    model = await engine.started()

    def absorb(gallery: Gallery) -> tuple[Absorbed, GalleryChange | None]:
        with read_archive(file) as archive:
            check_comparable(archive, model.fingerprint)
            return gallery.absorb(
                archive.people(), replace=asked.mode == "replace", preview=asked.preview
            )

    with _scratch(request) as file:
        await _receive(request, file)
        absorbed = await engine.desk.absorb(absorb)
    request[TARGET].update(templates=absorbed.new_templates, preview=asked.preview)
    return answered(
        rest.Absorbed(
            revision=engine.gallery.revision,
            people_new=list(absorbed.new),
            people_changed=[
                rest.ChangedPerson(display_name=name, added=n)
                for name, n in absorbed.changed.items()
            ],
            people_removed=list(absorbed.removed),
            examples_new=absorbed.new_templates,
            examples_known=absorbed.known_templates,
        )
    )


@operation(
    "enrol",
    TOPIC,
    rest.Enrolled,
    body=PHOTOS,
    query=rest.PhotosQuery,
    errors=(BadMessage, BadName, MessageTooBig, *ADDING),
)
async def _photos(request: web.Request) -> web.Response:
    """Enrol a person by photos, each with its own verdict."""
    name = read_query(request, rest.PhotosQuery).name
    if not request.content_type.startswith("multipart/"):
        raise BadMessage("the photos come as multipart/form-data, one part each")
    verdicts, change = await request.app[ENGINE].enrol_photos(name, _parts(request))
    if change is not None:
        request[TARGET].update(ids_of(change))
    return answered(
        rest.Enrolled(
            revision=request.app[ENGINE].gallery.revision,
            identity=None if change is None else answers.identity_fields(change.upserted[-1]),
            photos=[
                rest.EnrolledPhoto(file=one.name, verdict=one.verdict, message=one.message)
                for one in verdicts
            ],
        )
    )


async def _parts(request: web.Request) -> AsyncIterator[Photo]:
    """The photos, one after the other, so that one is in memory. Raises BadMessage."""
    most, count = request.app[SETTINGS].max_photos, 0
    with _readable():
        async for part in await request.multipart():
            count += 1
            if not isinstance(part, BodyPartReader):
                raise BadMessage("a part in parts is not a photo")
            if count > most:
                raise BadMessage(f"at most {most:,} photos at a time")
            content = await read_photo(part.read_chunk, request.app[SETTINGS].max_photo_bytes)
            yield Photo(part.filename or f"photo {count}", content)
    if not count:
        raise BadMessage("there is no photo in the request")


@contextmanager
def _readable() -> Iterator[None]:
    """What aiohttp raises for parts that are none is the fault of who sent them."""
    try:
        yield
    except (ValueError, HttpProcessingError, web.RequestPayloadError) as error:
        raise BadMessage("the parts of the request cannot be read") from error


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
    with request.app[FILES].one():
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
