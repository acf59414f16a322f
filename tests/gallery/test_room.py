"""A gallery that may hold two people and five templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from facestream.errors import GalleryFull
from facestream.gallery.gallery import Gallery
from facestream.gallery.room import Room
from facestream.gallery.store import GalleryStore

from .fakes import DIMENSION, FINGERPRINT, new_templates, rejection

ROOM = Room(identities=2, templates=5)


@pytest.fixture
def gallery(folder: Path) -> Iterator[Gallery]:
    with Gallery.open(folder, FINGERPRINT, DIMENSION, room=ROOM) as gallery:
        gallery.add("Anna", new_templates(2))
        gallery.add("Bea", new_templates(3, seed=1))
        yield gallery


def ids(gallery: Gallery) -> dict[str, str]:
    return {one.display_name: one.identity_id for one in gallery.identities()}


def others(folder: Path) -> list[Any]:
    with closing(GalleryStore.open(folder / "other")) as store:
        store.add("Cleo", new_templates(1, seed=2))
        return list(store.everybody())


ADDING: dict[str, Callable[[Gallery, Path], object]] = {
    "a person": lambda gallery, _: gallery.add("Cleo", new_templates(1, seed=2)),
    "an example": lambda gallery, _: gallery.add("Anna", new_templates(1, seed=2)),
    "a rejection": lambda gallery, _: gallery.reject(ids(gallery)["Anna"], rejection(seed=2)),
    "examples to a new name": lambda gallery, _: gallery.move_to_name([1], "Cleo"),
    "an import": lambda gallery, folder: gallery.absorb(others(folder)),
    "a preview": lambda gallery, folder: gallery.absorb(others(folder), preview=True),
}


@pytest.mark.parametrize("add", ADDING.values(), ids=ADDING)
def test_what_does_not_fit_is_refused_and_nothing_changes(
    gallery: Gallery, tmp_path: Path, add: Callable[[Gallery, Path], object]
) -> None:
    before = gallery.snapshot, list(map(repr, gallery.store.everybody()))
    with pytest.raises(GalleryFull, match=r"may hold [25] .* Delete some, or raise max_"):
        add(gallery, tmp_path)
    assert (gallery.snapshot, list(map(repr, gallery.store.everybody()))) == before


def test_there_is_room_again_after_a_deletion(gallery: Gallery) -> None:
    gallery.delete(ids(gallery)["Anna"])
    gallery.add("Cleo", new_templates(2, seed=2))
    with pytest.raises(GalleryFull):
        gallery.add("Cleo", new_templates(1, seed=3))


def test_a_deletion_can_be_taken_back_whatever_came_in_between(gallery: Gallery) -> None:
    deleted = gallery.delete(ids(gallery)["Anna"])
    gallery.add("Cleo", new_templates(2, seed=2))
    assert deleted.undo is not None
    gallery.undo(deleted.undo.undo_id)
    assert set(ids(gallery)) == {"Anna", "Bea", "Cleo"}


def test_where_the_limit_was_lowered_all_else_goes_on(gallery: Gallery, folder: Path) -> None:
    people = list(gallery.store.everybody())
    gallery.close()
    with Gallery.open(folder, FINGERPRINT, DIMENSION, room=Room(1, 1)) as gallery:
        gallery.move([1], ids(gallery)["Bea"])
        gallery.edit(ids(gallery)["Bea"], {"display_name": "Dora"})
        absorbed, _ = gallery.absorb([people[1]])
        assert absorbed.new_templates == 0
        gallery.merge(ids(gallery)["Anna"], ids(gallery)["Dora"])
