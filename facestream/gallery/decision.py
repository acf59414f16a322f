"""Neighbours -> candidates -> a name, or unknown with the reason. Reads an index, knows no disk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facestream.gallery.calibration import Calibration, load_calibration
from facestream.records import Candidate, Decision, Float32, Reason

if TYPE_CHECKING:  # importing it costs seconds: it brings TensorFlow
    from facestream.gallery.index import GalleryIndex

__all__ = ["DecisionPolicy", "decide", "load_policy"]

MAX_CANDIDATES = 3  # docs/protocol.md

_NOBODY_KNOWN = Decision(None, Reason.GALLERY_EMPTY, -1.0, 0.0, ())


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """When a face gets a name.

    The K nearest templates vote. An identity's similarity is the mean of its `best` most similar
    templates, or of as many as it has: one chance hit among ten templates weighs a third, and one
    good template is enough for someone who has no other. The best identity is named when

    1. its similarity reaches the threshold, which follows from `fmr` and the number of identities
       (else TOO_FAR);
    2. at least the share `support` of those templates reach the threshold on their own: 1 of 1, 1
       of 2, 2 of 3 (else AMBIGUOUS);
    3. its similarity is by `margin` above the runner-up's (else AMBIGUOUS).

    Why three: the threshold comes from pairs of photos, and must hold for a person with several.
    On LFW (folds 1 to 5, mobilefacenet, 91 people with 5 templates, 3086 strangers, 1 % of them
    asked for), the mean of the best three named 0.6 % of the strangers and missed 2.2 % of the
    known; the best one alone named 3.3 % and missed 1.1 %; the mean of five named 0.03 % and missed
    4.1 %. With one template a person it is 1.2 % and 7.8 %.

    calibration: of the embedder in use.
    fmr: the chance that a stranger gets a name, in (0, 1); what the operator asks for.
    neighbours: K.
    best: templates of an identity that count, at most.
    """

    calibration: Calibration
    fmr: float
    neighbours: int = 5
    best: int = 3
    support: float = 0.5
    margin: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.fmr < 1:
            raise ValueError(f"fmr must lie between 0 and 1, got {self.fmr}")
        if not 1 <= self.best <= self.neighbours:
            raise ValueError(
                f"best must lie between 1 and neighbours, got {self.best} and {self.neighbours}"
            )

    @classmethod
    def from_calibration(cls, calibration: Calibration, fmr: float) -> DecisionPolicy:
        """The usual policy: everything but the false match rate as it was measured to work best."""
        return cls(calibration, fmr)

    def threshold(self, identities: int) -> float:
        """The similarity that a name needs in a gallery of so many identities."""
        return self.calibration.threshold_for(self.fmr, identities)


def load_policy(embedder: str, fmr: float, fingerprint: str | None = None) -> DecisionPolicy:
    """The policy for an embedder, by the calibration that comes with the program.

    Raises:
        MissingWeights, BadWeights: see `load_calibration`.
    """
    return DecisionPolicy.from_calibration(load_calibration(embedder, fingerprint), fmr)


def decide(index: GalleryIndex, probes: Float32, policy: DecisionPolicy) -> list[Decision]:
    """What is said of each probe. probes: (n, d) float32, rows of unit length."""
    if not len(index):
        return [_NOBODY_KNOWN] * len(probes)
    found = index.search(probes, policy.neighbours)
    threshold = policy.threshold(len(index.names))
    return [
        _decide(index, policy, threshold, _Votes.of(similarities, identity_ids))
        for similarities, identity_ids in zip(found.similarities, found.identity_ids, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Votes:
    """The neighbours of one probe by identity, their similarities descending.

    floor: the similarity of the last neighbour.
    """

    by_identity: dict[str, list[float]]
    floor: float

    @classmethod
    def of(cls, similarities: Float32, identity_ids: NDArray[np.object_]) -> _Votes:
        by_identity: defaultdict[str, list[float]] = defaultdict(list)
        for similarity, identity_id in zip(similarities.tolist(), identity_ids, strict=True):
            by_identity[identity_id].append(similarity)
        return cls(dict(by_identity), float(similarities[-1]))

    def similarity(self, identity_id: str, counted: int) -> float:
        """The mean of the identity's `counted` best templates.

        Those which are not among the neighbours are at most as similar as the last neighbour, and
        count as that.
        """
        best = self.by_identity[identity_id][:counted]
        return (sum(best) + self.floor * (counted - len(best))) / counted


def _decide(
    index: GalleryIndex, policy: DecisionPolicy, threshold: float, votes: _Votes
) -> Decision:
    counted = {key: min(policy.best, index.template_counts[key]) for key in votes.by_identity}
    ranked = sorted(
        (Candidate(key, index.names[key], votes.similarity(key, counted[key])) for key in counted),
        key=lambda candidate: -candidate.similarity,
    )
    best = ranked[0]
    votes_needed = ceil(policy.support * counted[best.identity_id])
    voters = sum(value >= threshold for value in votes.by_identity[best.identity_id])
    lead = best.similarity - ranked[1].similarity if len(ranked) > 1 else np.inf
    if not best.similarity >= threshold:
        reason = Reason.TOO_FAR
    elif voters < votes_needed or lead < policy.margin:
        reason = Reason.AMBIGUOUS
    else:
        reason = None
    return Decision(
        named=best if reason is None else None,
        reason=reason,
        similarity=best.similarity,
        confidence=policy.calibration.confidence(best.similarity, len(index.names)),
        candidates=tuple(ranked[:MAX_CANDIDATES]),
    )
