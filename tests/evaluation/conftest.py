"""The LFW photos that are there for development, embedded once for all tests of this room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from facestream.evaluation.dataset import Pair, Photo, find_photos, read_pairs
from facestream.evaluation.embedding import embed_photos
from facestream.records import Float32
from facestream.vision.pipeline import Pipeline, load_pipeline
from facestream.vision.runtime import start_tensorflow


@dataclass(frozen=True)
class Lfw:
    """Photos, pairs by fold, the embedding of each photo, and what was told of the progress."""

    photos: list[Photo]
    folds: list[list[Pair]]
    embeddings: dict[Path, Float32]
    told: list[tuple[int, int]]


@pytest.fixture(scope="session")
def lfw(pipeline: Pipeline, shared: Path) -> Lfw:
    photos = find_photos(shared / "lfw-dev" / "images")
    paths = [photo.path for photo in photos.values()]
    told: list[tuple[int, int]] = []
    embeddings = embed_photos(pipeline, paths, lambda *counts: told.append(counts))
    folds = read_pairs(shared / "lfw-dev" / "pairs.txt", photos)
    return Lfw(list(photos.values()), folds, embeddings, told)


@pytest.fixture(scope="session")
def dlib() -> Pipeline:
    """dlib's embedder in place of the default one."""
    start_tensorflow("cpu")
    return load_pipeline("dlib")
