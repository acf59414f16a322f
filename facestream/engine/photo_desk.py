"""Photos of one person -> a verdict each, and an enrolment. Knows no HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facestream.engine.gallery_desk import GalleryDesk
from facestream.engine.photos import template_of_photo
from facestream.engine.places import Places
from facestream.engine.worker import Worker
from facestream.errors import FacestreamError, WorkerFailed
from facestream.gallery.names import clean_name
from facestream.gallery.records import NewTemplate
from facestream.records import Frame

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import GalleryChange

__all__ = ["Photo", "PhotoDesk", "PhotoVerdict"]

log = logging.getLogger(__name__)

MAX_WAITING = 8
"""Enrolments by photos at a time. Each holds one photo in memory, and examples of the others."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture file. name: as its owner calls it, for the verdict."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PhotoVerdict:
    """verdict: `accepted`, or the code of what is wrong, which `message` says in a sentence."""

    name: str
    verdict: str
    message: str


class PhotoDesk:
    """One photo at a time goes to the worker, between two batches of frames.

    Owned by the event loop. Bound: `MAX_WAITING`. Policy: refuse.

    Args:
        decode: picture file -> Frame; called in `pool`.
    """

    def __init__(
        self,
        worker: Worker,
        desk: GalleryDesk,
        decode: Callable[[bytes], Frame],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._worker = worker
        self._desk = desk
        self._decode = decode
        self._pool = pool
        self._turn = asyncio.Semaphore(1)
        self._places = Places(MAX_WAITING, "photos of too many people wait to be looked at")

    async def enrol(
        self, display_name: str, photos: AsyncIterable[Photo], fingerprint: str
    ) -> tuple[list[PhotoVerdict], GalleryChange | None]:
        """Judge each photo, and store those that are good at once; None where none is.

        Args:
            display_name: of the person.
            photos: each is asked for when the one before is judged.
            fingerprint: of the model in use.

        Raises:
            Overloaded: too many do that at the moment; no photo was asked for.
            BadName, GalleryFull, FingerprintMismatch, StoreFailed, ShuttingDown: see the gallery.
            and whatever `photos` raises; then nothing is stored.
        """
        name = clean_name(display_name)
        with self._places.one():
            judged = [await self._judge(photo, fingerprint) async for photo in photos]
        templates = [template for _, template in judged if template is not None]
        verdicts = [verdict for verdict, _ in judged]
        return verdicts, await self._desk.add(name, templates) if templates else None

    async def _judge(
        self, photo: Photo, fingerprint: str
    ) -> tuple[PhotoVerdict, NewTemplate | None]:
        try:
            template = await self._template(photo, fingerprint)
        except FacestreamError as error:
            return PhotoVerdict(photo.name, error.code, str(error)), None
        return PhotoVerdict(photo.name, "accepted", "The face is a good example."), template

    async def _template(self, photo: Photo, fingerprint: str) -> NewTemplate:
        loop = asyncio.get_running_loop()
        async with self._turn:
            frame = await loop.run_in_executor(self._pool, self._decode, photo.content)
            try:
                faces, portraits = await self._worker.photo(frame)
            except WorkerFailed:  # its thread died, which has been logged
                raise
            except Exception as error:
                log.exception("a photo failed")
                raise WorkerFailed("the computation failed for this photo") from error
        return template_of_photo(faces, portraits, frame, fingerprint)
