from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import (
    BadName,
    DataFolderInUse,
    FingerprintMismatch,
    NoSuchIdentity,
    StoreFailed,
)
from facestream.gallery.gallery import Gallery, GalleryChange
from facestream.gallery.store import GalleryStore

from .fakes import DIMENSION, FINGERPRINT, new_templates


def opened(folder: Path, fingerprint: str = FINGERPRINT) -> Gallery:
    return Gallery.open(folder, fingerprint, DIMENSION)


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with opened(tmp_path) as gallery:
        yield gallery


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


def test_who_is_enrolled_is_found_at_once_and_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as gallery:
        change = gallery.add("Anna", new_templates(3, seed=1))
        gallery.add("Bea", new_templates(2, seed=2))
        assert change == GalleryChange(1, upserted=(change.upserted[0],))
        assert change.upserted[0].display_name == "Anna"
        assert whom_it_finds(gallery, 1) == "Anna"
        before = gallery.snapshot
    with opened(tmp_path) as gallery:
        assert whom_it_finds(gallery, 1) == "Anna"
        assert whom_it_finds(gallery, 2) == "Bea"
        assert gallery.identities() == before.identities
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
    assert change == GalleryChange(3, removed=(anna.identity_id,))
    assert whom_it_finds(gallery, 1) is None
    assert whom_it_finds(gallery, 2) == "Bea"
    assert [identity.display_name for identity in gallery.identities()] == ["Bea"]


def test_clearing_forgets_everybody(gallery: Gallery) -> None:
    gallery.add("Anna", new_templates(3, seed=1))
    assert gallery.clear() == GalleryChange(2, cleared=True)
    assert len(gallery.index) == 0
    assert gallery.identities() == ()
    gallery.add("Anna", new_templates(1, seed=1))
    assert whom_it_finds(gallery, 1) == "Anna"


def test_a_snapshot_stays_as_it_was(gallery: Gallery) -> None:
    anna = gallery.add("Anna", new_templates(3, seed=1)).upserted[0]
    before = gallery.snapshot
    gallery.delete(anna.identity_id)
    assert before.identities == (anna,)
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
    connection = gallery._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    before = gallery.snapshot
    with pytest.raises(StoreFailed, match="full"):
        gallery.add("Bea", new_templates(3, seed=2, crop_jpeg=b"x" * 9000))
    assert gallery.snapshot is before
    assert whom_it_finds(gallery, 2) is None


def test_templates_of_another_model_are_counted_never_searched_never_mixed(tmp_path: Path) -> None:
    with opened(tmp_path, "old model") as gallery:
        anna = gallery.add("Anna", new_templates(3, seed=1, fingerprint="old model")).upserted[0]
    with opened(tmp_path) as gallery:
        assert gallery.foreign_templates == 3
        assert gallery.identities() == (anna,)
        assert len(gallery.index) == 0
        with pytest.raises(FingerprintMismatch, match="3 templates which another model made"):
            gallery.add("Bea", new_templates(1))
        gallery.delete(anna.identity_id)
        assert gallery.foreign_templates == 0
        gallery.add("Bea", new_templates(1))


def test_examples_of_another_model_are_refused(gallery: Gallery) -> None:
    with pytest.raises(FingerprintMismatch):
        gallery.add("Anna", new_templates(1, fingerprint="other"))
    assert gallery.identities() == ()


def test_a_gallery_that_cannot_be_read_gives_its_folder_back(tmp_path: Path) -> None:
    with opened(tmp_path) as gallery:
        gallery.add("Anna", new_templates(1))
        with pytest.raises(DataFolderInUse):
            opened(tmp_path)
    with pytest.raises(StoreFailed, match="does not have 8 numbers"):
        Gallery.open(tmp_path, FINGERPRINT, 8)
    with closing(GalleryStore.open(tmp_path)) as store:
        assert len(store.identities()) == 1
