"""What was deleted is in no file of the folder: not in the gallery, its log, or a snapshot."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from facestream.gallery.records import AddedTemplates, Crop
from facestream.gallery.store import FILE_NAME, GalleryStore

from .fakes import Clock, bytes_of, crop, new_templates


def enrolled(store: GalleryStore, name: str, seed: int) -> tuple[AddedTemplates, list[bytes]]:
    """A person, and every byte string by which they could be found again."""
    picture = crop(seed, 5000)
    templates = new_templates(4, seed, picture)
    added = store.add(name, templates)
    store.edit(added.identity.identity_id, {"note": f"{name} said yes"})
    return added, [
        *(name.encode(), name.casefold().encode(), added.identity.identity_id.encode()),
        *traces_of(picture),
        *(template.embedding[:4].tobytes() for template in templates),
    ]


def traces_of(picture: Crop) -> list[bytes]:
    assert picture.landmarks_xy is not None
    jpeg = picture.jpeg
    return [jpeg[2:64], jpeg[-64:-2], jpeg[2500:2564], picture.landmarks_xy.tobytes()]


def left_of(traces: list[bytes], folder: Path) -> list[bytes]:
    content = bytes_of(folder)
    return [trace for trace in traces if trace in content]


@pytest.fixture
def two(store: GalleryStore, folder: Path) -> tuple[AddedTemplates, list[bytes], list[bytes]]:
    """Somebody who is to go, their traces, and those of somebody who stays; with a snapshot."""
    _, staying = enrolled(store, "Somebody Else", 2)
    zacharias, going = enrolled(store, "Zacharias Unique", 1)
    assert store.snapshot_if_due() is not None
    for copy in (folder, folder / "snapshots"):
        assert left_of(going + staying, copy) == going + staying
    return zacharias, going, staying


Two = tuple[AddedTemplates, list[bytes], list[bytes]]


def test_a_deleted_person_leaves_no_bytes(store: GalleryStore, folder: Path, two: Two) -> None:
    zacharias, going, staying = two
    store.delete(zacharias.identity.identity_id)
    assert not store.scrub_due
    assert left_of(going, folder) == []
    assert left_of(staying, folder / "snapshots") == staying
    store.close()
    assert left_of(going, folder) == []
    assert left_of(staying, folder) == staying


def test_deleted_templates_leave_no_bytes(store: GalleryStore, folder: Path, two: Two) -> None:
    zacharias, going, _ = two
    store.delete_templates(zacharias.template_ids)
    assert left_of(going[3:], folder) == []  # their name, note and id stay


def test_replacing_everybody_leaves_no_bytes(store: GalleryStore, folder: Path, two: Two) -> None:
    _, going, staying = two
    store.absorb([], replace=True)
    assert left_of(going + staying, folder) == []


def test_somebody_merged_is_gone_by_name_and_their_faces_when_those_are_deleted(
    store: GalleryStore, folder: Path, two: Two
) -> None:
    zacharias, going, _ = two
    other = next(one for one in store.identities() if one != zacharias.identity)
    store.merge(zacharias.identity.identity_id, other.identity_id)
    assert left_of(going, folder) == going[3:]
    store.delete(other.identity_id)
    assert left_of(going, folder) == []


def test_whose_templates_were_moved_away_before_they_were_deleted_is_gone_by_name(
    store: GalleryStore, folder: Path, two: Two
) -> None:
    zacharias, going, _ = two
    store.move_to_name(zacharias.template_ids[:2], "Somebody New")
    store.delete(zacharias.identity.identity_id)
    kept = going[:3] + going[-2:]
    assert left_of(kept, folder) == []
    with closing(sqlite3.connect(next((folder / "snapshots").iterdir()))) as snapshot:
        names = snapshot.execute("SELECT display_name FROM identity").fetchall()
    assert sorted(names) == [("Somebody Else",), ("Somebody New",)]


def test_an_old_name_or_note_leaves_the_snapshots_with_the_next_deletion(
    store: GalleryStore, folder: Path, two: Two
) -> None:
    zacharias, going, _ = two
    other = next(one for one in store.identities() if one != zacharias.identity)
    store.edit(zacharias.identity.identity_id, {"display_name": "Q", "note": None})
    store.edit(other.identity_id, {"display_name": "Zacharias Unique"})
    store.edit(other.identity_id, {"display_name": "P"})
    store.delete(store.add("R", new_templates(1, seed=7)).identity.identity_id)
    assert left_of(going[:2], folder) == []
    assert left_of(going[2:], folder) == going[2:]


def test_clearing_leaves_no_bytes_of_anybody(store: GalleryStore, folder: Path) -> None:
    traces = []
    for seed in range(20):
        traces += enrolled(store, f"Person Number{seed}", seed)[1]
    store.snapshot_if_due()
    store.clear()
    assert left_of(traces, folder) == []
    store.close()
    assert left_of(traces, folder) == []


@pytest.mark.parametrize("fail", [False, True])
def test_who_was_only_previewed_or_refused_leaves_no_bytes(
    store: GalleryStore, folder: Path, tmp_path: Path, fail: bool
) -> None:
    with closing(GalleryStore.open(tmp_path / "other")) as other:
        traces = [trace for n in range(300) for trace in enrolled(other, f"Unique {n}", n)[1]]
        people = list(other.everybody())

    def coming() -> object:
        yield from people
        if fail:
            raise RuntimeError("the file ends here")

    if fail:
        with pytest.raises(RuntimeError):
            store.absorb(coming())  # type: ignore[arg-type]
    else:
        assert len(store.absorb(coming(), preview=True).new) == 300  # type: ignore[arg-type]
    assert store.identities() == []
    assert left_of(traces, folder) == []


def under_a_reader(folder: Path, change: Callable[[], object]) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM identity").fetchall()
        change()


def test_a_scrub_that_failed_is_done_at_the_next_change_or_opening(
    store: GalleryStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store._connection.execute("PRAGMA busy_timeout = 10")
    zacharias, going = enrolled(store, "Zacharias Unique", 1)
    yolanda, too = enrolled(store, "Yolanda Unique", 2)
    under_a_reader(folder, lambda: store.delete(zacharias.identity.identity_id))
    assert store.scrub_due
    assert "may still be in the file" in caplog.text
    bea = store.add("Bea", new_templates(1, seed=5))
    assert store.scrub_due  # an enrolment does not wait for it
    store.delete(bea.identity.identity_id)
    assert not store.scrub_due
    assert left_of(going, folder) == []

    under_a_reader(folder, lambda: store.delete(yolanda.identity.identity_id))
    assert store.scrub_due
    store.close()
    with closing(GalleryStore.open(folder)) as again:
        assert not again.scrub_due
    assert left_of(too, folder) == []


def test_no_snapshot_is_taken_while_deleted_bytes_may_be_in_the_file(
    store: GalleryStore, folder: Path, clock: Clock
) -> None:
    store._connection.execute("PRAGMA busy_timeout = 10")
    zacharias, going = enrolled(store, "Zacharias Unique", 1)
    enrolled(store, "Somebody Else", 2)

    def delete_and_copy() -> None:
        store.delete(zacharias.identity.identity_id)
        assert store.snapshot_if_due() is None

    under_a_reader(folder, delete_and_copy)
    assert store.snapshot_if_due() is not None
    assert left_of(going, folder) == []


def test_copies_of_rows_that_sqlite_moved_are_deleted_too(
    store: GalleryStore, folder: Path
) -> None:
    """With `secure_delete` alone two of these names stay in the file (SQLite 3.40.1)."""
    walk = random.Random(9)
    live: list[str] = []
    gone: list[str] = []
    connection = store._connection
    connection.execute("BEGIN")
    for step in range(4000):
        if not live or walk.random() < (0.7 if step < 2500 else 0.2):
            live.append(f"{walk.getrandbits(64):016x}" * walk.randint(1, 5))
            connection.execute(
                "INSERT INTO identity (id, display_name, name_key, created_at_ms)"
                " VALUES (?, ?, ?, 0)",
                (live[-1],) * 3,
            )
        else:
            gone.append(live.pop(walk.randrange(len(live))))
            connection.execute("DELETE FROM identity WHERE id = ?", (gone[-1],))
    connection.execute("COMMIT")
    assert store.snapshot_if_due() is not None  # it has copies of the copies

    store.delete(live[0])

    content = bytes_of(folder)
    assert [name for name in [*gone, live[0]] if name[:16].encode() in content] == []
