"""Similarity -> false match and false non-match rate, measured on labelled photos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facestream.evaluation.dataset import find_photos
from facestream.evaluation.embedding import embed_photos
from facestream.records import Float32
from facestream.vision.pipeline import Pipeline

__all__ = ["calibrate", "rate_table"]

FEWEST_PAIRS = 30
"""A rate from fewer non-mated pairs is written as 0, "not measured". The most similar pairs of
different names in LFW show people with two names; taken at their word, they would put the threshold
of a large gallery out of everybody's reach. Readers extrapolate instead."""

GRID = np.round(np.arange(-0.2, 1.0001, 0.01), 2)
"""Similarities at which the rates are tabulated; between two of them they are interpolated."""


def calibrate(
    pipeline: Pipeline,
    images: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """The calibration file of this pipeline, from every pair of the photos in `images`.

    Returns what `gallery.calibration` reads: the fingerprint, the grid of similarities, and at each
    of them the share of non-mated pairs at or above it and of mated pairs below it.

    Raises:
        BadDataset: see `evaluation.dataset`.
    """
    photos = find_photos(images)
    person_of = {photo.path: photo.person for photo in photos.values()}
    embeddings = embed_photos(pipeline, sorted(person_of), progress)
    people = np.unique([person_of[path] for path in embeddings], return_inverse=True)[1]
    table = rate_table(np.stack(list(embeddings.values())), people)
    return {"embedder": pipeline.embedder_name, "fingerprint": pipeline.fingerprint, **table}


def rate_table(embeddings: Float32, people: NDArray[np.integer[Any]]) -> dict[str, Any]:
    """Rates on `GRID` over all pairs of embeddings (n, d), whose persons are `people` (n,)."""
    non_mated = np.zeros(len(GRID), np.int64)  # pairs at or above each similarity
    mated = np.zeros(len(GRID), np.int64)
    non_mated_pairs = mated_pairs = 0
    for row in range(len(embeddings) - 1):  # row by row: all pairs at once would need gigabytes
        similarities = embeddings[row + 1 :] @ embeddings[row]
        same = people[row + 1 :] == people[row]
        non_mated += _count_at_or_above(similarities[~same])
        mated += _count_at_or_above(similarities[same])
        non_mated_pairs += int((~same).sum())
        mated_pairs += int(same.sum())
    non_mated[non_mated < FEWEST_PAIRS] = 0
    return {
        "non_mated_pairs": non_mated_pairs,
        "mated_pairs": mated_pairs,
        "similarity": GRID.tolist(),
        "false_match_rate": (non_mated / max(non_mated_pairs, 1)).tolist(),
        "false_non_match_rate": (1 - mated / max(mated_pairs, 1)).tolist(),
    }


def _count_at_or_above(similarities: Float32) -> NDArray[np.int64]:
    below = np.searchsorted(np.sort(similarities), GRID, side="left")
    return np.asarray(len(similarities) - below, np.int64)
