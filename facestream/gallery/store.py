"""The gallery on disk, one SQLite file: templates and names in and out. No TensorFlow.

What was acknowledged is durable: WAL with `synchronous=FULL` syncs each commit. What was deleted is
gone: SQLite zeroes deleted content (`secure_delete`), yet rows that it moved between pages can
leave a copy behind (one row in some 6000 in a random mix of inserts and deletes, SQLite 3.40). So
each deletion ends with a VACUUM, which writes the whole file anew. When that cannot be done, the
file remembers it, and the next change or opening does it.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from facestream.errors import FacestreamError, NoExamples, NoSuchIdentity, StoreFailed
from facestream.gallery.connection import connect, connect_for_reading, failed, make_folder
from facestream.gallery.lock import FolderLock
from facestream.gallery.names import clean_name, name_key
from facestream.gallery.records import (
    AddedTemplates,
    IdentitySummary,
    NewTemplate,
    Source,
    StoredTemplates,
    are_unit_rows,
)

__all__ = [
    "FILE_NAME",
    "AddedTemplates",
    "GalleryStore",
    "IdentitySummary",
    "NewTemplate",
    "Source",
    "StoredTemplates",
    "clean_name",
]

FILE_NAME = "gallery.sqlite"
READ_ROWS = 4096  # embeddings converted at a time: 3 MB with 192 dimensions
VACUUM_IN_MEMORY_BYTES = 256 << 20  # larger files are copied by way of SQLite's temporary folder

_log = logging.getLogger(__name__)


class GalleryStore:
    """Templates and identities on disk. One process owns the folder, one thread at a time calls in.

    That thread may change from call to call. Every change is one transaction which raises
    `revision` by one.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: FolderLock | None,
        clock: Callable[[], float],
    ) -> None:
        self._path = path
        self._connection = connection
        self._lock = lock
        self._clock = clock

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], float] = time.time) -> GalleryStore:
        """Open the gallery in `folder`; make both where there is none. `clock` gives Unix seconds.

        Raises:
            DataFolderInUse: another owner has the folder.
            StoreFailed: it cannot be read and written, is damaged, or a newer facestream made it.
        """
        path = folder / FILE_NAME
        make_folder(folder)
        lock = FolderLock.acquire(folder)
        try:
            store = cls(path, connect(path), lock, clock)
        except BaseException:
            lock.release()
            raise
        store._scrub_if_due()
        return store

    @classmethod
    def open_for_reading(cls, folder: Path) -> GalleryStore:
        """Look into the gallery in `folder` beside its owner, which may be a running server.

        Every change is refused with StoreFailed. Where there is no gallery, an empty one is shown.

        Raises:
            StoreFailed: it cannot be read, is damaged, or another version of facestream made it.
        """
        path = folder / FILE_NAME
        return cls(path, connect_for_reading(path), None, time.time)

    def close(self) -> None:
        """Give file and folder back. Nothing is lost without it. Harmless when done twice."""
        try:
            self._connection.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    @property
    def revision(self) -> int:
        """How many changes the gallery has seen; never falls."""
        with self._explained("read"):
            (revision,) = self._connection.execute("SELECT revision FROM meta").fetchone()
        return int(revision)

    @property
    def scrub_due(self) -> bool:
        """Whether deleted bytes may still be in the file, because scrubbing it failed."""
        with self._explained("read"):
            (due,) = self._connection.execute("SELECT scrub_due FROM meta").fetchone()
        return bool(due)

    def identities(self) -> list[IdentitySummary]:
        """Everybody, sorted by name."""
        with self._explained("read"):
            rows = self._connection.execute(
                "SELECT identity.id, display_name, count(template.id)"
                " FROM identity LEFT JOIN template ON template.identity_id = identity.id"
                " GROUP BY identity.id ORDER BY name_key"
            ).fetchall()
        return [IdentitySummary(*row) for row in rows]

    def fingerprints(self) -> dict[str, int]:
        """How many templates there are of each fingerprint that has any."""
        with self._explained("read"):
            rows = self._connection.execute(
                "SELECT fingerprint, count(*) FROM template JOIN model ON model.id = model_id"
                " GROUP BY model_id ORDER BY fingerprint"
            ).fetchall()
        return dict(rows)

    def templates(self, fingerprint: str, dimension: int) -> StoredTemplates:
        """The templates which that model made: embeddings (m, dimension), in order of their ids.

        Raises:
            StoreFailed: an embedding is damaged, or does not have that dimension.
        """
        with self._explained("read"):
            (m,) = self._connection.execute(
                "SELECT count(*) FROM template WHERE model_id = " + _MODEL_ID, (fingerprint,)
            ).fetchone()
            rows = self._connection.execute(
                "SELECT id, identity_id, embedding FROM template"
                f" WHERE model_id = {_MODEL_ID} ORDER BY id",
                (fingerprint,),
            )
            return self._read(rows, m, dimension)

    def add(self, display_name: str, new_templates: Sequence[NewTemplate]) -> AddedTemplates:
        """Store templates under a name: a known one, but for case and Unicode form, or a new one.

        Raises:
            BadName: see `clean_name`.
            NoExamples: there are no templates.
            StoreFailed: nothing was stored.
        """
        name = clean_name(display_name)
        if not new_templates:
            raise NoExamples("There is no example to enrol.")
        with self._change():
            identity_id = self._identity_id(name)
            template_ids = tuple(self._insert(identity_id, new) for new in new_templates)
            identity = self._summary(identity_id)
        self._scrub_if_due()
        return AddedTemplates(identity, template_ids)

    def delete(self, identity_id: str) -> None:
        """Delete a person and all their templates, for good.

        Raises:
            NoSuchIdentity: there is none with that id.
            StoreFailed: nothing was deleted.
        """
        with self._change(scrub_due=True):
            known = (
                identity_id.isascii()
                and self._connection.execute(
                    "DELETE FROM identity WHERE id = ? RETURNING id", (identity_id,)
                ).fetchone()
            )
            if not known:
                raise NoSuchIdentity("That person is not, or no longer, in the gallery.")
        self._scrub_if_due()

    def clear(self) -> None:
        """Delete everybody, for good.

        Raises:
            StoreFailed: nothing was deleted.
        """
        with self._change(scrub_due=True):
            self._connection.execute("DELETE FROM identity")
        self._scrub_if_due()

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        """Turn SQLite's errors into one sentence for the operator."""
        try:
            yield
        except sqlite3.Error as error:
            raise failed(self._path, verb, error) from error

    @contextmanager
    def _change(self, *, scrub_due: bool = False) -> Iterator[None]:
        """One durable transaction: on disk when this ends well, undone when it does not."""
        connection = self._connection
        with self._explained("changed"):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute(
                    "UPDATE meta SET revision = revision + 1, scrub_due = max(scrub_due, ?)",
                    (scrub_due,),
                )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk makes SQLite roll back by itself
                    connection.execute("ROLLBACK")
                raise

    def _now_ms(self) -> int:
        return round(1e3 * self._clock())

    def _identity_id(self, name: str) -> str:
        """Of the identity with that name, which is made where there is none."""
        key = name_key(name)
        row = self._connection.execute("SELECT id FROM identity WHERE name_key = ?", (key,))
        if known := row.fetchone():
            return str(known[0])
        identity_id = secrets.token_hex(8)
        self._connection.execute(
            "INSERT INTO identity (id, display_name, name_key, created_at_ms) VALUES (?, ?, ?, ?)",
            (identity_id, name, key, self._now_ms()),
        )
        return identity_id

    def _insert(self, identity_id: str, new: NewTemplate) -> int:
        """Store one template and return its id."""
        cursor = self._connection.execute(
            "INSERT INTO template"
            " (identity_id, model_id, created_at_ms, sharpness, source, embedding)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                identity_id,
                self._model_id(new.fingerprint, len(new.embedding)),
                self._now_ms(),
                float(new.sharpness),
                new.source.value,
                new.embedding.astype("<f4").tobytes(),
            ),
        )
        template_id = cursor.lastrowid
        assert template_id is not None
        if new.crop_jpeg is not None:
            self._connection.execute(
                "INSERT INTO crop (template_id, jpeg) VALUES (?, ?)", (template_id, new.crop_jpeg)
            )
        return template_id

    def _model_id(self, fingerprint: str, dimension: int) -> int:
        """Of the model with that fingerprint, which is made where there is none."""
        self._connection.execute(
            "INSERT OR IGNORE INTO model (fingerprint, dimension) VALUES (?, ?)",
            (fingerprint, dimension),
        )
        model_id, known = self._connection.execute(
            "SELECT id, dimension FROM model WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        if known != dimension:
            raise ValueError(
                f"embeddings of {fingerprint} must have shape ({known},), got ({dimension},)"
            )
        return int(model_id)

    def _summary(self, identity_id: str) -> IdentitySummary:
        display_name, templates = self._connection.execute(
            "SELECT display_name, (SELECT count(*) FROM template WHERE identity_id = identity.id)"
            " FROM identity WHERE id = ?",
            (identity_id,),
        ).fetchone()
        return IdentitySummary(identity_id, display_name, templates)

    def _read(self, rows: sqlite3.Cursor, m: int, dimension: int) -> StoredTemplates:
        """Fill one matrix with m rows, a few thousand at a time, so that nothing is held twice."""
        template_ids = np.empty(m, np.int64)
        embeddings = np.empty((m, dimension), np.float32)
        identity_ids: list[str] = []
        shared: dict[str, str] = {}  # one string a person, not one a template
        start = 0
        while chunk := rows.fetchmany(READ_ROWS):
            part = slice(start, start + len(chunk))
            if any(len(blob) != 4 * dimension for _, _, blob in chunk):
                raise self._damaged(f"an embedding does not have {dimension} numbers")
            template_ids[part] = [template_id for template_id, _, _ in chunk]
            identity_ids += [shared.setdefault(identity, identity) for _, identity, _ in chunk]
            joined = b"".join(blob for _, _, blob in chunk)
            embeddings[part] = np.frombuffer(joined, "<f4").reshape(-1, dimension)
            if not are_unit_rows(embeddings[part]).all():
                raise self._damaged("an embedding does not have unit length")
            start += len(chunk)
        return StoredTemplates(template_ids, tuple(identity_ids), embeddings)

    def _damaged(self, what: str) -> StoreFailed:
        return StoreFailed(f"The gallery {self._path} is damaged: {what}. Restore it from a copy.")

    def _scrub_if_due(self) -> None:
        """Leave no deleted byte in the file. A failure is logged and tried again later.

        It is no error for the caller: what was asked for is done, durably.
        """
        try:
            if self.scrub_due:
                self._scrub()
        except FacestreamError as error:
            _log.warning("Deleted faces may still be in the file, until a later attempt: %s", error)

    def _scrub(self) -> None:
        with self._explained("scrubbed"):
            self._checkpoint()  # zeroes the deleted pages in place, before VACUUM shortens the file
            self._connection.execute(f"PRAGMA temp_store = {self._vacuum_storage()}")
            self._connection.execute("VACUUM")
            self._checkpoint()
            self._connection.execute("UPDATE meta SET scrub_due = 0")

    def _checkpoint(self) -> None:
        """Bring the write-ahead log into the file and cut it to nothing."""
        busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreFailed(f"The gallery {self._path} is being read by another program.")

    def _vacuum_storage(self) -> str:
        """In memory no copy of anybody's face gets into a temporary folder, which may be full."""
        small = self._path.stat().st_size <= VACUUM_IN_MEMORY_BYTES
        return "MEMORY" if small else "FILE"


_MODEL_ID = "(SELECT id FROM model WHERE fingerprint = ?)"
