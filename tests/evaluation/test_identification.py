"""The open set: strangers, and people who are enrolled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facestream.errors import BadDataset
from facestream.evaluation.dataset import Photo
from facestream.evaluation.identification import OpenSet, identify_embedded, open_set
from facestream.gallery.decision import DecisionPolicy, load_policy
from facestream.settings import Settings
from facestream.vision.pipeline import Pipeline

from ..gallery.fakes import at_similarity, synthetic_calibration
from .conftest import Lfw

POLICY = DecisionPolicy(synthetic_calibration(), 0.001)


def photo(person: str, number: int) -> Photo:
    return Photo(person, number, Path(f"{person}_{number:04}.jpg"))


def test_with_the_default_settings_lfws_strangers_stay_unknown_and_the_enrolled_are_found(
    lfw: Lfw, pipeline: Pipeline
) -> None:
    policy = load_policy("mobilefacenet", Settings().fmr, pipeline.fingerprint)
    result = identify_embedded(open_set(lfw.photos, 5), lfw.embeddings, policy)
    assert (result.identities, result.strangers, result.probes) == (91, 3087, 269)
    assert result.fpir <= 0.005
    assert result.fnir <= 0.025
    assert result.rank1 >= 0.99
    assert result.threshold == policy.threshold(91, 5)


def test_asking_for_fewer_named_strangers_gives_fewer_and_misses_more(
    lfw: Lfw, pipeline: Pipeline
) -> None:
    parts = open_set(lfw.photos, 5)
    strict, lax = (
        identify_embedded(
            parts, lfw.embeddings, load_policy("mobilefacenet", fmr, pipeline.fingerprint)
        )
        for fmr in (0.0001, 0.05)
    )
    assert strict.threshold > lax.threshold
    assert strict.fpir < lax.fpir
    assert strict.fnir > lax.fnir


def test_people_with_more_photos_than_asked_for_are_enrolled_with_their_first() -> None:
    photos = [photo("Ada", n) for n in (3, 1, 2)] + [photo("Bob", n) for n in (1, 2)]
    parts = open_set(photos, 2)
    assert [p.number for p in parts.enrolled] == [1, 2]
    assert [(p.person, p.number) for p in parts.mated] == [("Ada", 3)]
    assert [(p.person, p.number) for p in parts.strangers] == [("Bob", 1), ("Bob", 2)]


@pytest.mark.parametrize("enrol", [1, 3])
def test_without_strangers_or_without_probes_there_is_no_open_set(enrol: int) -> None:
    with pytest.raises(BadDataset, match="an open set needs"):
        open_set([photo(name, n) for name in ("Ada", "Bob") for n in (1, 2, 3)], enrol)


def test_each_search_is_counted_as_what_it_is() -> None:
    parts = OpenSet(
        enrolled=(photo("Ada", 1), photo("Eve", 1)),
        mated=tuple(photo("Ada", n) for n in (2, 3, 4, 5)),
        strangers=tuple(photo("Bob", n) for n in (1, 2, 3)),
    )
    ada, eve = at_similarity(1.0, 1), at_similarity(0.0, 2)
    embeddings = {
        photo("Ada", 1).path: ada,
        photo("Eve", 1).path: eve,
        photo("Ada", 2).path: at_similarity(0.9, 3),  # named
        photo("Ada", 3).path: at_similarity(0.2, 3),  # right, but too far
        photo("Ada", 4).path: eve,  # named, but wrongly
        # Ada's fifth photo and Bob's third show no face
        photo("Bob", 1).path: at_similarity(0.8, 3),  # named
        photo("Bob", 2).path: at_similarity(0.1, 3),
    }
    result = identify_embedded(parts, embeddings, POLICY)
    assert (result.identities, result.strangers, result.probes) == (2, 3, 4)
    assert result.fnir == 3 / 4
    assert result.fpir == pytest.approx(1 / 3)
    assert result.rank1 == 2 / 4


def test_a_gallery_of_photos_without_faces_is_refused() -> None:
    parts = OpenSet((photo("Ada", 1),), (photo("Ada", 2),), (photo("Bob", 1),))
    with pytest.raises(BadDataset, match="no face was found"):
        identify_embedded(parts, {photo("Ada", 2).path: np.zeros(4, np.float32)}, POLICY)
