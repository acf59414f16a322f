"""What is wrong with a file, in sentences; `facestream gallery verify` has the kinds of damage."""

import sqlite3
from contextlib import closing
from pathlib import Path

from facestream.gallery.integrity import MOST, problems_of
from facestream.gallery.records import Crop
from facestream.gallery.store import FILE_NAME, GalleryStore
from facestream.vision.images import encode_jpeg

from .fakes import crop, new_templates, unit_rows

PICTURE = encode_jpeg(unit_rows(96, 96)[..., None].repeat(3, axis=2).astype("uint8"))


def test_a_sound_gallery_has_no_problem(store: GalleryStore) -> None:
    assert store.problems() == []
    store.add("Anna", new_templates(3, crop=Crop(PICTURE)))
    store.add_embeddings("new", [(1, unit_rows(1, 8)[0])])
    assert store.problems() == []


def test_there_are_not_more_sentences_than_anybody_reads(store: GalleryStore) -> None:
    store.add("Anna", new_templates(MOST + 1, crop=crop()))  # random bytes are no pictures
    assert len(store.problems()) == MOST


def test_a_file_that_is_damaged_is_not_looked_at_row_by_row(
    store: GalleryStore, folder: Path
) -> None:
    store.add("Anna", new_templates(2, crop=crop()))
    store.close()
    with closing(sqlite3.connect(folder / FILE_NAME)) as file:
        file.execute("PRAGMA writable_schema = ON")
        file.execute("DELETE FROM sqlite_schema WHERE name = 'embedding_model'")
        file.commit()
    with closing(sqlite3.connect(folder / FILE_NAME)) as file:
        problems = problems_of(file)
    assert problems
    assert all(problem.startswith("The file is damaged: ") for problem in problems)
