"""What is on disk and what is searched: always equal, and every change can be told."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import (
    BadName,
    DataFolderInUse,
    FacestreamError,
    FingerprintMismatch,
    NameTaken,
    NoExamples,
    NoSuchExample,
    NoSuchIdentity,
    NothingToUndo,
    StoreFailed,
)
from facestream.gallery.gallery import Gallery, GalleryChange, GallerySnapshot
from facestream.gallery.records import FullIdentity
from facestream.gallery.store import GalleryStore
from facestream.gallery.wastebasket import MAX_BYTES, UNDO_S

from .fakes import (
    DIMENSION,
    FINGERPRINT,
    Clock,
    content_of,
    crop,
    new_templates,
    rejection,
    same_index,
    unit_rows,
)


def opened(folder: Path, fingerprint: str = FINGERPRINT) -> Gallery:
    return Gallery.open(folder, fingerprint, DIMENSION)


def same(a: GallerySnapshot, b: GallerySnapshot) -> bool:
    """But for the order of templates."""
    values = [(one.revision, dict(one.people), one.foreign_templates) for one in (a, b)]
    return values[0] == values[1] and same_index(a.index, b.index)


def whom_it_finds(gallery: Gallery, seed: int) -> str | None:
    """The name of the nearest template, if it is exactly the one looked for."""
    found = gallery.index.search(new_templates(1, seed)[0].embedding[np.newaxis], 1)
    if not found.similarities.size or found.similarities[0, 0] < 0.9999:
        return None
    return gallery.index.names[found.identity_ids[0, 0]]


def test_a_new_gallery_knows_nobody(gallery: Gallery) -> None:
    assert gallery.identities() == ()
    assert gallery.revision == 0
    assert gallery.foreign_templates == 0
    assert len(gallery.index) == 0
    assert gallery.index.dimension == DIMENSION


def test_who_is_enrolled_is_found_at_once_and_after_a_restart(folder: Path) -> None:
    with opened(folder) as gallery:
        change = gallery.add("Anna", new_templates(3, seed=1))
        gallery.add("Bea", new_templates(2, seed=2))
        assert change == GalleryChange(1, upserted=(change.upserted[0],))
        assert change.upserted[0].display_name == "Anna"
        assert whom_it_finds(gallery, 1) == "Anna"
        before = gallery.snapshot
    with opened(folder) as gallery:
        assert whom_it_finds(gallery, 1) == "Anna"
        assert whom_it_finds(gallery, 2) == "Bea"
        assert dict(gallery.snapshot.people) == dict(before.people)
        assert gallery.revision == before.revision == 2


def test_more_templates_go_to_the_same_identity(gallery: Gallery) -> None:
    first = gallery.add("Anna", new_templates(1, seed=1)).upserted[0]
    second = gallery.add("ANNA", new_templates(1, seed=2)).upserted[0]
    assert (second.identity_id, second.display_name, second.templates) == (
        first.identity_id,
        "Anna",
        2,
    )
    assert whom_it_finds(gallery, 2) == "Anna"


def test_who_is_deleted_is_not_found_any_more(gallery: Gallery) -> None:
    anna = gallery.add("Anna", new_templates(3, seed=1)).upserted[0]
    gallery.add("Bea", new_templates(2, seed=2))
    change = gallery.delete(anna.identity_id)
    assert change == GalleryChange(3, removed=(anna.identity_id,), undo=change.undo)
    assert whom_it_finds(gallery, 1) is None
    assert whom_it_finds(gallery, 2) == "Bea"
    assert [identity.display_name for identity in gallery.identities()] == ["Bea"]


def test_clearing_forgets_everybody(gallery: Gallery) -> None:
    gallery.add("Anna", new_templates(3, seed=1))
    change = gallery.clear()
    assert change == GalleryChange(2, cleared=True, undo=change.undo)
    assert len(gallery.index) == 0
    assert gallery.identities() == ()
    gallery.add("Anna", new_templates(1, seed=1))
    assert whom_it_finds(gallery, 1) == "Anna"


def test_a_snapshot_stays_as_it_was(gallery: Gallery) -> None:
    anna = gallery.add("Anna", new_templates(3, seed=1)).upserted[0]
    before = gallery.snapshot
    gallery.delete(anna.identity_id)
    assert list(before.people.values()) == [anna]
    assert len(before.index) == 3
    assert before.revision == 1


def test_a_refused_change_changes_nothing(gallery: Gallery) -> None:
    gallery.add("Anna", new_templates(1, seed=1))
    before = gallery.snapshot
    with pytest.raises(BadName):
        gallery.add("\n", new_templates(1))
    with pytest.raises(NoSuchIdentity):
        gallery.delete("nobody")
    assert gallery.snapshot is before


def test_a_change_that_the_disk_refuses_is_not_searched(gallery: Gallery) -> None:
    gallery.add("Anna", new_templates(1, seed=1))
    connection = gallery.store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    before = gallery.snapshot
    with pytest.raises(StoreFailed, match="full"):
        gallery.add("Bea", new_templates(3, seed=2, crop=crop(2, 9000)))
    assert gallery.snapshot is before
    assert whom_it_finds(gallery, 2) is None


def test_templates_of_another_model_are_counted_never_searched_never_mixed(folder: Path) -> None:
    with opened(folder, "old model") as gallery:
        anna = gallery.add("Anna", new_templates(3, seed=1, fingerprint="old model")).upserted[0]
    with opened(folder) as gallery:
        assert gallery.foreign_templates == 3
        assert gallery.identities() == (anna,)
        assert len(gallery.index) == 0
        with pytest.raises(FingerprintMismatch, match="3 examples which another model made"):
            gallery.add("Bea", new_templates(1))
        gallery.delete(anna.identity_id)
        assert gallery.foreign_templates == 0
        gallery.add("Bea", new_templates(1))


def test_examples_and_rejections_of_another_model_are_refused(gallery: Gallery) -> None:
    anna = gallery.add("Anna", new_templates(1)).upserted[0]
    with pytest.raises(FingerprintMismatch):
        gallery.add("Bea", new_templates(1, fingerprint="other"))
    with pytest.raises(FingerprintMismatch):
        gallery.reject(anna.identity_id, rejection(9, fingerprint="other"))
    assert gallery.identities() == (anna,)


def test_what_was_embedded_anew_is_searched_once_it_is_read_again(folder: Path) -> None:
    with opened(folder) as gallery:
        gallery.add("Anna", new_templates(2, seed=1, crop=crop()))
        gallery.add("Bea", new_templates(1, seed=2))
    with Gallery.open(folder, "new", 8) as gallery:
        assert (len(gallery.index), gallery.foreign_templates) == (0, 3)
        rows = unit_rows(2, 8)
        gallery.store.add_embeddings("new", [(1, rows[0]), (2, rows[1])])
        change = gallery.renewed()
        assert change == GalleryChange(gallery.revision)
        assert (len(gallery.index), gallery.foreign_templates) == (2, 1)
    with opened(folder) as gallery:  # and going back is exact
        assert gallery.foreign_templates == 0
        assert whom_it_finds(gallery, 1) == "Anna"


def test_a_gallery_that_cannot_be_read_gives_its_folder_back(folder: Path) -> None:
    with opened(folder) as gallery:
        gallery.add("Anna", new_templates(1))
        with pytest.raises(DataFolderInUse):
            opened(folder)
    with pytest.raises(StoreFailed, match="does not have 8 numbers"):
        Gallery.open(folder, FINGERPRINT, 8)
    with closing(GalleryStore.open(folder)) as store:
        assert len(store.identities()) == 1


# --- all changes ----------------------------------------------------------------------------------


@pytest.fixture
def ids(gallery: Gallery) -> dict[str, str]:
    """Anna has the templates 1 to 3, Bea 4 and 5; 6 is a rejection of Anna's."""
    for name, n in (("Anna", 3), ("Bea", 2)):
        gallery.add(name, new_templates(n, n, crop(n)))
    ids = {one.display_name: one.identity_id for one in gallery.identities()}
    gallery.reject(ids["Anna"], rejection(seed=7))
    return ids


