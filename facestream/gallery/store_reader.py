"""What the gallery on disk holds, read from its SQLite file. Changes nothing, no TensorFlow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from facestream.errors import StoreFailed
from facestream.gallery import tables
from facestream.gallery.connection import connect_for_reading, connect_to_nobody, failed
from facestream.gallery.embeddings import (
    DamagedEmbedding,
    foreign_count,
    foreign_with_crop,
    models,
    stored_templates,
)
from facestream.gallery.integrity import problems_of
from facestream.gallery.records import (
    Crop,
    FullIdentity,
    IdentityDetail,
    IdentitySummary,
    Kind,
    StoredTemplates,
)

__all__ = ["FILE_NAME", "StoreReader"]

FILE_NAME = "gallery.sqlite"


class StoreReader:
    """Templates and identities on disk, to be looked at. One thread at a time calls in.

    All that others than the owner of the folder can have; the owner's `GalleryStore` adds changes.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    @classmethod
    def open_for_reading(cls, folder: Path) -> Self:
        """Look into the gallery in `folder` beside its owner, which may be a running server.

        Where there is no gallery, an empty one is shown. SQLite refuses every change.

        Raises:
            StoreFailed: it cannot be read, is damaged, or another version of facestream made it.
        """
        path = folder / FILE_NAME
        return cls(path, connect_for_reading(path))

    @classmethod
    def nobody(cls, folder: Path) -> Self:
        """An empty gallery that cannot be changed, in the place of one that cannot be read."""
        return cls(folder / FILE_NAME, connect_to_nobody())

    def close(self) -> None:
        """Give the file back. Nothing is lost without it. Harmless when done twice."""
        self._connection.close()

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

    @property
    def size_bytes(self) -> int:
        """Of the file, and so about what all content takes in memory."""
        return self._path.stat().st_size

    def identities(self) -> list[IdentitySummary]:
        """Everybody, sorted by name."""
        with self._explained("read"):
            return tables.identities(self._connection)

    def detail(self, identity_id: str) -> IdentityDetail:
        """One person as a whole. Raises NoSuchIdentity, StoreFailed."""
        with self._explained("read"):
            return tables.detail(self._connection, identity_id)

    def full(self, identity_id: str, template_ids: Sequence[int] | None = None) -> FullIdentity:
        """A person with all that is stored of them, or of some templates. Raises NoSuchIdentity."""
        with self._explained("read"):
            tables.summary(self._connection, identity_id)
            return tables.full_identity(self._connection, identity_id, template_ids)

    def everybody(self) -> Iterator[FullIdentity]:
        """Everybody with all that is stored of them, as of one moment, read one by one."""
        with self.one_moment():
            yield from tables.everybody_full(self._connection)

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """What is read meanwhile belongs together, whatever the owner changes."""
        with self._explained("read"):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def owners(self, template_ids: Sequence[int]) -> list[str]:
        """Whose these templates are. Raises NoSuchExample."""
        with self._explained("read"):
            return tables.owners(self._connection, template_ids)

    def crop(self, template_id: int) -> Crop | None:
        """The picture of a template, if there is one."""
        with self._explained("read"):
            return tables.crop(self._connection, template_id)

    def portrait(self, identity_id: str) -> Crop | None:
        """The sharpest picture of a person, if there is any."""
        with self._explained("read"):
            return tables.portrait(self._connection, identity_id)

    def fingerprints(self) -> dict[str, int]:
        """How many templates have an embedding by each model that has made any."""
        with self._explained("read"):
            return models(self._connection)

    def templates(
        self, fingerprint: str, dimension: int, kind: Kind = Kind.EXAMPLE
    ) -> StoredTemplates:
        """What that model made of the templates of one kind, in order of their ids.

        Raises:
            StoreFailed: an embedding is damaged, or does not have that dimension.
        """
        with self._explained("read"):
            return stored_templates(self._connection, fingerprint, dimension, kind)

    def foreign_templates(self, fingerprint: str) -> int:
        """How many templates that model has not embedded."""
        with self._explained("read"):
            return foreign_count(self._connection, fingerprint)

    def foreign_crops(
        self, fingerprint: str, after: int = 0, limit: int = 16
    ) -> list[tuple[int, Crop]]:
        """Pictures of templates that the model has not embedded, with ids above `after`."""
        with self._explained("read"):
            template_ids = foreign_with_crop(self._connection, fingerprint, after, limit)
            crops = [(one, tables.crop(self._connection, one)) for one in template_ids]
        return [(template_id, crop) for template_id, crop in crops if crop is not None]

    def problems(self) -> list[str]:
        """What is wrong with the file, in sentences; see `gallery.integrity`."""
        with self._explained("read"):
            return problems_of(self._connection)

    def dimensions(self) -> dict[str, int]:
        """How long the embeddings of each model are."""
        with self._explained("read"):
            rows = self._connection.execute("SELECT fingerprint, dimension FROM model").fetchall()
        return dict(rows)

    # --- inside -----------------------------------------------------------------------------------

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        """Turn SQLite's errors into one sentence for the operator."""
        try:
            yield
        except sqlite3.Error as error:
            raise failed(self._path, verb, error) from error
        except DamagedEmbedding as error:
            raise StoreFailed(
                f"The gallery {self._path} is damaged: {error}. Restore it from a copy."
            ) from error
