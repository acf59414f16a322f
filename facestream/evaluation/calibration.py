"""Similarity -> false match and false non-match rate, measured on labelled photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facestream.evaluation.dataset import find_photos
from facestream.evaluation.embedding import embed_photos
from facestream.gallery.decision import person_similarity
from facestream.records import Float32
from facestream.vision.pipeline import Pipeline

__all__ = ["calibrate", "calibration_of"]

TEMPLATE_COUNTS = (1, 2, 3, 5, 8)
"""How many templates the people have with whom probes are compared, one table for each. In LFW's
folds 1 to 5, 91 people have more than five photos and 28 more than eight."""

DRAWS = 5
"""Choices of templates for a person at most: those with many photos would else be all there is."""

FEWEST_PEOPLE = 10
"""With fewer people who have so many photos there is no table for that number of templates."""

FEWEST_COMPARISONS = 30
"""A rate from fewer non-mated comparisons is written as 0, "not measured". The most similar photos
of different names in LFW show people with two names; taken at their word, they would put the
threshold of a large gallery out of everybody's reach. Readers extrapolate instead."""

GRID = np.round(np.arange(-0.2, 1.0001, 0.01), 2)
"""Similarities at which the rates are tabulated; between two of them they are interpolated."""

People = NDArray[np.integer[Any]]
Rows = NDArray[np.intp]


def calibrate(
    pipeline: Pipeline,
    images: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """The calibration file of this pipeline, from the photos in `images`.

    Raises:
        BadDataset: see `evaluation.dataset`.
    """
    photos = find_photos(images)
    person_of = {photo.path: photo.person for photo in photos.values()}
    embeddings = embed_photos(pipeline, sorted(person_of), progress)
    people = np.unique([person_of[path] for path in embeddings], return_inverse=True)[1]
    return calibration_of(
        np.stack(list(embeddings.values())), people, pipeline.embedder_name, pipeline.fingerprint
    )


def calibration_of(
    embeddings: Float32, people: People, embedder: str, fingerprint: str
) -> dict[str, Any]:
    """What `gallery.calibration` reads, from embeddings (n, d) of the persons `people` (n,).

    For each number of templates, that many photos are drawn of everybody who has them, and all
    other photos are compared with the person. Draws are random and always the same.
    """
    random = np.random.default_rng(0)
    counts = [count for count in TEMPLATE_COUNTS if _with_photos(people, count) >= FEWEST_PEOPLE]
    return {
        "embedder": embedder,
        "fingerprint": fingerprint,
        "similarity": GRID.tolist(),
        "comparisons": [_rates(embeddings, people, count, random) for count in counts],
    }


def _with_photos(people: People, count: int) -> int:
    """How many people have more than so many photos."""
    return int((np.unique(people, return_counts=True)[1] > count).sum())


def _rates(
    embeddings: Float32, people: People, templates: int, random: np.random.Generator
) -> dict[str, Any]:
    """At each similarity of `GRID`, over comparisons of a photo with a person of `templates`.

    false_match_rate: the share of non-mated comparisons at or above it.
    false_non_match_rate: that of mated comparisons below it, the mean over people, as some have a
        hundred times as many mated comparisons as others.
    """
    reached = np.zeros(len(GRID), np.int64)  # by non-mated comparisons
    non_mated = mated = 0
    missed: dict[int, list[NDArray[np.float64]]] = {}
    for person, rows in _draws(people, templates, random):
        similarities = _similarities(embeddings, rows)
        other = people != person
        reached += _count_at_or_above(similarities[other])
        non_mated += int(other.sum())
        own = similarities[~other & ~np.isin(np.arange(len(people)), rows)]
        if len(own):
            mated += len(own)
            missed.setdefault(person, []).append(1 - _count_at_or_above(own) / len(own))
    reached[reached < FEWEST_COMPARISONS] = 0
    return {
        "templates": templates,
        "people": len(missed),
        "non_mated": non_mated,
        "mated": mated,
        "false_match_rate": (reached / max(non_mated, 1)).tolist(),
        "false_non_match_rate": np.mean(
            [np.mean(shares, axis=0) for shares in missed.values()], axis=0
        ).tolist(),
    }


def _draws(
    people: People, templates: int, random: np.random.Generator
) -> Iterator[tuple[int, Rows]]:
    """Persons, and the rows of the photos which are their templates this time."""
    for person in np.unique(people).tolist():
        rows = np.flatnonzero(people == person)
        draws: dict[tuple[int, ...], None] = {}  # in order, and none twice
        while len(draws) < min(DRAWS, comb(len(rows), templates)):
            draws[tuple(np.sort(random.permutation(rows)[:templates]).tolist())] = None
        for draw in draws:
            yield person, np.array(draw)


def _similarities(embeddings: Float32, rows: Rows) -> Float32:
    """`person_similarity` (n,) of each embedding to the person whose templates are `rows`."""
    templates = embeddings[rows]
    mean = templates.sum(axis=0)
    nearest: Float32 = (embeddings @ templates.T).max(axis=1)
    to_mean: Float32 = embeddings @ (mean / np.linalg.norm(mean))
    return person_similarity(nearest, to_mean)


def _count_at_or_above(similarities: Float32) -> NDArray[np.int64]:
    below = np.searchsorted(np.sort(similarities), GRID, side="left")
    return np.asarray(len(similarities) - below, np.int64)
