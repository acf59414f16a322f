"""False match and false non-match rates at thresholds. Pure numpy.

A pair is accepted when its similarity is at least the threshold. FMR is the share of non-mated
pairs accepted, FNMR that of mated pairs refused (ISO/IEC 19795-1), TAR is 1 - FNMR.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["accuracy_at", "best_threshold", "tar_at_fmr", "threshold_at_fmr"]

Floats = NDArray[np.floating[Any]]


def best_threshold(similarities: Floats, mated: NDArray[np.bool_]) -> float:
    """The threshold of highest accuracy on pairs (n,); halfway between two similarities."""
    order = np.argsort(similarities)
    ascending, labels = similarities[order], mated[order]
    # Accepting from position i on: refused non-mated before i, accepted mated from i on.
    correct = np.concatenate([[0], np.cumsum(~labels)]) + np.concatenate(
        [np.cumsum(labels[::-1])[::-1], [0]]
    )
    correct[1:-1][ascending[1:] == ascending[:-1]] = 0  # nothing can part equal similarities
    edges = np.concatenate([[-1.0], (ascending[1:] + ascending[:-1]) / 2, [1.0]])
    return float(edges[int(np.argmax(correct))])


def accuracy_at(threshold: float, similarities: Floats, mated: NDArray[np.bool_]) -> float:
    """Share of the pairs (n,) that are decided rightly."""
    return float(np.mean((similarities >= threshold) == mated))


def threshold_at_fmr(non_mated: Floats, fmr: float) -> float:
    """The lowest threshold that accepts at most `fmr` of the non-mated similarities (n,)."""
    descending = np.sort(non_mated)[::-1]
    allowed = int(np.floor(fmr * len(descending)))
    if allowed >= len(descending):
        return -1.0
    return float(np.nextafter(descending[allowed], 2))


def tar_at_fmr(similarities: Floats, mated: NDArray[np.bool_], fmr: float) -> float:
    """Share of the mated pairs accepted at the threshold which `fmr` allows."""
    threshold = threshold_at_fmr(similarities[~mated], fmr)
    return float(np.mean(similarities[mated] >= threshold))
