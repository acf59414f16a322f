import numpy as np
import pytest

from facestream.evaluation.search_speed import (
    SearchSpeed,
    alternating_medians_ms,
    gallery_of,
    measure_search_speed,
    synthetic_probes,
    synthetic_templates,
)
from facestream.gallery.index import trace_count
from facestream.gallery.records import are_unit_rows


def test_templates_of_one_person_resemble_each_other_and_nobody_else() -> None:
    templates = synthetic_templates(1000)
    assert are_unit_rows(templates.embeddings).all()
    whose = np.array(templates.identity_ids)
    mated = (whose[:, np.newaxis] == whose) & ~np.eye(1000, dtype=bool)
    similarities = templates.embeddings @ templates.embeddings.T
    assert mated.sum() == 1000 * 4
    assert similarities[mated].mean() == pytest.approx(0.6, abs=0.02)
    assert similarities[whose[:, np.newaxis] != whose].mean() == pytest.approx(0, abs=0.02)


def test_every_second_probe_is_known() -> None:
    embeddings = synthetic_templates(1000).embeddings
    nearest = (synthetic_probes(embeddings, 8) @ embeddings.T).max(axis=1)
    assert np.all(nearest[::2] < 0.4)
    assert np.all(nearest[1::2] > 0.4)


def test_every_size_is_measured_with_every_batch_without_compiling_meanwhile() -> None:
    gallery_of(synthetic_templates(1), 1)
    before = trace_count()
    speeds = measure_search_speed((10, 2000), batches=(1, 3), runs=2)
    assert [(s.templates, s.probes) for s in speeds] == [(10, 1), (10, 3), (2000, 1), (2000, 3)]
    assert all(s.ms_per_call > 0 for s in speeds)
    assert trace_count() == before


def test_a_probe_has_its_share_of_the_call() -> None:
    assert SearchSpeed(templates=10, probes=8, ms_per_call=2.0).ms_per_probe == 0.25


def test_calls_take_turns_and_the_first_turn_does_not_count() -> None:
    turns: list[str] = []
    medians = alternating_medians_ms([lambda: turns.append("a"), lambda: turns.append("b")], 2)
    assert turns == ["a", "b"] * 3
    assert len(medians) == 2
