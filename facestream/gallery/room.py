"""How many people and templates a gallery may hold. Works within the caller's transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from facestream.errors import GalleryFull

__all__ = ["UNBOUNDED", "Room"]

_PLENTY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Room:
    """The most people, and the most templates, rejections included."""

    identities: int = _PLENTY
    templates: int = _PLENTY

    def check_identities(self, connection: sqlite3.Connection) -> None:
        """Raises GalleryFull: there are more people than may be."""
        if _exceeds(connection, "identity", self.identities):
            raise GalleryFull(
                f"The gallery is full: it may hold {self.identities:,} people. "
                "Delete some, or raise max_identities."
            )

    def check_templates(self, connection: sqlite3.Connection) -> None:
        """Raises GalleryFull: there are more templates than may be."""
        if _exceeds(connection, "template", self.templates):
            raise GalleryFull(
                f"The gallery is full: it may hold {self.templates:,} examples. "
                "Delete some, or raise max_templates."
            )


UNBOUNDED = Room()


def _exceeds(
    connection: sqlite3.Connection, table: Literal["identity", "template"], most: int
) -> bool:
    """Whether a table has more rows. Counts them only if it may: each has a number of its own."""
    (highest,) = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()
    if highest <= most:
        return False
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return bool(rows > most)
