"""Requests to one server over HTTP, each ending in its answer or in one error. Knows no path."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    contextmanager,
)
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from facestream.client.address import Address
from facestream.client.errors import (
    CannotConnect,
    ConnectionClosed,
    NoAnswer,
    RequestRefused,
    Untrusted,
)
from facestream.errors import BadMessage
from facestream.server.rest_models import Refusal
from facestream.validation import first_fault

__all__ = ["ANSWER_S", "CHUNK", "FILE_S", "Http", "read_as"]

ANSWER_S = 30.0
"""For an answer, from the connection on: a change waits for the disk, and for changes before it."""
FILE_S = 600.0
"""Where a file belongs to request or answer: a gallery may be gigabytes, and is read as a whole."""
CONNECT_S = 10.0
"""For TCP and TLS, as ANSWER_S of `connection`."""
CHUNK = 1 << 18
"""Of a file that is received, in bytes."""
MOST_ERROR_BYTES = 1 << 16
"""What is read of an error: more than that is none of the server's."""
BUSY = (429, 502, 503, 504)
"""Whoever answers these without saying more, be it a proxy, may answer otherwise later."""

_T = TypeVar("_T", bound=BaseModel)


class Http:
    """`async with`. Redirects are not followed, and cookies not kept: the server needs neither.

    Args:
        address: of the server. Its token goes into a header, where no log shows it.
        tls: see `trust.client_tls`.
        answer_s: how long the server may take, where no other time is given.
    """

    def __init__(
        self, address: Address, tls: ssl.SSLContext | None, answer_s: float = ANSWER_S
    ) -> None:
        self._address = address
        self._tls = tls
        self._answer_s = answer_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Http:
        token = self._address.token
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls or True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        fine: tuple[int, ...] = (),
        answer_s: float | None = None,
    ) -> bytes:
        """The content of the answer.

        Args:
            method: of HTTP.
            path: quoted already.
            query: what follows the `?`.
            json: a body; or `data`.
            data: a body as aiohttp takes it.
            fine: statuses from 300 on that are no error.
            answer_s: how long the server may take; None: as long as for most requests.

        Raises:
            RequestRefused: with the server's code, message and `retryable`.
            CannotConnect, Untrusted: it did not come to a connection.
            ConnectionClosed: it ended before the answer did.
            NoAnswer: it took too long.
        """
        most_s = self._answer_s if answer_s is None else answer_s
        timeout = aiohttp.ClientTimeout(total=most_s, sock_connect=min(CONNECT_S, most_s))
        options = {"params": query, "json": json, "data": data, "timeout": timeout}
        with self._explained(path, most_s):
            async with self._begun(method, path, options) as answer:
                await _raise_if_refused(answer, fine)
                return await answer.read()

    @asynccontextmanager
    async def receive(self, path: str, *, silent_s: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content of the answer to a GET, in pieces of at most `CHUNK` bytes.

        Raises as `ask`. silent_s: for so long nothing may come; a file takes as long as it takes.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=silent_s)

        async def pieces(answer: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
            with self._explained(path, silent_s):
                async for piece in answer.content.iter_chunked(CHUNK):
                    yield piece

        # What goes wrong where the pieces are used is no error of ours, so it stays outside.
        async with AsyncExitStack() as stack:
            with self._explained(path, silent_s):
                begun = self._begun("GET", path, {"timeout": timeout})
                answer = await stack.enter_async_context(begun)
                await _raise_if_refused(answer, ())
            yield await stack.enter_async_context(aclosing(pieces(answer)))

    def _begun(
        self, method: str, path: str, options: dict[str, Any]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("a server is used with `async with`")
        url = self._address.page_url + path
        return self._session.request(method, url, allow_redirects=False, **options)

    @contextmanager
    def _explained(self, path: str, most_s: float) -> Iterator[None]:
        url = self._address.page_url + path
        try:
            yield
        except TimeoutError as error:
            raise NoAnswer(f"{url} did not answer in {most_s:g} s") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted(self._address.host) from error
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            raise ConnectionClosed(None) from error
        except (aiohttp.ClientError, OSError) as error:
            raise CannotConnect(f"{url} cannot be reached: {error}") from error


async def _raise_if_refused(answer: aiohttp.ClientResponse, fine: tuple[int, ...]) -> None:
    if answer.status >= 300 and answer.status not in fine:
        raise await _refusal(answer)


async def _refusal(answer: aiohttp.ClientResponse) -> RequestRefused:
    """What the server says; or, where it is not ours, what can be said of the status."""
    status = answer.status
    raw = await answer.content.read(MOST_ERROR_BYTES)
    try:
        said = Refusal.model_validate_json(raw)
    except ValidationError:
        code, message = f"http_{status}", f"the server answers with HTTP {status}"
        return RequestRefused(code, message, status in BUSY, status)
    return RequestRefused(said.code, said.message, said.retryable, status)


def read_as(model: type[_T], raw: bytes) -> _T:
    """The JSON of an answer. Raises BadMessage: it is not what the interface promises."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise BadMessage(first_fault(error, "answer")) from error
