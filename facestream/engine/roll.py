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

    def admit(self, address: str, resume: str | None) -> EngineSession | None:
        """Let a client in; returns the session that it had, if `resume` is still known.

        If that still has a connection, which the client then gave up, that one is told, and loses
        it.

        Raises:
            Overloaded: too many are connected, in all or from `address`.
        """
        if resume in self.live:
            self._part(self.live[resume])
        if len(self.live) >= self._most:
            raise Overloaded("too many clients are connected")
        here = sum(session.address == address for session in self.live.values())
        if here >= self._most_per_address:
            raise Overloaded("too many clients are connected from this address")
        return None if resume is None else self._forget(resume)

    def _part(self, session: EngineSession) -> None:
        """Take a session from its connection."""
        assert session.listeners is not None, "a live session has a connection"
        taken = session.listeners.taken
        session.close(resumable=True)
        taken()

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

    def _forget(self, session_id: str) -> EngineSession | None:
        """Take out a session that is parked; None: it is not, or not any more."""
        ending = self._endings.pop(session_id, None)
        if ending is not None:
            ending.cancel()
        return self.parked.pop(session_id, None)
