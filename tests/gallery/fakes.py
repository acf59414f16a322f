"""Templates of nobody, and a calibration that was never measured."""

from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from facestream.gallery.calibration import Calibration
from facestream.gallery.index import GalleryIndex
from facestream.gallery.records import (
    Crop,
    FullIdentity,
    Kind,
    NewTemplate,
    Source,
    StoredTemplates,
)
from facestream.records import Float32

DIMENSION = 16
FINGERPRINT = "fingerprint-of-a-fake-model"

NON_MATED_MEAN, NON_MATED_SD = 0.05, 0.12
MATED_MEAN, MATED_SD = 0.65, 0.12
NEARER = 0.04


def unit_rows(n: int, dimension: int = DIMENSION, seed: int = 0) -> Float32:
    rows = np.random.default_rng(seed).standard_normal((n, dimension)).astype(np.float32)
    unit: Float32 = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def new_templates(
    n: int, seed: int = 0, crop: Crop | None = None, fingerprint: str = FINGERPRINT
) -> list[NewTemplate]:
    return [
        NewTemplate(row, fingerprint, 12.5, Source.CAMERA, crop) for row in unit_rows(n, seed=seed)
    ]


def rejection(seed: int, fingerprint: str = FINGERPRINT) -> NewTemplate:
    [row] = unit_rows(1, seed=seed)
    return NewTemplate(row, fingerprint, 12.5, Source.CAMERA, kind=Kind.REJECTION)


def crop(seed: int = 0, size: int = 300) -> Crop:
    """Bytes that nothing else has, between those that begin and end a JPEG."""
    filling = np.random.default_rng(seed).bytes(size - 4)
    landmarks = np.arange(10, dtype=np.float32).reshape(5, 2) + np.float32(seed)
    return Crop(b"\xff\xd8" + filling + b"\xff\xd9", landmarks, "a fake detector")


def content_of(person: FullIdentity, *, ids: bool = True) -> tuple[Any, ...]:
    """All that is stored of a person, so that it can be compared; with template ids or without."""
    templates = [
        (
            *((one.template_id,) if ids else ()),
            (one.kind, one.created_at_ms, one.sharpness, one.source),
            one.crop and content_of_crop(one.crop),
            {made_by: row.tobytes() for made_by, row in one.embeddings.items()},
        )
        for one in person.templates
    ]
    about = (person.identity_id, person.display_name, person.created_at_ms)
    return (*about, person.note, person.expires_at_ms, templates)


def content_of_crop(crop: Crop) -> tuple[Any, ...]:
    landmarks = None if crop.landmarks_xy is None else crop.landmarks_xy.tolist()
    return crop.jpeg, landmarks, crop.detector


def same_index(a: GalleryIndex, b: GalleryIndex) -> bool:
    """Whether two have the same in them, but for the order of templates and rounding in sums."""
    return _searched(a) == _searched(b) and all(
        np.allclose(a.sums[key], b.sums[key], atol=1e-5) for key in a.names
    )


def _searched(index: GalleryIndex) -> tuple[Any, ...]:
    examples = [row for rows in index.blocks for row in _comparable(rows.stored())]
    rejections = {key: _comparable(own) for key, own in index.rejections.items()}
    about = (dict(index.names), dict(index.template_counts), set(index.sums))
    return sorted(examples), rejections, *about


def _comparable(templates: StoredTemplates) -> list[tuple[int, str, bytes]]:
    return sorted(
        (int(template_id), identity_id, row.tobytes())
        for template_id, identity_id, row in zip(
            templates.template_ids, templates.identity_ids, templates.embeddings, strict=True
        )
    )


def bytes_of(folder: Path) -> bytes:
    """Everything in a folder and those below it."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


class Clock:
    """Unix seconds that pass when they are told to."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s

    def pass_days(self, days: float) -> None:
        self.now_s += 86_400 * days


def stored(embeddings: Float32, identity_ids: list[str], first_id: int = 1) -> StoredTemplates:
    ids = np.arange(first_id, first_id + len(embeddings), dtype=np.int64)
    return StoredTemplates(ids, tuple(identity_ids), embeddings)


def at_similarity(similarity: float, direction: int) -> Float32:
    """A unit vector with this cosine to the first axis, the rest of it along another axis."""
    row = np.zeros(DIMENSION, np.float32)
    row[0], row[direction] = similarity, sqrt(1 - similarity**2)
    return row


def synthetic_calibration() -> Calibration:
    """Two bell curves; with four templates a person is nearer to strangers by `NEARER`."""
    grid = np.linspace(-0.4, 1.0, 141)
    below = np.vectorize(lambda s, mean, sd: (1 + erf((s - mean) / (sd * sqrt(2)))) / 2)
    fmr = np.stack(
        [1 - below(grid, NON_MATED_MEAN + shift, NON_MATED_SD) for shift in (0.0, NEARER)]
    )
    return Calibration(
        "fake",
        FINGERPRINT,
        grid,
        np.array([1, 4]),
        np.where(fmr < 1e-7, 0.0, fmr),  # as measured: no pair at all comes so close
        np.tile(below(grid, MATED_MEAN, MATED_SD), (2, 1)),
    )
