"""Folders of labelled photos and LFW's pairs file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from facestream.errors import BadDataset

__all__ = ["Pair", "Photo", "find_photos", "read_pairs"]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
NUMBERED = re.compile(r"(?P<person>.+)_(?P<number>\d+)$")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the person `person`.

    number: LFW's, counted from 1; or its place by file name where the files are not numbered.
    """

    person: str
    number: int
    path: Path


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos, and whether they are mated: whether they show the same person."""

    first: Photo
    second: Photo
    mated: bool


def find_photos(folder: Path) -> dict[tuple[str, int], Photo]:
    """All labelled photos, by person and number.

    Those in `folder` itself are named `Person_Name_0001.jpg`. Those in folders within it are of the
    person whose name their folder has, and may be called anything.

    Raises:
        BadDataset: the folder is missing or holds no such photo.
    """
    found = sorted(folder.glob("**/*"), key=lambda path: (path.parent, path.name))
    files = [path for path in found if path.suffix.lower() in SUFFIXES]
    named = ((NUMBERED.match(file.stem), file) for file in files if file.parent == folder)
    photos = [Photo(match["person"], int(match["number"]), file) for match, file in named if match]
    for home, group in groupby((f for f in files if f.parent != folder), lambda f: f.parent):
        photos += _of_one_person(home.name, list(group))
    if not photos:
        raise BadDataset(
            f"{folder} holds no photos named like Person_Name_0001.jpg, and no folders of photos"
        )
    return {(photo.person, photo.number): photo for photo in photos}


def _of_one_person(person: str, files: list[Path]) -> list[Photo]:
    """The photos in one person's folder, which come by file name."""
    matches = [NUMBERED.match(file.stem) for file in files]
    numbers = [int(match["number"]) for match in matches if match and match["person"] == person]
    if len(set(numbers)) < len(files):  # not LFW's own names: count them
        numbers = list(range(1, len(files) + 1))
    return [Photo(person, number, file) for number, file in zip(numbers, files, strict=True)]


def read_pairs(path: Path, photos: dict[tuple[str, int], Photo]) -> list[list[Pair]]:
    """The folds of an LFW `pairs.txt`, each with its mated pairs and then its non-mated ones.

    The first line holds the number of folds and of pairs of each kind in a fold; then follow lines
    `name n1 n2` (mated) and `name1 n1 name2 n2` (non-mated), separated by tabs.

    Raises:
        BadDataset: the file cannot be read, is not of that form or names a photo that is missing.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").strip().splitlines()
        folds, per_kind = (int(word) for word in header.split("\t"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BadDataset(f"{path} is not an LFW pairs file: {error}") from error
    if len(lines) != folds * 2 * per_kind:
        raise BadDataset(
            f"{path} states {folds} folds of 2 x {per_kind} pairs but has {len(lines)} pairs"
        )
    pairs = [_pair(line, photos, path) for line in lines]
    return [pairs[start : start + 2 * per_kind] for start in range(0, len(pairs), 2 * per_kind)]


def _pair(line: str, photos: dict[tuple[str, int], Photo], path: Path) -> Pair:
    words = line.split("\t")
    if len(words) == 3:
        words = [words[0], words[1], words[0], words[2]]
        mated = True
    elif len(words) == 4:
        mated = False
    else:
        raise BadDataset(f"{path}: a pair has 3 or 4 columns, got {line!r}")
    try:
        first, second = photos[words[0], int(words[1])], photos[words[2], int(words[3])]
    except (KeyError, ValueError) as error:
        raise BadDataset(f"{path}: no photo for the pair {line!r}") from error
    return Pair(first, second, mated)
