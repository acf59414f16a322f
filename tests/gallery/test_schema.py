"""Galleries of earlier versions: nothing in them is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import StoreFailed
from facestream.gallery import schema
from facestream.gallery.gallery import Gallery
from facestream.gallery.records import Kind, Source
from facestream.gallery.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from facestream.gallery.store import FILE_NAME, GalleryStore

from .fakes import DIMENSION, FINGERPRINT, bytes_of, crop, new_templates, unit_rows

ROWS = unit_rows(5)


@pytest.fixture
def version_1(folder: Path) -> Path:
    """Two people, one by two models; templates 6 to 9 were deleted."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / FILE_NAME)) as file:
        for statement in MIGRATIONS[0]:
            file.execute(statement)
        file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        file.execute("PRAGMA user_version = 1")
        file.execute("UPDATE meta SET revision = 7")
        for identity in (("a1", "Anné", "anné", 1000), ("b2", "Bea", "bea", 2000)):
            file.execute("INSERT INTO identity VALUES (?, ?, ?, ?)", identity)
        for known in ((1, FINGERPRINT, DIMENSION), (2, "old", DIMENSION)):
            file.execute("INSERT INTO model VALUES (?, ?, ?)", known)
        for number, row in enumerate(ROWS, 1):
            owner, model = ("a1", 1) if number < 4 else ("b2", number - 3)
            file.execute(
                "INSERT INTO template VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, owner, model, 5000 + number, 1.5 * number, "photo", row.tobytes()),
            )
            file.execute("INSERT INTO crop VALUES (?, ?)", (number, crop(number).jpeg))
        file.execute("UPDATE sqlite_sequence SET seq = 9")
        file.commit()
    return folder


def test_nothing_of_a_gallery_of_version_1_is_lost(version_1: Path) -> None:
    with closing(GalleryStore.open(version_1)) as store:
        assert store.revision == 7
        anna, bea = store.everybody()
        assert (anna.identity_id, anna.display_name, anna.created_at_ms) == ("a1", "Anné", 1000)
        assert (bea.identity_id, bea.display_name, bea.created_at_ms) == ("b2", "Bea", 2000)
        assert (anna.note, anna.expires_at_ms) == (None, None)
        for number, one in enumerate(anna.templates + bea.templates, 1):
            assert (one.template_id, one.kind, one.source) == (number, Kind.EXAMPLE, Source.PHOTO)
            assert (one.created_at_ms, one.sharpness) == (5000 + number, 1.5 * number)
            assert one.crop is not None
            assert one.crop.jpeg == crop(number).jpeg
            assert (one.crop.landmarks_xy, one.crop.detector) == (None, None)
            [(made_by, row)] = one.embeddings.items()
            assert made_by == ("old" if number == 5 else FINGERPRINT)
            assert np.array_equal(row, ROWS[number - 1])
        assert store.add("Cleo", new_templates(1, 9)).template_ids == (10,)
        store.delete("a1")  # and the tables refer to each other as they should
        for table in ("template", "crop", "embedding"):
            left = store._connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert left == (2 if table == "crop" else 3,)


def test_a_gallery_of_version_1_is_searched_at_once(version_1: Path) -> None:
    with Gallery.open(version_1, FINGERPRINT, DIMENSION) as gallery:
        assert gallery.index.search(ROWS, 1).template_ids[:4, 0].tolist() == [1, 2, 3, 4]
        assert gallery.foreign_templates == 1


def test_a_migrated_file_has_the_tables_and_settings_of_a_new_one(
    version_1: Path, tmp_path: Path
) -> None:
    def described(folder: Path) -> tuple[object, ...]:
        with closing(GalleryStore.open(folder)) as store:
            rows = store._connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
            ).fetchall()
            version = store._connection.execute("PRAGMA user_version").fetchone()
            broken = store._connection.execute("PRAGMA foreign_key_check").fetchall()
            assert not store.scrub_due
        return rows, version, broken

    assert described(version_1) == described(tmp_path / "new")
    assert described(version_1)[1:] == ((SCHEMA_VERSION,), [])


def test_who_is_deleted_after_a_migration_is_not_left_in_the_old_tables(version_1: Path) -> None:
    with closing(GalleryStore.open(version_1)) as store:
        store.delete("a1")
    content = bytes_of(version_1)
    assert ROWS[0].tobytes()[:16] not in content
    assert crop(1).jpeg[2:64] not in content
    assert ROWS[3].tobytes() in content


def test_a_migration_leaves_no_second_copy_of_a_face(version_1: Path) -> None:
    with closing(GalleryStore.open(version_1)):
        content = bytes_of(version_1)
    assert [content.count(row.tobytes()[:16]) for row in ROWS] == [1] * 5
    assert [content.count(crop(number).jpeg[2:34]) for number in range(1, 6)] == [1] * 5


def test_a_migration_that_fails_leaves_the_old_version(
    version_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (MIGRATIONS[0], (*MIGRATIONS[1][:-4], "SELECT no_such_column FROM template"))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", broken)
        with pytest.raises(StoreFailed, match="no_such_column"):
            GalleryStore.open(version_1)
    with closing(sqlite3.connect(version_1 / FILE_NAME)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
        assert file.execute("SELECT count(*) FROM template").fetchone() == (5,)
    test_nothing_of_a_gallery_of_version_1_is_lost(version_1)


def test_a_gallery_of_version_1_is_not_changed_by_looking(version_1: Path) -> None:
    before = (version_1 / FILE_NAME).read_bytes()
    with pytest.raises(StoreFailed, match="older version: start the server once"):
        GalleryStore.open_for_reading(version_1)
    assert (version_1 / FILE_NAME).read_bytes() == before
