"""People taken in with all they bring: from another gallery, or from this one a while ago."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from facestream.errors import BadArchive, BadName
from facestream.gallery.records import Absorbed, FullIdentity
from facestream.gallery.store import GalleryStore

from .fakes import content_of, crop, new_templates, rejection, unit_rows


@pytest.fixture
def other(tmp_path: Path) -> Iterator[GalleryStore]:
    """Another gallery, of Anna (two examples and a rejection, note and date) and Bea (three)."""
    with closing(GalleryStore.open(tmp_path / "other", clock=lambda: 1.6e9)) as other:
        anna = other.add("Anna", new_templates(2, 1, crop(1))).identity.identity_id
        other.reject(anna, rejection(2))
        other.edit(anna, {"note": "said yes", "expires_at_ms": 2_000_000_000_000})
        other.add("Bea", new_templates(3, 3))
        other.add_embeddings("new", [(4, unit_rows(1, 8)[0])])
        yield other


def contents(store: GalleryStore, *, ids: bool = False) -> list[object]:
    return [content_of(one, ids=ids) for one in store.everybody()]


def counts(store: GalleryStore) -> dict[str, int]:
    return {one.display_name: one.templates for one in store.identities()}


@pytest.mark.parametrize("replace_all", [False, True])
def test_an_empty_gallery_becomes_the_other_one(
    store: GalleryStore, other: GalleryStore, replace_all: bool
) -> None:
    done = store.absorb(other.everybody(), replace=replace_all)
    assert done == Absorbed(("Anna", "Bea"), {}, (), 6, 0)
    assert contents(store) == contents(other)
    assert store.revision == 1


def test_nobody_changes_nothing_but_the_revision(store: GalleryStore) -> None:
    store.add("Anna", new_templates(1))
    assert store.absorb([]) == Absorbed((), {}, (), 0, 0)
    assert counts(store) == {"Anna": 1}


def test_a_merge_adds_what_is_new_and_keeps_what_is_there(
    store: GalleryStore, other: GalleryStore
) -> None:
    here = store.add("ANNA", new_templates(1, 1)).identity.identity_id  # one of the two of there
    store.add("Cleo", new_templates(1, 7))
    store.edit(here, {"note": "on paper"})
    done = store.absorb(other.everybody())
    assert done == Absorbed(("Bea",), {"ANNA": 1}, (), 5, 1)
    assert counts(store) == {"ANNA": 2, "Bea": 3, "Cleo": 1}
    detail = store.detail(here)
    assert (detail.note, detail.expires_at_ms) == ("on paper", 2_000_000_000_000)


def test_the_same_people_again_bring_nothing_new(store: GalleryStore, other: GalleryStore) -> None:
    store.absorb(other.everybody())
    before = contents(store, ids=True)
    assert store.absorb(other.everybody()) == Absorbed((), {}, (), 0, 6)
    assert contents(store, ids=True) == before


def test_a_replacement_makes_the_gallery_equal_to_the_other(
    store: GalleryStore, other: GalleryStore
) -> None:
    store.add("Anna", new_templates(5, 6))
    store.add("Cleo", new_templates(1, 7))
    done = store.absorb(other.everybody(), replace=True)
    assert done == Absorbed(("Bea",), {"Anna": -3}, ("Cleo",), 6, 0)
    assert contents(store) == contents(other)


def test_a_preview_says_the_same_and_changes_nothing(
    store: GalleryStore, other: GalleryStore
) -> None:
    store.add("Anna", new_templates(1, 1))
    before = contents(store, ids=True), store.revision
    foreseen = store.absorb(other.everybody(), replace=True, preview=True)
    assert (contents(store, ids=True), store.revision) == before
    assert not store.scrub_due
    assert store.absorb(other.everybody(), replace=True) == foreseen


def test_who_was_renamed_since_is_known_by_their_id(
    store: GalleryStore, other: GalleryStore
) -> None:
    store.absorb(other.everybody())
    [anna, _] = store.identities()
    store.edit(anna.identity_id, {"display_name": "Annika"})
    assert store.absorb(other.everybody()).new_templates == 0
    assert counts(store) == {"Annika": 2, "Bea": 3}


def test_what_is_taken_back_goes_to_whom_it_belonged_not_to_who_has_the_name_now(
    store: GalleryStore, other: GalleryStore
) -> None:
    store.absorb(other.everybody())
    [anna, bea] = store.identities()
    gone = store.full(anna.identity_id, [1])
    store.delete_templates([1])
    store.edit(anna.identity_id, {"display_name": "Annika"})
    store.edit(bea.identity_id, {"display_name": "Anna"})
    store.absorb([gone], keep_ids=True)
    assert counts(store) == {"Anna": 3, "Annika": 2}
    assert content_of(store.full(anna.identity_id, [1]))[-1] == content_of(gone)[-1]


def broken_off(people: list[FullIdentity]) -> Iterator[FullIdentity]:
    yield people[0]
    raise OSError("the file ends here")


def test_who_cannot_be_taken_in_keeps_everybody_out(
    store: GalleryStore, other: GalleryStore
) -> None:
    store.add("Cleo", new_templates(1, 7))
    people = list(other.everybody())
    [first, *_] = people[1].templates
    longer = replace(first, embeddings={"new": unit_rows(1, 9)[0]})
    before = contents(store, ids=True), store.revision
    for coming, error in (
        (iter([people[0], replace(people[1], display_name="\x00")]), BadName),
        (iter([people[1], replace(people[0], templates=(longer,))]), BadArchive),
        (broken_off(people), OSError),
    ):
        with pytest.raises(error):
            store.absorb(coming, replace=True)
        assert (contents(store, ids=True), store.revision) == before
