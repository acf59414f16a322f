"""Neighbours -> candidates -> a name, or unknown with the reason. Reads an index, knows no disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from facestream.gallery.calibration import Calibration, load_calibration
from facestream.records import Candidate, Decision, Float32, Reason

if TYPE_CHECKING:  # importing it costs seconds: it brings TensorFlow
    from facestream.gallery.index import GalleryIndex

__all__ = [
    "MAX_CANDIDATES",
    "DecisionPolicy",
    "decide",
    "load_policy",
    "person_similarity",
    "ranked_candidates",
]

MAX_CANDIDATES = 3  # docs/protocol.md

_NOBODY_KNOWN = Decision(None, Reason.GALLERY_EMPTY, -1.0, 0.0, ())


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """When a face gets a name.

    The K nearest templates vote: whoever has one among them is a candidate. How similar a candidate
    is, `person_similarity` says. The best one is named when

    1. its similarity reaches the threshold, which follows from `fmr`, the number of identities and
       the number of its templates (else TOO_FAR);
    2. at least the share `support` of the votes that it could have are its own: 1 of 1, 1 of 2, 2
       of 3, 2 of 5 (else AMBIGUOUS);
    3. its similarity is by `margin` times the calibration's `spread` above the runner-up's (else
       AMBIGUOUS).

    Whoever the face is not, as somebody said of one that is more like it than the person is, is no
    candidate; if nobody else is named, the reason is REJECTED.

    docs/accuracy.md has the figures behind these choices.

    calibration: of the embedder in use.
    fmr: the chance that a stranger gets a name, in (0, 1); what the operator asks for.
    neighbours: K.
    """

    calibration: Calibration
    fmr: float
    neighbours: int = 5
    support: float = 0.4
    margin: float = 0.33

    def __post_init__(self) -> None:
        if not 0 < self.fmr < 1:
            raise ValueError(f"fmr must lie between 0 and 1, got {self.fmr}")
        if self.neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, got {self.neighbours}")

    @classmethod
    def from_calibration(cls, calibration: Calibration, fmr: float) -> DecisionPolicy:
        """The usual policy: everything but the false match rate as it was measured to work best."""
        return cls(calibration, fmr)

    def threshold(self, identities: int, templates: int = 1) -> float:
        """The similarity that somebody with so many templates needs among so many identities."""
        return self.calibration.threshold_for(self.fmr, identities, templates)

    @property
    def lead_needed(self) -> float:
        """How much more similar than the runner-up the best candidate has to be."""
        return self.margin * self.calibration.spread


def load_policy(embedder: str, fmr: float, fingerprint: str | None = None) -> DecisionPolicy:
    """The policy for an embedder, by the calibration that comes with the program.

    Raises:
        MissingWeights, BadWeights: see `load_calibration`.
    """
    return DecisionPolicy.from_calibration(load_calibration(embedder, fingerprint), fmr)


@overload
def person_similarity(nearest: float, to_mean: float) -> float: ...
@overload
def person_similarity(nearest: Float32, to_mean: Float32) -> Float32: ...
def person_similarity(nearest: Any, to_mean: Any) -> Any:
    """How similar a probe is to a person, in [-1, 1]: what thresholds and calibrations are about.

    Halfway between the cosine to the nearest template and that to the mean of all. The nearest
    alone finds people again who look like one photo of theirs only, but gives strangers as many
    chances as there are templates; the mean alone is the steadiest, but blurs who looks different
    on each photo. Together they miss fewer people, at the same rate of named strangers, than
    either, and than the mean of the best two, three or five. With one template it is its cosine.

    nearest, to_mean: the two cosines, of one probe or (n,) of many.
    """
    return (nearest + to_mean) / 2


def decide(index: GalleryIndex, probes: Float32, policy: DecisionPolicy) -> list[Decision]:
    """What is said of each probe. probes: (n, d) float32, rows of unit length.

    A probe with a number that is not finite resembles nobody.
    """
    if not len(index):
        return [_NOBODY_KNOWN] * len(probes)
    sound = np.where(np.isfinite(probes).all(axis=1, keepdims=True), probes, np.float32(0))
    found = index.search(sound, policy.neighbours)
    return [
        _decide(index, policy, probe, similarities.tolist(), identity_ids.tolist())
        for probe, similarities, identity_ids in zip(
            sound, found.similarities, found.identity_ids, strict=True
        )
    ]


def _decide(
    index: GalleryIndex,
    policy: DecisionPolicy,
    probe: Float32,
    similarities: list[float],
    voters: list[str],
) -> Decision:
    """See `ranked_candidates` for the arguments."""
    ranked = ranked_candidates(index, probe, similarities, voters)
    # Whom somebody said it is not is passed over; the others are judged as if they were alone.
    standing = [c for c in ranked if not index.rejects(c.identity_id, probe, c.similarity)]
    if standing and (decision := _judged(index, policy, standing, voters)).named:
        return decision
    decision = _judged(index, policy, ranked, voters)
    if decision.named:
        return replace(decision, named=None, reason=Reason.REJECTED)
    return decision


def _judged(
    index: GalleryIndex, policy: DecisionPolicy, ranked: list[Candidate], voters: list[str]
) -> Decision:
    """Whether the first of some candidates is named."""
    best = ranked[0]
    identities, templates = len(index.names), index.template_counts[best.identity_id]
    votes_needed = ceil(policy.support * min(policy.neighbours, templates))
    lead = best.similarity - ranked[1].similarity if len(ranked) > 1 else np.inf
    if best.similarity < policy.threshold(identities, templates):
        reason = Reason.TOO_FAR
    elif voters.count(best.identity_id) < votes_needed or lead < policy.lead_needed:
        reason = Reason.AMBIGUOUS
    else:
        reason = None
    return Decision(
        named=best if reason is None else None,
        reason=reason,
        similarity=best.similarity,
        confidence=policy.calibration.confidence(best.similarity, identities, templates),
        candidates=tuple(ranked[:MAX_CANDIDATES]),
    )


def ranked_candidates(
    index: GalleryIndex, probe: Float32, similarities: list[float], voters: list[str]
) -> list[Candidate]:
    """Whoever has a vote, by descending similarity. probe: (d,), for an index with a template.

    similarities: of the nearest templates, descending. voters: the identity id of each.
    """
    nearest: dict[str, float] = {}
    for identity_id, similarity in zip(voters, similarities, strict=True):
        nearest.setdefault(identity_id, similarity)  # the first is the most similar
    candidates = [
        Candidate(
            key, index.names[key], person_similarity(value, float(probe @ index.mean_of(key)))
        )
        for key, value in nearest.items()
    ]
    return sorted(candidates, key=lambda candidate: -candidate.similarity)
