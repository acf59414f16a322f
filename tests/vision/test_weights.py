"""Model files are used only when they are the ones that were measured."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facestream.errors import BadWeights, MissingWeights
from facestream.vision.weights import (
    FACENET,
    MODELS,
    MODELS_FOLDER,
    WEIGHTS,
    models_folder,
    read_downloaded,
    read_weights,
)


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_every_model_file_is_installed_in_the_size_that_is_listed(name: str) -> None:
    assert len(read_weights(name)) == WEIGHTS[name].size_bytes


def test_every_file_has_a_name_of_its_own() -> None:
    names = [file.name for model in MODELS for file in model.files]
    assert len(set(names)) == len(names)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"pnet\.lz4 is not installed .* `make install`"):
        read_weights("pnet.lz4", tmp_path)


def test_a_missing_file_can_be_fetched_by_the_name_of_its_network(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="`facestream models fetch dlib` puts it there"):
        read_weights("dlib_face_recognition_resnet_model_v1.dat", tmp_path)


def test_an_installed_package_keeps_fetched_files_in_the_data_folder(tmp_path: Path) -> None:
    installed, data = tmp_path / "facestream" / "models", tmp_path / "data"
    assert models_folder("dlib", data, installed) == data / "models"
    (tmp_path / "pyproject.toml").touch()  # a checkout
    assert models_folder("dlib", data, installed) == installed


def test_what_is_in_the_package_is_taken_from_there(tmp_path: Path) -> None:
    installed, data = tmp_path / "facestream" / "models", tmp_path / "data"
    installed.mkdir(parents=True)
    (installed / "MobileFaceNet.tflite").touch()
    assert models_folder("mobilefacenet", data, installed) == installed
    assert models_folder("dlib", data, installed) == data / "models"


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_a_file_cut_short_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((MODELS_FOLDER / name).read_bytes()[:-1])
    with pytest.raises(BadWeights, match=f"expected {WEIGHTS[name].sha256[:12]}"):
        read_weights(name, tmp_path)


def test_another_models_file_under_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rnet.lz4").write_bytes((MODELS_FOLDER / "pnet.lz4").read_bytes())
    with pytest.raises(BadWeights, match=r"has SHA-256 ea6b.* expected cb00.* PyPI mtcnn 1\.0\.0"):
        read_weights("rnet.lz4", tmp_path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="cannot be read: Is a directory"):
        read_downloaded(FACENET, tmp_path)


def test_a_downloaded_file_without_a_record_is_taken(tmp_path: Path) -> None:
    (tmp_path / FACENET.name).write_bytes(b"graph")
    assert read_downloaded(FACENET, folder=tmp_path) == b"graph"


def test_a_downloaded_file_is_compared_with_its_record(tmp_path: Path) -> None:
    path = tmp_path / FACENET.name
    path.write_bytes(b"graph")
    record = path.with_name(f"{path.name}.sha256")
    record.write_text(f"{hashlib.sha256(b'graph').hexdigest()}  {path.name}{os.linesep}")
    assert read_downloaded(FACENET, folder=tmp_path) == b"graph"
    path.write_bytes(b"grape")
    with pytest.raises(BadWeights, match="as it was when it was fetched"):
        read_downloaded(FACENET, folder=tmp_path)


def test_tensorflow_is_not_imported() -> None:
    program = "import sys, facestream.vision.weights; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
