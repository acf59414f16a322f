"""The table from similarity to error rates."""

from __future__ import annotations

import numpy as np
import pytest

from facestream.errors import BadWeights
from facestream.evaluation.calibration import FEWEST_COMPARISONS, GRID, calibration_of
from facestream.gallery.calibration import load_calibration, parse_calibration
from facestream.vision.pipeline import Pipeline

RANDOM = np.random.default_rng(3)
PEOPLE = np.repeat(np.arange(60), 4)
CENTRES = RANDOM.normal(size=(60, 16))


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


EMBEDDINGS = unit(CENTRES[PEOPLE] + RANDOM.normal(size=(240, 16)))
TABLE = calibration_of(EMBEDDINGS, PEOPLE, "some embedder", "some fingerprint")


def test_one_template_is_compared_with_all_other_photos() -> None:
    row = TABLE["comparisons"][0]
    similarities = EMBEDDINGS @ EMBEDDINGS.T
    same = PEOPLE[:, None] == PEOPLE
    mated, non_mated = similarities[same & ~np.eye(240, dtype=bool)], similarities[~same]
    assert (row["templates"], row["people"]) == (1, 60)
    assert (row["mated"], row["non_mated"]) == (len(mated), len(non_mated))
    for at, fmr, fnmr in zip(
        GRID, row["false_match_rate"], row["false_non_match_rate"], strict=True
    ):
        reached = (non_mated >= at).sum()
        counted = reached if reached >= FEWEST_COMPARISONS else 0
        assert fmr * len(non_mated) == pytest.approx(counted, abs=0.5)
        assert fnmr == pytest.approx((mated < at).mean(), abs=0.003)


def test_who_has_more_templates_is_nearer_to_strangers() -> None:
    assert [row["templates"] for row in TABLE["comparisons"]] == [1, 2, 3]  # nobody has more than 4
    calibration = parse_calibration(TABLE)
    thresholds = [calibration.threshold_for(0.01, 1, templates) for templates in (1, 2, 3)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1] - 0.02


def test_the_same_photos_give_the_same_table() -> None:
    assert calibration_of(EMBEDDINGS, PEOPLE, "some embedder", "some fingerprint") == TABLE


def test_the_tables_in_the_program_are_those_of_its_embedders(
    pipeline: Pipeline, dlib: Pipeline
) -> None:
    for made_by in (pipeline, dlib):
        calibration = load_calibration(made_by.embedder_name, made_by.fingerprint)
        assert calibration.templates.tolist() == [1, 2, 3, 5, 8]


def test_a_table_of_another_embedder_is_refused(pipeline: Pipeline, dlib: Pipeline) -> None:
    with pytest.raises(BadWeights, match="measure it again"):
        load_calibration(pipeline.embedder_name, dlib.fingerprint)


def test_a_person_with_many_photos_weighs_no_more_than_others_among_the_mated() -> None:
    # Person 0 has 40 photos which resemble nothing, the others 4 each which are all alike.
    crowd = unit(RANDOM.normal(size=(40, 512)))
    alike = unit(np.repeat(RANDOM.normal(size=(19, 512)), 4, axis=0))
    people = np.concatenate([np.zeros(40, int), np.repeat(np.arange(1, 20), 4)])
    table = calibration_of(np.concatenate([crowd, alike]), people, "e", "f")
    at_half = GRID.tolist().index(0.5)
    assert table["comparisons"][0]["false_non_match_rate"][at_half] == pytest.approx(1 / 20)
