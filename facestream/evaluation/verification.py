"""1:1 comparison by the LFW protocol: whether two photos are of the same person.

Huang et al.: "Labeled Faces in the Wild", 2007. Each fold's threshold is chosen on the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facestream.evaluation.dataset import Pair, find_photos, read_pairs
from facestream.evaluation.embedding import embed_photos
from facestream.evaluation.rates import accuracy_at, best_threshold, tar_at_fmr
from facestream.records import Float32
from facestream.vision.pipeline import Pipeline

__all__ = ["Verification", "similarities_of", "verify", "verify_embedded"]

FMRS = ("0.01", "0.001")
NO_FACE_SIMILARITY = -1.0
"""A pair with a photo in which no face was found is refused, whoever it shows."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Figures of one run; `facestream evaluate verification --json` prints them by these names.

    accuracy, accuracy_std: mean and standard deviation over the folds.
    threshold: of highest accuracy on all pairs.
    tar_at_fmr: false match rate -> share of mated pairs accepted there.
    failure_to_acquire: photos in which no face was found.
    """

    pairs: int
    accuracy: float
    accuracy_std: float
    threshold: float
    tar_at_fmr: dict[str, float]
    failure_to_acquire: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def verify(
    pipeline: Pipeline,
    images: Path,
    pairs_file: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Run the protocol; `progress` hears of photos done and in all. Raises BadDataset."""
    started = perf_counter()
    folds = read_pairs(pairs_file, find_photos(images))
    pairs = [pair for fold in folds for pair in fold]
    paths = sorted({photo.path for pair in pairs for photo in (pair.first, pair.second)})
    embeddings = embed_photos(pipeline, paths, progress)
    seconds = perf_counter() - started
    return replace(verify_embedded(folds, embeddings), seconds=seconds)


def verify_embedded(folds: list[list[Pair]], embeddings: dict[Path, Float32]) -> Verification:
    """The figures, from the embedding (d,) of each photo in which a face was found; in 0 seconds.

    folds: the pairs of each, see `read_pairs`.
    """
    pairs = [pair for fold in folds for pair in fold]
    paths = {photo.path for pair in pairs for photo in (pair.first, pair.second)}
    similarities = similarities_of(pairs, embeddings)
    mated = np.array([pair.mated for pair in pairs])
    fold_of_pair = np.repeat(np.arange(len(folds)), [len(fold) for fold in folds])
    accuracies = [
        _fold_accuracy(similarities, mated, fold_of_pair == fold) for fold in range(len(folds))
    ]
    return Verification(
        pairs=len(pairs),
        accuracy=float(np.mean(accuracies)),
        accuracy_std=float(np.std(accuracies)),
        threshold=best_threshold(similarities, mated),
        tar_at_fmr={fmr: tar_at_fmr(similarities, mated, float(fmr)) for fmr in FMRS},
        failure_to_acquire=len(paths - embeddings.keys()),
        seconds=0.0,
    )


def similarities_of(pairs: list[Pair], embeddings: dict[Path, Float32]) -> Float32:
    """Cosine similarity (n,) of each pair; `NO_FACE_SIMILARITY` where one has no embedding."""
    return np.array(
        [
            embeddings[pair.first.path] @ embeddings[pair.second.path]
            if pair.first.path in embeddings and pair.second.path in embeddings
            else NO_FACE_SIMILARITY
            for pair in pairs
        ],
        np.float32,
    )


def _fold_accuracy(
    similarities: Float32, mated: NDArray[np.bool_], test: NDArray[np.bool_]
) -> float:
    # With a single fold there is nothing else to choose the threshold on.
    train = ~test if not test.all() else test
    threshold = best_threshold(similarities[train], mated[train])
    return accuracy_at(threshold, similarities[test], mated[test])
