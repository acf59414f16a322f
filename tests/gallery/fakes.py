"""Templates of nobody, and a calibration that was never measured."""

from math import erf, sqrt

import numpy as np

from facestream.gallery.calibration import Calibration
from facestream.gallery.records import NewTemplate, Source, StoredTemplates
from facestream.records import Float32

DIMENSION = 16
FINGERPRINT = "fingerprint-of-a-fake-model"

NON_MATED_MEAN, NON_MATED_SD = 0.05, 0.12
MATED_MEAN, MATED_SD = 0.65, 0.12
NEARER = 0.04


def unit_rows(n: int, dimension: int = DIMENSION, seed: int = 0) -> Float32:
    rows = np.random.default_rng(seed).standard_normal((n, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def new_templates(
    n: int, seed: int = 0, crop_jpeg: bytes | None = None, fingerprint: str = FINGERPRINT
) -> list[NewTemplate]:
    return [
        NewTemplate(row, fingerprint, 12.5, Source.CAMERA, crop_jpeg)
        for row in unit_rows(n, seed=seed)
    ]


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
