"""Labelled photos and LFW's pairs file."""

from __future__ import annotations

from pathlib import Path

import pytest

from facestream.errors import BadDataset
from facestream.evaluation.dataset import find_photos, read_pairs

PAIRS = "1\t1\nAda_L\t1\t2\nAda_L\t1\tBob\t1\n"


@pytest.fixture(params=["flat", "a folder a person"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for name in ("Ada_L_0001", "Ada_L_0002", "Bob_0001"):
        person = name.rsplit("_", 1)[0]
        path = tmp_path / ("." if request.param == "flat" else person) / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_photos_are_found_flat_or_by_person(folder: Path) -> None:
    assert sorted(find_photos(folder)) == [("Ada_L", 1), ("Ada_L", 2), ("Bob", 1)]


def test_in_a_folder_of_a_person_photos_may_be_called_anything(tmp_path: Path) -> None:
    for name in ("Ada/holiday.jpg", "Ada/IMG_0007.png", "Ada/.hidden/x.txt", "Bob/passport.JPG"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    photos = find_photos(tmp_path)
    assert sorted(photos) == [("Ada", 1), ("Ada", 2), ("Bob", 1)]
    assert photos["Ada", 1].path.name == "IMG_0007.png"  # by file name


def test_lfws_own_numbers_are_kept_where_some_are_missing(tmp_path: Path) -> None:
    (tmp_path / "Ada_L").mkdir()
    for number in (2, 10):
        (tmp_path / "Ada_L" / f"Ada_L_{number:04}.jpg").touch()
    assert sorted(find_photos(tmp_path)) == [("Ada_L", 2), ("Ada_L", 10)]


def test_pairs_name_photos(folder: Path) -> None:
    pairs = folder / "pairs.txt"
    pairs.write_text(PAIRS)
    [[mated, non_mated]] = read_pairs(pairs, find_photos(folder))
    assert mated.mated
    assert (mated.first.number, mated.second.number) == (1, 2)
    assert not non_mated.mated
    assert (non_mated.first.person, non_mated.second.person) == ("Ada_L", "Bob")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one\ttwo\n",
        "1\t2\nAda_L\t1\t2\n",  # fewer pairs than stated
        PAIRS.replace("Bob", "Eve"),  # no such photo
        PAIRS.replace("\t2", "\tx"),
        "1\t1\nAda_L\t1\nAda_L\t1\tBob\t1\n",
    ],
)
def test_a_broken_pairs_file_is_refused(folder: Path, text: str) -> None:
    pairs = folder / "pairs.txt"
    pairs.write_text(text)
    with pytest.raises(BadDataset):
        read_pairs(pairs, find_photos(folder))


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        find_photos(tmp_path / "nowhere")
