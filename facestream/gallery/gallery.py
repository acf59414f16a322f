"""What is on disk and what is searched, kept equal, under one owner. No asyncio."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from rpds import HashTrieMap

from facestream.errors import FingerprintMismatch, StoreFailed
from facestream.gallery.index import GalleryIndex
from facestream.gallery.people import NOBODY, People, by_name
from facestream.gallery.records import (
    Absorbed,
    AddedTemplates,
    FullIdentity,
    IdentityEdit,
    IdentitySummary,
    Kind,
    NewTemplate,
    StoreChange,
    StoredTemplates,
)
from facestream.gallery.room import UNBOUNDED, Room
from facestream.gallery.store import GalleryStore
from facestream.gallery.wastebasket import MAX_BYTES, Undo, Undoable, Wastebasket

__all__ = ["Gallery", "GalleryChange", "GallerySnapshot"]


@dataclass(frozen=True, slots=True)
class GalleryChange:
    """What a change did, for those who keep a list of people: apply in the order of the fields.

    undo: how it can be taken back; None where it cannot.
    """

    revision: int
    cleared: bool = False
    removed: tuple[str, ...] = ()
    upserted: tuple[IdentitySummary, ...] = ()
    undo: Undo | None = None

    def applied_to(self, people: People) -> People:
        """Everybody after this change."""
        if self.cleared:
            people = NOBODY
        for identity_id in self.removed:
            people = people.discard(identity_id)
        return people.update({one.identity_id: one for one in self.upserted})


@dataclass(frozen=True, slots=True, eq=False)
class GallerySnapshot:
    """The gallery between two changes. Never changes itself.

    foreign_templates: how many examples this model has not embedded; they are not in the index.
    """

    revision: int
    people: People
    index: GalleryIndex
    foreign_templates: int


class Gallery:
    """Store and index. One thread at a time calls in.

    All else may read `snapshot` from any thread at any time: one assignment replaces it, after a
    change is on disk. Read it once where two values must belong together.

    Every change raises StoreFailed where nothing was changed.

    store: for reading; changes go through the gallery.
    problem: why nothing can be changed; None where it can.
    """

    def __init__(
        self,
        store: GalleryStore,
        fingerprint: str,
        dimension: int,
        clock: Callable[[], float] = time.time,
        problem: str | None = None,
    ) -> None:
        self.store = store
        self.problem = problem
        self._fingerprint = fingerprint
        self._dimension = dimension
        self._wastebasket = Wastebasket(clock)
        self._snapshot = self._read()

    @classmethod
    def open(
        cls,
        folder: Path,
        fingerprint: str,
        dimension: int,
        clock: Callable[[], float] = time.time,
        room: Room = UNBOUNDED,
    ) -> Gallery:
        """Open the gallery in `folder`, or make one, for embeddings of that model and length.

        Whose date has come is deleted. `room`: what it may hold.

        Raises:
            DataFolderInUse: another owner has the folder.
            StoreFailed: it cannot be read and written.
        """
        gallery = cls._of(GalleryStore.open(folder, clock, room), fingerprint, dimension, clock)
        gallery.expire()
        return gallery

    @classmethod
    def open_for_reading(
        cls, folder: Path, fingerprint: str, dimension: int, problem: str | None = None
    ) -> Gallery:
        """The same beside the gallery's owner; see `StoreReader.open_for_reading`.

        problem: why it is not to be changed; the error of each attempt.
        """
        store = GalleryStore.open_for_reading(folder)
        problem = problem or "The gallery was opened to be read."
        return cls._of(store, fingerprint, dimension, time.time, problem)

    @classmethod
    def open_what_can_be(
        cls, folder: Path, fingerprint: str, dimension: int, room: Room = UNBOUNDED
    ) -> Gallery:
        """As `open`; a gallery that cannot be changed is read, one that cannot be read is empty.

        So faces are found, and those named who can be, while the operator mends it.

        Raises:
            DataFolderInUse: another owner has the folder.
        """
        try:
            return cls.open(folder, fingerprint, dimension, room=room)
        except StoreFailed as error:
            problem = str(error)
        try:
            return cls.open_for_reading(folder, fingerprint, dimension, problem)
        except StoreFailed:
            return cls(GalleryStore.nobody(folder), fingerprint, dimension, problem=problem)

    @classmethod
    def _of(
        cls,
        store: GalleryStore,
        fingerprint: str,
        dimension: int,
        clock: Callable[[], float],
        problem: str | None = None,
    ) -> Gallery:
        try:
            return cls(store, fingerprint, dimension, clock, problem)
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Gallery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder back. Snapshots stay usable."""
        self.store.close()

    @property
    def snapshot(self) -> GallerySnapshot:
        """Everything as it is after the last change."""
        return self._snapshot

    @property
    def index(self) -> GalleryIndex:
        """What is searched."""
        return self._snapshot.index

    @property
    def revision(self) -> int:
        """How many changes there have been."""
        return self._snapshot.revision

    @property
    def foreign_templates(self) -> int:
        """How many examples this model has not embedded. They are never searched."""
        return self._snapshot.foreign_templates

    def identities(self) -> tuple[IdentitySummary, ...]:
        """Everybody, sorted by name."""
        return by_name(self._snapshot.people)

    # --- changes ----------------------------------------------------------------------------------

    def add(self, display_name: str, new_templates: Sequence[NewTemplate]) -> GalleryChange:
        """Enrol: on disk, then searched from the next batch on.

        Raises:
            BadName, NoExamples: the caller's fault.
            GalleryFull: it may hold no more.
            FingerprintMismatch: it would mix templates of two models.
        """
        self._refuse_a_mixture(new_templates)
        added = self._changeable().add(display_name, new_templates)
        identity = added.identity
        index = self.index.appended(
            _stored(added, new_templates), {identity.identity_id: identity.display_name}
        )
        return self._publish(StoreChange((identity,)), index)

    def reject(self, identity_id: str, face: NewTemplate) -> GalleryChange:
        """Keep a face, a template of the kind REJECTION, from somebody's name. It can be undone.

        Raises:
            NoSuchIdentity: there is none with that id.
            GalleryFull: it may hold no more.
            FingerprintMismatch: another model made it.
        """
        self._refuse_another_model([face])
        added = self._changeable().reject(identity_id, face)
        index = self.index.rejecting(_stored(added, [face]))
        undo = self._wastebasket.put(Undoable(template_ids=added.template_ids))
        return self._publish(StoreChange((added.identity,)), index, undo)

    def edit(self, identity_id: str, edit: IdentityEdit) -> GalleryChange:
        """Give somebody another name, note or expiry date.

        Raises:
            NoSuchIdentity, BadName, BadMessage, NameTaken: the caller's fault.
        """
        change = self._changeable().edit(identity_id, edit)
        [identity] = change.upserted
        return self._publish(change, self.index.renamed(identity_id, identity.display_name))

    def merge(self, identity_id: str, into: str) -> GalleryChange:
        """Give everything of somebody to another one. Raises NoSuchIdentity."""
        change = self._changeable().merge(identity_id, into)
        [identity] = change.upserted
        return self._publish(change, self.index.merged(identity_id, into, identity.display_name))

    def move(self, template_ids: Sequence[int], into: str) -> GalleryChange:
        """Give some templates to another person. Raises NoSuchIdentity, NoSuchExample."""
        return self._moved(template_ids, self._changeable().move(template_ids, into))

    def move_to_name(self, template_ids: Sequence[int], display_name: str) -> GalleryChange:
        """The same, to whoever has that name, or somebody new. Raises BadName, NoSuchExample."""
        change = self._changeable().move_to_name(template_ids, display_name)
        return self._moved(template_ids, change)

    def delete(self, identity_id: str) -> GalleryChange:
        """Delete a person for good. Raises NoSuchIdentity."""
        store = self._changeable()
        person = store.full(identity_id)
        change = store.delete(identity_id)
        index = self.index.without(identity_id)
        return self._publish(change, index, self._wastebasket.put(Undoable((person,))))

    def delete_templates(self, template_ids: Sequence[int]) -> GalleryChange:
        """Delete some templates for good. Raises NoSuchExample."""
        store = self._changeable()
        people = tuple(store.full(one, template_ids) for one in store.owners(template_ids))
        change = store.delete_templates(template_ids)
        index = self.index.without_templates(template_ids)
        return self._publish(change, index, self._wastebasket.put(Undoable(people)))

    def clear(self) -> GalleryChange:
        """Delete everybody for good."""
        store = self._changeable()
        small = store.size_bytes <= MAX_BYTES
        people = tuple(store.everybody()) if small else ()
        store.clear()
        undo = self._wastebasket.put(Undoable(people)) if people else None
        change = GalleryChange(self.revision + 1, cleared=True, undo=undo)
        return self._swap(change, GalleryIndex.empty(self._dimension))

    def undo(self, undo_id: str) -> GalleryChange:
        """Take a deletion, or a rejection, back. Raises NothingToUndo, NoSuchExample."""
        undoable = self._wastebasket.look(undo_id)
        if undoable.people:
            self._changeable().absorb(undoable.people, keep_ids=True)
        else:
            self._changeable().delete_templates(undoable.template_ids)
        self._wastebasket.drop(undo_id)
        return self.reread()

    def absorb(
        self, people: Iterable[FullIdentity], *, replace: bool = False, preview: bool = False
    ) -> tuple[Absorbed, GalleryChange | None]:
        """Take people in; see `GalleryStore.absorb`. A preview makes no change."""
        absorbed = self._changeable().absorb(people, replace=replace, preview=preview)
        return absorbed, None if preview else self.reread()

    def expire(self) -> list[GalleryChange]:
        """Delete those whose date has come; to be called now and then."""
        self._wastebasket.forget_old()
        return [] if self.problem else [self._expired(one) for one in self.store.expired()]

    def renewed(self) -> GalleryChange:
        """Search the templates that were embedded anew meanwhile."""
        self._changeable().touch()
        return self.reread()

    def reread(self) -> GalleryChange:
        """Search what is on disk now. What that changed is told from before and after."""
        before, self._snapshot = self._snapshot, self._read()
        after = self._snapshot.people
        return GalleryChange(
            self.revision,
            removed=tuple(one for one in before.people if one not in after),
            upserted=tuple(one for key, one in after.items() if before.people.get(key) != one),
        )

    # --- inside -----------------------------------------------------------------------------------

    def _changeable(self) -> GalleryStore:
        if self.problem is not None:
            raise StoreFailed(self.problem)
        return self.store

    def _refuse_a_mixture(self, new_templates: Sequence[NewTemplate]) -> None:
        if self.foreign_templates:
            raise FingerprintMismatch(
                f"The gallery has {self.foreign_templates} examples which another model made. "
                "Start the server with that model, embed the gallery anew, or clear it."
            )
        self._refuse_another_model(new_templates)

    def _refuse_another_model(self, new_templates: Sequence[NewTemplate]) -> None:
        if any(new.fingerprint != self._fingerprint for new in new_templates):
            raise FingerprintMismatch("The examples were made by another model than the gallery.")

    def _moved(self, template_ids: Sequence[int], change: StoreChange) -> GalleryChange:
        into = change.upserted[-1]
        index = self.index.moved(template_ids, into.identity_id, into.display_name)
        return self._publish(change, index)

    def _expired(self, identity_id: str) -> GalleryChange:
        return self._publish(self.store.delete(identity_id), self.index.without(identity_id))

    def _read(self) -> GallerySnapshot:
        with self.store.one_moment():  # its owner may change it, where this only reads
            return self._read_all()

    def _read_all(self) -> GallerySnapshot:
        store = self.store
        examples = store.templates(self._fingerprint, self._dimension)
        rejections = store.templates(self._fingerprint, self._dimension, Kind.REJECTION)
        people: People = HashTrieMap({one.identity_id: one for one in store.identities()})
        names = {key: one.display_name for key, one in people.items()}
        index = GalleryIndex.of(examples, names).rejecting(rejections)
        foreign = _examples(people, people) - len(index)
        return GallerySnapshot(store.revision, people, index, foreign)

    def _publish(
        self, change: StoreChange, index: GalleryIndex, undo: Undo | None = None
    ) -> GalleryChange:
        told = GalleryChange(
            self.revision + 1, removed=change.removed, upserted=change.upserted, undo=undo
        )
        return self._swap(told, index)

    def _swap(self, change: GalleryChange, index: GalleryIndex) -> GalleryChange:
        before = self._snapshot
        people = change.applied_to(before.people)
        # Only who is concerned is counted: everybody would be tens of milliseconds.
        concerned = {*change.removed, *(one.identity_id for one in change.upserted)}
        more = _examples(people, concerned) - _examples(before.people, concerned)
        searched = len(index) - len(before.index)
        foreign = 0 if change.cleared else before.foreign_templates + more - searched
        self._snapshot = GallerySnapshot(change.revision, people, index, foreign)
        return change


def _examples(people: People, identity_ids: Iterable[str]) -> int:
    """How many some people have together; who is not there has none."""
    return sum(people[key].templates for key in identity_ids if key in people)


def _stored(added: AddedTemplates, new_templates: Sequence[NewTemplate]) -> StoredTemplates:
    """New templates as they would be read back."""
    return StoredTemplates(
        np.array(added.template_ids, np.int64),
        (added.identity.identity_id,) * len(new_templates),
        np.stack([new.embedding for new in new_templates]),
    )
