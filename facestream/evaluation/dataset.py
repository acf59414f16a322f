"""Folders of labelled photos and LFW's pairs file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from facestream.errors import BadDataset

__all__ = ["Pair", "Photo", "find_photos", "read_pairs"]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
NUMBERED = re.compile(r"(?P<person>.+)_(?P<number>\d+)$")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the person `person`, the `number`th in LFW's counting from 1."""

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
    """All photos named `Person_Name_0001.jpg`, flat in `folder` or one folder a person.

    Raises:
        BadDataset: the folder is missing or holds no such photo.
    """
    paths = [p for p in sorted(folder.glob("**/*")) if p.suffix.lower() in SUFFIXES]
    named = ((NUMBERED.match(path.stem), path) for path in paths)
    photos = [Photo(m["person"], int(m["number"]), path) for m, path in named if m]
    if not photos:
        raise BadDataset(f"{folder} holds no photos named like Person_Name_0001.jpg")
    return {(photo.person, photo.number): photo for photo in photos}


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
