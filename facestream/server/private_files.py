"""Bytes -> files which only their owner may read. Knows not what is in them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["create_private_folder", "write_private"]


def create_private_folder(folder: Path) -> None:
    """Make the folder, and those above it, where they are missing. Mode 0700.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, all of it or nothing, on disk when this returns.

    Raises:
        OSError: it cannot be written; what was there before stays.
    """
    # mkstemp makes the file with mode 0600, so its content is private from the first byte on.
    descriptor, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # The new name is in the folder, which has to reach the disk as well. Windows cannot do this.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
