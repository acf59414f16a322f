"""Pings to one client: how long the way is, and whether anybody is there. Knows no protocol."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Pulse"]

EVERY_S = 1.0
"""Between pings: the regulator judges twice a second, and a route changes more seldom."""

LATEST = 5
"""Round trips, of which the least counts: what is above it is time that one of the two was busy,
and no property of the way."""


class Pulse:
    """Owned by its session. Bound: one ping under way.

    Silence is counted in beats during which the client was listened to, not read from the clock:
    while this machine sleeps, starts or is too busy to listen, nobody is silent.

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
        self._beats_unheard = self._beats_unanswered = 0
        self._listens = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While it lasts, whatever the client says would be heard."""
        self._listens = True
        try:
            yield
        finally:
            self._listens = False

    def heard(self) -> None:
        """Something came, whole."""
        self._beats_unheard = 0

    def silent_s(self) -> float:
        """Seconds of beats since anything came."""
        return self._beats_unheard * EVERY_S

    def deaf_s(self) -> float:
        """Seconds of beats since a pong came: who sends, and does not read, sends none."""
        return self._beats_unanswered * EVERY_S

    def answered(self, payload: bytes) -> None:
        """A pong came. One that answers no ping of ours says only that somebody is there."""
        self.heard()
        self._beats_unanswered = 0
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
            if self._listens:
                self._beats_unheard += 1
                self._beats_unanswered += 1
