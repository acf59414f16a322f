"""One owner a data folder: a lock that the system takes back when its process dies."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

import portalocker

from facestream.errors import DataFolderInUse, StoreFailed
from facestream.files import make_file
from facestream.locks import take_lock

__all__ = ["FolderLock"]


class FolderLock:
    """Holds a folder from `acquire` to `release`. Owned by whoever opened the folder.

    The holder's process id is in a file of its own, since Windows lets nobody read a locked one.
    """

    def __init__(self, lock: portalocker.Lock[IO[bytes]]) -> None:
        self._lock = lock

    @classmethod
    def acquire(cls, folder: Path) -> FolderLock:
        """Take `folder`, at once or not at all.

        Raises:
            DataFolderInUse: another owner, in this process or another, has it.
            StoreFailed: the folder cannot be written to.
        """
        pid_file = folder / "owner.pid"
        try:
            lock = take_lock(folder / "owner.lock", 0)
        except BlockingIOError:
            raise DataFolderInUse(
                f"The data folder {folder} is in use by another facestream{_holder(pid_file)}. "
                "Use its page, or stop it first."
            ) from None
        except OSError as error:
            raise _cannot_write(folder, error) from error
        try:
            make_file(pid_file)
            pid_file.write_text(str(os.getpid()))
        except OSError as error:
            lock.release()
            raise _cannot_write(folder, error) from error
        return cls(lock)

    def release(self) -> None:
        """Give the folder back. Harmless when done twice."""
        self._lock.release()


def _cannot_write(folder: Path, error: OSError) -> StoreFailed:
    reason = error.strerror or str(error)
    return StoreFailed(f"The data folder {folder} cannot be written to: {reason}.")


def _holder(pid_file: Path) -> str:
    with suppress(OSError, ValueError):
        return f" (process {int(pid_file.read_text())})"
    return ""
