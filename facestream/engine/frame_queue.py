"""Frames wait here for the worker: one newest-wins slot a session. Knows nothing of pixels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from facestream.engine.results import Computed, FrameResult
from facestream.engine.scene import View
from facestream.errors import Expired, ShuttingDown, Superseded
from facestream.records import Frame

__all__ = ["Entry", "FrameQueue"]


@dataclass(slots=True, eq=False)
class Entry:
    """One frame on its way. Its future ends exactly once: in a result, an error, or cancelled.

    captured_ms: on the client's clock.
    captured_s, received_s: on the engine's clock.
    view: adds what the session has seen before, as it is when the worker begins.
    finish: makes the session's answer of what the worker computed.
    """

    session_id: str
    seq: int
    captured_ms: float
    jpeg: bytes = field(repr=False)
    captured_s: float
    received_s: float
    view: Callable[[Entry, Frame], View] = field(repr=False)
    finish: Callable[[Entry, Computed], FrameResult] = field(repr=False)
    future: asyncio.Future[FrameResult] = field(repr=False)

    @property
    def ended(self) -> bool:
        """Whether nobody waits for this frame any more: answered, or its session left."""
        return self.future.done()

    def resolve(self, computed: Computed) -> None:
        """Answer with what was computed; an error on the way becomes the answer."""
        if self.ended:
            return
        try:
            result = self.finish(self, computed)
        except Exception as error:
            self.fail(error)
        else:
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Answer with `error`."""
        if not self.ended:
            self.future.set_exception(error)


class FrameQueue:
    """One slot a session; owned by the event loop.

    Bound: the number of sessions. Policy: a newer frame replaces the older one of its session,
    which ends in Superseded; a frame that is too old when its turn comes ends in Expired. Who was
    served least recently comes first, so that sessions are served in turn, however fast one of them
    sends; among those never served, the oldest slot.
    """

    def __init__(self, max_age_s: float = inf, clock: Callable[[], float] = time.monotonic) -> None:
        """`max_age_s`: since the capture, when a frame's turn comes. `clock`: seconds."""
        self._max_age_s = max_age_s
        self._clock = clock
        self._slots: dict[str, Entry] = {}  # in order of age; an existing key keeps its place
        self._served: dict[str, int] = {}  # when each session was served last, by `_turn`
        self._turn = 0
        self._arrived = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, entry: Entry) -> None:
        """Put `entry` into its session's slot. After `close` it ends in ShuttingDown."""
        if self._closed:
            entry.fail(ShuttingDown("the server is going away"))
            return
        older = self._slots.get(entry.session_id)
        self._slots[entry.session_id] = entry
        self._arrived.set()
        if older is not None:
            older.fail(Superseded("a newer frame took its place"))

    async def take(self, limit: int) -> list[Entry]:
        """Up to `limit` entries, those whose turn it is first; waits until there is one.

        Nothing is taken when the waiting is cancelled.
        """
        self._expire()
        while not self._slots:
            self._arrived.clear()
            await self._arrived.wait()
            self._expire()
        in_turn = sorted(self._slots, key=lambda session_id: self._served.get(session_id, 0))
        return [self._serve(session_id) for session_id in in_turn[:limit]]

    def discard(self, session_id: str) -> None:
        """Forget a session that left; the future of its entry is cancelled."""
        self._served.pop(session_id, None)
        entry = self._slots.pop(session_id, None)
        if entry is not None:
            entry.future.cancel()

    def close(self) -> None:
        """Refuse what comes from now on; what waits may still be taken."""
        self._closed = True

    def waiting(self) -> list[Entry]:
        """The entries that wait, oldest slot first."""
        return list(self._slots.values())

    def fail_all(self, error: Exception) -> None:
        """End everything that waits in `error`."""
        entries, self._slots = self.waiting(), {}
        for entry in entries:
            entry.fail(error)

    def _expire(self) -> None:
        """End what is too old. Its session keeps its turn: it has not been served."""
        oldest_s = self._clock() - self._max_age_s
        for session_id, entry in list(self._slots.items()):
            if entry.captured_s < oldest_s:
                del self._slots[session_id]
                entry.fail(Expired("the frame was too old when its turn came"))

    def _serve(self, session_id: str) -> Entry:
        self._turn += 1
        self._served[session_id] = self._turn
        return self._slots.pop(session_id)
