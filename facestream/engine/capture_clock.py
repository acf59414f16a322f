"""A client's clock -> the engine's: how old its frames are. Arithmetic only."""

from __future__ import annotations

__all__ = ["CaptureClock"]

WINDOW_S = 10.0
"""For so long, and at most twice that, the quickest frame counts: quartz clocks drift apart by less
than a millisecond meanwhile, and a phone that went to another network is judged anew."""

JUMP_S = 30.0
"""No frame is on its way for so long: the clock was set, and all that was known of it is void."""

LATE_S, LATE_FRAMES = 0.5, 10
"""So many frames in a row which are so late say that it is not the frames that are slow, but the
clock; or that the way has become longer for good, so that no frame could do better."""


class CaptureClock:
    """Judges one client's `captured_ms`; owned by its session.

    A clock may be wrong by any amount, and even stand still. The frame that came through quickest,
    of the last seconds, tells by how much it is wrong, but for that frame's own way, which is taken
    for half a round trip.

    Bound: a few numbers.
    """

    def __init__(self) -> None:
        self._least_s: float | None = None
        self._least_before_s: float | None = None
        self._turns_at = 0.0
        self._late = 0

    def captured_s(self, captured_ms: float, arrived_s: float, round_trip_s: float = 0.0) -> float:
        """When a frame was captured, in seconds on the engine's clock; never after its arrival.

        Args:
            captured_ms: on the client's clock; any finite number.
            arrived_s: on the engine's clock.
            round_trip_s: between the two, as far as it is known.
        """
        lead_s = arrived_s - captured_ms / 1e3
        delay_s = lead_s - self._quickest_s(lead_s, arrived_s)
        self._late = self._late + 1 if delay_s >= LATE_S else 0
        if self._late >= LATE_FRAMES:
            self._forget()
            delay_s = lead_s - self._quickest_s(lead_s, arrived_s)
        return arrived_s - delay_s - max(round_trip_s, 0.0) / 2

    def _quickest_s(self, lead_s: float, arrived_s: float) -> float:
        """The least of `lead_s` and those of the last seconds."""
        known = [s for s in (self._least_s, self._least_before_s) if s is not None]
        if known and abs(lead_s - min(known)) > JUMP_S:
            self._forget()
            known = []
        if arrived_s >= self._turns_at or not known:
            self._least_before_s, self._least_s = self._least_s, None
            self._turns_at = arrived_s + WINDOW_S
        self._least_s = lead_s if self._least_s is None else min(self._least_s, lead_s)
        return min([self._least_s, *known])

    def _forget(self) -> None:
        self._least_s = self._least_before_s = None
        self._late = 0
