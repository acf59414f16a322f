"""What is worth a look in the gallery, computed once after each change, beside all that is live."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from facestream.engine.gallery_desk import GalleryDesk
from facestream.gallery.health import Health, check_health

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.decision import DecisionPolicy

__all__ = ["CheckUp"]


class CheckUp:
    """Remembers the last finding. Owned by the event loop.

    Args:
        policy: by which faces are named.
        few: a person with fewer examples is told of.
    """

    def __init__(self, desk: GalleryDesk, policy: DecisionPolicy, few: int) -> None:
        self._desk = desk
        self._policy = policy
        self._few = few
        self._last: asyncio.Task[Health] | None = None
        self._revision = -1

    async def health(self) -> tuple[int, Health]:
        """The gallery's revision, and how it is: for 10,000 people that takes seconds."""
        snapshot = self._desk.snapshot()
        if self._last is None or self._revision != snapshot.revision:
            work = asyncio.to_thread(
                check_health, snapshot.index, snapshot.people, self._policy, self._few
            )
            self._last, self._revision = asyncio.create_task(work), snapshot.revision
        return snapshot.revision, await asyncio.shield(self._last)
