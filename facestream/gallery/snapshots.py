"""Copies of the gallery of the last days, in case its file is damaged. Knows no TensorFlow.

Privacy goes before rescue: what was deleted from the gallery is deleted from its snapshots, too,
and names that were changed are changed there.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from facestream.errors import StoreFailed
from facestream.files import make_file, sync_folder, whole_file

__all__ = ["DAYS_KEPT", "FOLDER_NAME", "Snapshots"]

FOLDER_NAME = "snapshots"
DAYS_KEPT = 7

_log = logging.getLogger(__name__)

# Ids alone could be those of another gallery, which began anew in this folder.
_GONE_TEMPLATES = """DELETE FROM main.template
    WHERE (id, created_at_ms) NOT IN (SELECT id, created_at_ms FROM live.template)"""

_STALE_PEOPLE = """SELECT 1 FROM main.identity AS old LEFT JOIN live.identity AS now USING (id)
    WHERE (old.display_name, old.note, old.expires_at_ms)
    IS NOT (now.display_name, now.note, now.expires_at_ms) LIMIT 1"""

# Who is gone may have left templates to others, who were not in the snapshot yet. Names are unique,
# and others may have got them since: so they are set aside first, and then all are as they are now.
_GONE_PEOPLE = (
    "UPDATE main.identity SET name_key = 'aside ' || id",
    """INSERT INTO main.identity (id, display_name, name_key, created_at_ms)
        SELECT id, display_name, 'aside ' || id, created_at_ms FROM live.identity WHERE id IN (
            SELECT now.identity_id FROM main.template AS old JOIN live.template AS now USING (id)
            WHERE old.identity_id NOT IN (SELECT id FROM live.identity)
        ) AND id NOT IN (SELECT id FROM main.identity)""",
    """UPDATE main.template SET identity_id = (
        SELECT identity_id FROM live.template AS now WHERE now.id = main.template.id
    ) WHERE identity_id NOT IN (SELECT id FROM live.identity)""",
    "DELETE FROM main.identity WHERE id NOT IN (SELECT id FROM live.identity)",
    """UPDATE main.identity
        SET (display_name, name_key, note, expires_at_ms) = (
            SELECT display_name, name_key, note, expires_at_ms FROM live.identity AS now
            WHERE now.id = main.identity.id
        )""",
)


class Snapshots:
    """The folder of snapshots, one file a day. Owned by the gallery's owner."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER_NAME

    def refuse_to_begin_anew(self, gallery: Path) -> None:
        """Let no empty gallery take the place of one that was lost.

        Raises:
            StoreFailed: it is missing or empty, and there are snapshots of it.
        """
        there = gallery.exists() and gallery.stat().st_size > 0
        if not there and (taken := self.all()):
            raise StoreFailed(
                f"The gallery {gallery} is missing, but there are snapshots of it. Bring one back "
                f"with `facestream gallery restore {taken[-1].stem}`, or delete the folder "
                f"{self._folder} to begin anew."
            )

    def all(self) -> list[Path]:
        """The snapshots that there are, oldest first: their names are their dates."""
        return sorted(self._folder.glob("????-??-??.sqlite"))

    def problems(self) -> list[str]:
        """Which of them cannot be used, in sentences."""
        return [
            f"The snapshot of {path.stem} is damaged." for path in self.all() if not _is_sound(path)
        ]

    def restore(self, date: str, gallery: Path) -> None:
        """Put the snapshot of that day in the place of `gallery`, wholly or not at all.

        To be called by who owns the folder, while nobody has the gallery open. What was there is
        not kept aside: no deletion would ever reach it.

        Raises:
            StoreFailed: the snapshot is damaged, or there is no room. The gallery is as it was.
        """
        path = self._folder / f"{date}.sqlite"
        if not _is_sound(path):
            raise StoreFailed(f"The snapshot of {date} is damaged; take another one.")
        try:
            with path.open("rb") as snapshot, whole_file(gallery, keep_owner=True) as file:
                shutil.copyfileobj(snapshot, file)
                file.flush()
                os.fsync(file.fileno())
                # Only now, when nothing can fail but the new name; and not later: what a crash left
                # in a log would be read into the restored file.
                for suffix in ("-wal", "-shm"):
                    gallery.with_name(gallery.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed(f"The snapshot cannot be restored: {error.strerror}.") from error

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
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with _whole(target) as part:
                _copy(connection, part)
        except OSError as error:
            raise StoreFailed(f"No snapshot could be taken: {error.strerror}.") from error
        for old in self.all()[:-DAYS_KEPT]:
            old.unlink(missing_ok=True)
        return target

    def scrub(self, gallery: Path) -> None:
        """Delete from all snapshots what is not in `gallery` any more, and leave no byte of it.

        One in which that cannot be done is removed as a whole: a full disk has room for that.
        """
        with suppress(OSError):
            for left_over in self._folder.glob("*.part*"):  # and SQLite's journal of it
                left_over.unlink()
        for path in self.all():
            try:
                _purge(path, gallery)
            except (sqlite3.Error, OSError) as error:
                _log.warning("The snapshot %s is removed: %s", path.name, error)
                for file in self._folder.glob(f"{path.name}*"):  # and SQLite's files beside it
                    file.unlink(missing_ok=True)


def _revision(path: Path) -> int | None:
    """Of the gallery of which it is a copy; None if it cannot be read."""
    try:
        with closing(_open(path, "ro")) as snapshot:
            return int(snapshot.execute("SELECT revision FROM meta").fetchone()[0])
    except sqlite3.Error:
        return None


def _is_sound(path: Path) -> bool:
    try:
        with closing(_open(path, "ro")) as snapshot:
            verdict = snapshot.execute("PRAGMA quick_check(1)").fetchone()
            return bool(verdict == ("ok",) and _revision(path) is not None)
    except sqlite3.Error:
        return False


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """An empty file of its owner's alone, which takes the place of `target` when this ends well.

    On disk and all of it: SQLite does not see to that for a file that it has just made.
    """
    part = target.with_suffix(".part")
    try:
        part.unlink(missing_ok=True)
        make_file(part)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
        sync_folder(target.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


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
        snapshot.execute("BEGIN IMMEDIATE")
        if _purged(snapshot):
            snapshot.execute("UPDATE main.meta SET scrub_due = 1")  # a crash may come before VACUUM
        (scrub_due,) = snapshot.execute("SELECT scrub_due FROM main.meta").fetchone()
        snapshot.execute("COMMIT")
        snapshot.execute("DETACH live")
        if scrub_due:
            with _whole(path) as part:
                snapshot.execute("VACUUM INTO ?", (str(part),))  # half the writing of one in place
                with closing(_open(part)) as scrubbed:
                    scrubbed.execute("UPDATE meta SET scrub_due = 0")


def _purged(snapshot: sqlite3.Connection) -> bool:
    """Whether there was anything to delete or rename, which is done then."""
    gone = snapshot.execute(_GONE_TEMPLATES).rowcount
    if not gone and not snapshot.execute(_STALE_PEOPLE).fetchone():
        return False
    for statement in _GONE_PEOPLE:
        snapshot.execute(statement)
    return True


def _open(path: Path, mode: str = "rw") -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None)