Change = Callable[[Gallery, dict[str, str]], GalleryChange | None]

CHANGES: dict[str, Change] = {
    "add": lambda gallery, _: gallery.add("Cleo", new_templates(2, 9)),
    "add to somebody": lambda gallery, _: gallery.add("ANNA", new_templates(2, 9)),
    "reject": lambda gallery, ids: gallery.reject(ids["Bea"], rejection(9)),
    "reject once more": lambda gallery, ids: gallery.reject(ids["Anna"], rejection(9)),
    "rename": lambda gallery, ids: gallery.edit(ids["Anna"], {"display_name": "Cleo"}),
    "note": lambda gallery, ids: gallery.edit(ids["Anna"], {"note": "said yes"}),
    "merge": lambda gallery, ids: gallery.merge(ids["Anna"], ids["Bea"]),
    "merge the other way": lambda gallery, ids: gallery.merge(ids["Bea"], ids["Anna"]),
    "move": lambda gallery, ids: gallery.move([1, 6], ids["Bea"]),
    "move all": lambda gallery, ids: gallery.move([1, 2, 3], ids["Bea"]),
    "move to themselves": lambda gallery, ids: gallery.move([1, 4], ids["Bea"]),
    "move to somebody new": lambda gallery, _: gallery.move_to_name([1, 4], "Cleo"),
    "delete": lambda gallery, ids: gallery.delete(ids["Anna"]),
    "delete some": lambda gallery, _: gallery.delete_templates([1, 6, 5]),
    "delete all of somebody": lambda gallery, _: gallery.delete_templates([4, 5]),
    "delete a rejection": lambda gallery, _: gallery.delete_templates([6]),
    "clear": lambda gallery, _: gallery.clear(),
    "absorb": lambda gallery, _: gallery.absorb(gallery_of_others(gallery))[1],
    "replace": lambda gallery, _: gallery.absorb(gallery_of_others(gallery), replace=True)[1],
}


