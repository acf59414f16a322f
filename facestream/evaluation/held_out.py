"""What is measured on people whose photos were not used for the calibration.

Figures of a threshold taken on the photos that it was chosen on flatter. Here half of the people
calibrate and the other half are searched for, with the halves changing places, several times over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facestream.evaluation.calibration import calibration_of
from facestream.evaluation.dataset import Photo
from facestream.evaluation.identification import (
    Identification,
    are_right,
    decisions,
    enrolled_index,
    identify_embedded,
    open_set,
)
from facestream.gallery.calibration import Calibration, parse_calibration
from facestream.gallery.decision import DecisionPolicy
from facestream.records import Float32

__all__ = ["Sureness", "calibrated_on", "halves", "identify_held_out", "sureness_held_out"]

Embeddings = dict[Path, Float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sureness:
    """Searches of held-out people: what was said and what was so.

    confidences: (n,) of the best candidates.
    right: (n,) whether the candidate was the person.
    weights: (n,) so that strangers and enrolled people weigh the same in all, as the confidence
        takes for granted.
    """

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]
    weights: NDArray[np.float64]

    def share_right(self, low: float, high: float) -> tuple[float, float, int]:
        """Of searches with a confidence in [low, high): mean confidence, share right, how many."""
        here = (self.confidences >= low) & (self.confidences < high)
        weights = self.weights[here]
        if not len(weights):
            return np.nan, np.nan, 0
        return (
            float(np.average(self.confidences[here], weights=weights)),
            float(np.average(self.right[here], weights=weights)),
            len(weights),
        )


def halves(photos: Sequence[Photo], splits: int) -> Iterator[tuple[list[Photo], list[Photo]]]:
    """Photos to calibrate on and photos to search for, no person in both; two of each split.

    Splits are random and always the same.
    """
    people = np.array(sorted({photo.person for photo in photos}))
    for seed in range(splits):
        chosen = set(np.random.default_rng(seed).permutation(people)[: len(people) // 2].tolist())
        one = [photo for photo in photos if photo.person in chosen]
        other = [photo for photo in photos if photo.person not in chosen]
        yield one, other
        yield other, one


def calibrated_on(photos: Sequence[Photo], embeddings: Embeddings) -> Calibration:
    """The calibration that `facestream evaluate calibrate` would make of these photos alone."""
    found = [photo for photo in photos if photo.path in embeddings]
    people = np.unique([photo.person for photo in found], return_inverse=True)[1]
    rows = np.stack([embeddings[photo.path] for photo in found])
    return parse_calibration(calibration_of(rows, people, "held out", "held out"))


def identify_held_out(
    photos: Sequence[Photo],
    embeddings: Embeddings,
    fmrs: Sequence[float],
    enrol: int = 5,
    splits: int = 10,
) -> dict[float, list[Identification]]:
    """For each rate asked for, the open-set figures of each half."""
    results: dict[float, list[Identification]] = {fmr: [] for fmr in fmrs}
    for for_calibration, for_search in halves(photos, splits):
        calibration = calibrated_on(for_calibration, embeddings)
        parts = open_set(for_search, enrol)
        for fmr in fmrs:
            policy = DecisionPolicy.from_calibration(calibration, fmr)
            results[fmr].append(identify_embedded(parts, embeddings, policy))
    return results


def sureness_held_out(
    photos: Sequence[Photo], embeddings: Embeddings, enrol: int = 5, splits: int = 10
) -> Sureness:
    """The confidences of all searches of all halves."""
    confidences: list[float] = []
    right: list[bool] = []
    weights: list[float] = []
    for for_calibration, for_search in halves(photos, splits):
        policy = DecisionPolicy.from_calibration(calibrated_on(for_calibration, embeddings), 0.01)
        parts = open_set(for_search, enrol)
        index = enrolled_index(parts.enrolled, embeddings)
        for group in (parts.mated, parts.strangers):
            decided = decisions(index, group, embeddings, policy)
            found = [row for row, decision in enumerate(decided) if decision is not None]
            confidences += [d.confidence for d in decided if d is not None]
            right += are_right(group, decided)[found].tolist()
            weights += [1 / len(found)] * len(found)
    return Sureness(np.array(confidences), np.array(right), np.array(weights))
