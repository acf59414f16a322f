"""Which frames are unanswered, and whether one more may go. Pure: times are handed in.

The same arithmetic as `FrameWindow` of web/js/camera/streamer.js.
"""

from __future__ import annotations

import math

__all__ = ["GIVE_UP_S", "LOWEST_RATE", "PAGE_FPS", "FrameWindow"]

PAGE_FPS = 15.0
"""MAX_FRAMES_PER_SECOND of the page."""
LOWEST_RATE = 0.1
"""MIN_FRAMES_PER_SECOND of the page: whatever the server asks for, frames never cease."""
GIVE_UP_S = 5.0
"""GIVE_UP_MS of the page: a frame that is unanswered for so long is given up."""


class FrameWindow:
    """Bound: `size` frames. Policy: while it is full, nothing more is sent.

    Args:
        size: frames that may be unanswered.
        rate: frames a second at the most.
        give_up_s: seconds after which a frame is no longer waited for.
    """

    def __init__(self, size: int = 1, rate: float = PAGE_FPS, give_up_s: float = GIVE_UP_S) -> None:
        self._give_up_s = give_up_s
        self._last_due_s = -math.inf
        self._sent_s: dict[int, float] = {}
        self.follow(size, rate)

    @property
    def unanswered(self) -> int:
        """Frames under way."""
        return len(self._sent_s)

    @property
    def due_s(self) -> float:
        """The rate lets no frame go before."""
        return self._last_due_s + self._interval_s

    def follow(self, size: int, rate: float) -> None:
        """From now on; the pause that is under way becomes as long as the new rate makes it.

        Frames under way stay so, also where they are too many now.
        """
        self._size = max(1, size)
        self._interval_s = 1 / max(rate, LOWEST_RATE)

    def allows(self, now_s: float) -> bool:
        """Whether a frame may be sent now."""
        return now_s >= self.room_s(now_s) and now_s >= self.due_s

    def room_s(self, now_s: float) -> float:
        """When there is room if no answer comes: at once, or when the oldest frame is given up."""
        for seq, sent_s in list(self._sent_s.items()):
            if now_s >= sent_s + self._give_up_s:
                del self._sent_s[seq]
        if len(self._sent_s) < self._size:
            return now_s
        # The first of those which have to go until one more fits; in the order of sending.
        in_the_way = sorted(self._sent_s.values())[len(self._sent_s) - self._size]
        return in_the_way + self._give_up_s

    def sent(self, seq: int, now_s: float) -> None:
        """A frame went."""
        self._sent_s[seq] = now_s
        # Counted from when it was due, not from now: else a 30 fps camera, whose pictures come a
        # little late, would be thinned out to 10 fps. Half a period is always kept.
        self._last_due_s = max(self.due_s, now_s - self._interval_s / 2)

    def answered(self, seq: int) -> bool:
        """An answer came; whether the frame was unanswered until now."""
        return self._sent_s.pop(seq, None) is not None
