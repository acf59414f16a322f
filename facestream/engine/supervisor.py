"""Looks after the parts that compute and store: begins anew what can be, says what cannot.

Knows neither frames nor sessions, and does not end the process: that is the server's part.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from facestream.engine.restarts import MOST_RESTARTS, WINDOW_S, Restarts
from facestream.errors import EngineLost

__all__ = ["Restartable", "Supervisor", "Watched"]

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""So that /healthz and /readyz tell the truth within a second."""


class Watched(Protocol):
    """A part with a thread. alive: it takes jobs. healthy: none takes longer than it may."""

    @property
    def alive(self) -> bool: ...
    @property
    def healthy(self) -> bool: ...
    def bury(self) -> None: ...


class Restartable(Watched, Protocol):
    """One that can be begun anew, because it holds nothing that is not elsewhere as well."""

    async def restart(self) -> None: ...


class Supervisor:
    """One task, owned by the event loop.

    A dead worker is begun anew, at most `MOST_RESTARTS` times in `WINDOW_S`. Not so the store: what
    it holds in memory may not be what is on disk, and a new process reads that. A computation that
    does not end cannot be ended, and neither can its thread: after `give_up_s` the engine is lost.

    Args:
        worker: what computes.
        others: what cannot be begun anew, by name.
        tasks: those that have to go on for ever, by name; none until the engine has started. If
            the worker dies before, the start fails, and nothing is begun anew.
        give_up_s: how long a part may be unhealthy. Counted in looks: a process that was stopped
            for a while, or a machine that slept, is no reason.
        restarted: called with each restart, for the metrics.
        clock: seconds.
    """

    def __init__(
        self,
        worker: Restartable,
        others: Mapping[str, Watched],
        tasks: Callable[[], Mapping[str, asyncio.Task[None]]],
        give_up_s: float,
        restarted: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._others = others
        self._tasks = tasks
        self._give_up_s = give_up_s
        self._restarted = restarted
        self._clock = clock
        self._restarts = Restarts()
        self._restarting: asyncio.Task[None] | None = None
        self._unhealthy: dict[str, int] = {}  # looks in a row

    async def run(self) -> EngineLost:
        """Look after them until one is beyond help; returns what the operator is told."""
        try:
            while True:
                if (lost := self._look()) is not None:
                    return lost
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            if self._restarting is not None:
                self._restarting.cancel()

    def _look(self) -> EngineLost | None:
        parts = {"computation": self._worker, **self._others}
        for name, part in parts.items():
            if not part.alive:
                part.bury()  # its thread may have died too suddenly to do so itself
            looks = 0 if part.healthy else self._unhealthy.get(name, 0) + 1
            self._unhealthy[name] = looks
            if looks * LOOK_EVERY_S > self._give_up_s:
                return EngineLost(f"The {name} is stuck, and does not come back.")
        for name, part in self._others.items():
            if not part.alive:
                return EngineLost(f"The thread of the {name} has ended.")
        for name, task in self._tasks().items():
            if task.done():
                return EngineLost(f"The {name} has ended.")
        return self._restart_if_needed()

    def _restart_if_needed(self) -> EngineLost | None:
        if self._restarting is not None:
            if not self._restarting.done():
                return None
            self._restarting = None
        if self._worker.alive or not self._tasks():
            return None
        if not self._restarts.allowed(self._clock()):
            return EngineLost(
                f"The computation broke down again after {MOST_RESTARTS} restarts in "
                f"{WINDOW_S / 60:.0f} minutes."
            )
        self._restarted()
        self._restarting = asyncio.create_task(self._restart())
        return None

    async def _restart(self) -> None:
        """Should it fail, the worker is not alive, and the next look tries again, or gives up."""
        log.error("the computation broke down; it is begun anew")
        try:
            await self._worker.restart()
        except Exception:
            log.exception("the computation could not be begun anew")
        else:
            log.info("the computation goes on")
