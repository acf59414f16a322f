"""Copies of the gallery of the last days, in case its file is damaged. Knows no TensorFlow.

Privacy goes before rescue: what was deleted from the gallery is deleted from its snapshots, too.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from facestream.errors import StoreFailed
from facestream.files import sync_folder

__all__ = ["DAYS_KEPT", "FOLDER_NAME", "Snapshots"]

FOLDER_NAME = "snapshots"
DAYS_KEPT = 7

_log = logging.getLogger(__name__)

_PURGE = (
    "DELETE FROM main.template WHERE id NOT IN (SELECT id FROM live.template)",
    # Who was merged into somebody lives on in their templates, until those are deleted.
    "DELETE FROM main.identity WHERE id NOT IN (SELECT id FROM live.identity)"
    " AND id NOT IN (SELECT identity_id FROM main.template)",
)


class Snapshots:
    """The folder of snapshots, one file a day. Owned by the gallery's owner."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER_NAME

    def all(self) -> list[Path]:
        """The snapshots that there are, oldest first: their names are their dates."""
        return sorted(self._folder.glob("????-??-??.sqlite"))

    def take_if_due(
        self, connection: sqlite3.Connection, revision: int, now_s: float
    ) -> Path | None:
        """Copy the gallery, whole or not at all; then forget snapshots that are too old.

        A gallery that has not changed since the newest snapshot needs none, and so the newest stays
        however old it is.

        Args:
            connection: to the gallery, which may be changed by nobody meanwhile.
            revision: of the gallery.
            now_s: Unix time; days are those of UTC.

        Raises:
            StoreFailed, sqlite3.Error: it could not be written; the others are as they were.
        """
        target = self._folder / f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%d}.sqlite"
        taken = self.all()
        if target.exists() or (taken and _revision(taken[-1]) == revision):
            return None
        part = target.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            _copy(connection, part)
            os.replace(part, target)
            sync_folder(self._folder)
        except OSError as error:
            raise StoreFailed(f"No snapshot could be taken: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        for old in self.all()[:-DAYS_KEPT]:
            old.unlink(missing_ok=True)
        return target

    def scrub(self, gallery: Path) -> None:
        """Delete from all snapshots what is not in `gallery` any more, and leave no byte of it.

        One in which that cannot be done is removed as a whole: a full disk has room for that.
        """
        with suppress(OSError):
            for left_over in self._folder.glob("*.part"):
                left_over.unlink()
        for path in self.all():
            try:
                _purge(path, gallery)
            except sqlite3.Error as error:
                _log.warning("The snapshot %s is removed: %s", path.name, error)
                for file in self._folder.glob(f"{path.name}*"):  # and SQLite's files beside it
                    file.unlink(missing_ok=True)


def _revision(path: Path) -> int | None:
    """Of the gallery of which it is a copy; None if it cannot be read."""
    try:
        with closing(_open(path)) as snapshot:
            return int(snapshot.execute("SELECT revision FROM meta").fetchone()[0])
    except sqlite3.Error:
        return None


def _copy(connection: sqlite3.Connection, part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = FULL")
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


def _purge(path: Path, gallery: Path) -> None:
    with closing(_open(path)) as snapshot:
        for setting in ("foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
            snapshot.execute(f"PRAGMA {setting}")
        snapshot.execute("ATTACH ? AS live", (f"{gallery.resolve().as_uri()}?mode=ro",))
        before = snapshot.total_changes
        snapshot.execute("BEGIN IMMEDIATE")
        for statement in _PURGE:
            snapshot.execute(statement)
        snapshot.execute("COMMIT")
        snapshot.execute("DETACH live")
        if snapshot.total_changes > before:
            snapshot.execute("VACUUM")


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None)
