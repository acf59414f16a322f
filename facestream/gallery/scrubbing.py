"""Deleted rows -> no byte of them left, in the gallery's file, its log or its snapshots.

Knows SQLite, and nothing of people.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from facestream.errors import StoreFailed
from facestream.gallery.snapshots import Snapshots

__all__ = ["checkpoint", "scrub"]

VACUUM_IN_MEMORY_BYTES = 256 << 20  # larger files are copied by way of SQLite's temporary folder


def scrub(connection: sqlite3.Connection, path: Path, snapshots: Snapshots) -> None:
    """Remove every trace of what was deleted, and note that it is done.

    The snapshots come first: they are compared with the gallery as it is now.

    Raises:
        StoreFailed, sqlite3.Error: traces may be left; the gallery is what it was.
    """
    try:
        snapshots.scrub(path)
        checkpoint(connection, path)  # zeroes the pages in place, before VACUUM shortens the file
        connection.execute(f"PRAGMA temp_store = {_temporary_storage(path)}")
    except OSError as error:
        raise StoreFailed(f"The gallery {path} cannot be scrubbed: {error.strerror}.") from error
    connection.execute("VACUUM")
    checkpoint(connection, path)
    connection.execute("UPDATE meta SET scrub_due = 0")


def checkpoint(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the write-ahead log into the file and cut it to nothing. Raises StoreFailed."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreFailed(f"The gallery {path} is being read by another program.")


def _temporary_storage(path: Path) -> str:
    """In memory no copy of anybody's face gets into a temporary folder, which may be full."""
    return "MEMORY" if path.stat().st_size <= VACUUM_IN_MEMORY_BYTES else "FILE"
