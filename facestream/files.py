"""Bytes -> files that are whole or not there, and private where they should be. Knows no format."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["create_private_folder", "sync_folder", "whole_file", "write_whole"]


def create_private_folder(folder: Path) -> None:
    """Make the folder, and those above it, where they are missing. Mode 0700.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file, all of it or nothing; see `whole_file`."""
    with whole_file(path, mode=mode) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `path` when the block ends well: on disk, and all of it.

    Raises:
        OSError: it cannot be written. Then, and when the block raises, `path` is as it was.
    """
    # mkstemp makes the file with mode 0600, so its content is private from the first byte on.
    descriptor, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, after a file got a new one."""
    if os.name != "posix":  # Windows cannot do this
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
