"""One socket: a reader, a writer and a pulse, the outbox between, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from aiohttp import WSCloseCode, WSMessage, WSMsgType

from facestream.engine.engine import Engine
from facestream.errors import (
    BadMessage,
    FacestreamError,
    IdleTooLong,
    InputError,
    Overloaded,
    ResumedElsewhere,
    ShuttingDown,
    UnsupportedVersion,
)
from facestream.server import protocol as wire
from facestream.server.audit_trail import Auditor
from facestream.server.buckets import Bucket
from facestream.server.conversation import Conversation
from facestream.server.outbox import Outbox, TooSlow, sent
from facestream.server.protocol import Close
from facestream.server.pulse import Pulse
from facestream.server.tokens import Holder
from facestream.settings import Settings

__all__ = ["HARD_LIMIT_FACTOR", "Patience", "Session", "Socket"]

log = logging.getLogger(__name__)

HARD_LIMIT_FACTOR = 4
"""A message over `max_message_bytes` is refused; one over so many times as much ends the session,
because it is not even read to its end."""

OUTBOX_MESSAGES = 64
"""Results of six seconds at 10 frames a second; with crops of 10 kB below 1 MB a session."""

BURST_S = 2.0
"""Seconds' worth of messages that a client may send at once."""

REVOKED_CLOSING_S = 1.0
"""Who has no access any more gets less time to take leave."""

GOOD_BYES = (Close.NORMAL, Close.GOING_AWAY)
"""Codes with which a client leaves for good: the second is that of a closed tab."""

NO_FAREWELL = (None, WSCloseCode.ABNORMAL_CLOSURE)
GONE = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for a client.

    For its hello, for one message to leave, for its closing, and for any sign of life.
    """

    hello_s: float = 10.0
    unsent_s: float = 10.0
    closing_s: float = 2.0
    silent_s: float = 20.0


class Socket(Protocol):
    """What a session needs of a WebSocket: aiohttp's, or a tunnel in its place."""

    @property
    def ws_protocol(self) -> str | None: ...
    @property
    def close_code(self) -> int | None: ...
    def receive(self) -> Coroutine[Any, Any, WSMessage]: ...
    def send_bytes(self, data: bytes, /) -> Coroutine[Any, Any, None]: ...
    def ping(self, payload: bytes, /) -> Coroutine[Any, Any, None]: ...
    def pong(self, payload: bytes, /) -> Coroutine[Any, Any, None]: ...
    def close(self, *, code: int) -> Coroutine[Any, Any, Any]: ...


