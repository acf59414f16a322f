"""What can be taken back: for a minute, and no more than fits."""

import pytest

from facestream.errors import NothingToUndo
from facestream.gallery.records import Crop, FullIdentity, FullTemplate, Kind, Source
from facestream.gallery.wastebasket import MAX_BYTES, UNDO_S, Undoable, Wastebasket

from .fakes import Clock


def somebody(size: int = 0) -> Undoable:
    """Who takes so many bytes, and some more."""
    picture = Crop(b"x" * size)
    template = FullTemplate(1, Kind.EXAMPLE, 0, 1.0, Source.CAMERA, picture, {})
    return Undoable((FullIdentity("id", "Anna", 0, None, None, (template,)),))


@pytest.fixture
def wastebasket(clock: Clock) -> Wastebasket:
    return Wastebasket(clock)


def test_what_was_put_in_is_there_until_it_is_dropped(wastebasket: Wastebasket) -> None:
    anna, ids = somebody(), Undoable(template_ids=(3, 4))
    first, second = wastebasket.put(anna), wastebasket.put(ids)
    assert first is not None
    assert second is not None
    assert first.undo_id != second.undo_id
    assert first.seconds == UNDO_S
    assert wastebasket.look(first.undo_id) is wastebasket.look(first.undo_id) is anna
    assert wastebasket.look(second.undo_id) is ids
    wastebasket.drop(first.undo_id)
    with pytest.raises(NothingToUndo):
        wastebasket.look(first.undo_id)


def test_after_a_minute_it_is_forgotten(wastebasket: Wastebasket, clock: Clock) -> None:
    undo = wastebasket.put(somebody())
    assert undo is not None
    clock.now_s += UNDO_S - 0.01
    wastebasket.look(undo.undo_id)
    clock.now_s += 0.01
    wastebasket.forget_old()
    assert wastebasket._kept == {}
    with pytest.raises(NothingToUndo):
        wastebasket.look(undo.undo_id)


def test_the_oldest_make_room_for_what_is_large(wastebasket: Wastebasket) -> None:
    third = MAX_BYTES // 3 - 2000
    kept = [wastebasket.put(somebody(third)) for _ in range(3)]
    undo_ids = [undo.undo_id for undo in kept if undo is not None]
    assert len(undo_ids) == 3
    last = wastebasket.put(somebody(third + 10_000))
    assert last is not None
    assert wastebasket.look(last.undo_id)
    assert wastebasket.look(undo_ids[2])
    for gone in undo_ids[:2]:
        with pytest.raises(NothingToUndo):
            wastebasket.look(gone)


def test_what_is_too_large_cannot_be_undone_and_drives_nothing_out(
    wastebasket: Wastebasket,
) -> None:
    small = wastebasket.put(somebody())
    assert small is not None
    assert wastebasket.put(somebody(MAX_BYTES)) is None
    assert wastebasket.look(small.undo_id)


@pytest.mark.parametrize("undo_id", ["", "unknown", "\ud800"])
def test_what_never_was_cannot_be_undone(wastebasket: Wastebasket, undo_id: str) -> None:
    with pytest.raises(NothingToUndo, match="cannot be undone any more"):
        wastebasket.look(undo_id)
