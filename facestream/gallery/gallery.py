"""What is on disk and what is searched, kept equal, under one owner. No asyncio."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from facestream.errors import FingerprintMismatch
from facestream.gallery.index import GalleryIndex
from facestream.gallery.records import (
    AddedTemplates,
    IdentitySummary,
    NewTemplate,
    StoredTemplates,
)
from facestream.gallery.store import GalleryStore

__all__ = ["Gallery", "GalleryChange", "GallerySnapshot"]


@dataclass(frozen=True, slots=True)
class GalleryChange:
    """What a change did, for those who keep a list of people: apply in the order of the fields."""

    revision: int
    cleared: bool = False
    removed: tuple[str, ...] = ()
    upserted: tuple[IdentitySummary, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class GallerySnapshot:
    """The gallery between two changes. Never changes itself.

    identities: everybody, sorted by name.
    foreign_templates: how many templates another model made; they are not in the index.
    """

    revision: int
    identities: tuple[IdentitySummary, ...]
    index: GalleryIndex
    foreign_templates: int


class Gallery:
    """Store and index. One thread at a time calls `add`, `delete`, `clear` and `close`.

    All else may be read from any thread at any time: it comes from a snapshot which one assignment
    replaces, after the change is on disk. Read `snapshot` once where two values must belong
    together.
    """

    def __init__(self, store: GalleryStore, fingerprint: str, dimension: int) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._snapshot = self._read(dimension)

    @classmethod
    def open(
        cls,
        folder: Path,
        fingerprint: str,
        dimension: int,
        clock: Callable[[], float] = time.time,
    ) -> Gallery:
        """Open the gallery in `folder`, or make one, for embeddings of that model and length.

        Raises:
            DataFolderInUse: another owner has the folder.
            StoreFailed: it cannot be read and written.
        """
        return cls._of(GalleryStore.open(folder, clock), fingerprint, dimension)

    @classmethod
    def open_for_reading(cls, folder: Path, fingerprint: str, dimension: int) -> Gallery:
        """The same beside the gallery's owner; see `GalleryStore.open_for_reading`."""
        return cls._of(GalleryStore.open_for_reading(folder), fingerprint, dimension)

    @classmethod
    def _of(cls, store: GalleryStore, fingerprint: str, dimension: int) -> Gallery:
        try:
            return cls(store, fingerprint, dimension)
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
        self._store.close()

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
        """How many templates another model made. They are never searched."""
        return self._snapshot.foreign_templates

    def identities(self) -> tuple[IdentitySummary, ...]:
        """Everybody, sorted by name."""
        return self._snapshot.identities

    def add(self, display_name: str, new_templates: Sequence[NewTemplate]) -> GalleryChange:
        """Enrol: on disk, then searched from the next batch on.

        Raises:
            BadName, NoExamples: the caller's fault.
            FingerprintMismatch: it would mix templates of two models.
            StoreFailed: nothing was changed.
        """
        self._refuse_a_mixture(new_templates)
        added = self._store.add(display_name, new_templates)
        identity = added.identity
        names = {identity.identity_id: identity.display_name}
        index = self.index.appended(_stored(added, new_templates), names)
        self._publish(index)
        return GalleryChange(self.revision, upserted=(identity,))

    def delete(self, identity_id: str) -> GalleryChange:
        """Delete a person for good.

        Raises:
            NoSuchIdentity: there is none with that id.
            StoreFailed: nothing was changed.
        """
        self._store.delete(identity_id)
        self._publish(self.index.without(identity_id))
        return GalleryChange(self.revision, removed=(identity_id,))

    def clear(self) -> GalleryChange:
        """Delete everybody for good.

        Raises:
            StoreFailed: nothing was changed.
        """
        self._store.clear()
        self._publish(GalleryIndex.empty(self.index.dimension))
        return GalleryChange(self.revision, cleared=True)

    def _refuse_a_mixture(self, new_templates: Sequence[NewTemplate]) -> None:
        if self.foreign_templates:
            raise FingerprintMismatch(
                f"The gallery has {self.foreign_templates} templates which another model made. "
                "Start the server with that model, embed the gallery anew, or clear it."
            )
        if any(new.fingerprint != self._fingerprint for new in new_templates):
            raise FingerprintMismatch("The examples were made by another model than the gallery.")

    def _read(self, dimension: int) -> GallerySnapshot:
        templates = self._store.templates(self._fingerprint, dimension)
        identities = self._store.identities()
        names = {identity.identity_id: identity.display_name for identity in identities}
        return self._state(GalleryIndex.of(templates, names), identities)

    def _publish(self, index: GalleryIndex) -> None:
        self._snapshot = self._state(index, self._store.identities())

    def _state(self, index: GalleryIndex, identities: Sequence[IdentitySummary]) -> GallerySnapshot:
        everything = sum(identity.templates for identity in identities)
        return GallerySnapshot(
            self._store.revision, tuple(identities), index, everything - len(index)
        )


def _stored(added: AddedTemplates, new_templates: Sequence[NewTemplate]) -> StoredTemplates:
    """New templates as they would be read back."""
    return StoredTemplates(
        np.array(added.template_ids, np.int64),
        (added.identity.identity_id,) * len(new_templates),
        np.stack([new.embedding for new in new_templates]),
    )
