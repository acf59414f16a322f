"""How many may be at something at once. Knows nothing of what it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facestream.errors import Overloaded

__all__ = ["Places"]


class Places:
    """Bound: `most`. Policy: whoever comes when all are taken is refused. Owned by the event loop.

    Args:
        refusal: what who is refused is told.
    """

    def __init__(self, most: int, refusal: str) -> None:
        self._most = most
        self._refusal = refusal
        self.taken = 0
        """How many are at it."""

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place, until the end of the block. Raises Overloaded."""
        if self.taken >= self._most:
            raise Overloaded(self._refusal)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
