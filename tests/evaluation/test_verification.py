"""The LFW protocol on the folds that are there for development, and on pairs made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facestream.evaluation.dataset import Pair, Photo, find_photos, read_pairs
from facestream.evaluation.embedding import embed_photos
from facestream.evaluation.verification import verify, verify_embedded
from facestream.vision.pipeline import Pipeline

from .conftest import Lfw


def test_lfw_accuracy_is_what_was_promised(lfw: Lfw) -> None:
    result = verify_embedded(lfw.folds, lfw.embeddings)
    assert result.pairs == 3000
    assert result.accuracy >= 0.993
    assert result.tar_at_fmr["0.001"] >= 0.978
    assert result.failure_to_acquire == 0
    assert lfw.told[-1][0] < lfw.told[-1][1] == 3811


def test_dlibs_accuracy_on_some_pairs_is_what_was_measured(dlib: Pipeline, shared: Path) -> None:
    """Every thirtieth pair only, for time; benchmarks/accuracy.py measures all."""
    folds = read_pairs(shared / "lfw-dev" / "pairs.txt", find_photos(shared / "lfw-dev" / "images"))
    pairs = [pair for fold in folds for pair in fold][::30]
    paths = sorted({photo.path for pair in pairs for photo in (pair.first, pair.second)})
    result = verify_embedded([pairs], embed_photos(dlib, paths))
    assert result.pairs == 100
    assert result.accuracy >= 0.98


def test_a_pair_with_a_photo_without_a_face_is_refused() -> None:
    ada, eve = (Photo("Ada", n, Path(f"Ada{n}")) for n in (1, 2)), Photo("Eve", 1, Path("Eve"))
    first, second = ada
    row = np.array([1.0, 0.0], np.float32)
    pairs = [Pair(first, second, True), Pair(first, eve, False)]
    result = verify_embedded([pairs], {first.path: row, eve.path: np.roll(row, 1)})
    assert result.failure_to_acquire == 1
    assert result.tar_at_fmr["0.001"] == 0


def test_a_run_from_files_is_timed(
    pipeline: Pipeline, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    for name, number in (("obama", 1), ("obama2", 2), ("biden", 1)):
        person = name.rstrip("0123456789")
        (tmp_path / f"{person}_{number:04}.jpg").write_bytes(pictures[name])
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("1\t1\nobama\t1\t2\nobama\t1\tbiden\t1\n")
    result = verify(pipeline, tmp_path, pairs)
    assert (result.pairs, result.accuracy, result.failure_to_acquire) == (2, 1.0, 0)
    assert result.seconds > 0
