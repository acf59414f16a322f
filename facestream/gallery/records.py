"""What passes between the gallery's parts: templates and identities. Knows numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32

__all__ = [
    "AddedTemplates",
    "IdentitySummary",
    "NewTemplate",
    "Source",
    "StoredTemplates",
    "are_unit_rows",
]

UNIT_TOLERANCE = (
    1e-3  # float32 normalisation is good to 1e-6; a damaged or raw embedding is far off
)


class Source(StrEnum):
    """Where a template's face came from."""

    CAMERA = "camera"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True, eq=False)
class NewTemplate:
    """An embedding to store.

    embedding: (d,) float32 of unit length.
    fingerprint: hash of everything that made it.
    sharpness: see `vision.quality.sharpness`.
    crop_jpeg: the aligned crop, or None where crops are not kept.
    """

    embedding: Float32
    fingerprint: str
    sharpness: float
    source: Source
    crop_jpeg: bytes | None = None

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
    """A known person. `templates` counts all that are stored, whatever model made them."""

    identity_id: str
    display_name: str
    templates: int


@dataclass(frozen=True, slots=True)
class AddedTemplates:
    """What an enrolment became: the identity as it is now, and the ids of the new templates."""

    identity: IdentitySummary
    template_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StoredTemplates:
    """Templates of one fingerprint, in order of their ids.

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


def are_unit_rows(embeddings: Float32) -> NDArray[np.bool_]:
    """Which rows of (m, d) are finite and of unit length: (m,) bool."""
    lengths = np.sqrt(np.einsum("md,md->m", embeddings, embeddings))
    return np.asarray(np.abs(lengths - 1.0) <= UNIT_TOLERANCE)
