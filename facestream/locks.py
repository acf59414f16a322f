"""One process at a time, where several may change a file of the data folder.

Nothing here makes a folder: where the data folder is gone, as of a disk that was taken away, a lock
must fail and not begin a new one in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import portalocker
from portalocker.exceptions import AlreadyLocked, LockException

from facestream.files import make_file

__all__ = ["locked", "take_lock"]

LOCK_SECONDS = 5.0
"""For so long a change waits for one of another process; each takes some milliseconds."""

RETRY_SECONDS = 0.02
"""So often who waits looks again; where nobody holds the lock, it is had at the first look."""


def take_lock(path: Path, seconds: float) -> portalocker.Lock[IO[bytes]]:
    """Hold a lock file of the data folder until `release`, or until this process ends.

    Args:
        path: made, where it is missing.
        seconds: so long it waits for another holder, of this process or another; 0 is not at all.

    Raises:
        BlockingIOError: another one kept it.
        OSError: it cannot be had.
    """
    make_file(path)
    # For a mode with "a" the file would be made as others do: open to all, and not its owner's.
    lock = portalocker.Lock(path, "r+b", timeout=seconds, check_interval=RETRY_SECONDS)
    try:
        lock.acquire()
    except AlreadyLocked as error:
        raise BlockingIOError(f"the lock {path.name} is held by another process") from error
    except LockException as error:  # of a file system without locks
        raise OSError(f"the lock {path.name} cannot be had") from error
    return lock


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among the processes that lock this file of the data folder, while the block lasts.

    Raises:
        OSError: it cannot be had within `LOCK_SECONDS`.
    """
    lock = take_lock(path, LOCK_SECONDS)
    try:
        yield
    finally:
        lock.release()
