import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery.decision import DecisionPolicy, decide, person_similarity
from facestream.gallery.index import GalleryIndex
from facestream.records import Decision, Reason

from .fakes import DIMENSION, at_similarity, stored, synthetic_calibration, unit_rows

POLICY = DecisionPolicy.from_calibration(synthetic_calibration(), fmr=0.001)
PROBE = at_similarity(1.0, 1)[np.newaxis]


def decided(policy: DecisionPolicy = POLICY, /, **similarities: list[float]) -> Decision:
    """Of one probe in a gallery where each person has templates of these similarities to it."""
    rows = [(name, s) for name, values in similarities.items() for s in values]
    embeddings = np.stack([at_similarity(s, 1 + i) for i, (_, s) in enumerate(rows)])
    templates = stored(embeddings, [name for name, _ in rows])
    index = GalleryIndex.of(templates, {name: name.title() for name in similarities})
    return decide(index, PROBE, policy)[0]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_an_empty_gallery_names_nobody(n: int) -> None:
    decisions = decide(GalleryIndex.empty(DIMENSION), unit_rows(n), POLICY)
    assert decisions == [Decision(None, Reason.GALLERY_EMPTY, -1.0, 0.0, ())] * n


def test_no_probes_get_no_decisions() -> None:
    index = GalleryIndex.of(stored(PROBE, ["anna"]), {"anna": "Anna"})
    assert decide(index, unit_rows(0), POLICY) == []


def test_the_thresholds_of_these_tests_are_what_they_take_them_for() -> None:
    assert 0.40 < POLICY.threshold(1) < POLICY.threshold(2) < POLICY.threshold(3) < 0.5
    assert 0.45 < POLICY.threshold(1, 4) < POLICY.threshold(2, 4) < 0.52


def test_one_good_template_is_enough_for_who_has_no_other() -> None:
    decision = decided(anna=[0.7])
    assert decision.named is not None
    assert (decision.named.identity_id, decision.named.display_name) == ("anna", "Anna")
    assert decision.reason is None
    assert decision.similarity == pytest.approx(0.7, abs=1e-6)
    assert decision.confidence > 0.99
    assert decision.candidates == (decision.named,)


def test_similarity_is_halfway_between_the_nearest_template_and_the_mean_of_all() -> None:
    similarities = [0.9, 0.8, 0.7, 0.1, 0.0]
    templates = np.stack([at_similarity(s, 1 + i) for i, s in enumerate(similarities)])
    mean = templates.sum(axis=0) / np.linalg.norm(templates.sum(axis=0))
    decision = decided(anna=similarities)
    assert decision.similarity == pytest.approx((0.9 + float(mean @ PROBE[0])) / 2, abs=1e-6)
    assert decision.similarity == pytest.approx(person_similarity(0.9, float(mean @ PROBE[0])))


def test_templates_beyond_the_neighbours_count_in_the_mean() -> None:
    few = decided(anna=[0.8, 0.7], bea=[0.6, 0.55, 0.5, 0.45])
    more = decided(anna=[0.8, 0.7, 0.1, 0.1], bea=[0.6, 0.55, 0.5, 0.45])
    assert few.candidates[0].identity_id == more.candidates[0].identity_id == "anna"
    assert more.similarity < few.similarity - 0.05


def test_a_face_below_the_threshold_is_too_far() -> None:
    decision = decided(anna=[0.35, 0.3], bea=[0.2])
    assert decision.named is None
    assert decision.reason is Reason.TOO_FAR
    assert [c.identity_id for c in decision.candidates] == ["anna", "bea"]
    assert decision.similarity == decision.candidates[0].similarity
    assert decision.confidence < 0.9


def test_two_people_equally_near_are_ambiguous() -> None:
    decision = decided(anna=[0.70, 0.69], bea=[0.68, 0.67])
    assert decision.named is None
    assert decision.reason is Reason.AMBIGUOUS
    assert [c.identity_id for c in decision.candidates] == ["anna", "bea"]


def test_a_clear_lead_is_not_ambiguous() -> None:
    decision = decided(anna=[0.75, 0.74], bea=[0.66, 0.65])
    assert decision.named is not None
    assert decision.named.identity_id == "anna"


def test_where_similarities_lie_close_together_a_smaller_lead_is_clear() -> None:
    wide = synthetic_calibration()
    close = replace(wide, similarity=0.5 + wide.similarity / 2)  # from 0.3 to 1
    narrow = DecisionPolicy.from_calibration(close, POLICY.fmr)
    assert narrow.lead_needed == pytest.approx(POLICY.lead_needed / 2)
    similarities = {"anna": [0.93], "bea": [0.90]}
    assert decided(**similarities).reason is Reason.AMBIGUOUS
    assert decided(narrow, **similarities).named is not None


def test_many_templates_do_not_outvote_a_nearer_person_with_one() -> None:
    decision = decided(anna=[0.9], bea=[0.5, 0.5, 0.5, 0.5, 0.5])
    assert decision.named is not None
    assert decision.named.identity_id == "anna"


def test_one_vote_of_five_possible_ones_is_not_enough() -> None:
    similarities = {"anna": [0.99, 0.1, 0.1, 0.1, 0.1], "bea": [0.3] * 4}
    assert decided(**similarities).reason is Reason.AMBIGUOUS
    assert decided(replace(POLICY, support=0.0), **similarities).named is not None


