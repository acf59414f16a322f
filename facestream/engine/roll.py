"""Who is connected, and whose connection was lost a moment ago. Knows no frames."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from facestream.errors import Overloaded

if TYPE_CHECKING:
    from facestream.engine.engine_session import EngineSession

__all__ = ["Roll"]


class Roll:
    """The sessions; owned by the engine.

    Bound: `most` connected sessions, `most_per_address` of one address, and as many parked ones.
    Policy: the next client is refused; of parked sessions the oldest makes room.

    live: by id, those that have a connection.
    parked: by id, those that may be resumed within `kept_s`, oldest first.
    """

    def __init__(self, most: int, most_per_address: int, kept_s: float) -> None:
        self.live: dict[str, EngineSession] = {}
        self.parked: dict[str, EngineSession] = {}
        self._most = most
        self._most_per_address = most_per_address
        self._kept_s = kept_s
        self._endings: dict[str, asyncio.TimerHandle] = {}

    def check(self, address: str) -> None:
        """Whether one more may come from `address`. Raises Overloaded."""
        if len(self.live) >= self._most:
            raise Overloaded("too many clients are connected")
        here = sum(session.address == address for session in self.live.values())
        if here >= self._most_per_address:
            raise Overloaded("too many clients are connected from this address")

    def part(self, session_id: str) -> None:
        """Take a session from its connection, whose client has another one; tell the old one."""
        connected = self.live.get(session_id)
        if connected is not None and connected.listeners is not None:
            taken = connected.listeners.taken
            connected.close(resumable=True)
            taken()

    def resumed(self, session_id: str) -> EngineSession | None:
        """Take out a parked session for its client, who is back; None: it is not known any more."""
        session = self.parked.get(session_id)
        if session is not None:
            self._forget(session_id)
        return session

    def left(self, session: EngineSession, resumable: bool) -> None:
        """A connection ended."""
        self.live.pop(session.session_id, None)
        if not resumable or not self._kept_s or not session.worth_keeping:
            return
        while len(self.parked) >= self._most:
            self._forget(next(iter(self.parked)))
        self.parked[session.session_id] = session
        self._endings[session.session_id] = asyncio.get_running_loop().call_later(
            self._kept_s, self._forget, session.session_id
        )

    def forget_all(self) -> None:
        """Keep nothing that is parked."""
        for session_id in list(self.parked):
            self._forget(session_id)

    def _forget(self, session_id: str) -> None:
        self.parked.pop(session_id, None)
        ending = self._endings.pop(session_id, None)
        if ending is not None:
            ending.cancel()
