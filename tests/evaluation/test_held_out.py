"""What the calibration promises, on people whose photos it has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facestream.evaluation.dataset import Photo
from facestream.evaluation.held_out import halves, identify_held_out, sureness_held_out

from .conftest import Lfw

SPLITS = 2


def test_no_person_is_in_both_halves_and_everybody_in_one() -> None:
    photos = [Photo(name, n, Path(f"{name}{n}")) for name in "abcdefg" for n in (1, 2)]
    for one, other in halves(photos, 3):
        assert not {p.person for p in one} & {p.person for p in other}
        assert sorted(p.path for p in one + other) == sorted(p.path for p in photos)


def test_strangers_get_a_name_about_as_often_as_asked_for(lfw: Lfw) -> None:
    for fmr, runs in identify_held_out(
        lfw.photos, lfw.embeddings, (0.003, 0.02), 5, SPLITS
    ).items():
        got = np.mean([run.fpir for run in runs])
        assert fmr / 4 <= got <= 1.5 * fmr


def test_the_confidence_is_the_share_of_right_candidates(lfw: Lfw) -> None:
    sureness = sureness_held_out(lfw.photos, lfw.embeddings, 5, SPLITS)
    for low, high, tolerance in ((0, 0.05, 0.01), (0.05, 0.95, 0.2), (0.95, 1.01, 0.01)):
        said, was, searches = sureness.share_right(low, high)
        assert searches > 20
        assert abs(said - was) <= tolerance
