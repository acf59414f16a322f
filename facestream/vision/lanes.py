"""A few threads which work off the parts of one computation side by side. Knows no network."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

__all__ = ["Lanes"]

MOST_LANES = 8
"""Each lane has networks of its own, some 30 MB; no measurement here justified more."""


class Lanes:
    """Lane 0 is the thread that calls `each`; the others are threads of ours, idle in between.

    What runs in them is OpenCV and LiteRT, which release Python's lock. Measured on two cores: one
    network a lane is faster than one network with two threads, because nothing waits at the end of
    every layer, and stays so when another process takes part of the cores.
    """

    def __init__(self, count: int | None = None) -> None:
        """`count`: lanes; None: one a core that this process may use, at most `MOST_LANES`."""
        self._count = count or min(_usable_cores(), MOST_LANES)
        self._pool = ThreadPoolExecutor(self._count, "lane")  # starts threads when they are needed

    def __len__(self) -> int:
        return self._count

    def each(self, parts: int, work: Callable[[int, int], None]) -> None:
        """Call `work(lane, part)` once for each part of `range(parts)`, and wait for all.

        A lane takes the next part when it is done with one, and does one at a time. Raises what
        `work` raised first; the parts under way are finished before.
        """
        numbers = iter(range(parts))  # shared: a range's iterator gives each number to one thread

        def run(lane: int) -> None:
            for part in numbers:
                work(lane, part)

        others = [self._pool.submit(run, lane) for lane in range(1, min(self._count, parts))]
        try:
            run(0)
        finally:
            errors = [other.exception() for other in others]
        for error in filter(None, errors):
            raise error


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux: what a container was given
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
