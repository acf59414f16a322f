"""Encoded messages on their way to one client. Knows no protocol and no aiohttp."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

__all__ = ["Outbox", "TooSlow", "sent"]


Send = Callable[[bytes], Coroutine[Any, Any, None]]


class TooSlow(Exception):
    """The client does not read what it is sent."""


class Outbox:
    """Written by its session, read by its session's writer task.

    Bound: `limit` messages. Policy: a client that lets it overflow, or takes longer than
    `patience_s` for one message, is closed; nothing is dropped in silence.
    """

    def __init__(self, limit: int, patience_s: float, overflowed: Callable[[], None]) -> None:
        self._limit = limit
        self._patience_s = patience_s
        self._overflowed = overflowed
        self._messages: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def put(self, raw: bytes) -> None:
        """Append `raw`; calls `overflowed` instead when there is no room."""
        if len(self._messages) >= self._limit:
            self._overflowed()
            return
        self._messages.append(raw)
        self._arrived.set()
        if len(self._messages) >= self._limit // 2:
            self._has_room.clear()

    async def room(self) -> None:
        """Wait until half of it is free: who brings in what has to be answered should wait here."""
        await self._has_room.wait()

    def rest(self) -> Iterator[bytes]:
        """Take out what has not been sent; for the end, when nobody drains any more."""
        while self._messages:
            yield self._messages.popleft()

    async def drain_into(self, send: Send) -> None:
        """Send message after message until cancelled. Raises TooSlow, and what `send` raises."""
        while True:
            while not self._messages:
                self._arrived.clear()
                await self._arrived.wait()
            raw = self._messages.popleft()
            if len(self._messages) < self._limit // 2:
                self._has_room.set()
            await sent(send(raw), self._patience_s)


async def sent(sending: Coroutine[Any, Any, None], patience_s: float) -> None:
    """Wait until something is written to a WebSocket, without ever cancelling the writing.

    aiohttp 3.14 shares one future among all who wait for a socket to take more. Whoever is
    cancelled while waiting cancels that future, and with it all later writes and the closing.

    Raises:
        TooSlow: the client does not take it in time. Besides, what the writing raises.
    """
    task = asyncio.create_task(sending)
    task.add_done_callback(_forget)
    done, _ = await asyncio.wait({task}, timeout=patience_s)
    if not done:
        raise TooSlow
    task.result()


def _forget(sending: asyncio.Task[None]) -> None:
    """Mark its failure as seen: when it comes after the end, nobody asks any more."""
    if not sending.cancelled():
        sending.exception()
