from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from rpds import HashTrieMap

from facestream.gallery import health as module
from facestream.gallery.block import Block
from facestream.gallery.blocks import Blocks
from facestream.gallery.decision import DecisionPolicy, person_similarity
from facestream.gallery.health import MOST, Health, check_health
from facestream.gallery.index import GalleryIndex
from facestream.gallery.people import NOBODY, People
from facestream.gallery.records import IdentitySummary
from facestream.records import Float32

from .fakes import DIMENSION, at_similarity, stored, synthetic_calibration, unit_rows

POLICY = DecisionPolicy.from_calibration(synthetic_calibration(), fmr=0.01)
FEW = 3


def unit(rows: Any) -> Float32:
    rows = np.asarray(rows, np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def looks(axis: int, n: int, spread: float = 0.35) -> Float32:
    """Examples of somebody: near one axis, by `spread`."""
    middle = np.eye(DIMENSION, dtype=np.float32)[axis]
    return unit(middle + spread * unit_rows(n, seed=axis))


def gallery(people: dict[str, Float32]) -> tuple[GalleryIndex, People]:
    """Who has these examples. A person's id is their name in small letters."""
    names = {name.lower(): name for name in people}
    owners = [name.lower() for name, rows in people.items() for _ in rows]
    rows = np.concatenate([np.zeros((0, DIMENSION), np.float32), *people.values()])
    summaries = {key: IdentitySummary(key, name, len(people[name])) for key, name in names.items()}
    return GalleryIndex.of(stored(rows, owners), names), NOBODY.update(summaries)


def checked(people: dict[str, Float32], few: int = FEW, policy: DecisionPolicy = POLICY) -> Health:
    return check_health(*gallery(people), policy, few)


def names(people: Iterable[IdentitySummary]) -> list[str]:
    return [one.display_name for one in people]


def test_nothing_is_wrong_with_an_empty_gallery() -> None:
    empty = check_health(GalleryIndex.empty(DIMENSION), NOBODY, POLICY, FEW)
    assert empty.as_json() == {"outliers": [], "alike": [], "few": [], "uniform": []}


def test_nothing_is_wrong_with_people_who_have_different_looks_and_differ() -> None:
    health = checked({"Ada": looks(1, 5), "Bob": looks(2, 5), "Cleo": looks(5, 5)})
    assert health == Health((), (), (), ())


# --- outliers -------------------------------------------------------------------------------------


def test_a_stranger_among_the_examples_of_a_person_is_an_outlier() -> None:
    rows = np.concatenate([looks(1, 2), looks(7, 1), looks(1, 3)[2:]])
    health = checked({"Ada": looks(3, 4), "Bob": rows})
    [outlier] = health.outliers
    assert (outlier.identity.display_name, outlier.template_id) == ("Bob", 7)
    others = rows[[0, 1, 3]]
    mean = others.sum(axis=0) / np.linalg.norm(others.sum(axis=0))
    expected = person_similarity(float((others @ rows[2]).max()), float(mean @ rows[2]))
    assert outlier.similarity == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("beside", "told"), [(-0.01, 1), (0.01, 0)])
def test_an_outlier_is_below_the_threshold_of_somebody_with_the_other_examples(
    beside: float, told: int
) -> None:
    threshold = POLICY.calibration.threshold_for(module.OUTLIER_FMR, templates=4)
    rows = np.stack([*[at_similarity(1.0, 1)] * 4, at_similarity(threshold + beside, 1)])
    assert len(checked({"Ada": rows}).outliers) == told


def test_of_two_examples_neither_is_an_outlier() -> None:
    assert checked({"Ada": unit_rows(2, seed=8)}, few=0).outliers == ()


def test_examples_that_cancel_each_other_out_are_outliers() -> None:
    axis = np.eye(DIMENSION, dtype=np.float32)[0]
    health = checked({"Ada": np.stack([axis, -axis, np.roll(axis, 1)])})
    assert len(health.outliers) == 3
    assert all(np.isfinite(one.similarity) for one in health.outliers)


