"""Templates of another model -> embeddings by the model in use, beside the frames of clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from facestream.engine.gallery_desk import GalleryDesk
from facestream.engine.worker import Worker
from facestream.errors import FacestreamError
from facestream.gallery.records import Crop

__all__ = ["Reembedder", "Reembedding"]

log = logging.getLogger(__name__)

CROPS_AT_A_TIME = 8
"""Some 30 ms on a CPU: about as long as a batch of frames, which come in between."""


@dataclass(frozen=True, slots=True)
class Reembedding:
    """How far it is. total: templates of another model when it began; done: of those.

    without_face: templates that have no picture, or one without a face, and stay as they are.
    """

    running: bool
    done: int
    total: int
    without_face: int


class Reembedder:
    """Owned by the event loop; at most one task. What is done stays done, also when it is killed.

    The templates that the other model made stay as they are, and are searched again when that model
    comes back.
    """

    def __init__(self, worker: Worker, desk: GalleryDesk) -> None:
        self._worker = worker
        self._desk = desk
        self._task: asyncio.Task[None] | None = None
        self._state = Reembedding(False, 0, 0, 0)

    @property
    def state(self) -> Reembedding:
        """How far it is; before it begins, how much there is to do."""
        if self._state.running or self._state.total:
            return self._state
        return Reembedding(False, 0, self._desk.snapshot().foreign_templates, 0)

    def begin(self, fingerprint: str) -> None:
        """Begin, or go on; it is no error if it is under way."""
        if self._task is None or self._task.done():
            total = self._desk.snapshot().foreign_templates
            self._state = Reembedding(bool(total), 0, total, 0)
            if total:
                self._task = asyncio.create_task(self._run(fingerprint, total))

    def stop(self) -> None:
        """Stop after what is under way. It can be begun again."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, fingerprint: str, total: int) -> None:
        done = last_id = 0
        try:
            while crops := await self._crops(fingerprint, last_id):
                last_id = crops[-1][0]
                done += await self._embed(fingerprint, crops)
                self._state = Reembedding(True, done, total, 0)
        except FacestreamError as error:
            log.error("the gallery could not be embedded anew: %s", error)
        except Exception:
            log.exception("embedding the gallery anew failed")
        finally:
            self._state = Reembedding(False, done, total, total - done)
        if done:
            await self._desk.change(lambda gallery: gallery.renewed())

    async def _crops(self, fingerprint: str, after: int) -> list[tuple[int, Crop]]:
        return await self._desk.read(
            lambda gallery: gallery.store.foreign_crops(fingerprint, after, CROPS_AT_A_TIME)
        )

    async def _embed(self, fingerprint: str, crops: Sequence[tuple[int, Crop]]) -> int:
        """Embed and store; returns how many had a face."""
        rows = await self._worker.embed_crops([crop for _, crop in crops])
        made = [
            (template_id, row)
            for (template_id, _), row in zip(crops, rows, strict=True)
            if row is not None
        ]
        await self._desk.read(lambda gallery: gallery.store.add_embeddings(fingerprint, made))
        return len(made)
