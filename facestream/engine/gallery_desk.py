"""All use of the gallery goes over this desk: one thread, one change after another, then the news.

Knows no sessions, only who wants to hear of changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facestream.engine.enrolment import Example
from facestream.engine.worker import Model
from facestream.errors import Overloaded, ShuttingDown
from facestream.gallery.records import IdentitySummary, NewTemplate, Source

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import Gallery, GalleryChange, GallerySnapshot

__all__ = ["GalleryDesk", "GalleryView", "Listener"]

log = logging.getLogger(__name__)

MAX_CHANGES = 32
"""Changes that may wait for the disk: one takes some 10 ms, so the last waits well below 1 s."""

Listener = Callable[["GalleryChange"], None]


@dataclass(frozen=True, slots=True)
class GalleryView:
    """Who is enrolled, as of `revision`."""

    revision: int
    identities: tuple[IdentitySummary, ...]

    def after(self, change: GalleryChange) -> GalleryView:
        """The view once `change` is applied: cleared, then removed, then upserted."""
        known = {} if change.cleared else {i.identity_id: i for i in self.identities}
        for identity_id in change.removed:
            known.pop(identity_id, None)
        known.update({identity.identity_id: identity for identity in change.upserted})
        return replace(self, revision=change.revision, identities=tuple(known.values()))


class GalleryDesk:
    """The order of a change: on disk, index swapped, listeners told, and only then acknowledged.

    Owned by the event loop; the gallery itself is touched in its own thread only, but for the
    index, which is an immutable snapshot. Bound: `MAX_CHANGES` waiting. Policy: refuse.

    Args:
        open_gallery: called once, in the thread, with what made the embeddings.
    """

    def __init__(self, open_gallery: Callable[[Model], Gallery]) -> None:
        self._open_gallery = open_gallery
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="facestream-store")
        self._gallery: Gallery | None = None
        self._fingerprint = ""
        self._view = GalleryView(0, ())
        self._listeners: list[Listener] = []
        self._changes: set[asyncio.Task[GalleryChange]] = set()
        self._closed = False

    @property
    def view(self) -> GalleryView:
        """Who is enrolled; what every listener has been told."""
        return self._view

    def snapshot(self) -> GallerySnapshot:
        """The gallery as it is now, to be searched."""
        return self._opened().snapshot

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the event loop after each change; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def open(self, model: Model) -> None:
        """Read the gallery. Raises StoreFailed or DataFolderInUse."""

        def read() -> tuple[Gallery, GalleryView]:
            gallery = self._open_gallery(model)
            return gallery, GalleryView(gallery.revision, tuple(gallery.identities()))

        loop = asyncio.get_running_loop()
        gallery, self._view = await loop.run_in_executor(self._thread, read)
        self._gallery, self._fingerprint = gallery, model.fingerprint
        if gallery.foreign_templates:
            log.warning(
                "%d templates in the gallery were made by another model; they are not searched",
                gallery.foreign_templates,
            )

    async def add(self, display_name: str, examples: Sequence[Example]) -> GalleryChange:
        """Store `examples` of one person. Raises BadName, FingerprintMismatch or StoreFailed."""
        templates = [
            NewTemplate(e.embedding, self._fingerprint, e.sharpness, Source.CAMERA, e.crop_jpeg)
            for e in examples
        ]
        return await self._change(lambda: self._opened().add(display_name, templates))

    async def delete(self, identity_id: str) -> GalleryChange:
        """Delete a person. Raises NoSuchIdentity or StoreFailed."""
        return await self._change(lambda: self._opened().delete(identity_id))

    async def clear(self) -> GalleryChange:
        """Delete everybody. Raises StoreFailed."""
        return await self._change(lambda: self._opened().clear())

    async def close(self) -> None:
        """Refuse further changes, finish those that wait, close the gallery. Safe to call again."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*self._changes, return_exceptions=True)
        if self._gallery is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._gallery.close)
        self._thread.shutdown(wait=False)

    def _opened(self) -> Gallery:
        if self._gallery is None:
            raise Overloaded("the server is still starting")
        return self._gallery

    async def _change(self, job: Callable[[], GalleryChange]) -> GalleryChange:
        """Run `job`, which goes on and is told to all even if the one who asked is cancelled."""
        self._opened()
        if self._closed:
            raise ShuttingDown("the server is going away")
        if len(self._changes) >= MAX_CHANGES:
            raise Overloaded("too many changes of the gallery wait for the disk")
        task = asyncio.create_task(self._apply(job))
        self._changes.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def _apply(self, job: Callable[[], GalleryChange]) -> GalleryChange:
        change = await asyncio.get_running_loop().run_in_executor(self._thread, job)
        self._view = self._view.after(change)
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:  # its own fault must not keep the news from the others
                log.exception("a listener failed over a change of the gallery")
        return change

    def _forget(self, task: asyncio.Task[GalleryChange]) -> None:
        self._changes.discard(task)
        if not task.cancelled():
            task.exception()  # mark as seen: the one who asked may be gone
