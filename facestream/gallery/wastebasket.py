"""What was done a moment ago, kept in memory so that it can be taken back. Knows no disk.

On disk a deletion is real at once. So a server that ends takes the wastebasket with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from facestream.errors import NothingToUndo
from facestream.gallery.records import FullIdentity

__all__ = ["MAX_BYTES", "UNDO_S", "Undo", "Undoable", "Wastebasket"]

UNDO_S = 60.0

MAX_BYTES = 64 << 20
"""Some 10,000 templates with their pictures."""


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take a change back. seconds: for how long that can be done."""

    undo_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Undoable:
    """What takes a change back: people, or some templates of them, to store; ids to delete."""

    people: tuple[FullIdentity, ...] = ()
    template_ids: tuple[int, ...] = ()


class Wastebasket:
    """Owned by the gallery. Bound: `MAX_BYTES`. Policy: the oldest cannot be undone then.

    clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, int, Undoable]] = {}  # until when, bytes

    def put(self, undoable: Undoable) -> Undo | None:
        """Keep what takes a change back; None where it is too much."""
        self.forget_old()
        size = 500 + sum(map(_size, undoable.people))
        if size > MAX_BYTES:
            return None
        while sum(kept for _, kept, _ in self._kept.values()) + size > MAX_BYTES:
            self._kept.pop(next(iter(self._kept)))
        undo_id = secrets.token_hex(8)
        self._kept[undo_id] = (self._clock() + UNDO_S, size, undoable)
        return Undo(undo_id, UNDO_S)

    def look(self, undo_id: str) -> Undoable:
        """What takes that change back. Raises NothingToUndo."""
        self.forget_old()
        if undo_id not in self._kept:
            raise NothingToUndo("This cannot be undone any more.")
        return self._kept[undo_id][2]

    def drop(self, undo_id: str) -> None:
        """Forget a change, as it was taken back."""
        self._kept.pop(undo_id, None)

    def forget_old(self) -> None:
        """Forget what can no longer be taken back. To be called now and then."""
        now_s = self._clock()
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now_s}


def _size(person: FullIdentity) -> int:
    """About how many bytes a person takes in memory."""
    return 500 + sum(
        500
        + sum(row.nbytes for row in template.embeddings.values())
        + (0 if template.crop is None else len(template.crop.jpeg))
        for template in person.templates
    )
