from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from facestream.client.address import parse_address
from facestream.client.connection import Connector
from facestream.client.errors import (
    CannotConnect,
    ConnectionClosed,
    ConnectionRefused,
    NoAnswer,
    Untrusted,
)
from facestream.client.trust import client_tls
from facestream.errors import BadMessage
from facestream.server import protocol as wire
from facestream.server.tls import server_certificate, ssl_context
from tests.client.conftest import FakeServing, address
from tests.client.fake_server import SESSION, FakeServer, error, hello, result, usual

Connectors = Callable[..., Awaitable[Connector]]


async def test_hellos_are_exchanged_and_the_token_stays_out_of_the_url(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect(client="test 1")
    assert connection.hello == hello()
    assert server.received == [wire.ClientHello(client="test 1")]
    assert server.headers[0]["Sec-WebSocket-Protocol"] == "facestream.v1"
    await connection.close()


async def test_session_is_resumed_by_its_id(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect(resume=SESSION)
    assert connection.hello.resumed
    await connection.close()


async def test_frame_goes_and_its_result_comes(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect()
    await connection.send_frame(7, 12.5, b"jpeg")
    assert await connection.receive() == result(7)
    assert server.frames == [wire.FrameMessage(seq=7, captured_ms=12.5, jpeg=b"jpeg")]
    await connection.close()


async def test_leaving_is_a_normal_end(fake_server: FakeServing, connector: Connectors) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect()
    await connection.close()
    await server.left()
    assert server.closed == [1000]
    with pytest.raises(ConnectionClosed):
        await connection.receive()
    with pytest.raises(ConnectionClosed):
        await connection.send_frame(0, 0.0, b"")


async def test_dropping_says_no_word(fake_server: FakeServing, connector: Connectors) -> None:
    server = await fake_server()
    connection = await (await connector(server)).connect()
    connection.drop()
    await server.left()
    assert server.closed == [1006]
    with pytest.raises(ConnectionClosed) as lost:
        await connection.receive()
    assert lost.value.close_code is None
    await connection.close()
    connection.drop()  # harmless


@pytest.mark.parametrize(("token", "sent"), [(None, None), ("wrong", "Bearer wrong")])
async def test_wrong_token_is_one_clear_error(
    fake_server: FakeServing, connector: Connectors, token: str | None, sent: str | None
) -> None:
    server = await fake_server()
    with pytest.raises(ConnectionRefused, match="token is missing or wrong") as refused:
        await (await connector(server, token)).connect()
    assert (refused.value.code, refused.value.status) == ("unauthorised", 401)
    assert not refused.value.retryable
    assert server.headers[0].get("Authorization") == sent


@pytest.mark.parametrize(
    ("status", "headers", "code", "after_s"),
    [
        (403, {}, "forbidden", None),
        (429, {"Retry-After": "7"}, "too_many_connections", 7.0),
        (429, {"Retry-After": "soon"}, "too_many_connections", None),
        (404, {}, "not_found", None),
        (418, {}, "refused", None),
        (200, {}, "refused", None),
    ],
)
async def test_http_status_instead_of_a_socket_is_named(
    status: int, headers: dict[str, str], code: str, after_s: float | None
) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    app = web.Application()
    app.add_routes([web.get("/ws", refuse)])
    async with (
        TestServer(app) as server,
        Connector(parse_address(str(server.make_url("/"))), None) as c,
    ):
        with pytest.raises(ConnectionRefused) as refused:
            await c.connect()
    assert (refused.value.code, refused.value.retry_after_s) == (code, after_s)


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ([error("overloaded"), 1013], 1013, "overloaded"),
        ([error("unsupported_version"), 4406], 4406, "unsupported_version"),
        ([1011], 1011, None),
    ],
)
async def test_closing_instead_of_hello_names_code_and_reason(
    fake_server: FakeServing, connector: Connectors, said: Any, code: int, reason: str | None
) -> None:
    server = await fake_server(lambda message: said)
    with pytest.raises(ConnectionClosed, match=f"closed with {code}") as closed:
        await (await connector(server)).connect()
    assert (closed.value.close_code, closed.value.said) == (code, reason)


async def test_closing_later_names_what_was_said_before(
    fake_server: FakeServing, connector: Connectors
) -> None:
    going = [error("bad_picture", seq=0), error("shutting_down"), result(0), 1001]
    server = await fake_server(
        lambda message: going if isinstance(message, wire.FrameMessage) else usual(message)
    )
    connection = await (await connector(server)).connect()
    await connection.send_frame(0, 0.0, b"")
    received = [await connection.receive() for _ in range(3)]
    assert received == going[:3]
    with pytest.raises(ConnectionClosed, match="1001: it is shutting_down") as closed:
        await connection.receive()
    assert closed.value.said == "shutting_down"
    await connection.close()


@pytest.mark.parametrize("said", [[], [error("busy")]], ids=["nothing", "no hello"])
async def test_server_that_says_no_hello_is_not_waited_for(
    fake_server: FakeServing, connector: Connectors, said: Any
) -> None:
    server = await fake_server(lambda message: said)
    with pytest.raises(NoAnswer, match="did not answer"):
        await (await connector(server)).connect(answer_s=0.1)
    await server.left()


async def test_other_message_instead_of_hello_is_refused(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server(lambda message: [wire.Ok(request=1)])
    with pytest.raises(BadMessage, match="'ok' instead of hello"):
        await (await connector(server)).connect()


async def test_nobody_listens_there() -> None:
    nobody = parse_address(f"ws://127.0.0.1:{unused_port()}")
    async with Connector(nobody, None) as connector:
        with pytest.raises(CannotConnect, match="cannot be reached"):
            await connector.connect()


async def test_two_hundred_connections_at_once_do_not_wait_for_each_other(
    fake_server: FakeServing, connector: Connectors
) -> None:
    server = await fake_server()
    opener = await connector(server)
    connections = await asyncio.gather(*(opener.connect() for _ in range(200)))
    assert len(connections) == 200
    await asyncio.gather(*(connection.close() for connection in connections))


class TestCertificates:
    """Of a server on the loopback, whose certificate is signed by an authority of its own."""

    @pytest.mark.parametrize("ca", [True, False], ids=["own authority", "anybody"])
    async def test_trusted_server_is_connected_to(self, tmp_path: Path, ca: bool) -> None:
        files = server_certificate(tmp_path, ["localhost"], [], datetime.now(UTC))
        server = FakeServer()
        await server.http.start_server(ssl=ssl_context(files))
        where = address(server)
        assert where.secure
        tls = client_tls(where, ca=files.ca if ca else None)
        async with Connector(where, tls) as connector:
            await (await connector.connect()).close()
        await server.http.close()

    async def test_unknown_authority_is_one_clear_error(self, tmp_path: Path) -> None:
        files = server_certificate(tmp_path, ["localhost"], [], datetime.now(UTC))
        server = FakeServer()
        await server.http.start_server(ssl=ssl_context(files))
        async with Connector(address(server), ssl.create_default_context()) as connector:
            with pytest.raises(Untrusted, match="signed by nobody known here"):
                await connector.connect()
        await server.http.close()

    async def test_server_without_tls_is_no_secure_server(self, fake_server: FakeServing) -> None:
        server = await fake_server()
        where = parse_address(server.url.replace("http:", "https:"))
        async with Connector(where, client_tls(where)) as connector:
            with pytest.raises(CannotConnect):
                await connector.connect()