def gallery_of_others(gallery: Gallery) -> list[FullIdentity]:
    with opened(gallery.store._path.parent / "others") as others:
        others.add("Anna", new_templates(4, seed=3))
        others.add("Dora", new_templates(2, seed=20))
        return list(others.store.everybody())


@pytest.mark.parametrize("what", CHANGES)
def test_after_a_change_all_is_as_if_it_were_read_from_disk(
    gallery: Gallery, folder: Path, ids: dict[str, str], what: str
) -> None:
    before = gallery.snapshot
    change = CHANGES[what](gallery, ids)
    assert change is not None
    assert change.revision == gallery.revision == before.revision + 1
    assert dict(change.applied_to(before.people)) == dict(gallery.snapshot.people)
    gallery.close()
    with opened(folder) as again:
        assert same(gallery.snapshot, again.snapshot)


@pytest.mark.parametrize(
    "what", [what for what in CHANGES if what.startswith(("delete", "clear", "reject"))]
)
def test_what_was_deleted_or_rejected_can_be_taken_back(
    gallery: Gallery, folder: Path, ids: dict[str, str], what: str
) -> None:
    before, content = gallery.snapshot, [content_of(one) for one in gallery.store.everybody()]
    change = CHANGES[what](gallery, ids)
    assert change is not None
    assert change.undo is not None
    after = gallery.snapshot
    undone = gallery.undo(change.undo.undo_id)
    assert [content_of(one) for one in gallery.store.everybody()] == content
    assert undone.revision == gallery.revision == change.revision + 1
    assert dict(undone.applied_to(after.people)) == dict(before.people)
    assert same_index(gallery.index, before.index)
    with pytest.raises(NothingToUndo):
        gallery.undo(change.undo.undo_id)


def test_after_a_minute_nothing_can_be_taken_back(
    gallery: Gallery, ids: dict[str, str], clock: Clock
) -> None:
    undo = gallery.delete(ids["Anna"]).undo
    assert undo is not None
    clock.now_s += UNDO_S
    gallery.expire()
    with pytest.raises(NothingToUndo):
        gallery.undo(undo.undo_id)
    assert len(gallery.identities()) == 1


