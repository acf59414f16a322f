"""How often a part that broke may be begun anew before that is no help. Pure but for its memory."""

from __future__ import annotations

from collections import deque

__all__ = ["MOST_RESTARTS", "WINDOW_S", "Restarts"]

MOST_RESTARTS = 3
"""In `WINDOW_S`. What breaks more often breaks for a reason that a new process may not have."""

WINDOW_S = 600.0


class Restarts:
    """Owned by the supervisor. Bound: the last `MOST_RESTARTS`."""

    def __init__(self) -> None:
        self._at_s: deque[float] = deque(maxlen=MOST_RESTARTS)

    def allowed(self, now_s: float) -> bool:
        """Whether there may be one more, which is counted then."""
        if len(self._at_s) == MOST_RESTARTS and now_s - self._at_s[0] < WINDOW_S:
            return False
        self._at_s.append(now_s)
        return True
