from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest_asyncio

from facestream.client.address import Address, parse_address
from facestream.client.connection import Connector
from tests.client.fake_server import TOKEN, Answers, FakeServer, usual

FakeServing = Callable[..., Awaitable[FakeServer]]


@pytest_asyncio.fixture
async def fake_server() -> AsyncIterator[FakeServing]:
    """Starts servers: `await fake_server(answers, delay_s=...)`."""
    async with AsyncExitStack() as stack:

        async def start(answers: Answers = usual, **options: Any) -> FakeServer:
            server = FakeServer(answers, **options)
            await server.http.start_server()
            stack.push_async_callback(server.http.close)
            return server

        yield start


@pytest_asyncio.fixture
async def connector() -> AsyncIterator[Callable[[FakeServer], Awaitable[Connector]]]:
    """Connectors to a server, with its token."""
    async with AsyncExitStack() as stack:

        async def make(server: FakeServer, token: str | None = TOKEN) -> Connector:
            return await stack.enter_async_context(Connector(address(server, token), None))

        yield make


def address(server: FakeServer, token: str | None = TOKEN) -> Address:
    return replace(parse_address(server.url), token=token)
