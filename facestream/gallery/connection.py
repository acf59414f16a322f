"""A SQLite file -> a connection that is safe to write through, or a clear error."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facestream.errors import StoreFailed
from facestream.files import make_file
from facestream.gallery.schema import APPLICATION_ID, SCHEMA_VERSION, migrate

__all__ = ["connect", "connect_for_reading", "connect_to_nobody", "failed", "make_folder"]

BUSY_TIMEOUT_S = 2.0  # somebody may look into the file with another program; never for long

_REASONS = {
    sqlite3.SQLITE_IOERR_SHMSIZE: "the disk is full",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a copy",
    sqlite3.SQLITE_NOTADB: "the file is damaged, or not a gallery",
    sqlite3.SQLITE_READONLY: "the file or its folder may not be written to",
    sqlite3.SQLITE_PERM: "the file may not be accessed",
    sqlite3.SQLITE_CANTOPEN: "the file, or one beside it, cannot be opened",
    sqlite3.SQLITE_BUSY: "another program is using it",
    sqlite3.SQLITE_LOCKED: "another program is using it",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


def failed(path: Path, verb: str, error: sqlite3.Error) -> StoreFailed:
    """What SQLite said, in a sentence: the gallery cannot be `verb`, and why."""
    code = getattr(error, "sqlite_errorcode", -1)
    kind = code & 0xFF  # the rest says more, which matters seldom
    reason = _REASONS.get(code, _REASONS.get(kind, error))
    return StoreFailed(f"The gallery {path} cannot be {verb}: {reason}.")


def make_folder(folder: Path) -> None:
    """Faces are private: a new folder is its owner's alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFailed(f"The data folder {folder} cannot be made: {error.strerror}.") from error


def connect(path: Path) -> sqlite3.Connection:
    """Open `path`, or make it, as a gallery of today's schema. Raises StoreFailed."""
    try:
        make_file(path)  # SQLite gives the log the same mode and the same owner
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:
        raise StoreFailed(f"The gallery {path} cannot be opened: {error.strerror}.") from error
    # check_same_thread: one thread at a time is the owner's promise, not always the same one
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    with _closed_on_failure(connection, path):
        _check(connection, path)
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",  # macOS: without it a sync stops at the disk's own cache
            "checkpoint_fullfsync = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {setting}")
        migrate(connection)
        connection.execute("PRAGMA foreign_keys = ON")
    return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Look into `path` beside its owner; an empty gallery if there is none. Raises StoreFailed."""
    if not path.exists():
        return connect_to_nobody()
    if _can_be_shared(path):
        try:
            return _connect_for_reading(path, "mode=ro")
        except StoreFailed as error:
            if getattr(error.__cause__, "sqlite_errorcode", -1) != sqlite3.SQLITE_IOERR_SHMSIZE:
                raise
    return _connect_for_reading(path, "mode=ro&immutable=1")


def _connect_for_reading(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{how}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    with _closed_on_failure(connection, path):
        connection.execute("PRAGMA query_only = ON")
        _check(connection, path)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise StoreFailed(f"The gallery {path} is of an older version: start the server once.")
    return connection


def connect_to_nobody() -> sqlite3.Connection:
    """An empty gallery in memory, to be read only."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(connection)
    connection.execute("UPDATE meta SET scrub_due = 0")  # a migration leaves old pages; here none
    connection.execute("PRAGMA query_only = ON")
    return connection


def _can_be_shared(path: Path) -> bool:
    """Whether readers can agree with a writer, for which SQLite needs a file beside the gallery.

    Where it cannot make one, the disk is read-only or full, and there is no writer either.
    """
    return os.access(path.parent, os.W_OK) or path.with_name(f"{path.name}-shm").exists()


@contextmanager
def _closed_on_failure(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Close the connection when opening fails, with SQLite's reason in our words."""
    try:
        yield
    except sqlite3.Error as error:
        connection.close()
        raise failed(path, "opened", error) from error
    except BaseException:
        connection.close()
        raise


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not ours, too new or damaged, before anything is written to it."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application_id != APPLICATION_ID:
        raise StoreFailed(f"The file {path} is a database, but not a facestream gallery.")
    if version > SCHEMA_VERSION:
        raise StoreFailed(
            f"The gallery {path} was written by a newer facestream "
            f"(its version is {version}, this one reads up to {SCHEMA_VERSION})."
        )
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreFailed(f"The gallery {path} is damaged; restore it from a copy.")
