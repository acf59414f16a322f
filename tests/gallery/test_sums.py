"""The mean of each person's templates, as templates come and go."""

from __future__ import annotations

import numpy as np
from rpds import HashTrieMap

from facestream.gallery.index import GalleryIndex
from facestream.gallery.sums import ROWS_AT_A_TIME, with_templates

from .fakes import stored, unit_rows

NAMES = {"a": "Anna", "b": "Bea"}


def test_the_mean_is_that_of_all_templates_whenever_they_came() -> None:
    rows = unit_rows(6)
    index = GalleryIndex.of(stored(rows[:3], ["a", "b", "a"]), NAMES)
    more = index.appended(stored(rows[3:], ["a", "a", "b"], 10), NAMES)
    mean = rows[[0, 2, 3, 4]].sum(axis=0)
    np.testing.assert_allclose(more.mean_of("a"), mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(index.mean_of("a")), 1, atol=1e-6)
    assert not np.allclose(index.mean_of("a"), more.mean_of("a"))  # the old one is as it was


def test_the_sums_of_many_people_are_those_of_their_templates() -> None:
    count, people = 2 * ROWS_AT_A_TIME + 100, 700  # mixed, and some on a border between two parts
    rows = unit_rows(count)
    ids = [f"id{number}" for number in np.random.default_rng(4).integers(0, people, count)]
    sums = with_templates(HashTrieMap(), stored(rows, ids))
    assert set(sums) == set(ids)
    for key in set(ids):
        expected = rows[np.array(ids) == key].sum(axis=0)
        np.testing.assert_allclose(sums[key], expected, atol=1e-5)


def test_the_mean_of_one_template_is_that_template() -> None:
    row = unit_rows(1)
    index = GalleryIndex.of(stored(row, ["a"]), NAMES)
    np.testing.assert_allclose(index.mean_of("a"), row[0], atol=1e-6)


def test_who_is_gone_and_comes_back_has_only_the_new_templates() -> None:
    rows = unit_rows(3)
    index = GalleryIndex.of(stored(rows, ["a", "b", "a"]), NAMES).without("a")
    back = index.appended(stored(rows[1:2], ["a"], 10), NAMES)
    np.testing.assert_allclose(back.mean_of("a"), rows[1], atol=1e-6)


def test_templates_that_cancel_each_other_out_have_a_mean_of_nothing() -> None:
    row = unit_rows(1)
    index = GalleryIndex.of(stored(np.concatenate([row, -row]), ["a", "a"]), NAMES)
    np.testing.assert_allclose(index.mean_of("a"), 0, atol=1e-6)
