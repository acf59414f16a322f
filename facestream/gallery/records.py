"""What passes between the gallery's parts: templates and identities. Knows numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict, final

import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32

__all__ = [
    "Absorbed",
    "AddedTemplates",
    "Crop",
    "FullIdentity",
    "FullTemplate",
    "IdentityDetail",
    "IdentityEdit",
    "IdentitySummary",
    "Kind",
    "NewTemplate",
    "Source",
    "StoreChange",
    "StoredTemplates",
    "TemplateSummary",
    "are_unit_rows",
]

UNIT_TOLERANCE = (
    1e-3  # float32 normalisation is good to 1e-6; a damaged or raw embedding is far off
)


class Source(StrEnum):
    """Where a template's face came from."""

    CAMERA = "camera"
    PHOTO = "photo"


class Kind(StrEnum):
    """What a template says: this is the person, or a face like this is not."""

    EXAMPLE = "example"
    REJECTION = "rejection"


@final  # so that of one or None `one and one.field` has the field's type
@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """The picture of a template's face, from which it can be embedded anew by another model.

    landmarks_xy: (5, 2) float32, in its pixels; None in galleries from before facestream 0.2.
    detector: fingerprint of what found them.
    """

    jpeg: bytes
    landmarks_xy: Float32 | None = None
    detector: str | None = None

    def __post_init__(self) -> None:
        if self.landmarks_xy is not None and (
            self.landmarks_xy.shape != (5, 2) or self.landmarks_xy.dtype != np.float32
        ):
            raise ValueError(
                "landmarks_xy must have shape (5, 2) and dtype float32, "
                f"got {self.landmarks_xy.shape} and {self.landmarks_xy.dtype}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class NewTemplate:
    """An embedding to store.

    embedding: (d,) float32 of unit length.
    fingerprint: hash of everything that made it.
    sharpness: see `vision.quality.sharpness`.
    crop: None where crops are not kept.
    """

    embedding: Float32
    fingerprint: str
    sharpness: float
    source: Source
    crop: Crop | None = None
    kind: Kind = Kind.EXAMPLE

    def __post_init__(self) -> None:
        if self.embedding.ndim != 1 or self.embedding.dtype != np.float32:
            raise ValueError(
                "embedding must have shape (d,) and dtype float32, "
                f"got {self.embedding.shape} and {self.embedding.dtype}"
            )
        if not are_unit_rows(self.embedding[np.newaxis]).all():
            raise ValueError("embedding must have unit length")


@dataclass(frozen=True, slots=True)
class IdentitySummary:
    """A known person. `templates` counts the examples, whatever model made them."""

    identity_id: str
    display_name: str
    templates: int


@dataclass(frozen=True, slots=True)
class TemplateSummary:
    """One template without its embedding. `models`: fingerprints of those that have embedded it."""

    template_id: int
    kind: Kind
    created_at_ms: int
    source: Source
    sharpness: float
    has_crop: bool
    models: frozenset[str]


@dataclass(frozen=True, slots=True)
class IdentityDetail:
    """A person as a whole.

    note: what they agreed to, in the operator's words. expires_at_ms: Unix time from which on they
    are deleted. templates: in order of their ids, the rejections too.
    """

    identity: IdentitySummary
    note: str | None
    created_at_ms: int
    expires_at_ms: int | None
    templates: tuple[TemplateSummary, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FullTemplate:
    """A template with all that is stored of it. embeddings: fingerprint -> (d,) float32."""

    template_id: int
    kind: Kind
    created_at_ms: int
    sharpness: float
    source: Source
    crop: Crop | None
    embeddings: Mapping[str, Float32]


@dataclass(frozen=True, slots=True, eq=False)
class FullIdentity:
    """A person with all that is stored of them, or with some of their templates."""

    identity_id: str
    display_name: str
    created_at_ms: int
    note: str | None
    expires_at_ms: int | None
    templates: tuple[FullTemplate, ...]


class IdentityEdit(TypedDict, total=False):
    """What of a person is to be different; what is not in it stays."""

    display_name: str
    note: str | None
    expires_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What an import did, or would do. Names as they are shown, sorted.

    changed: who is in the gallery before and after -> how many examples they have more, or less.
    new_templates: how many were stored. known_templates: how many were in the gallery already.
    """

    new: tuple[str, ...]
    changed: Mapping[str, int]
    removed: tuple[str, ...]
    new_templates: int
    known_templates: int


@dataclass(frozen=True, slots=True)
class StoreChange:
    """What a change of the store did: who is different now, and who is gone."""

    upserted: tuple[IdentitySummary, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddedTemplates:
    """What an enrolment became: the identity as it is now, and the ids of the new templates."""

    identity: IdentitySummary
    template_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StoredTemplates:
    """Templates of one kind and one fingerprint, in order of their ids.

    template_ids: (m,) int64; an id is never used twice.
    identity_ids: m ids of the people that they belong to.
    embeddings: (m, d) float32, rows of unit length.
    """

    template_ids: NDArray[np.int64]
    identity_ids: tuple[str, ...]
    embeddings: Float32

    def __post_init__(self) -> None:
        m = len(self.template_ids)
        if self.embeddings.ndim != 2 or self.embeddings.dtype != np.float32:
            raise ValueError(
                "embeddings must have shape (m, d) and dtype float32, "
                f"got {self.embeddings.shape} and {self.embeddings.dtype}"
            )
        if not (m == len(self.identity_ids) == len(self.embeddings)):
            raise ValueError(
                f"{m} template_ids, {len(self.identity_ids)} identity_ids and "
                f"{len(self.embeddings)} embeddings must be equally many"
            )

    def __len__(self) -> int:
        return len(self.template_ids)

    def __getitem__(self, which: NDArray[np.bool_]) -> StoredTemplates:
        owners = tuple(one for one, keep in zip(self.identity_ids, which, strict=True) if keep)
        return StoredTemplates(self.template_ids[which], owners, self.embeddings[which])

    def joined(self, others: StoredTemplates) -> StoredTemplates:
        """These and then `others`."""
        if not len(others):
            return self
        return StoredTemplates(
            np.concatenate([self.template_ids, others.template_ids]),
            self.identity_ids + others.identity_ids,
            np.concatenate([self.embeddings, others.embeddings]),
        )

    def owned_by(self, identity_id: str) -> StoredTemplates:
        """The same templates as somebody else's."""
        return StoredTemplates(self.template_ids, (identity_id,) * len(self), self.embeddings)

    @classmethod
    def none(cls, dimension: int) -> StoredTemplates:
        """No template: arrays of length 0."""
        return cls(np.zeros(0, np.int64), (), np.zeros((0, dimension), np.float32))


def are_unit_rows(embeddings: Float32) -> NDArray[np.bool_]:
    """Which rows of (m, d) are finite and of unit length: (m,) bool."""
    lengths = np.sqrt(np.einsum("md,md->m", embeddings, embeddings))
    return np.asarray(np.abs(lengths - 1.0) <= UNIT_TOLERANCE)
