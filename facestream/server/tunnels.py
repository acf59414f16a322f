"""The tunnels of one server, each with the task in which its session lives. Knows no requests."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from facestream.errors import NoSuchTunnel, Overloaded
from facestream.server.tunnel import Tunnel

__all__ = ["Tunnels"]

log = logging.getLogger(__name__)

ID_BYTES = 16
"""Cannot be guessed: who knows it, and the access token, may speak in this session."""


class Tunnels:
    """Owned by the application.

    Bound: `most`, besides what the engine says to the sessions in them. Policy: the next one is
    refused. A tunnel whose session is over is forgotten at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tunnels: dict[str, Tunnel] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tunnels)

    def __getitem__(self, tunnel_id: str) -> Tunnel:
        """Raises NoSuchTunnel."""
        try:
            return self._tunnels[tunnel_id]
        except KeyError:
            raise NoSuchTunnel("there is no such tunnel: open another one") from None

    def open(self, tunnel: Tunnel, life: Callable[[], Coroutine[Any, Any, None]]) -> str:
        """Begin `life` beside the requests; returns the tunnel's id. Raises Overloaded."""
        if len(self) >= self._most:
            raise Overloaded("too many clients are connected")
        tunnel_id = secrets.token_urlsafe(ID_BYTES)
        self._tunnels[tunnel_id] = tunnel
        task = asyncio.create_task(self._live(tunnel_id, life()), name="facestream-tunnel")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return tunnel_id

    async def ended(self, patience_s: float) -> None:
        """Wait until all are over; after `patience_s` nobody waits for their clients any more."""
        tasks = set(self._tasks)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=patience_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _live(self, tunnel_id: str, life: Coroutine[Any, Any, None]) -> None:
        try:
            await life
        except Exception:
            log.exception("a session over requests failed")
        finally:
            self._tunnels.pop(tunnel_id).finish()
