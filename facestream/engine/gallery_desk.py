"""All use of the gallery goes over this desk: one thread, one job after another, then the news.

Knows no sessions, only who wants to hear of changes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from facestream.engine.job_thread import JobThread
from facestream.engine.worker import Model
from facestream.errors import FacestreamError, Overloaded, ShuttingDown, StoreFailed
from facestream.gallery.people import NOBODY, People, by_name
from facestream.gallery.records import IdentitySummary, NewTemplate

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import Gallery, GalleryChange, GallerySnapshot

__all__ = ["GalleryDesk", "GalleryView", "Listener"]

log = logging.getLogger(__name__)

MAX_JOBS = 256
"""That may wait for the disk: a change takes some 10 ms, a picture 0.1 ms, of which a page asks for
some dozens at once."""

STALLED_S = 600.0
"""Seconds after which a job counts as stuck: the longest, an import of 10,000 people, takes one."""

CLOSING_S = 30.0
"""For the jobs that wait and for the file's closing; then the process ends all the same."""

HOUSEKEEPING_S = 60.0
"""Between two looks for people whose date has come, and for a snapshot to be taken."""

Listener = Callable[["GalleryChange"], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class GalleryView:
    """Who is enrolled, as of `revision`."""

    revision: int
    people: People

    @property
    def identities(self) -> tuple[IdentitySummary, ...]:
        """Everybody, sorted by name."""
        return by_name(self.people)

    def after(self, change: GalleryChange) -> GalleryView:
        """The view once `change` is applied."""
        return GalleryView(change.revision, change.applied_to(self.people))


class GalleryDesk:
    """The order of a change: on disk, index swapped, listeners told, and only then acknowledged.

    Owned by the event loop; the gallery itself is touched in its own thread only, but for its
    snapshot, which never changes. Bound: `MAX_JOBS` waiting. Policy: refuse.

    Args:
        open_gallery: called once, in the thread, with what made the embeddings.
        keeps_crops: whether the pictures of templates are stored.
        clock: seconds, for the health.
    """

    def __init__(
        self,
        open_gallery: Callable[[Model], Gallery],
        *,
        keeps_crops: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_gallery = open_gallery
        self._keeps_crops = keeps_crops
        self._clock = clock
        self._thread = JobThread("facestream-store", _died)
        self._stalls_at: dict[object, float] = {}
        self._gallery: Gallery | None = None
        self._view = GalleryView(0, NOBODY)
        self._listeners: list[Listener] = []
        self._jobs: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def view(self) -> GalleryView:
        """Who is enrolled; what every listener has been told."""
        return self._view

    @property
    def problem(self) -> str | None:
        """Why nothing can be changed, in one sentence; None where it can."""
        return self._opened().problem

    @property
    def alive(self) -> bool:
        """Whether its thread lives. Another one could not trust what this one has left."""
        return self._thread.alive or self._closed

    @property
    def healthy(self) -> bool:
        """Whether no job takes longer than it may."""
        return all(self._clock() < stalls_at for stalls_at in self._stalls_at.values())

    def bury(self) -> None:
        """End all that a dead thread has left."""
        self._thread.bury()

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
            return gallery, GalleryView(gallery.revision, gallery.snapshot.people)

        gallery, self._view = await self._call(read)
        self._gallery = gallery
        if gallery.problem is not None:
            log.error("the gallery cannot be changed: %s", gallery.problem)
        if gallery.foreign_templates:
            log.warning(
                "%d templates in the gallery were made by another model; they are not searched "
                "until they are embedded anew: in the page, or by `facestream gallery reembed`",
                gallery.foreign_templates,
            )

    async def add(self, display_name: str, templates: Sequence[NewTemplate]) -> GalleryChange:
        """Store templates of one person. Raises BadName, FingerprintMismatch or StoreFailed."""
        kept = [self._as_kept(one) for one in templates]
        return await self.change(lambda gallery: gallery.add(display_name, kept))

    async def reject(self, identity_id: str, face: NewTemplate) -> GalleryChange:
        """Keep a face from a name. Raises NoSuchIdentity or StoreFailed."""
        kept = self._as_kept(face)
        return await self.change(lambda gallery: gallery.reject(identity_id, kept))

    async def change(self, job: Callable[[Gallery], GalleryChange]) -> GalleryChange:
        """Run a change in the gallery's thread, and tell everybody.

        It goes on, and is told to all, even if the one who asked is cancelled. Raises what it does.
        """

        async def changed() -> GalleryChange:
            change = await self._in_thread(job)
            self._tell(change)
            return change

        return await self._shielded(changed)

    async def absorb(self, job: Callable[[Gallery], tuple[_T, GalleryChange | None]]) -> _T:
        """As `change`, for an import, which has more to say, and changes nothing as a preview."""

        async def absorbed() -> _T:
            said, change = await self._in_thread(job)
            if change is not None:
                self._tell(change)
            return said

        return await self._shielded(absorbed)

    async def read(self, job: Callable[[Gallery], _T]) -> _T:
        """Look into the gallery, in its thread. Raises what the job does."""

        async def looked() -> _T:
            return await self._in_thread(job)

        return await self._shielded(looked)

    async def keep_house(self) -> None:
        """Delete who expired, and take snapshots, until it is cancelled."""
        while True:
            try:
                for change in await self.read(lambda gallery: gallery.expire()):
                    self._tell(change)
                taken = await self.read(lambda gallery: gallery.store.snapshot_if_due())
                if taken is not None:
                    log.info("a snapshot of the gallery was taken: %s", taken.name)
            except FacestreamError as error:
                log.warning("the gallery's housekeeping failed: %s", error)
            except Exception:  # tomorrow's snapshot must not depend on today's
                log.exception("the gallery's housekeeping failed")
            await asyncio.sleep(HOUSEKEEPING_S)

    async def close(self) -> None:
        """Refuse further jobs, finish those that wait, close the gallery. Safe to call again.

        A disk that does not answer is left alone after `CLOSING_S`: what was acknowledged is on it.
        """
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(CLOSING_S):
                await asyncio.gather(*self._jobs, return_exceptions=True)
                if self._gallery is not None:
                    await self._call(self._gallery.close)
        except TimeoutError:
            log.error("the gallery's disk does not answer")
        except StoreFailed as error:  # of a dead thread
            log.error("the gallery was not closed: %s", error)
        self._thread.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end after `close`; whether it did. Blocks."""
        return self._thread.join(timeout_s)

    def _opened(self) -> Gallery:
        if self._gallery is None:
            raise Overloaded("the server is still starting")
        return self._gallery

    def _as_kept(self, template: NewTemplate) -> NewTemplate:
        return template if self._keeps_crops else replace(template, crop=None)

    async def _in_thread(self, job: Callable[[Gallery], _T]) -> _T:
        gallery = self._opened()
        return await self._call(lambda: job(gallery))

    async def _call(self, job: Callable[[], _T]) -> _T:
        running = asyncio.wrap_future(self._thread.submit(job))
        self._stalls_at[running] = self._clock() + STALLED_S
        try:
            return await running
        finally:
            del self._stalls_at[running]

    async def _shielded(self, work: Callable[[], Coroutine[None, None, _T]]) -> _T:
        """Do `work` to its end, whatever becomes of the one who asked."""
        self._opened()
        if self._closed:
            raise ShuttingDown("the server is going away")
        if len(self._jobs) >= MAX_JOBS:
            raise Overloaded("too much waits for the gallery's disk")
        task = asyncio.create_task(work())
        self._jobs.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _tell(self, change: GalleryChange) -> None:
        self._view = self.view.after(change)
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:  # its own fault must not keep the news from the others
                log.exception("a listener failed over a change of the gallery")

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._jobs.discard(task)
        if not task.cancelled():
            task.exception()  # mark as seen: the one who asked may be gone


def _died() -> StoreFailed:
    return StoreFailed("The thread of the gallery has ended; whether this was stored is not known.")
