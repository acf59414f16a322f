"""Who holds no token any more is out: sockets, tunnels and requests, soon."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from facestream.server import protocol as wire
from facestream.server.access import read_or_create_token, renew_token
from facestream.server.app import build_app
from facestream.server.devices import DEVICE_SECONDS
from facestream.server.keys import DEVICES, PAGE_ROUTES
from facestream.server.protocol import Close
from facestream.server.roles import ANYBODY, Role, route_role
from facestream.server.tokens import RegisterFile
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine
from tests.server.conftest import TOKEN, Client, Serve, Serving
from tests.server.test_join import Clock
from tests.server.test_roles import path_of

SOON_S = 2.0
"""After that nobody may be in any more."""


async def joined(app: web.Application, role: Role = Role.VIEWER) -> tuple[str, dict[str, str]]:
    """A device: its token's id, and what it brings."""
    token = await app[DEVICES].add(role)
    headers = {"Authorization": f"Bearer {token}"}
    return app[DEVICES].holder(token).token_id, headers


async def revoke(serving: Serving, token_id: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = await serving.http.delete(f"{serving.url}/api/tokens/{token_id}", headers=headers)
    assert (answer.status, await answer.json()) == (200, {"token_id": token_id})


async def put_out(client: Client) -> None:
    """It is closed with the code that says so."""
    async with asyncio.timeout(SOON_S):
        assert await client.close_code() == Close.REVOKED


async def test_socket_of_a_revoked_token_is_closed_and_no_other(serving: Serving) -> None:
    token_id, headers = await joined(serving.app)
    client, other = await serving.client(headers=headers), await serving.client()
    assert client.hello is not None
    await revoke(serving, token_id)
    await put_out(client)
    assert await other.silent(1.2)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await serving.connect(headers=headers)


async def test_session_of_a_revoked_token_cannot_be_resumed(serving: Serving) -> None:
    token_id, headers = await joined(serving.app)
    client = await serving.client(headers=headers)
    assert client.hello is not None
    await revoke(serving, token_id)
    await put_out(client)
    again = await serving.connect()
    await again.send(wire.ClientHello(client="test", resume=client.hello.session_id))
    assert (await again.expect(wire.ServerHello)).resumed is False


async def test_socket_closes_when_the_time_of_its_token_is_over(serve: Serve) -> None:
    clock = Clock()
    serving = await serve(now_s=clock)
    _, headers = await joined(serving.app)
    client = await serving.client(headers=headers)
    clock.now_s += DEVICE_SECONDS
    await put_out(client)


async def test_token_that_another_process_revokes_is_out(serving: Serving, tmp_path: Path) -> None:
    _, headers = await joined(serving.app)
    client = await serving.client(headers=headers)
    RegisterFile(tmp_path).change(lambda grants: [], 0)
    await put_out(client)


async def test_renewing_the_main_token_puts_out_who_used_it(serve: Serve, tmp_path: Path) -> None:
    token = read_or_create_token(tmp_path)
    serving = await serve(token=token)
    client = await serving.client(headers={"Authorization": f"Bearer {token}"})
    new = renew_token(tmp_path)
    await put_out(client)
    await serving.client(headers={"Authorization": f"Bearer {new}"})


async def test_tunnel_of_a_revoked_token_is_closed_with_the_same_code(serving: Serving) -> None:
    token_id, headers = await joined(serving.app)
    opened = await serving.http.post(
        f"{serving.url}/api/tunnel?protocol={wire.SUBPROTOCOL}", headers=headers
    )
    path = f"{serving.url}/api/tunnel/{(await opened.json())['tunnel_id']}"
    collecting = asyncio.create_task(collected(serving.http, path, headers))
    await asyncio.sleep(0.1)
    await revoke(serving, token_id)
    async with asyncio.timeout(SOON_S):
        assert await collecting == str(Close.REVOKED)


async def collected(http: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> str:
    """Ask until the tunnel ends; returns with which code, or status."""
    first = 0
    while True:
        answer = await http.get(f"{path}?first={first}", headers=headers)
        first += 1 if await answer.read() else 0
        if answer.status != 200:
            return f"HTTP {answer.status}"
        if code := answer.headers.get("Tunnel-Close"):
            return code


@pytest.mark.parametrize("begun", [False, True])
async def test_request_that_is_being_answered_is_cut_off(tmp_path: Path, begun: bool) -> None:
    ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        try:
            if begun:
                await response.prepare(request)
                await response.write(b"x")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.set_result(True)
            raise
        return response

    app = build_app(Settings(data=tmp_path), FakeEngine(), TOKEN)
    app.router.add_get("/endless", endless)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        token, grant = await app[DEVICES].create(Role.ADMIN, "", None)
        headers = {"Authorization": f"Bearer {token}"}
        asked = asyncio.create_task(whole(http, str(server.make_url("/endless")), headers))
        await asyncio.sleep(0.1)
        await app[DEVICES].revoke(grant.token_id)
        async with asyncio.timeout(SOON_S):
            assert await ended
            assert await asked == ("cut off" if begun else 401)


async def whole(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> Any:
    try:
        answer = await http.get(url, headers=headers)
        await answer.read()
    except aiohttp.ClientError:
        return "cut off"
    return answer.status


# --- without a token ------------------------------------------------------------------------------


async def test_without_a_token_all_but_health_joining_and_the_shell_is_refused(
    serve: Serve, tmp_path: Path
) -> None:
    """From the router: a route that is new is refused here by itself, or fails this test."""
    serving = await serve(FakeEngine(folder=tmp_path))
    opened = set()
    for route in serving.app.router.routes():
        url = serving.url + re.sub(r"{\w+}", "1", path_of(route))
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "facestream_token=wrong"}):
            answer = await serving.http.request(
                route.method, url, headers=given, allow_redirects=False
            )
            await answer.read()
            if route not in serving.app[PAGE_ROUTES] and answer.status not in (401, 403):
                opened.add(f"{route.method} {path_of(route)}")
    assert opened == {
        *("GET /healthz", "HEAD /healthz", "GET /readyz", "HEAD /readyz"),
        *("GET /reach", "HEAD /reach", "GET /join", "HEAD /join", "POST /join"),
    }
    for route in serving.app[PAGE_ROUTES]:
        assert route_role(route.method, path_of(route)) is not ANYBODY  # open as files, not by name


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_socket_is_refused_without_a_token(serving: Serving, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await serving.connect(headers=headers)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_page_of_another_origin_cannot_open_the_socket(serving: Serving, origin: str) -> None:
    headers = {"Cookie": f"facestream_token={TOKEN}", "Origin": origin}
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await serving.connect(headers=headers)
