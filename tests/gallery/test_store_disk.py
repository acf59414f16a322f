"""Full, damaged and read-only disks: a clear error, and nothing that was stored is lost."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from facestream.errors import StoreFailed
from facestream.gallery.gallery import Gallery
from facestream.gallery.records import Crop, FullIdentity
from facestream.gallery.schema import SCHEMA_VERSION
from facestream.gallery.store import FILE_NAME, GalleryStore

from .fakes import (
    DIMENSION,
    FINGERPRINT,
    Clock,
    bytes_of,
    content_of,
    crop,
    new_templates,
    rejection,
    unit_rows,
)


def large(seed: int = 0) -> Crop:
    return crop(seed, 50_000)


def opened(folder: Path) -> Gallery:
    return Gallery.open_what_can_be(folder, FINGERPRINT, DIMENSION)


def everything_in(gallery: Gallery) -> object:
    snapshot = gallery.snapshot
    people = [content_of(person) for person in gallery.store.everybody()]
    return people, snapshot.revision, dict(snapshot.people), len(snapshot.index)


# --- full -----------------------------------------------------------------------------------------


def fill(disk: Path) -> None:
    """Leave not one byte, in a file that can be removed."""
    with (disk / "filling").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def enrol_two(gallery: Gallery) -> None:
    for name in ("Anna", "Bea"):
        gallery.add(name, new_templates(2, len(name), crop(len(name))))


CHANGES: dict[str, Callable[[Gallery], object]] = {
    "add": lambda gallery: gallery.add("Cleo", new_templates(3, 9, large())),
    "reject": lambda gallery: gallery.reject(gallery.identities()[0].identity_id, rejection(9)),
    "delete": lambda gallery: gallery.delete(gallery.identities()[0].identity_id),
    "delete some": lambda gallery: gallery.delete_templates([1]),
    "rename": lambda gallery: gallery.edit(
        gallery.identities()[0].identity_id, {"display_name": "Dora"}
    ),
    "merge": lambda gallery: gallery.merge(
        *(one.identity_id for one in gallery.identities()[:2]),
    ),
    "move": lambda gallery: gallery.move_to_name([1], "Eva"),
    "absorb": lambda gallery: gallery.absorb(some_people(gallery.store)),
    "embed anew": lambda gallery: gallery.store.add_embeddings(
        "new", [(one, row) for one, row in zip((1, 2, 3, 4), unit_rows(4, 4096), strict=True)]
    ),
    "snapshot": lambda gallery: gallery.store.snapshot_if_due(),
}


def some_people(store: GalleryStore) -> list[FullIdentity]:
    """Who is not in the store."""
    folder = Path(store._path).parent.parent / "elsewhere"
    with closing(GalleryStore.open(folder)) as other:
        other.add("Friedrich", new_templates(4, 99, large(7)))
        return list(other.everybody())


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_full_disk_refuses_changes_nothing_and_works_when_there_is_room(
    small_disk: Path, what: str
) -> None:
    with opened(small_disk) as gallery:
        enrol_two(gallery)
        fill(small_disk)
        before = everything_in(gallery)
        with pytest.raises(StoreFailed, match=r"the disk is full|No space left on device"):
            CHANGES[what](gallery)
        assert everything_in(gallery) == before
        (small_disk / "filling").unlink()
        assert everything_in(gallery) == before
        CHANGES[what](gallery)
        after = everything_in(gallery)
    with opened(small_disk) as gallery:
        assert everything_in(gallery) == after
        assert not gallery.store.scrub_due


def test_when_the_disk_is_full_at_the_start_people_are_named_all_the_same(
    small_disk: Path,
) -> None:
    with opened(small_disk) as gallery:
        enrol_two(gallery)
        before = everything_in(gallery)
    fill(small_disk)
    with opened(small_disk) as gallery:
        assert gallery.problem is not None
        assert "the disk is full" in gallery.problem
        assert everything_in(gallery) == before
    (small_disk / "filling").unlink()
    with opened(small_disk) as gallery:
        assert gallery.problem is None
        assert everything_in(gallery) == before


def test_a_snapshot_that_does_not_fit_leaves_no_part_of_itself(small_disk: Path) -> None:
    clock = Clock()
    with closing(GalleryStore.open(small_disk, clock)) as store:
        store.add("Anna", new_templates(1, crop=large()))
        older = store.snapshot_if_due()
        assert older is not None
        content = older.read_bytes()
        store.add("Bea", new_templates(8, 1, large(1)))
        clock.pass_days(1)
        with pytest.raises(StoreFailed, match="disk is full"):
            store.snapshot_if_due()
        assert list((small_disk / "snapshots").iterdir()) == [older]
        assert older.read_bytes() == content


def test_a_file_at_its_limit_refuses_the_change_wholly(store: GalleryStore) -> None:
    store.add("Anna", new_templates(1))
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFailed, match="the disk is full"):
        store.add("Bea", new_templates(5, crop=crop(1, 9000)))
    assert [identity.display_name for identity in store.identities()] == ["Anna"]
    assert store.revision == 1
    store.add("Cleo", new_templates(1))
    assert len(store.templates(FINGERPRINT, DIMENSION)) == 2


# --- may only be read -----------------------------------------------------------------------------


def test_on_a_disk_that_may_only_be_read_people_are_named_and_nothing_is_changed(
    small_disk: Path,
) -> None:
    with opened(small_disk) as gallery:
        anna = gallery.add("Anna", new_templates(2)).upserted[0]
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreFailed, match="Read-only file system"):
        GalleryStore.open(small_disk)
    with opened(small_disk) as gallery:
        assert gallery.identities() == (anna,)
        found = gallery.index.search(new_templates(1)[0].embedding[None], 1)
        assert found.identity_ids.tolist() == [[anna.identity_id]]
        assert gallery.problem is not None
        changes: tuple[Callable[[], object], ...] = (
            lambda: gallery.add("Bea", new_templates(1)),
            lambda: gallery.delete(anna.identity_id),
            lambda: gallery.edit(anna.identity_id, {"display_name": "Bea"}),
            gallery.clear,
        )
        for change in changes:
            with pytest.raises(StoreFailed, match="Read-only file system"):
                change()
        assert gallery.expire() == []
        assert gallery.identities() == (anna,)


# --- damaged --------------------------------------------------------------------------------------


@pytest.fixture
def file(folder: Path) -> Path:
    """A sound gallery of 30 people, with a snapshot of it beside it."""
    with closing(GalleryStore.open(folder, Clock())) as store:
        for seed in range(30):
            store.add(f"Person {seed}", new_templates(5, seed, crop(seed, 3000)))
        store.snapshot_if_due()
    return folder / FILE_NAME


def overwritten(content: bytes, at: int) -> bytes:
    return content[:at] + b"\xa5" * 512 + content[at + 512 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no database": lambda _: b"not a database, but something dear" * 100,
    "header": lambda content: overwritten(content, 0),
    "first page": lambda content: overwritten(content, 100),
    **{f"page {page}": partial(overwritten, at=page * 4096) for page in (1, 2, 10, 40)},
    "cut short": lambda content: content[: 5 * 4096 + 100],
    "cut to a page": lambda content: content[:4096],
    "cut in the header": lambda content: content[:50],
    "nothing left": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_told_kept_and_not_searched(file: Path, damage: str) -> None:
    damaged = DAMAGES[damage](file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(StoreFailed, match=r"damaged|missing, but there are snapshots"):
        GalleryStore.open(file.parent)
    with opened(file.parent) as gallery:
        assert gallery.identities() == ()
        assert len(gallery.index) == 0
        assert gallery.problem is not None
        with pytest.raises(StoreFailed, match=r"damaged|missing"):
            gallery.add("Anna", new_templates(1))
    assert file.read_bytes() == damaged


def test_a_lost_file_is_not_replaced_by_an_empty_one(file: Path) -> None:
    file.unlink()
    with opened(file.parent) as gallery:
        assert gallery.problem is not None
        assert "facestream gallery restore 2023-11-14" in gallery.problem
    assert not file.exists()


def test_a_damaged_embedding_is_not_searched(store: GalleryStore) -> None:
    store.add("Anna", new_templates(2))
    for broken, said in (("zeroblob(64)", "unit length"), ("x'00'", "does not have 16 numbers")):
        store._connection.execute(f"UPDATE embedding SET vector = {broken} WHERE template_id = 2")
        with pytest.raises(StoreFailed, match=said):
            store.templates(FINGERPRINT, DIMENSION)


def test_a_refused_folder_is_free_again(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(b"x" * 5000)
    with pytest.raises(StoreFailed):
        GalleryStore.open(file.parent)
    file.write_bytes(content)
    GalleryStore.open(file.parent).close()


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("CREATE TABLE recipe (text TEXT)")
    with pytest.raises(StoreFailed, match="not a facestream gallery"):
        GalleryStore.open(tmp_path)


def test_a_gallery_of_a_newer_facestream_is_refused(file: Path) -> None:
    with closing(sqlite3.connect(file)) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for opening in (GalleryStore.open, GalleryStore.open_for_reading):
        with pytest.raises(StoreFailed, match="newer facestream"):
            opening(file.parent)


def test_a_folder_or_file_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match="cannot be made"):
        GalleryStore.open(tmp_path / "file" / "data")
    (tmp_path / "data" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(StoreFailed, match="Is a directory"):
        GalleryStore.open(tmp_path / "data")


def test_a_gallery_that_failed_leaves_no_copy_in_the_temporary_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    with closing(GalleryStore.open(file.parent)) as store:
        store.clear()
    assert bytes_of(temporary) == b""
    assert os.listdir(temporary) == []