def test_the_worst_outliers_come_first_and_only_so_many() -> None:
    people = {f"P{i:03}": unit_rows(3, seed=i) for i in range(60)}
    outliers = checked(people).outliers
    assert len(outliers) == MOST
    values = [one.similarity for one in outliers]
    assert values == sorted(values)


# --- people who are alike -------------------------------------------------------------------------


def alike_by_force(
    people: dict[str, Float32], policy: DecisionPolicy = POLICY
) -> dict[frozenset[str], float]:
    """Who reaches whose threshold, by comparing each example with each: excess by pair."""
    found: dict[frozenset[str], float] = {}
    for one, other in [*combinations(people, 2), *((b, a) for a, b in combinations(people, 2))]:
        total = people[other].sum(axis=0)
        to_mean = people[one] @ (total / np.linalg.norm(total))
        nearest = (people[one] @ people[other].T).max(axis=1)
        threshold = policy.threshold(len(people), len(people[other]))
        excess = float(person_similarity(nearest, to_mean).max()) - threshold
        if excess > 0:
            pair = frozenset((one, other))
            found[pair] = max(found.get(pair, excess), excess)
    return found


@pytest.mark.parametrize("sizes", [(7, 5), (4096, 1024)])
@pytest.mark.parametrize("fmr", [0.3, 0.01, 1e-5, 1e-7])
@pytest.mark.parametrize("spread", [0.0, 0.4, 0.8, 1.5])
def test_who_is_alike_is_found_as_by_comparing_everything(
    monkeypatch: pytest.MonkeyPatch, spread: float, fmr: float, sizes: tuple[int, int]
) -> None:
    policy = DecisionPolicy.from_calibration(synthetic_calibration(), fmr)
    monkeypatch.setattr(module, "ROWS_AT_A_TIME", sizes[0])
    monkeypatch.setattr(module, "PEOPLE_AT_A_TIME", sizes[1])
    rng = np.random.default_rng(4)
    people = {f"P{i}": looks(i // 2, int(rng.integers(1, 6)), spread) for i in range(24)}
    shuffled = {key: people[key] for key in rng.permutation(list(people)).tolist()}
    expected = alike_by_force(shuffled, policy)
    assert expected or fmr < 1e-2
    found = {
        frozenset(names((one.first, one.second))): one.similarity - one.threshold
        for one in checked(shuffled, policy=policy).alike
    }
    assert found == {pair: pytest.approx(excess, abs=1e-5) for pair, excess in expected.items()}


def test_the_first_of_a_pair_has_the_example_that_reaches_the_threshold_of_the_second() -> None:
    lone = np.stack([at_similarity(1.0, 1)])
    many = np.stack([at_similarity(0.8, axis) for axis in range(1, 6)])
    [pair] = checked({"Many": many, "Lone": lone}).alike
    assert names((pair.first, pair.second)) == ["Lone", "Many"]
    assert pair.threshold == pytest.approx(POLICY.threshold(2, 5), abs=1e-6)
    mean = many.sum(axis=0) / np.linalg.norm(many.sum(axis=0))
    assert pair.similarity == pytest.approx((0.8 + float(mean @ lone[0])) / 2, abs=1e-5)


def test_the_most_alike_come_first_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    monkeypatch.setattr(module, "ROWS_AT_A_TIME", 8)
    people = {f"P{i:02}": looks(i // 6, 2, 1.2 - i / 60) for i in range(60)}
    expected = sorted(alike_by_force(people).values(), reverse=True)
    assert len(expected) > 10 * 5  # so that pairs are dropped on the way
    found = [one.similarity - one.threshold for one in checked(people).alike]
    assert found == pytest.approx(expected[:5], abs=1e-5)


def test_many_people_with_the_same_face_are_told_of_in_little_time() -> None:
    same = np.repeat(at_similarity(1.0, 1)[np.newaxis], 2, axis=0)
    assert len(checked({f"P{i}": same for i in range(1500)}, few=0).alike) == MOST


# --- few, and all the same ------------------------------------------------------------------------


def test_who_has_few_examples_or_none_is_told_of_the_fewest_first() -> None:
    index, people = gallery({"Eva": looks(1, 2), "Bob": looks(2, 3), "Ada": looks(5, 2)})
    nobody = IdentitySummary("x", "Zoe", 0)  # all examples were deleted
    foreign = IdentitySummary("y", "Old", 9)  # all examples are another model's
    people = people.update({"x": nobody, "y": foreign})
    assert names(check_health(index, people, POLICY, 3).few) == ["Zoe", "Ada", "Eva"]


def test_the_list_of_people_with_few_examples_has_an_end() -> None:
    people: People = HashTrieMap({str(i): IdentitySummary(str(i), f"P{i}", 0) for i in range(300)})
    assert len(check_health(GalleryIndex.empty(DIMENSION), people, POLICY, 3).few) == MOST


def test_examples_that_are_nearly_the_same_are_uniform() -> None:
    health = checked({"Ada": looks(1, 10, 0.02), "Bob": looks(2, 10)})
    [uniform] = health.uniform
    assert uniform.identity.display_name == "Ada"
    assert 0.99 < uniform.similarity <= 1.00001


def test_one_other_look_is_enough_and_two_examples_are_too_few_to_tell() -> None:
    other_look = np.concatenate([looks(1, 9, 0.02), looks(1, 1, 0.8)])
    assert checked({"Ada": other_look, "Bob": looks(2, 2, 0.0)}, few=0).uniform == ()


def test_different_photos_of_people_are_not_uniform_and_frames_of_one_photo_are() -> None:
    """The figures at `UNIFORM_SPREADS`, which stand for photos and frames."""
    spread = POLICY.calibration.spread
    floor = 1 - module.UNIFORM_SPREADS * spread
    assert 1 - 0.20 * spread < floor < 1 - 0.13 * spread


# --- all together ---------------------------------------------------------------------------------


def test_everything_is_told_with_the_names_of_the_api() -> None:
    rows = np.concatenate([looks(1, 3, 0.02), -looks(1, 1, 0.02)])
    people = {"Ada": rows, "Eva": looks(1, 1, 0.02), "Uma": looks(2, 3, 0.02)}
    told = checked(people).as_json()
    assert list(told) == ["outliers", "alike", "few", "uniform"]
    [outlier], [pair], [few], [uniform] = told.values()
    assert outlier == {
        "identity_id": "ada",
        "display_name": "Ada",
        "template_id": 4,
        "similarity": pytest.approx(-1, abs=0.01),
    }
    assert pair == {
        "identities": [
            {"identity_id": "ada", "display_name": "Ada", "templates": 4},
            {"identity_id": "eva", "display_name": "Eva", "templates": 1},
        ],
        "similarity": pytest.approx(1, abs=0.01),
        "threshold": pytest.approx(POLICY.threshold(3, 1), abs=1e-6),
    }
    assert few == {"identity_id": "eva", "display_name": "Eva", "templates": 1}
    assert set(uniform) == {"identity_id", "display_name", "similarity"}
    assert (uniform["identity_id"], uniform["display_name"]) == ("uma", "Uma")


def test_examples_in_several_blocks_count_as_those_of_one_person() -> None:
    index, people = gallery({"Ada": looks(1, 4, 0.9), "Bob": looks(1, 4, 0.7)})
    [rows] = index.blocks
    turns = np.arange(8) % 3
    parts = Blocks(DIMENSION, [Block.of(rows[turns == i]) for i in range(3)])
    assert checked_of(replace(index, blocks=parts), people) == checked_of(index, people)


def checked_of(index: GalleryIndex, people: People) -> tuple[Any, ...]:
    health = check_health(index, people, POLICY, FEW)
    assert health.alike
    pairs = [(one.first, one.second, pytest.approx(one.similarity)) for one in health.alike]
    return health.outliers, pairs, health.uniform


def test_to_check_the_health_brings_no_tensorflow() -> None:
    code = "import sys, facestream.gallery.health; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
