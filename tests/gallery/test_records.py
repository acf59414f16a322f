"""Templates as arrays: some of them, with others, as somebody else's."""

import numpy as np
import pytest

from facestream.gallery.records import Crop, StoredTemplates, are_unit_rows

from .fakes import DIMENSION, stored, unit_rows


def test_none_are_arrays_of_length_0() -> None:
    none = StoredTemplates.none(7)
    assert len(none) == 0
    assert none.embeddings.shape == (0, 7)
    assert none.embeddings.dtype == np.float32
    assert none.template_ids.dtype == np.int64


def test_templates_and_others_come_one_after_the_other() -> None:
    first, second = stored(unit_rows(2), ["a", "b"]), stored(unit_rows(1, seed=1), ["c"], 9)
    both = first.joined(second)
    assert both.template_ids.tolist() == [1, 2, 9]
    assert both.identity_ids == ("a", "b", "c")
    assert np.array_equal(both.embeddings, np.concatenate([unit_rows(2), unit_rows(1, seed=1)]))
    none = StoredTemplates.none(DIMENSION)
    assert first.joined(none) is first
    assert none.joined(first).template_ids.tolist() == [1, 2]


def test_some_are_chosen_by_a_mask() -> None:
    some = stored(unit_rows(3), ["a", "b", "c"])[np.array([True, False, True])]
    assert (some.template_ids.tolist(), some.identity_ids) == ([1, 3], ("a", "c"))
    assert np.array_equal(some.embeddings, unit_rows(3)[[0, 2]])


def test_as_somebody_elses_only_the_owner_is_another() -> None:
    templates = stored(unit_rows(2), ["a", "b"])
    owned = templates.owned_by("z")
    assert owned.identity_ids == ("z", "z")
    assert owned.template_ids is templates.template_ids
    assert templates.identity_ids == ("a", "b")


@pytest.mark.parametrize(
    ("ids", "owners", "rows", "said"),
    [
        (1, 2, unit_rows(2), "1 template_ids, 2 identity_ids and 2 embeddings"),
        (2, 1, unit_rows(2), "2 template_ids, 1 identity_ids"),
        (2, 2, unit_rows(2)[0], r"shape \(m, d\)"),
        (2, 2, unit_rows(2).astype(np.float64), "dtype float32"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    ids: int, owners: int, rows: np.ndarray, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        StoredTemplates(np.arange(ids), ("a",) * owners, rows)


@pytest.mark.parametrize(
    "landmarks", [np.zeros((4, 2), np.float32), np.zeros((5, 2)), np.zeros(10, np.float32)]
)
def test_landmarks_of_the_wrong_kind_are_refused(landmarks: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"landmarks_xy must have shape \(5, 2\)"):
        Crop(b"", landmarks)


def test_rows_that_are_not_of_unit_length_are_found() -> None:
    rows = np.concatenate([unit_rows(1), np.zeros((1, DIMENSION), np.float32), 2 * unit_rows(1)])
    rows = np.concatenate([rows, np.full((1, DIMENSION), np.nan, np.float32)])
    assert are_unit_rows(rows).tolist() == [True, False, False, False]
    assert are_unit_rows(rows[:0]).tolist() == []
