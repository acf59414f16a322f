"""How long a batch will take, judged by those before it. Arithmetic only: no clock, no waiting."""

from __future__ import annotations

__all__ = ["Pace"]

WEIGHT = 0.3
"""Of the newest measurement in the running mean: a change of load shows after some 3 batches."""


class Pace:
    """A running mean of seconds for each batch size. Bound: one number a size."""

    def __init__(self) -> None:
        self._run_s: dict[int, float] = {}
        self._decode_s: dict[int, float] = {}

    def decoded(self, frames: int, seconds: float) -> None:
        """Note how long the decoding of a batch took."""
        _blend(self._decode_s, frames, seconds)

    def ran(self, frames: int, seconds: float) -> None:
        """Note how long the worker took over a batch."""
        _blend(self._run_s, frames, seconds)

    def delay_s(self, frames: int) -> float:
        """How long to wait with the choice of the next batch, once one of `frames` has begun.

        The longest decoding seen, on average, is done just when the worker is free. 0 without
        experience: then the next batch is chosen too early rather than too late.
        """
        lead_s = max(self._decode_s.values(), default=0.0)
        return max(self._run_s.get(frames, 0.0) - lead_s, 0.0)


def _blend(means: dict[int, float], key: int, value: float) -> None:
    means[key] = WEIGHT * value + (1 - WEIGHT) * means.get(key, value)
