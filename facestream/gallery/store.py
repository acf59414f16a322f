"""The gallery on disk, one SQLite file: templates and names in and out. No TensorFlow.

What was acknowledged is durable: WAL with `synchronous=FULL` syncs each commit. What was deleted is
gone: SQLite zeroes deleted content (`secure_delete`), yet rows that it moved between pages can
leave a copy behind (one row in some 6000 in a random mix of inserts and deletes, SQLite 3.40). So
each deletion ends with a VACUUM, which writes the whole file anew. When that cannot be done, the
file remembers it, and the next deletion, look for a snapshot or opening does it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from facestream.errors import (
    BadArchive,
    FacestreamError,
    NameTaken,
    NoExamples,
    NoSuchIdentity,
    StoreFailed,
)
from facestream.gallery import tables
from facestream.gallery.absorbing import absorb
from facestream.gallery.connection import connect, make_folder
from facestream.gallery.embeddings import WrongDimension, insert_embeddings
from facestream.gallery.lock import FolderLock
from facestream.gallery.names import checked_date, clean_name, clean_note, name_key
from facestream.gallery.records import (
    Absorbed,
    AddedTemplates,
    FullIdentity,
    FullTemplate,
    IdentityEdit,
    Kind,
    NewTemplate,
    StoreChange,
    are_unit_rows,
)
from facestream.gallery.room import UNBOUNDED, Room
from facestream.gallery.scrubbing import checkpoint, scrub
from facestream.gallery.snapshots import Snapshots
from facestream.gallery.store_reader import FILE_NAME, StoreReader
from facestream.records import Float32

__all__ = ["FILE_NAME", "GalleryStore"]

_log = logging.getLogger(__name__)


class GalleryStore(StoreReader):
    """Templates and identities on disk. One process owns the folder, one thread at a time calls in.

    That thread may change from call to call. Every change is one transaction which raises
    `revision` by one.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: FolderLock | None = None,
        clock: Callable[[], float] = time.time,
        room: Room = UNBOUNDED,
    ) -> None:
        super().__init__(path, connection)
        self._lock = lock
        self._clock = clock
        self._room = room
        self._snapshots = Snapshots(path.parent)

    @classmethod
    def open(
        cls, folder: Path, clock: Callable[[], float] = time.time, room: Room = UNBOUNDED
    ) -> GalleryStore:
        """Open the gallery in `folder`; make both where there is none. `clock` gives Unix seconds.

        room: what it may hold; taking a deletion back is never refused.

        Raises:
            DataFolderInUse: another owner has the folder.
            StoreFailed: it cannot be read and written, is damaged, or a newer facestream made it.
        """
        path = folder / FILE_NAME
        make_folder(folder)
        lock = FolderLock.acquire(folder)
        try:
            Snapshots(folder).refuse_to_begin_anew(path)
            store = cls(path, connect(path), lock, clock, room)
        except BaseException:
            lock.release()
            raise
        store._scrub_if_due()
        return store

    def close(self) -> None:
        """Give file and folder back. Nothing is lost without it. Harmless when done twice."""
        try:
            super().close()
        finally:
            if self._lock is not None:
                self._lock.release()

    def expired(self) -> list[str]:
        """The ids of those whose date has come."""
        with self._explained("read"):
            rows = self._connection.execute(
                "SELECT id FROM identity WHERE expires_at_ms <= ?", (self._now_ms(),)
            ).fetchall()
        return [str(identity_id) for (identity_id,) in rows]

    # --- changing ---------------------------------------------------------------------------------

    def add(self, display_name: str, new_templates: Sequence[NewTemplate]) -> AddedTemplates:
        """Store templates under a name: a known one, but for case and Unicode form, or a new one.

        Raises:
            BadName: see `clean_name`.
            NoExamples: there are no templates.
            GalleryFull, StoreFailed: nothing was stored.
        """
        name = clean_name(display_name)
        if not new_templates:
            raise NoExamples("There is no example to enrol.")
        with self._change():
            identity_id = self._identity_id(name)
            template_ids = self._insert(identity_id, new_templates, Kind.EXAMPLE)
            identity = tables.summary(self._connection, identity_id)
        return AddedTemplates(identity, template_ids)

    def reject(self, identity_id: str, template: NewTemplate) -> AddedTemplates:
        """Keep a face from somebody's name: a template of the kind REJECTION.

        Raises:
            NoSuchIdentity, GalleryFull, StoreFailed: nothing was stored.
        """
        with self._change():
            tables.summary(self._connection, identity_id)
            template_ids = self._insert(identity_id, [template], Kind.REJECTION)
            identity = tables.summary(self._connection, identity_id)
        return AddedTemplates(identity, template_ids)

    def edit(self, identity_id: str, edit: IdentityEdit) -> StoreChange:
        """Give a person another name, note or expiry date.

        Raises:
            NoSuchIdentity, BadName, BadMessage, NameTaken, StoreFailed: nothing was changed.
        """
        with self._change():
            tables.summary(self._connection, identity_id)
            if "display_name" in edit:
                self._rename(identity_id, clean_name(edit["display_name"]))
            if "note" in edit:
                self._set(identity_id, "note", clean_note(edit["note"]))
            if "expires_at_ms" in edit:
                self._set(identity_id, "expires_at_ms", checked_date(edit["expires_at_ms"]))
            return StoreChange((tables.summary(self._connection, identity_id),))

    def merge(self, identity_id: str, into: str) -> StoreChange:
        """Give all templates of a person to another one, whose name and dates stay.

        Raises:
            NoSuchIdentity, StoreFailed: nothing was changed.
        """
        with self._change(scrub_due=True):
            for one in (identity_id, into):
                tables.summary(self._connection, one)
            if identity_id == into:
                raise NoSuchIdentity("A person cannot be merged into themselves.")
            self._connection.execute(
                "UPDATE template SET identity_id = ? WHERE identity_id = ?", (into, identity_id)
            )
            self._connection.execute("DELETE FROM identity WHERE id = ?", (identity_id,))
            change = StoreChange((tables.summary(self._connection, into),), (identity_id,))
        self._scrub_if_due()
        return change

    def move(self, template_ids: Sequence[int], into: str) -> StoreChange:
        """Give templates to another person, who comes last in the answer.

        Raises:
            NoSuchIdentity, NoSuchExample, StoreFailed: nothing was changed.
        """
        with self._change():
            tables.summary(self._connection, into)
            return self._moved(template_ids, into)

    def move_to_name(self, template_ids: Sequence[int], display_name: str) -> StoreChange:
        """Give templates to whoever has that name; a new person where nobody has.

        Raises:
            BadName, NoSuchExample, GalleryFull, StoreFailed: nothing was changed.
        """
        name = clean_name(display_name)
        with self._change():
            return self._moved(template_ids, self._identity_id(name))

    def delete(self, identity_id: str) -> StoreChange:
        """Delete a person and all their templates, for good.

        Raises:
            NoSuchIdentity: there is none with that id.
            StoreFailed: nothing was deleted.
        """
        with self._change(scrub_due=True):
            tables.summary(self._connection, identity_id)
            self._connection.execute("DELETE FROM identity WHERE id = ?", (identity_id,))
        self._scrub_if_due()
        return StoreChange(removed=(identity_id,))

    def delete_templates(self, template_ids: Sequence[int]) -> StoreChange:
        """Delete some templates, for good; the people stay.

        Raises:
            NoSuchExample: one is not there.
            StoreFailed: nothing was deleted.
        """
        with self._change(scrub_due=True):
            owners = tables.owners(self._connection, template_ids)
            self._connection.execute(
                f"DELETE FROM template WHERE id IN {tables.IDS}", (json.dumps(list(template_ids)),)
            )
            change = StoreChange(tuple(tables.summary(self._connection, one) for one in owners))
        self._scrub_if_due()
        return change

    def clear(self) -> None:
        """Delete everybody, for good.

        Raises:
            StoreFailed: nothing was deleted.
        """
        with self._change(scrub_due=True):
            self._connection.execute("DELETE FROM identity")
        self._scrub_if_due()

    def absorb(
        self,
        people: Iterable[FullIdentity],
        *,
        replace: bool = False,
        preview: bool = False,
        keep_ids: bool = False,
    ) -> Absorbed:
        """Take people in with all that they bring; see `gallery.absorbing`. One transaction.

        Args:
            people: an error that reading them raises leaves the gallery as it was.
            replace: those who are not among them are deleted.
            preview: only find out what would change.
            keep_ids: templates get the ids that they had, as when a deletion is taken back.

        Raises:
            BadName, GalleryFull, StoreFailed: nothing was changed.
            BadArchive: nor was it, as a model's embeddings are longer or shorter than those here.
        """
        try:
            with self._change(scrub_due=replace):
                done = absorb(self._connection, people, replace=replace, keep_ids=keep_ids)
                if not keep_ids:
                    self._check_room(done)
                if preview:
                    raise _OnlyAPreview
        except _OnlyAPreview:
            self._forget_what_was_undone()
            return done
        except WrongDimension as error:
            self._forget_what_was_undone()
            raise BadArchive(f"The people do not fit this gallery: {error}.") from error
        except BaseException:
            self._forget_what_was_undone()
            raise
        self._scrub_if_due()
        return done

    def add_embeddings(self, fingerprint: str, rows: Sequence[tuple[int, Float32]]) -> None:
        """Add what another model makes of templates: ids, and (d,) float32 of unit length.

        It does not count as a change: nobody is different. Templates that are gone are passed over.

        Raises:
            StoreFailed: nothing was added.
            ValueError: an embedding does not have unit length; it would spoil the gallery.
        """
        if not all(are_unit_rows(row[np.newaxis]).all() for _, row in rows):
            raise ValueError("embeddings must have unit length")
        with self._transaction():
            known = self._connection.execute(
                f"SELECT id FROM template WHERE id IN {tables.IDS}",
                (json.dumps([template_id for template_id, _ in rows]),),
            )
            still = {template_id for (template_id,) in known}
            insert_embeddings(
                self._connection,
                ((one, fingerprint, row) for one, row in rows if one in still),
            )

    def touch(self) -> None:
        """Count a change that is about the embeddings only. Raises StoreFailed."""
        with self._change():
            pass

    def snapshot_if_due(self) -> Path | None:
        """Copy the gallery to today's snapshot, unless there is one, or nothing has changed.

        Nor while deleted bytes may be in the file: they would live on in the copy.

        Raises:
            StoreFailed: it could not be written; the older ones are as they were.
        """
        self._scrub_if_due()
        if self.scrub_due:
            return None
        with self._explained("copied"):
            return self._snapshots.take_if_due(self._connection, self.revision, self._clock())

    # --- inside -----------------------------------------------------------------------------------

    @contextmanager
    def _change(self, *, scrub_due: bool = False) -> Iterator[None]:
        """A transaction that makes the gallery another one."""
        with self._transaction():
            yield
            self._connection.execute(
                "UPDATE meta SET revision = revision + 1, scrub_due = max(scrub_due, ?)",
                (scrub_due,),
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """On disk when this ends well, undone when it does not."""
        connection = self._connection
        with self._explained("changed"):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk makes SQLite roll back by itself
                    connection.execute("ROLLBACK")
                raise

    def _now_ms(self) -> int:
        return round(1e3 * self._clock())

    def _identity_id(self, name: str) -> str:
        """Of the identity with that name, which is made where there is none."""
        known = tables.find_identity(self._connection, name)
        if known is not None:
            return known
        identity_id = tables.new_identity_id()
        tables.insert_identity(self._connection, identity_id, name, self._now_ms())
        self._room.check_identities(self._connection)
        return identity_id

    def _insert(
        self, identity_id: str, new_templates: Sequence[NewTemplate], kind: Kind
    ) -> tuple[int, ...]:
        """Store templates, which are of this kind, and return their ids."""
        if any(new.kind is not kind for new in new_templates):
            raise ValueError(f"templates must be of the kind {kind}")
        now_ms = self._now_ms()
        template_ids = tuple(
            tables.insert_template(
                self._connection,
                identity_id,
                FullTemplate(
                    template_id=0,
                    kind=new.kind,
                    created_at_ms=now_ms,
                    sharpness=new.sharpness,
                    source=new.source,
                    crop=new.crop,
                    embeddings={new.fingerprint: new.embedding},
                ),
            )
            for new in new_templates
        )
        self._room.check_templates(self._connection)
        return template_ids

    def _check_room(self, done: Absorbed) -> None:
        """A gallery that is too full already is no reason to refuse what adds nothing to it."""
        if done.new:
            self._room.check_identities(self._connection)
        if done.new_templates:
            self._room.check_templates(self._connection)

    def _rename(self, identity_id: str, name: str) -> None:
        other = tables.find_identity(self._connection, name)
        if other not in (None, identity_id):
            raise NameTaken(f"Somebody else is called {name} already; merge the two instead.")
        self._set(identity_id, "display_name", name)
        self._set(identity_id, "name_key", name_key(name))

    def _set(self, identity_id: str, column: str, value: str | int | None) -> None:
        self._connection.execute(
            f"UPDATE identity SET {column} = ? WHERE id = ?", (value, identity_id)
        )

    def _moved(self, template_ids: Sequence[int], into: str) -> StoreChange:
        owners = tables.owners(self._connection, template_ids)
        self._connection.execute(
            f"UPDATE template SET identity_id = ? WHERE id IN {tables.IDS}",
            (into, json.dumps(list(template_ids))),
        )
        concerned = [*(one for one in owners if one != into), into]
        return StoreChange(tuple(tables.summary(self._connection, one) for one in concerned))

    def _scrub_if_due(self) -> None:
        """Leave no deleted byte in the file. A failure is logged and tried again later.

        It is no error for the caller: what was asked for is done, durably.
        """
        try:
            if self.scrub_due:
                with self._explained("scrubbed"):
                    scrub(self._connection, self._path, self._snapshots)
        except FacestreamError as error:
            _log.warning("Deleted faces may still be in the file, until a later attempt: %s", error)

    def _forget_what_was_undone(self) -> None:
        """Rows that were not kept may have reached the log, which is cut: nothing in it counts."""
        with suppress(StoreFailed), self._explained("scrubbed"):
            checkpoint(self._connection, self._path)


class _OnlyAPreview(Exception):
    """Undoes a transaction that was never meant to last."""
