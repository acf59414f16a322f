"""Whether two looks show one person, by an embedder's calibration. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facestream.gallery.calibration import Calibration
from facestream.gallery.decision import person_similarity
from facestream.records import Float32

__all__ = ["Likeness"]

STRANGER_FMR = 1e-4
"""Of strangers, how many may pass as the person of the examples before."""

SAME_LOOK = 0.15
"""In spreads of the calibration: how far apart two embeddings of one look are at the most."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Similarities mean something else with each embedder; this asks its calibration."""

    calibration: Calibration

    @classmethod
    def of(cls, calibration: Calibration) -> Likeness:
        """With the embedder of that calibration."""
        return cls(calibration)

    def is_same_person(self, embedding: Float32, examples: Float32) -> bool:
        """Whether (d,) is of the person whom (n, d), n >= 1, show."""
        mean = examples.mean(axis=0)
        to_mean = float(mean @ embedding / max(float(np.linalg.norm(mean)), 1e-6))
        similarity = person_similarity(float((examples @ embedding).max()), to_mean)
        threshold = self.calibration.threshold_for(STRANGER_FMR, templates=len(examples))
        return similarity >= threshold

    def is_same_look(self, embedding: Float32, other: Float32) -> bool:
        """Whether nothing is different between two looks (d,) of a person: not even the pose."""
        return float(embedding @ other) > 1 - SAME_LOOK * self.calibration.spread
