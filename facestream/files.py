"""Bytes -> files that are whole or not there, and private where they should be. Knows no format.

`keep_owner` is for files of the data folder. Root may type a command there while the server runs as
somebody else, for whom a new file of root's would be closed. Elsewhere it is left out: who owns a
folder must not come to own a gallery that root exports into it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "create_private_folder",
    "make_file",
    "signature",
    "sync_folder",
    "whole_file",
    "write_whole",
]


def create_private_folder(folder: Path) -> None:
    """Make the folder, and those above it, where they are missing. Mode 0700.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file of the data folder, if there is none. Mode 0600; with `keep_owner`.

    For what others open and make where it is missing: locks, logs, databases.

    Raises:
        OSError: it cannot be made.
    """
    try:  # with O_EXCL it is a new file, and none that somebody linked to this name
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    try:
        _hand_over(descriptor, path.parent.resolve())
    finally:
        os.close(descriptor)


def signature(path: Path) -> tuple[int, ...]:
    """Changes with a file that is never written in place. Raises OSError."""
    found = path.stat()
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600, keep_owner: bool = False) -> None:
    """Write a file, all of it or nothing; see `whole_file`."""
    with whole_file(path, mode=mode, keep_owner=keep_owner) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600, keep_owner: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `path` when the block ends well: on disk, and all of it.

    Args:
        path: what is there is replaced.
        mode: of the file.
        keep_owner: when root writes, the file gets owner and group of what it replaces; where there
            is nothing, those of the folder.

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
            if keep_owner:
                _hand_over(descriptor, path if path.exists() else path.parent.resolve())
            os.fsync(descriptor)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _hand_over(descriptor: int, like: Path) -> None:
    """Give a file to the owner of another; only root can, and only root has to."""
    if os.name == "posix" and os.geteuid() == 0:
        owner = like.lstat()
        with suppress(PermissionError):  # in a container root may lack the right to
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, after a file got a new one."""
    if os.name != "posix":  # Windows cannot do this
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
