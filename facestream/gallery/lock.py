"""One owner a data folder: a lock that the system takes back when its process dies."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from facestream.errors import DataFolderInUse, StoreFailed
from facestream.files import make_file

__all__ = ["FolderLock"]


class FolderLock:
    """Holds a folder from `acquire` to `release`. Owned by whoever opened the folder.

    The holder's process id is in a file of its own, since opening a lock file empties it.
    """

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    @classmethod
    def acquire(cls, folder: Path) -> FolderLock:
        """Take `folder`, at once or not at all.

        Raises:
            DataFolderInUse: another owner, in this process or another, has it.
            StoreFailed: the folder cannot be written to.
        """
        lock = FileLock(folder / "owner.lock", thread_local=False)
        pid_file = folder / "owner.pid"
        try:
            make_file(folder / "owner.lock")
            lock.acquire(timeout=0)
            make_file(pid_file)
            pid_file.write_text(str(os.getpid()))
        except Timeout:
            raise DataFolderInUse(
                f"The data folder {folder} is in use by another facestream{_holder(pid_file)}. "
                "Use its page, or stop it first."
            ) from None
        except OSError as error:
            lock.release()
            raise StoreFailed(
                f"The data folder {folder} cannot be written to: {error.strerror}."
            ) from error
        return cls(lock)

    def release(self) -> None:
        """Give the folder back. Harmless when done twice."""
        self._lock.release()


def _holder(pid_file: Path) -> str:
    with suppress(OSError, ValueError):
        return f" (process {int(pid_file.read_text())})"
    return ""
