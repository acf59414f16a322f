"""Open set, 1:N: whether strangers get a name, and whether the enrolled are found again.

The photos go through what serves them live: the pipeline, the gallery's index and its decision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facestream.errors import BadDataset
from facestream.evaluation.dataset import Photo, find_photos
from facestream.evaluation.embedding import embed_photos
from facestream.gallery.decision import DecisionPolicy, decide
from facestream.gallery.index import GalleryIndex
from facestream.gallery.records import StoredTemplates
from facestream.records import Decision, Float32
from facestream.vision.pipeline import Pipeline

__all__ = [
    "Identification",
    "OpenSet",
    "are_named",
    "are_right",
    "decisions",
    "enrolled_index",
    "identify",
    "identify_embedded",
    "open_set",
]


@dataclass(frozen=True, slots=True)
class Identification:
    """Figures of one run; `facestream evaluate identification --json` prints them by these names.

    identities: people enrolled.
    strangers: searches for people who are not; one a photo.
    probes: mated searches, for people who are; one a photo.
    fnir: share of the mated searches that did not end with the right name. A photo in which no face
        was found counts: the person was missed.
    fpir: share of the strangers' searches that ended with a name. A photo in which no face was
        found counts as one that did not.
    threshold: the similarity that a name needed, of a person with all templates.
    rank1: share of the mated searches whose best candidate was right, named or not.
    """

    identities: int
    strangers: int
    probes: int
    fnir: float
    fpir: float
    threshold: float
    rank1: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Photos by their part in the experiment."""

    enrolled: tuple[Photo, ...]
    mated: tuple[Photo, ...]
    strangers: tuple[Photo, ...]


def open_set(photos: Sequence[Photo], enrol: int) -> OpenSet:
    """People with more than `enrol` photos: their first are enrolled, the others are probes.

    Everybody else is a stranger with all their photos. "First" goes by file name.

    Raises:
        BadDataset: nobody has so many photos, or nobody has not.
    """
    enrolled: list[Photo] = []
    mated: list[Photo] = []
    strangers: list[Photo] = []
    ordered = sorted(photos, key=lambda photo: (photo.person, photo.path.name))
    for _, group in groupby(ordered, key=lambda photo: photo.person):
        own = list(group)
        if len(own) > enrol:
            enrolled += own[:enrol]
            mated += own[enrol:]
        else:
            strangers += own
    if not mated or not strangers:
        raise BadDataset(
            f"an open set needs people with more than {enrol} photos and people with fewer, "
            f"but there are {len(mated)} photos of the former to search and {len(strangers)} of "
            "the latter"
        )
    return OpenSet(tuple(enrolled), tuple(mated), tuple(strangers))


def identify(
    pipeline: Pipeline,
    policy: DecisionPolicy,
    images: Path,
    enrol: int = 5,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Identification:
    """Enrol some people and search for everybody; `progress` hears of photos done and in all.

    Raises:
        BadDataset: see `open_set` and `evaluation.dataset`.
    """
    photos = open_set(list(find_photos(images).values()), enrol)
    everybody = (*photos.enrolled, *photos.mated, *photos.strangers)
    embeddings = embed_photos(pipeline, [photo.path for photo in everybody], progress)
    return identify_embedded(photos, embeddings, policy)


def identify_embedded(
    photos: OpenSet, embeddings: dict[Path, Float32], policy: DecisionPolicy
) -> Identification:
    """The figures, from the embedding (d,) of each photo in which a face was found.

    Raises:
        BadDataset: no face was found in any photo that was to be enrolled.
    """
    index = enrolled_index(photos.enrolled, embeddings)
    mated = decisions(index, photos.mated, embeddings, policy)
    strangers = decisions(index, photos.strangers, embeddings, policy)
    right = are_right(photos.mated, mated)
    return Identification(
        identities=len({photo.person for photo in photos.enrolled}),
        strangers=len(strangers),
        probes=len(mated),
        fnir=1 - float(np.mean(right & are_named(mated))),
        fpir=float(np.mean(are_named(strangers))),
        threshold=policy.threshold(len(index.names), max(index.template_counts.values())),
        rank1=float(np.mean(right)),
    )


def enrolled_index(photos: Sequence[Photo], embeddings: dict[Path, Float32]) -> GalleryIndex:
    """An index of the photos with a face; a person's name is their identity id.

    Raises:
        BadDataset: there is none.
    """
    usable = [photo for photo in photos if photo.path in embeddings]
    if not usable:
        raise BadDataset("no face was found in any photo that was to be enrolled")
    templates = StoredTemplates(
        np.arange(len(usable)),
        tuple(photo.person for photo in usable),
        np.stack([embeddings[photo.path] for photo in usable]),
    )
    return GalleryIndex.of(templates, {photo.person: photo.person for photo in usable})


def decisions(
    index: GalleryIndex,
    photos: Sequence[Photo],
    embeddings: dict[Path, Float32],
    policy: DecisionPolicy,
) -> list[Decision | None]:
    """One a photo; None where no face was found."""
    found = [photo.path for photo in photos if photo.path in embeddings]
    probes = np.array([embeddings[path] for path in found], np.float32)
    probes = probes.reshape(-1, index.dimension)
    of_path = dict(zip(found, decide(index, probes, policy), strict=True))
    return [of_path.get(photo.path) for photo in photos]


def are_named(decided: Sequence[Decision | None]) -> NDArray[np.bool_]:
    """(n,) whether the search ended with a name."""
    return np.array([d is not None and d.named is not None for d in decided], np.bool_)


def are_right(photos: Sequence[Photo], decided: Sequence[Decision | None]) -> NDArray[np.bool_]:
    """(n,) whether the best candidate, named or not, is the person on the photo."""
    best = [decision.candidates[0].identity_id if decision else None for decision in decided]
    return np.array([one == p.person for one, p in zip(best, photos, strict=True)], np.bool_)
