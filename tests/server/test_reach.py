from __future__ import annotations

import asyncio

import aiohttp
import pytest

from facestream.server import protocol as wire
from tests.engine.fakes import FakeEngine, picture
from tests.server.conftest import Serve, Serving

ELSEWHERE = {"Origin": "http://192.168.1.20:8480"}


async def test_page_of_another_origin_learns_that_it_gets_through(serving: Serving) -> None:
    response = await serving.get("/reach", headers=ELSEWHERE)
    assert (response.status, await response.read()) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "set-cookie" not in response.headers


async def test_socket_of_another_origin_gets_one_word_and_an_orderly_end(serving: Serving) -> None:
    async with serving.http.ws_connect(f"{serving.url}/reach", headers=ELSEWHERE) as socket:
        assert await socket.receive_str() == "reached"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 1000


async def test_it_answers_while_the_engine_warms_up_and_takes_nobodys_place(serve: Serve) -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    serving = await serve(engine, ready=False, max_sessions=1)
    async with serving.http.ws_connect(f"{serving.url}/reach") as socket:
        assert await socket.receive_str() == "reached"
        engine.recogniser.release()
        await engine.started()
        client = await serving.client()
        assert isinstance(await client.answer(0, picture(1)), wire.Result)


async def test_other_requests_are_refused(serving: Serving) -> None:
    assert (await serving.http.post(f"{serving.url}/reach")).status == 405


async def test_who_asks_again_and_again_is_held_back(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = await serve(max_sessions_per_address=1, max_connects_per_second=0.01)
    monkeypatch.setattr("facestream.server.door.HELD_BACK_S", 0.05)
    assert (await serving.get("/reach")).status == 204
    async with serving.http.ws_connect(f"{serving.url}/reach") as socket:
        await socket.receive_str()
    loop = asyncio.get_running_loop()
    started = loop.time()
    response = await serving.get("/reach")
    assert (response.status, (await response.json())["code"]) == (429, "too_many_connections")
    assert loop.time() - started >= 0.05
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await serving.http.ws_connect(f"{serving.url}/reach")
    assert refused.value.status == 429


async def test_who_does_not_say_goodbye_is_left(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facestream.server.reach.CLOSE_S", 0.05)
    host, port = serving.server.host, serving.server.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        b"GET /reach HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    async with asyncio.timeout(2):
        everything = await reader.read()
    assert everything.endswith(b"\x81\x07reached\x88\x02\x03\xe8")
    writer.close()
    await writer.wait_closed()
