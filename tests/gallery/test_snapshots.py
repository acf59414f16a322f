"""The copies of the last days: when they are taken, how many are kept, what they are good for."""

import errno
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from facestream.gallery.snapshots import DAYS_KEPT, FOLDER_NAME
from facestream.gallery.store import FILE_NAME, GalleryStore

from .fakes import Clock, content_of, crop, new_templates


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / FOLDER_NAME).iterdir())


def test_there_is_one_snapshot_a_day_and_none_of_what_did_not_change(
    store: GalleryStore, folder: Path, clock: Clock
) -> None:
    first = store.snapshot_if_due()
    assert first == folder / FOLDER_NAME / "2023-11-14.sqlite"
    store.add("Anna", new_templates(1))
    assert store.snapshot_if_due() is None
    clock.pass_days(1)
    assert store.snapshot_if_due() is not None
    clock.pass_days(1)
    assert store.snapshot_if_due() is None
    assert names_in(folder) == ["2023-11-14.sqlite", "2023-11-15.sqlite"]


def test_only_the_last_ones_are_kept(store: GalleryStore, folder: Path, clock: Clock) -> None:
    for seed in range(DAYS_KEPT + 3):
        store.add(f"Person {seed}", new_templates(1, seed))
        store.snapshot_if_due()
        clock.pass_days(1)
    assert names_in(folder) == [f"2023-11-{day}.sqlite" for day in range(17, 24)]


def test_a_snapshot_is_one_file_of_its_owners_alone(store: GalleryStore, folder: Path) -> None:
    store.add("Anna", new_templates(1))
    path = store.snapshot_if_due()
    assert path is not None
    assert names_in(folder) == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_snapshot_is_a_gallery_that_can_be_used(
    store: GalleryStore, folder: Path, tmp_path: Path
) -> None:
    store.add("Anna", new_templates(3, 1, crop(1)))
    store.add("Bea", new_templates(2, 2))
    before = [content_of(one) for one in store.everybody()]
    path = store.snapshot_if_due()
    assert path is not None
    store.add("Cleo", new_templates(1, 3))
    (tmp_path / "other").mkdir()
    shutil.copy(path, tmp_path / "other" / FILE_NAME)
    with closing(GalleryStore.open(tmp_path / "other")) as other:
        assert [content_of(one) for one in other.everybody()] == before
        other.add("Dora", new_templates(1, 4))


def test_a_snapshot_of_another_gallery_keeps_nobody_by_the_same_number(
    store: GalleryStore, folder: Path, clock: Clock
) -> None:
    """As after somebody removed the gallery's file, and began anew."""
    store.add("Anna", new_templates(2, 1))
    path = store.snapshot_if_due()
    assert path is not None
    store.close()
    for file in folder.glob(f"{FILE_NAME}*"):
        file.unlink()
    aside = path.rename(folder / "aside")
    clock.pass_days(1)
    with closing(GalleryStore.open(folder, clock)) as anew:
        bea = anew.add("Bea", new_templates(2, 2)).identity
        aside.rename(path)
        anew.delete_templates([2])
        assert [one.identity_id for one in anew.identities()] == [bea.identity_id]
    with closing(sqlite3.connect(path)) as snapshot:
        for table in ("identity", "template", "embedding"):
            assert snapshot.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_snapshot_that_cannot_be_scrubbed_is_removed(
    store: GalleryStore, folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    anna = store.add("Anna", new_templates(1)).identity
    broken = store.snapshot_if_due()
    assert broken is not None
    clock.pass_days(1)
    store.add("Bea", new_templates(1, 1))
    store.snapshot_if_due()
    broken.write_bytes(broken.read_bytes()[:5000])
    store.delete(anna.identity_id)
    assert names_in(folder) == ["2023-11-15.sqlite"]
    assert "2023-11-14.sqlite is removed" in caplog.text
    assert not store.scrub_due


def test_a_part_that_a_crash_left_is_removed_with_the_next_deletion(
    store: GalleryStore, folder: Path
) -> None:
    anna = store.add("Anna", new_templates(1)).identity
    store.snapshot_if_due()
    for left_over in ("2023-11-13.part", "2023-11-13.part-journal"):
        (folder / FOLDER_NAME / left_over).write_bytes(b"faces")
    store.delete(anna.identity_id)
    assert names_in(folder) == ["2023-11-14.sqlite"]


def test_a_snapshot_in_whose_place_no_other_can_be_put_is_removed_and_so_is_the_part(
    store: GalleryStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = store.add("Anna", new_templates(1)).identity
    store.snapshot_if_due()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("facestream.gallery.snapshots.os.replace", full)
    store.delete(anna.identity_id)
    assert names_in(folder) == []
    assert not store.scrub_due


def test_a_snapshot_that_a_crash_left_half_scrubbed_is_scrubbed_at_the_next_opening(
    store: GalleryStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = store.add("Anna", new_templates(50, 1, crop(1, 5000))).identity
    store.add("Bea", new_templates(1, 2))
    path = store.snapshot_if_due()
    assert path is not None

    class Killed(BaseException):
        pass

    def killed(_: Path) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("facestream.gallery.snapshots._whole", killed)
        with pytest.raises(Killed):
            store.delete(anna.identity_id)
    assert unused_pages(path) > 0  # in which SQLite may have left copies of rows that it moved
    store.close()
    with closing(GalleryStore.open(folder)) as again:
        assert not again.scrub_due
    assert unused_pages(path) == 0
    with closing(sqlite3.connect(path)) as snapshot:
        assert snapshot.execute("SELECT scrub_due FROM meta").fetchone() == (0,)


def unused_pages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as snapshot:
        return int(snapshot.execute("PRAGMA freelist_count").fetchone()[0])
