"""Requests of a tunnel that are wrong, or that go wrong."""

from __future__ import annotations

import asyncio

import pytest

from facestream.server import protocol as wire
from facestream.server.keys import TUNNELS
from facestream.server.parcels import packed
from facestream.server.protocol import Close
from tests.engine.fakes import picture, until
from tests.server.conftest import TOKEN, Serve, Serving
from tests.server.tunnel_client import (
    HEADERS,
    TunnelSocket,
    code_of,
    nothing_is_left,
    open_tunnel,
    through_tunnel,
    tunnel_of,
)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_tunnel_has_an_error_of_its_own(serving: Serving, method: str) -> None:
    tunnel = TunnelSocket(serving, "A" * 22)
    assert await code_of(await tunnel.ask(method, "?first=0")) == (404, "no_such_tunnel")


@pytest.mark.parametrize("query", ["", "?first=", "?first=-1", "?first=x", "?first=" + "9" * 17])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_says_which_message_is_its_first(
    serving: Serving, method: str, query: str
) -> None:
    client = await through_tunnel(serving)
    assert await code_of(await tunnel_of(client).ask(method, query)) == (400, "bad_message")
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


@pytest.mark.parametrize("first", [2, 2**53])
async def test_what_was_not_sent_cannot_be_asked_for(serving: Serving, first: int) -> None:
    client = await through_tunnel(serving)
    response = await tunnel_of(client).ask("GET", f"?first={first}")
    assert await code_of(response) == (400, "bad_message")
    await client.socket.close()


async def test_what_the_client_says_it_has_is_not_sent_again(serving: Serving) -> None:
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    await client.answer(1, picture(1))  # asking for which confirmed the first one
    assert await code_of(await tunnel_of(client).ask("GET", "?first=0")) == (400, "bad_message")
    await client.socket.close()


async def test_half_a_message_is_refused_with_all_of_its_request(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    frame = wire.encode(wire.FrameMessage(seq=0, captured_ms=0.0, jpeg=picture(1)))
    for body in (packed([frame])[:-1], packed([frame]) + b"\x00\x00"):
        response = await tunnel.ask("POST", f"?first={tunnel.sent}", data=body)
        assert await code_of(response) == (400, "bad_message")
    assert (await client.answer(0, picture(1))).seq == 0  # which is not said to have come before
    await client.socket.close()


async def test_a_client_that_leaves_within_a_request_holds_nothing_up(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    _, writer = await asyncio.open_connection("127.0.0.1", serving.server.port)
    head = f"POST {tunnel.path}?first=1 HTTP/1.1\r\nHost: 127.0.0.1:{serving.server.port}\r\n"
    head += f"Authorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n"
    writer.write(head.encode() + bytes(500))
    await writer.drain()
    [carrier] = serving.server.app[TUNNELS]._tunnels.values()
    await until(lambda: carrier._sending)
    writer.transport.abort()
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()
    await nothing_is_left(serving)


async def test_a_client_that_leaves_while_it_waits_loses_no_message(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    asking = asyncio.create_task(tunnel.get())
    await asyncio.sleep(0.02)
    asking.cancel()
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


async def test_too_big_a_request_ends_the_session(serve: Serve) -> None:
    serving = await serve(max_message_bytes=1024)
    client = await through_tunnel(serving)
    await client.answer(0, picture(1))
    tunnel = tunnel_of(client)
    response = await tunnel.ask("POST", "?first=2", data=bytes(4097))
    assert await code_of(response) == (413, "message_too_big")
    assert await client.close_code() == Close.MESSAGE_TOO_BIG
    await nothing_is_left(serving)
    assert len(serving.engine._roll.parked) == 1  # as over a socket


async def test_the_guard_stands_before_the_tunnels(serving: Serving) -> None:
    client = await through_tunnel(serving)
    tunnel = tunnel_of(client)
    requests = [("POST", "/api/tunnel")]
    requests += [(method, f"{tunnel.path}?first=0") for method in ("GET", "POST", "DELETE")]
    for method, path in requests:
        bare = await serving.http.request(method, serving.url + path)
        assert await code_of(bare) == (401, "unauthorised")
        headers = {**HEADERS, "Origin": "https://elsewhere.example"}
        foreign = await serving.http.request(method, serving.url + path, headers=headers)
        assert await code_of(foreign) == (403, "forbidden_origin")
    assert (await client.answer(0, picture(1))).seq == 0
    await client.socket.close()


async def test_who_opens_again_and_again_is_told_to_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = await serve(max_sessions_per_address=1, max_connects_per_second=0.01)
    monkeypatch.setattr("facestream.server.door.HELD_BACK_S", 0.05)
    await (await serving.connect()).socket.close()
    await (await open_tunnel(serving)).close()
    refused = await serving.http.post(f"{serving.url}/api/tunnel", headers=HEADERS)
    assert await code_of(refused) == (429, "too_many_connections")
    assert refused.headers["Retry-After"].isdecimal()


async def test_tunnels_are_no_more_than_twice_the_sessions(serve: Serve) -> None:
    serving = await serve(max_sessions=2)
    opened = [await open_tunnel(serving) for _ in range(4)]
    assert len({tunnel.path for tunnel in opened}) == 4
    refused = await serving.http.post(f"{serving.url}/api/tunnel", headers=HEADERS)
    assert await code_of(refused) == (503, "overloaded")
    for tunnel in opened:
        await tunnel.close()
    await nothing_is_left(serving)
    await (await open_tunnel(serving)).close()
