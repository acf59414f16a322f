"""Pings to one client: how long the way is, and whether anybody is there. Knows no protocol."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Pulse"]

EVERY_S = 1.0
"""Between pings: the regulator judges twice a second, and a route changes more seldom."""

LATEST = 5
"""Round trips, of which the least counts: what is above it is time that one of the two was busy,
and no property of the way."""


class Pulse:
    """Owned by its session. Bound: one ping under way.

    Args:
        ping: sends a WebSocket ping with these bytes.
        measured: is told the round trip in seconds, the least of the last ones.
        clock: seconds.
    """

    def __init__(
        self,
        ping: Callable[[bytes], Coroutine[Any, Any, None]],
        measured: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._ping = ping
        self._measured = measured
        self._clock = clock
        self._round_trips_s: deque[float] = deque(maxlen=LATEST)
        self._heard_s = self._ponged_s = clock()

    def heard(self) -> None:
        """Something came, whole."""
        self._heard_s = self._clock()

    def silent_s(self) -> float:
        """Seconds since anything came."""
        return self._clock() - self._heard_s

    def deaf_s(self) -> float:
        """Seconds since a pong came: who does not read does not answer pings, whatever it sends."""
        return self._clock() - self._ponged_s

    def answered(self, payload: bytes) -> None:
        """A pong came. One that answers no ping of ours says only that somebody is there."""
        self.heard()
        self._ponged_s = self._clock()
        try:
            [sent_s] = struct.unpack(">d", payload)
        except struct.error:
            return
        seconds = self._clock() - sent_s
        if not 0 <= seconds < 60:
            return
        self._round_trips_s.append(seconds)
        self._measured(min(self._round_trips_s))

    async def beat(self, still_there: Callable[[], bool]) -> None:
        """Ping until `still_there`, asked before each ping, says no."""
        while still_there():
            await self._ping(struct.pack(">d", self._clock()))
            await asyncio.sleep(EVERY_S)
