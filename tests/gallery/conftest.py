"""A gallery on disk, disks that are small or may only be read, and ways to look into them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from facestream.gallery.gallery import Gallery
from facestream.gallery.store import GalleryStore

from .fakes import DIMENSION, FINGERPRINT, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path, clock: Clock) -> Iterator[GalleryStore]:
    with closing(GalleryStore.open(folder, clock)) as store:
        yield store


@pytest.fixture
def gallery(folder: Path, clock: Clock) -> Iterator[Gallery]:
    with Gallery.open(folder, FINGERPRINT, DIMENSION, clock) as gallery:
        yield gallery


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte. Only root can mount one; where CI is root, it must be possible."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        assert os.geteuid() or "CI" not in os.environ, mounted.stderr
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
