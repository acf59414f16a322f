"""People renamed, merged, taken apart and expired; templates moved and deleted."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from facestream.errors import (
    BadMessage,
    BadName,
    FacestreamError,
    NameTaken,
    NoExamples,
    NoSuchExample,
    NoSuchIdentity,
)
from facestream.gallery.names import MAX_DATE_MS
from facestream.gallery.records import IdentityEdit, Kind
from facestream.gallery.store import GalleryStore

from .fakes import DIMENSION, FINGERPRINT, Clock, content_of, crop, new_templates, rejection


@pytest.fixture
def ids(store: GalleryStore) -> dict[str, str]:
    """Anna has the templates 1 to 3, Bea 4 and 5; 6 is a rejection of Anna's."""
    anna = store.add("Anna", new_templates(3, 1, crop(1))).identity.identity_id
    bea = store.add("Bea", new_templates(2, 2)).identity.identity_id
    store.reject(anna, rejection(seed=3))
    return {"Anna": anna, "Bea": bea}


def counts(store: GalleryStore) -> dict[str, int]:
    return {one.display_name: one.templates for one in store.identities()}


def owners(store: GalleryStore, kind: Kind = Kind.EXAMPLE) -> dict[int, str]:
    names = {one.identity_id: one.display_name for one in store.identities()}
    templates = store.templates(FINGERPRINT, DIMENSION, kind)
    return {
        template_id: names[identity_id]
        for template_id, identity_id in zip(
            templates.template_ids.tolist(), templates.identity_ids, strict=True
        )
    }


# --- edit -----------------------------------------------------------------------------------------


def test_a_new_name_note_and_date_are_kept(
    store: GalleryStore, ids: dict[str, str], folder: Path
) -> None:
    change = store.edit(
        ids["Anna"],
        {"display_name": " Anna\tThal ", "note": " said yes\n", "expires_at_ms": MAX_DATE_MS},
    )
    [anna] = change.upserted
    assert (anna.identity_id, anna.display_name, anna.templates) == (ids["Anna"], "Anna Thal", 3)
    store.close()
    with closing(GalleryStore.open(folder)) as again:
        detail = again.detail(ids["Anna"])
        assert detail.identity == anna
        assert (detail.note, detail.expires_at_ms) == ("said yes", MAX_DATE_MS)


def test_what_is_not_named_in_an_edit_stays(store: GalleryStore, ids: dict[str, str]) -> None:
    store.edit(ids["Anna"], {"note": "said yes", "expires_at_ms": 2_000_000_000_000})
    store.edit(ids["Anna"], {"expires_at_ms": None})
    detail = store.detail(ids["Anna"])
    assert (detail.identity.display_name, detail.note) == ("Anna", "said yes")
    assert detail.expires_at_ms is None
    store.edit(ids["Anna"], {"note": "  "})
    assert store.detail(ids["Anna"]).note is None


GOOD_NAMES = {
    "👩‍👩‍👧 🇨🇭": "👩‍👩‍👧 🇨🇭",
    "משה בן־אברהם": "משה בן־אברהם",
    "أحمد": "أحمد",
    "Zoe\u0308": "Zo\u00eb",
    "  a \u00a0 b  ": "a b",
    "x" * 100: "x" * 100,
    "<b>'; DROP TABLE identity; --": "<b>'; DROP TABLE identity; --",
}
BAD_NAMES = ["", " \u00a0\t", "x" * 101, "x" * 300, "a\x00b", "a\u202eb", "\ud800", "\u3164"]

NAMING: dict[str, Callable[[GalleryStore, str], object]] = {
    "add": lambda store, name: store.add(name, new_templates(1, 9)),
    "rename": lambda store, name: store.edit(
        store.identities()[0].identity_id, {"display_name": name}
    ),
    "move": lambda store, name: store.move_to_name([1], name),
}


@pytest.mark.parametrize("how", NAMING)
@pytest.mark.parametrize("name", GOOD_NAMES)
def test_any_name_that_can_be_seen_is_kept_as_it_is_shown(
    store: GalleryStore, ids: dict[str, str], how: str, name: str
) -> None:
    NAMING[how](store, name)
    assert GOOD_NAMES[name] in counts(store)


@pytest.mark.parametrize("how", NAMING)
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_cannot_be_told_apart_is_refused(
    store: GalleryStore, ids: dict[str, str], how: str, name: str
) -> None:
    with pytest.raises(BadName):
        NAMING[how](store, name)
    assert counts(store) == {"Anna": 3, "Bea": 2}


@pytest.mark.parametrize("name", ["bea", "BEA", " Bea ", "\uff22ea", "B\u200bea"])
def test_the_name_of_somebody_else_is_taken_in_any_case_and_form(
    store: GalleryStore, ids: dict[str, str], name: str
) -> None:
    with pytest.raises(NameTaken, match="merge the two instead"):
        store.edit(ids["Anna"], {"display_name": name})
    assert counts(store) == {"Anna": 3, "Bea": 2}