def test_what_is_too_large_to_be_kept_is_deleted_for_good(gallery: Gallery) -> None:
    gallery.add("Anna", new_templates(2, crop=crop(1, MAX_BYTES // 2)))
    [anna] = gallery.identities()
    assert gallery.delete(anna.identity_id).undo is None
    gallery.add("Anna", new_templates(2, crop=crop(1, MAX_BYTES // 2)))
    assert gallery.clear().undo is None
    assert gallery.clear().undo is None  # nobody is there to come back


def test_an_undo_that_the_disk_refuses_can_be_tried_again(
    gallery: Gallery, ids: dict[str, str]
) -> None:
    undo = gallery.delete(ids["Anna"]).undo
    assert undo is not None
    connection, before = gallery.store._connection, gallery.snapshot
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreFailed):
        gallery.undo(undo.undo_id)
    assert gallery.snapshot is before
    connection.execute("PRAGMA query_only = OFF")
    gallery.undo(undo.undo_id)
    assert len(gallery.identities()) == 2


REFUSED: dict[str, tuple[type[FacestreamError], Change]] = {
    "nobody is called that": (NoSuchIdentity, lambda g, _: g.edit("nobody", {"note": "x"})),
    "taken": (NameTaken, lambda g, ids: g.edit(ids["Anna"], {"display_name": "BEA"})),
    "bad name": (BadName, lambda g, _: g.move_to_name([1], "")),
    "no such example": (NoSuchExample, lambda g, ids: g.move([99], ids["Anna"])),
    "no such example to delete": (NoSuchExample, lambda g, _: g.delete_templates([1, 99])),
    "no examples": (NoExamples, lambda g, _: g.delete_templates([])),
    "nobody to merge": (NoSuchIdentity, lambda g, ids: g.merge("nobody", ids["Anna"])),
    "nobody to reject": (NoSuchIdentity, lambda g, _: g.reject("nobody", rejection(9))),
    "nothing to undo": (NothingToUndo, lambda g, _: g.undo("unknown")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_not_searched_either(
    gallery: Gallery, ids: dict[str, str], what: str
) -> None:
    error, change = REFUSED[what]
    before = gallery.snapshot
    with pytest.raises(error):
        change(gallery, ids)
    assert gallery.snapshot is before


def test_a_preview_makes_no_change(gallery: Gallery, ids: dict[str, str]) -> None:
    before = gallery.snapshot
    absorbed, change = gallery.absorb(gallery_of_others(gallery), replace=True, preview=True)
    assert change is None
    assert absorbed.removed == ("Bea",)
    assert gallery.snapshot is before


# --- expiry ---------------------------------------------------------------------------------------


def test_whose_date_has_come_is_deleted_for_good(
    gallery: Gallery, folder: Path, ids: dict[str, str], clock: Clock
) -> None:
    tomorrow_ms = round(1e3 * clock.now_s) + 86_400_000
    gallery.edit(ids["Anna"], {"expires_at_ms": tomorrow_ms})
    assert gallery.expire() == []
    clock.pass_days(1)
    assert gallery.expire() == [GalleryChange(5, removed=(ids["Anna"],))]
    assert [one.display_name for one in gallery.identities()] == ["Bea"]
    assert ids["Anna"] not in gallery.index.names
    assert gallery.expire() == []


def test_who_expired_while_nothing_ran_is_deleted_when_the_gallery_is_opened(
    gallery: Gallery, folder: Path, ids: dict[str, str], clock: Clock
) -> None:
    gallery.edit(ids["Anna"], {"expires_at_ms": round(1e3 * clock.now_s) + 1})
    gallery.close()
    clock.pass_days(1)
    with Gallery.open(folder, FINGERPRINT, DIMENSION, clock) as later:
        assert [one.display_name for one in later.identities()] == ["Bea"]
        assert whom_it_finds(later, 3) is None


# --- beside the owner -----------------------------------------------------------------------------


def test_a_gallery_opened_to_be_read_is_searched_and_not_changed(
    gallery: Gallery, folder: Path, ids: dict[str, str]
) -> None:
    with Gallery.open_for_reading(folder, FINGERPRINT, DIMENSION) as reader:
        assert same(reader.snapshot, gallery.snapshot)
        for what in CHANGES:
            with pytest.raises(StoreFailed, match="opened to be read"):
                CHANGES[what](reader, ids)
        gallery.delete(ids["Anna"])
        change = reader.reread()
        assert change == GalleryChange(gallery.revision, removed=(ids["Anna"],))


def test_a_folder_in_use_is_not_opened_as_what_can_be(gallery: Gallery, folder: Path) -> None:
    with pytest.raises(DataFolderInUse):
        Gallery.open_what_can_be(folder, FINGERPRINT, DIMENSION)