def test_one_of_two_templates_may_be_of_no_use() -> None:
    decision = decided(anna=[0.9, 0.2])
    assert decision.named is not None


def test_at_most_three_candidates_are_given_best_first() -> None:
    decision = decided(anna=[0.1], bea=[0.4], cleo=[0.3], dora=[0.2], eva=[0.0])
    assert [c.identity_id for c in decision.candidates] == ["bea", "cleo", "dora"]


def test_a_larger_gallery_needs_more_similarity() -> None:
    names = [f"p{i}" for i in range(2000)]
    strangers = np.zeros((len(names), DIMENSION), np.float32)
    strangers[:, 5] = 1.0
    index = GalleryIndex.of(stored(strangers, names), {n: n for n in names})
    anna = stored(at_similarity(0.5, 1)[np.newaxis], ["anna"], 5000)
    assert decided(anna=[0.5]).named is not None
    crowd = decide(index.appended(anna, {"anna": "Anna"}), PROBE, POLICY)[0]
    assert crowd.reason is Reason.TOO_FAR
    assert crowd.confidence < decided(anna=[0.5]).confidence


def test_a_broken_probe_is_unknown() -> None:
    index = GalleryIndex.of(stored(PROBE, ["anna"]), {"anna": "Anna"})
    broken = np.full((1, DIMENSION), np.nan, np.float32)
    assert decide(index, np.concatenate([broken, PROBE]), POLICY)[0].reason is Reason.TOO_FAR


@given(st.integers(0, 40), st.integers(1, 8), st.integers(0, 100))
@settings(max_examples=40)
def test_every_decision_is_sound(m: int, people: int, seed: int) -> None:
    ids = [f"id{i % people}" for i in range(m)]
    index = GalleryIndex.of(stored(unit_rows(m, seed=seed), ids), {i: i for i in ids})
    probes = np.concatenate([unit_rows(3, seed=seed + 1), unit_rows(m, seed=seed)[:2]])
    for decision in decide(index, probes, POLICY):
        similarities = [candidate.similarity for candidate in decision.candidates]
        assert similarities == sorted(similarities, reverse=True)
        assert len(decision.candidates) <= 3
        assert 0 <= decision.confidence <= 1
        if decision.named is not None:
            assert decision.named == decision.candidates[0]
            templates = index.template_counts[decision.named.identity_id]
            assert decision.similarity >= POLICY.threshold(len(index.names), templates)


def test_a_policy_that_makes_no_sense_is_refused() -> None:
    for fmr in (0.0, 1.0):
        with pytest.raises(ValueError, match="must lie between"):
            replace(POLICY, fmr=fmr)
    with pytest.raises(ValueError, match="must be at least"):
        replace(POLICY, neighbours=0)


def test_a_decision_does_not_bring_tensorflow_by_itself() -> None:
    program = "import facestream.gallery.decision, sys; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


# --- rejections -----------------------------------------------------------------------------------


def rejecting(rejected: dict[str, float], **similarities: float) -> Decision:
    """As `decided`, where faces of these similarities to the probe are not somebody."""
    everybody = {**similarities, **{f"not {name}": s for name, s in rejected.items()}}
    rows = {
        name: at_similarity(s, direction)
        for direction, (name, s) in enumerate(everybody.items(), 1)
    }
    known = stored(np.stack([rows[name] for name in similarities]), list(similarities))
    index = GalleryIndex.of(known, {name: name.title() for name in similarities})
    against = np.stack([rows[f"not {name}"] for name in rejected])
    return decide(index.rejecting(stored(against, list(rejected), 100)), PROBE, POLICY)[0]


def test_a_face_more_like_a_rejection_than_like_the_person_is_not_named() -> None:
    decision = rejecting({"anna": 0.8}, anna=0.7)
    assert decision.named is None
    assert decision.reason is Reason.REJECTED
    assert [c.identity_id for c in decision.candidates] == ["anna"]
    assert decision.similarity == pytest.approx(0.7, abs=1e-6)


def test_the_person_themself_is_still_named() -> None:
    decision = rejecting({"anna": 0.6}, anna=0.7)
    assert decision.named is not None
    assert decision.named.identity_id == "anna"


def test_whoever_is_next_is_named_in_the_place_of_who_is_rejected() -> None:
    decision = rejecting({"anna": 0.9}, anna=0.72, bea=0.70)  # alone, they would be ambiguous
    assert decision.named is not None
    assert decision.named.identity_id == "bea"
    assert [c.identity_id for c in decision.candidates] == ["bea"]


def test_a_rejection_is_about_one_person_only() -> None:
    assert rejecting({"bea": 0.9}, anna=0.7, bea=0.2).named is not None
    assert rejecting({"somebody without examples": 0.9}, anna=0.7).named is not None


def test_who_would_not_have_been_named_anyway_is_not_called_rejected() -> None:
    assert rejecting({"anna": 0.8}, anna=0.3).reason is Reason.TOO_FAR
    assert rejecting({"cleo": 0.9}, anna=0.70, bea=0.69, cleo=0.1).reason is Reason.AMBIGUOUS


def test_all_who_are_rejected_are_passed_over() -> None:
    assert rejecting({"anna": 0.9, "bea": 0.9}, anna=0.8, bea=0.6).reason is Reason.REJECTED