class Session:
    """Owned by the handler of its request; `run` is its whole life.

    Bound: the outbox. Policy: a client which does not read is closed with 4408; who sends too much
    is read more slowly, so that it waits in its own network stack.

    Args:
        socket: prepared already, with the subprotocol that both speak, if there is one; leaves
            pings and pongs to us.
        address: of the client.
        holder: whose token the client has; its role is that of the session.
        auditor: where it is noted what the client does.
        transport: under it; for a client which does not even take its leave.
    """

    def __init__(
        self,
        socket: Socket,
        transport: asyncio.Transport | None,
        engine: Engine,
        settings: Settings,
        patience: Patience,
        address: str,
        holder: Holder,
        auditor: Auditor,
    ) -> None:
        self.holder = holder
        self._socket = socket
        self._transport = transport
        self._patience = patience
        self._idle_s = settings.idle_seconds
        self._clock = asyncio.get_running_loop().time
        self._spoke_s = self._clock()
        rate = settings.max_messages_per_second
        self._bucket = Bucket(rate, BURST_S * rate)
        self._lost = True  # unless one of the two says good-bye
        self._ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        too_slow = partial(self._end, Close.TOO_SLOW)
        self._outbox = Outbox(OUTBOX_MESSAGES, patience.unsent_s, too_slow)
        self._conversation = Conversation(
            engine, settings, address, holder.role, auditor, self._send, self._taken
        )
        self._pulse = Pulse(self._ping, self._conversation.measured, self._clock)

    async def run(self) -> int:
        """Serve the client until one of the two sides ends it; returns the close code."""
        tasks = {
            asyncio.create_task(self._until_it_ends(self._read())),
            asyncio.create_task(self._until_it_ends(self._write())),
            asyncio.create_task(self._until_it_ends(self._pulse.beat(self._is_there))),
        }
        try:
            code = await self._ending
        finally:
            self._conversation.close(resumable=self._lost)
            for task in tasks:
                task.cancel()
            try:
                await asyncio.wait(tasks)
            finally:  # even if we are cancelled here: somebody may wait for it
                self._over.set()
        await self._close(code)
        return code

    async def shut_down(self, deadline_s: float) -> None:
        """Refuse what comes, let what is under way be answered and sent, close with 1001."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._conversation.wind_up()
        except TimeoutError:
            log.warning("a session closes before all its frames are answered")
        self._send(wire.error_message(ShuttingDown("the server is going away")))
        self._end(Close.GOING_AWAY)
        await self._over.wait()

    def revoke(self) -> None:
        """The token holds no more: nothing else is read, and nothing is kept. Harmless twice.

        No error says so before: to collect one from a tunnel, and then the code, takes two
        requests, and who has no access gets no second one through.
        """
        self._lost = False
        self._end(Close.REVOKED)

    # --- the tasks --------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            await self._greet()
        except _Refused as refused:
            self._send(wire.error_message(refused.error))
            self._end(refused.code)
            return
        while (message := await self._receive()).type not in GONE:
            self._spoke_s = self._clock()
            try:
                raw = _binary(message)
            except BadMessage as error:
                self._send(wire.error_message(error))
            else:
                await self._conversation.handle(raw)
            await self._slow_down()
        self._lost = not (message.type is WSMsgType.CLOSE and message.data in GOOD_BYES)
        self._end(Close.NORMAL)

    async def _receive(self, timeout_s: float | None = None) -> WSMessage:
        """The next message which is neither ping nor pong."""
        async with asyncio.timeout(timeout_s):
            while (message := await self._listen()).type in (WSMsgType.PING, WSMsgType.PONG):
                if message.type is WSMsgType.PONG:
                    self._pulse.answered(message.data)
                else:
                    self._pulse.heard()
                    await sent(self._socket.pong(message.data), self._patience.unsent_s)
                    await self._slow_down()
        self._pulse.heard()
        return message

    async def _listen(self) -> WSMessage:
        with self._pulse.listening():
            return await self._socket.receive()

    async def _slow_down(self) -> None:
        """Read no more until the client may send more, and has read what it was answered.

        aiohttp then stops reading its socket.
        """
        await asyncio.sleep(0)  # the answer to what was superseded is on its way to the outbox
        await self._outbox.room()
        delay_s = self._bucket.delay_s(self._clock())
        if delay_s:
            await asyncio.sleep(delay_s)

    async def _greet(self) -> None:
        """Exchange hellos. Raises _Refused."""
        if self._socket.ws_protocol != wire.SUBPROTOCOL:
            error = UnsupportedVersion(f"this server speaks {wire.SUBPROTOCOL}: reload the page")
            raise _Refused(error, Close.UNSUPPORTED_VERSION)
        try:
            message = await self._receive(self._patience.hello_s)
            await self._conversation.greet(_binary(message))
        except TimeoutError:
            raise _Refused(BadMessage("no hello came in time"), Close.HELLO_EXPECTED) from None
        except InputError as error:
            raise _Refused(error, Close.HELLO_EXPECTED) from error
        except Overloaded as error:
            raise _Refused(error, Close.TRY_AGAIN_LATER) from error
        except ShuttingDown as error:
            raise _Refused(error, Close.GOING_AWAY) from error
        except FacestreamError as error:  # the engine could not start; the operator knows
            raise _Refused(error, Close.INTERNAL_ERROR) from error

    async def _write(self) -> None:
        await self._outbox.drain_into(self._socket.send_bytes)

    async def _ping(self, payload: bytes) -> None:
        await sent(self._socket.ping(payload), self._patience.unsent_s)

    def _is_there(self) -> bool:
        """Whether the client is worth another ping; ends the session if not."""
        if self._pulse.silent_s() > self._patience.silent_s:
            log.info("a client is silent: its connection is cut off")
            self._end(Close.ABNORMAL)
        elif self._pulse.deaf_s() > self._patience.silent_s:
            self._end(Close.TOO_SLOW)
        elif self._clock() - self._spoke_s > self._idle_s:
            self._send(wire.error_message(IdleTooLong("nothing came for too long")))
            self._lost = False
            self._end(Close.IDLE)
        return not self._ending.done()

    def _taken(self) -> None:
        """Another connection has the session now."""
        self._send(wire.error_message(ResumedElsewhere("another connection has this session")))
        self._end(Close.RESUMED_ELSEWHERE)

    async def _until_it_ends(self, task: Coroutine[Any, Any, None]) -> None:
        """Run one of the tasks; should it fail, the session is over."""
        try:
            await task
        except TooSlow:
            self._end(Close.TOO_SLOW)
        except ConnectionError:  # while it was written to; aiohttp's, too, are of this kind
            self._end(Close.NORMAL)
        except Exception:
            log.exception("a session failed")
            self._end(Close.INTERNAL_ERROR)

    # --- the way out ------------------------------------------------------------------------------

    def _send(self, message: wire.Message) -> None:
        if not self._ending.done():
            self._outbox.put(wire.encode(message))

    def _end(self, code: int) -> None:
        """Let `run` close the socket with `code`; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(code)

    async def _close(self, code: int) -> None:
        """Send what is left, such as the reason, and close; who does not read is cut off."""
        if code == Close.ABNORMAL:  # nobody is there
            if self._transport is not None:
                self._transport.abort()
            return
        try:
            async with asyncio.timeout(self._closing_s(code)):
                for raw in self._outbox.rest() if code != Close.TOO_SLOW else ():
                    await self._socket.send_bytes(raw)
                await self._socket.close(code=code)
        except (TimeoutError, ConnectionError):
            log.info("a client was cut off: it did not take its leave")
        finally:
            # Closing alone would wait, with all that is unsent, for somebody who is not there.
            if self._transport is not None and self._socket.close_code in NO_FAREWELL:
                self._transport.abort()

    def _closing_s(self, code: int) -> float:
        closing_s = self._patience.closing_s
        return min(closing_s, REVOKED_CLOSING_S) if code == Close.REVOKED else closing_s


class _Refused(Exception):
    """A client is not let in, because of `error`; the socket closes with `code`."""

    def __init__(self, error: FacestreamError, code: int) -> None:
        super().__init__(code)
        self.error = error
        self.code = code


def _binary(message: WSMessage) -> bytes:
    """The bytes of a binary message. Raises BadMessage for any other."""
    if message.type is not WSMsgType.BINARY:
        raise BadMessage("a message must be binary")
    data: bytes = message.data
    return data