def test_ones_own_name_may_change_its_case(store: GalleryStore, ids: dict[str, str]) -> None:
    store.edit(ids["Anna"], {"display_name": "ANNA"})
    assert counts(store) == {"ANNA": 3, "Bea": 2}
    store.edit(ids["Bea"], {"display_name": "Dora"})
    assert store.add("Bea", new_templates(1, 9)).identity.identity_id not in ids.values()


@pytest.mark.parametrize(
    "edit",
    [
        {"note": "x" * 1001},
        {"note": "\udcff"},
        {"expires_at_ms": -1},
        {"expires_at_ms": MAX_DATE_MS + 1},
        {"expires_at_ms": 2**70},
    ],
)
def test_a_note_or_date_that_cannot_be_kept_is_refused(
    store: GalleryStore, ids: dict[str, str], edit: IdentityEdit
) -> None:
    before = content_of(store.full(ids["Anna"]))
    with pytest.raises(BadMessage):
        store.edit(ids["Anna"], {"display_name": "Other", **edit})
    assert content_of(store.full(ids["Anna"])) == before


# --- merge, move, delete --------------------------------------------------------------------------


def test_who_is_merged_leaves_everything_to_the_other(
    store: GalleryStore, ids: dict[str, str]
) -> None:
    change = store.merge(ids["Anna"], ids["Bea"])
    assert change.removed == (ids["Anna"],)
    assert [(one.display_name, one.templates) for one in change.upserted] == [("Bea", 5)]
    assert owners(store) == dict.fromkeys(range(1, 6), "Bea")
    assert owners(store, Kind.REJECTION) == {6: "Bea"}
    assert counts(store) == {"Bea": 5}


def test_templates_move_to_somebody_known_or_new(store: GalleryStore, ids: dict[str, str]) -> None:
    change = store.move([1, 6, 4], ids["Bea"])
    assert [(one.display_name, one.templates) for one in change.upserted] == [
        ("Anna", 2),
        ("Bea", 3),
    ]
    assert owners(store, Kind.REJECTION) == {6: "Bea"}
    change = store.move_to_name([2], "Cleo")
    assert [(one.display_name, one.templates) for one in change.upserted] == [
        ("Anna", 1),
        ("Cleo", 1),
    ]
    change = store.move_to_name([3], "BEA")
    assert [(one.display_name, one.templates) for one in change.upserted] == [
        ("Anna", 0),
        ("Bea", 4),
    ]
    assert owners(store) == {1: "Bea", 2: "Cleo", 3: "Bea", 4: "Bea", 5: "Bea"}


def test_some_templates_are_deleted_and_the_people_stay(
    store: GalleryStore, ids: dict[str, str]
) -> None:
    change = store.delete_templates([4, 5, 2, 2])
    assert {one.display_name: one.templates for one in change.upserted} == {"Anna": 2, "Bea": 0}
    assert owners(store) == {1: "Anna", 3: "Anna"}
    assert store.crop(2) is None
    assert store.crop(1) is not None


REFUSED: dict[str, tuple[type[FacestreamError], Callable[[GalleryStore, str], object]]] = {
    "edit of nobody": (NoSuchIdentity, lambda s, _: s.edit("nobody", {"note": "x"})),
    "merge of nobody": (NoSuchIdentity, lambda s, anna: s.merge("nobody", anna)),
    "merge into nobody": (NoSuchIdentity, lambda s, anna: s.merge(anna, "\ud800")),
    "merge into oneself": (NoSuchIdentity, lambda s, anna: s.merge(anna, anna)),
    "move to nobody": (NoSuchIdentity, lambda s, _: s.move([1], "nobody")),
    "move of what is not there": (NoSuchExample, lambda s, anna: s.move([1, 99], anna)),
    "move of nothing": (NoExamples, lambda s, anna: s.move([], anna)),
    "nothing to somebody new": (NoExamples, lambda s, _: s.move_to_name([], "Cleo")),
    "unknown to somebody new": (NoSuchExample, lambda s, _: s.move_to_name([99], "Cleo")),
    "deletion of what is not there": (NoSuchExample, lambda s, _: s.delete_templates([1, 2**80])),
    "deletion of nothing": (NoExamples, lambda s, _: s.delete_templates([])),
    "rejection for nobody": (NoSuchIdentity, lambda s, _: s.reject("nobody", rejection(9))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(
    store: GalleryStore, ids: dict[str, str], what: str
) -> None:
    error, change = REFUSED[what]
    before = [content_of(one) for one in store.everybody()], store.revision
    with pytest.raises(error):
        change(store, ids["Anna"])
    assert ([content_of(one) for one in store.everybody()], store.revision) == before


# --- expiry ---------------------------------------------------------------------------------------


def test_whose_date_has_come_is_named_and_nobody_else(
    store: GalleryStore, ids: dict[str, str], clock: Clock
) -> None:
    tomorrow_ms = round(1e3 * clock.now_s) + 86_400_000
    store.edit(ids["Anna"], {"expires_at_ms": tomorrow_ms})
    clock.pass_days(0.999)
    assert store.expired() == []
    clock.pass_days(0.001)
    assert store.expired() == [ids["Anna"]]
