"""Messages of one session, carried by requests: what a session needs of a WebSocket, without one.

Knows no routes and nothing of what the messages say. docs/protocol.md, "Over plain HTTPS", is the
contract in words.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import WSMessage, WSMsgType

from facestream.errors import BadMessage, NoSuchTunnel, OutOfOrder, Overloaded
from facestream.server.protocol import Close

__all__ = ["Delivery", "Tunnel"]

MOST_LEAVING = 16
"""Messages on their way to the client: what it is sent in a second, on the way back included."""

MOST_WAITING = 8
"""Requests of one tunnel that wait for their turn to send."""

TURN_S = 10.0
"""How long they wait: for the messages before theirs, or until the session has read those."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request takes to the client: `messages`, and the code if it is the last one."""

    messages: Sequence[bytes] = ()
    close_code: int | None = None


class Tunnel:
    """Between one session, which takes it for a socket, and the handlers of its client's requests.

    Both directions count their messages. What comes again, because a request was repeated on its
    way, is passed over; what overtook others waits for them; what the client has not confirmed is
    delivered again. So each message arrives once, and in order, however the requests overlap.

    A ping is a delivery, of messages or of none; its pong is the next time that the client asks
    for more. So what the session measures is the round trip of a request, and the time that the
    client takes to ask again. While the client is between two requests, a ping waits.

    Bound: the messages of one request, `MOST_WAITING` requests that wait to send, one that
    collects, `MOST_LEAVING` messages that are not confirmed. Policy: requests wait, and so does the
    session, which closes a client that does not collect; of two requests that collect, the older
    one goes away empty.

    Args:
        ws_protocol: the subprotocol that the client asks for.
    """

    def __init__(self, ws_protocol: str | None) -> None:
        self.ws_protocol = ws_protocol
        self.close_code: int | None = None
        self._coming: deque[WSMessage] = deque()
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()
        self._received = 0
        self._sending = False
        self._waiting = 0
        self._moved = asyncio.Event()
        self._leaving: deque[bytes] = deque()
        self._confirmed = 0
        self._places = asyncio.Semaphore(MOST_LEAVING)
        self._news = asyncio.Event()
        self._collectors = 0
        self._ping: bytes | None = None
        self._pinged: bytes | None = None
        self._left = False
        self._over = False
        self._told = asyncio.Event()

    # --- the session's side: what a WebSocket has -------------------------------------------------

    async def receive(self) -> WSMessage:
        """The client's next message, pong or farewell."""
        while not self._coming:
            self._arrived.clear()
            await self._arrived.wait()
        message = self._coming.popleft()
        if not self._coming:
            self._taken.set()
        return message

    async def send_bytes(self, raw: bytes) -> None:
        """Put a message on its way. Raises ConnectionError when the tunnel is over."""
        await self._places.acquire()  # in the order of those who wait
        if self._over or self._left:
            self._places.release()  # to whoever waits behind
            if self._over:
                raise ConnectionResetError("the tunnel is over")
            return  # the session learns by the farewell that nobody reads this
        self._leaving.append(raw)
        self._news.set()

    async def ping(self, payload: bytes) -> None:
        """Let the client ask anew; see the class."""
        self._ping = payload
        self._news.set()

    async def pong(self, payload: bytes) -> None:
        """Requests are answered anyhow: no client of a tunnel sends pings."""

    async def close(self, *, code: int) -> None:
        """Wait until the client has been told `code`, after all that was sent to it."""
        if self.close_code is None:  # else it was refused with another
            self.close_code = code
        self._news.set()
        self._taken.set()  # nothing more is read; who waits for that may ask for the code
        if not self._left:
            await self._told.wait()

    def finish(self) -> None:
        """The session is over, and so is whatever still waits here."""
        self._over = True
        for event in (self._news, self._moved, self._taken):
            event.set()
        self._places.release()

    # --- the client's side: what its requests do --------------------------------------------------

    @asynccontextmanager
    async def turn(self, first: int) -> AsyncIterator[None]:
        """While it lasts, this request alone may `put`; `first` is the number of its first message.

        Raises:
            OutOfOrder: the messages before did not come, or are not read.
            Overloaded: too many requests wait for their turn.
            NoSuchTunnel: it ended meanwhile.
        """
        if self._waiting >= MOST_WAITING:
            raise Overloaded("too many requests of one tunnel at a time")
        self._waiting += 1
        try:
            async with asyncio.timeout(TURN_S):
                while (self._sending or first > self._received) and not self._over:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise OutOfOrder(f"the next message is {self._received}, not {first}") from None
        finally:
            self._waiting -= 1
        if self._over:
            raise NoSuchTunnel("this tunnel is over: open another one")
        self._sending = True
        try:
            yield
        finally:
            self._sending = False
            self._moved.set()

    async def put(self, first: int, messages: Sequence[bytes]) -> None:
        """Pass on what did not come before; returns when the session has taken it."""
        fresh = messages[self._received - first :]
        if not fresh or self._left:
            return
        self._received += len(fresh)
        self._taken.clear()
        for raw in fresh:
            self._come(WSMessage(WSMsgType.BINARY, raw, None))
        if not self._over and self.close_code is None:
            await self._taken.wait()

    async def collect(self, first: int) -> Delivery:
        """Wait for what the client is to be told from message `first` on; it has those before.

        Raises:
            BadMessage: nothing was sent that it could have, or it said already that it has this.
            NoSuchTunnel: it ended before.
        """
        if self._over:
            raise NoSuchTunnel("this tunnel is over: open another one")
        self._confirm(first)
        if self._pinged is not None:
            self._come(WSMessage(WSMsgType.PONG, self._pinged, None))
            self._pinged = None
        self._collectors += 1
        own = self._collectors
        self._news.set()  # for the one that is waiting
        while own == self._collectors and not self._has_news:
            self._news.clear()
            await self._news.wait()
        if own != self._collectors:
            return Delivery()
        self._pinged, self._ping = self._ping, None
        if self.close_code is not None:
            self._told.set()
        return Delivery(tuple(self._leaving), self.close_code)

    def leave(self) -> None:
        """The client says good-bye, after what it has sent."""
        if not self._left:
            self._left = True
            self._come(WSMessage(WSMsgType.CLOSE, Close.NORMAL, None))
            self._places.release()

    def refuse(self, code: int) -> None:
        """The client sent what is not even read; the session ends with `code`."""
        if self.close_code is None:
            self.close_code = code
            self._come(WSMessage(WSMsgType.ERROR, None, None))

    @property
    def _has_news(self) -> bool:
        known = self._leaving or self._ping is not None or self.close_code is not None
        return bool(known) or self._over

    def _come(self, message: WSMessage) -> None:
        self._coming.append(message)
        self._arrived.set()

    def _confirm(self, first: int) -> None:
        if not self._confirmed <= first <= self._confirmed + len(self._leaving):
            raise BadMessage(f"message {first} is not among those on their way")
        while self._confirmed < first:
            self._leaving.popleft()
            self._confirmed += 1
            self._places.release()
