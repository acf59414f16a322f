"""One process at a time, where several may change a file of the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from facestream.files import make_file

__all__ = ["locked"]

LOCK_SECONDS = 5.0
"""For so long a change waits for one of another process; each takes some milliseconds."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among the processes that lock this file of the data folder, while the block lasts.

    Raises:
        OSError: it cannot be had within `LOCK_SECONDS`.
    """
    make_file(path)  # the lock would make the folder, too
    lock = FileLock(path, timeout=LOCK_SECONDS, thread_local=False)
    try:
        lock.acquire()
    except (Timeout, NotImplementedError) as error:
        raise OSError(f"the lock {path.name} cannot be had") from error
    try:
        yield
    finally:
        lock.release()
