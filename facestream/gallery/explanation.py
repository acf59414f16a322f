"""Why a face has its name, or has none: the neighbours and the numbers behind a decision.

Reads an index; knows neither disk nor TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facestream.gallery.decision import (
    MAX_CANDIDATES,
    DecisionPolicy,
    ranked_candidates,
)
from facestream.records import Candidate, Decision, Float32

if TYPE_CHECKING:  # importing it costs seconds: it brings TensorFlow
    from facestream.gallery.index import GalleryIndex

__all__ = ["Explanation", "NearExample", "WeighedCandidate", "explain"]


@dataclass(frozen=True, slots=True)
class NearExample:
    """One of the nearest templates. similarity: cosine to the probe."""

    template_id: int
    identity_id: str
    display_name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class WeighedCandidate:
    """A candidate with what counts for and against it.

    threshold: the similarity that this person needs.
    templates: how many examples they have. votes: how many of those are among the nearest.
    rejected: somebody said of a face like this that it is not them.
    """

    candidate: Candidate
    threshold: float
    templates: int
    votes: int
    rejected: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its grounds.

    threshold: that of the best candidate; of anybody new where the gallery is empty.
    lead_needed: by how much the best has to be ahead of the runner-up.
    candidates: best first. nearest: by descending similarity.
    """

    decision: Decision
    threshold: float
    lead_needed: float
    candidates: tuple[WeighedCandidate, ...]
    nearest: tuple[NearExample, ...]


def explain(
    index: GalleryIndex, policy: DecisionPolicy, probe: Float32, decision: Decision
) -> Explanation:
    """Why `decision` was made of a probe (d,) of unit length, by the gallery as it is now.

    decision: what was said of the face; it may stem from several looks, of which the probe is one.
    """
    if not len(index):
        return Explanation(decision, policy.threshold(0), policy.lead_needed, (), ())
    found = index.blocks.nearest_exactly(probe, policy.neighbours)
    similarities, voters = found.similarities[0].tolist(), found.identity_ids[0].tolist()
    ranked = ranked_candidates(index, probe, similarities, voters)
    candidates = tuple(
        WeighedCandidate(
            one,
            policy.threshold(len(index.names), index.template_counts[one.identity_id]),
            index.template_counts[one.identity_id],
            voters.count(one.identity_id),
            index.rejects(one.identity_id, probe, one.similarity),
        )
        for one in ranked[:MAX_CANDIDATES]
    )
    nearest = tuple(
        NearExample(int(template_id), identity_id, index.names[identity_id], similarity)
        for template_id, identity_id, similarity in zip(
            found.template_ids[0], voters, similarities, strict=True
        )
    )
    return Explanation(decision, candidates[0].threshold, policy.lead_needed, candidates, nearest)
