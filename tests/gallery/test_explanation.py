"""The grounds of a decision are those on which it was made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery.decision import DecisionPolicy, decide
from facestream.gallery.explanation import Explanation, explain
from facestream.gallery.index import GalleryIndex
from facestream.records import Decision, Float32, Reason

from .fakes import DIMENSION, at_similarity, stored, synthetic_calibration, unit_rows

POLICY = DecisionPolicy.from_calibration(synthetic_calibration(), fmr=0.001)
PROBE = at_similarity(1.0, 1)


def explained(index: GalleryIndex, probe: Float32 = PROBE) -> tuple[Decision, Explanation]:
    [decision] = decide(index, probe[np.newaxis], POLICY)
    return decision, explain(index, POLICY, probe, decision)


def gallery(**similarities: list[float]) -> GalleryIndex:
    """Each person has templates of these similarities to the probe."""
    rows = [(name, s) for name, values in similarities.items() for s in values]
    embeddings = np.stack([at_similarity(s, 1 + i) for i, (_, s) in enumerate(rows)])
    names = {name: name.title() for name in similarities}
    return GalleryIndex.of(stored(embeddings, [name for name, _ in rows]), names)


def test_with_nobody_known_there_are_no_grounds() -> None:
    decision, why = explained(GalleryIndex.empty(DIMENSION))
    assert decision.reason is Reason.GALLERY_EMPTY
    assert why == Explanation(decision, POLICY.threshold(0), POLICY.lead_needed, (), ())


def test_neighbours_votes_and_thresholds_are_told() -> None:
    index = gallery(anna=[0.8, 0.7], bea=[0.5, 0.1, 0.05])
    decision, why = explained(index)
    assert decision.named is not None
    assert why.decision is decision
    assert [(one.display_name, round(one.similarity, 4)) for one in why.nearest] == [
        *(("Anna", 0.8), ("Anna", 0.7)),
        *(("Bea", 0.5), ("Bea", 0.1), ("Bea", 0.05)),
    ]
    assert [one.template_id for one in why.nearest] == [1, 2, 3, 4, 5]
    anna, bea = why.candidates
    assert anna.candidate == decision.candidates[0]
    assert (anna.templates, anna.votes, anna.rejected) == (2, 2, False)
    assert (bea.templates, bea.votes, bea.rejected) == (3, 3, False)
    assert anna.threshold == why.threshold == POLICY.threshold(2, 2)
    assert bea.threshold == POLICY.threshold(2, 3)
    assert why.lead_needed == POLICY.lead_needed


def test_who_is_rejected_is_told_among_the_candidates() -> None:
    index = gallery(anna=[0.8], bea=[0.6]).rejecting(stored(PROBE[np.newaxis], ["anna"], 9))
    decision, why = explained(index)
    assert decision.named is not None
    assert decision.named.display_name == "Bea"
    assert [(one.candidate.display_name, one.rejected) for one in why.candidates] == [
        ("Anna", True),
        ("Bea", False),
    ]


@given(m=st.integers(1, 60), people=st.integers(1, 8), seed=st.integers(0, 100))
@settings(max_examples=30)
def test_the_grounds_are_those_of_the_decision(m: int, people: int, seed: int) -> None:
    ids = [f"id{i % people}" for i in range(m)]
    index = GalleryIndex.of(stored(unit_rows(m, seed=seed), ids), {i: i for i in ids})
    decision, why = explained(index, unit_rows(m, seed=seed)[0])
    assert tuple(one.candidate for one in why.candidates) == decision.candidates
    assert len(why.nearest) == min(m, POLICY.neighbours)
    if decision.named is not None:
        assert decision.similarity >= why.threshold


@pytest.mark.parametrize("k", [1, 3])
def test_as_many_neighbours_are_told_as_vote(k: int) -> None:
    index = gallery(anna=[0.8, 0.7], bea=[0.5, 0.1])
    policy = DecisionPolicy(POLICY.calibration, POLICY.fmr, neighbours=k)
    [decision] = decide(index, PROBE[np.newaxis], policy)
    assert len(explain(index, policy, PROBE, decision).nearest) == k
