"""Wire messages to and from one server, over WebSockets. Says hello; decides nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from types import TracebackType

import aiohttp

from facestream import __version__
from facestream.client.address import Address
from facestream.client.errors import (
    CannotConnect,
    ConnectionClosed,
    ConnectionRefused,
    NoAnswer,
    Untrusted,
)
from facestream.errors import BadMessage
from facestream.server import protocol as wire

__all__ = ["CLIENT", "Connection", "Connector"]

CLIENT = f"facestream.client {__version__}"

ANSWER_S = 10.0
"""For upgrade and hello together; as OPEN_TIMEOUT_MS of the page."""
CLOSING_S = 2.0
"""For the server's goodbye."""


class Connector:
    """Opens connections to one server; `async with`. They share one TLS context.

    Args:
        address: of the server. Its token goes into a header, where no log shows it.
        tls: see `trust.client_tls`.
    """

    def __init__(self, address: Address, tls: ssl.SSLContext | None) -> None:
        self._address = address
        self._tls = tls
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Connector:
        # Without a limit: aiohttp lets the 101st connection wait for one of the others to end.
        connector = aiohttp.TCPConnector(limit=0, ssl=self._tls or True)
        self._http = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def connect(
        self, *, resume: str | None = None, client: str = CLIENT, answer_s: float = ANSWER_S
    ) -> Connection:
        """A connection on which hellos were exchanged.

        Args:
            resume: the `session_id` of a session whose connection was lost.
            client: program and version, for the server's log.
            answer_s: how long the server may take.

        Raises:
            CannotConnect, Untrusted: it did not come to a connection.
            ConnectionRefused: an HTTP status instead of a WebSocket.
            ConnectionClosed: the server closed it instead of saying hello.
            NoAnswer: it took too long.
            BadMessage: what came is no hello.
        """
        try:
            async with asyncio.timeout(answer_s):
                return await _greeted(await self._upgrade(), resume, client)
        except TimeoutError as error:
            raise NoAnswer(f"{self._address.url} did not answer in {answer_s:g} s") from error

    async def _upgrade(self) -> aiohttp.ClientWebSocketResponse:
        if self._http is None:
            raise RuntimeError("a Connector is used with `async with`")
        token, url = self._address.token, self._address.url
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            return await self._http.ws_connect(
                url, protocols=(wire.SUBPROTOCOL,), headers=headers, compress=0
            )
        except aiohttp.WSServerHandshakeError as error:
            after = error.headers.get("Retry-After", "") if error.headers else ""
            retry_after_s = float(after) if after.isdecimal() else None
            raise ConnectionRefused(error.status, retry_after_s) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted(self._address.host) from error
        except (aiohttp.ClientError, OSError) as error:
            raise CannotConnect(f"{url} cannot be reached: {error}") from error


class Connection:
    """One socket after the hellos. One task may receive; any may send.

    hello: what the server said of itself.
    """

    def __init__(
        self,
        websocket: aiohttp.ClientWebSocketResponse,
        reader: _Reader,
        hello: wire.ServerHello,
    ) -> None:
        self._socket = websocket
        self._reader = reader
        self.hello = hello

    async def send(self, message: wire.Message) -> None:
        """Send one message; waits while the network takes nothing. Raises ConnectionClosed."""
        await _send(self._socket, message)

    async def send_frame(self, seq: int, captured_ms: float, jpeg: bytes) -> None:
        """Send one picture. `captured_ms`: on a clock of one's own. Raises ConnectionClosed."""
        await self.send(wire.FrameMessage(seq=seq, captured_ms=captured_ms, jpeg=jpeg))

    async def receive(self) -> wire.ServerMessage:
        """The next message, however long it takes.

        Raises:
            ConnectionClosed: there will be none.
            BadMessage: what came is not of the protocol.
        """
        return await self._reader.receive()

    async def close(self) -> None:
        """Take one's leave: a normal end. Waits for the server's goodbye for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._socket.close()

    def drop(self) -> None:
        """End the TCP connection without a word, as when a phone leaves the network."""
        connected = self._socket.get_extra_info("socket")
        if connected is not None:
            with suppress(OSError):  # it is gone already
                connected.shutdown(socket.SHUT_RDWR)


class _Reader:
    """Decodes what comes, and remembers the error that the server said before it closed.

    May be cancelled: aiohttp takes a `receive` that is cancelled for the end of the connection,
    and then does not wait for the server's goodbye; so it goes on in a task of its own.
    """

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = websocket
        self._said: wire.ErrorMessage | None = None
        self._receiving: asyncio.Task[aiohttp.WSMessage] | None = None

    async def receive(self) -> wire.ServerMessage:
        if self._receiving is None:
            self._receiving = asyncio.ensure_future(self._socket.receive())
        await asyncio.wait((self._receiving,))
        received, self._receiving = self._receiving.result(), None
        if received.type is not aiohttp.WSMsgType.BINARY:
            raise self._over(received.type)
        message = wire.decode_server(received.data)
        if isinstance(message, wire.ErrorMessage) and message.seq is None:
            self._said = message
        return message

    def _over(self, kind: aiohttp.WSMsgType) -> ConnectionClosed | BadMessage:
        if kind is aiohttp.WSMsgType.TEXT:
            return BadMessage("the server sent text; messages are binary")
        code = self._socket.close_code
        lost = code in (None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
        if self._said is None:
            return ConnectionClosed(None if lost else code)
        return ConnectionClosed(None if lost else code, self._said.code, self._said.message)


async def _greeted(
    websocket: aiohttp.ClientWebSocketResponse, resume: str | None, client: str
) -> Connection:
    reader = _Reader(websocket)
    try:
        await _send(websocket, wire.ClientHello(client=client, resume=resume))
        while isinstance(message := await reader.receive(), wire.ErrorMessage):
            pass  # the reason of the closing that follows
        if not isinstance(message, wire.ServerHello):
            raise BadMessage(f"the server said {message.type!r} instead of hello")
    except BaseException:
        await websocket.close()
        raise
    return Connection(websocket, reader, message)


async def _send(websocket: aiohttp.ClientWebSocketResponse, message: wire.Message) -> None:
    try:
        await websocket.send_bytes(wire.encode(message))
    except (ConnectionError, aiohttp.ClientError) as error:
        raise ConnectionClosed(websocket.close_code) from error
