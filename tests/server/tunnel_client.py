"""The client's end of a tunnel, with as much of a WebSocket as `Client` uses."""

from __future__ import annotations

from collections import deque
from typing import Any

import aiohttp

from facestream.server import protocol as wire
from facestream.server.keys import SESSIONS, TUNNELS
from facestream.server.parcels import packed, unpacked
from facestream.server.tunnel_rest import CLOSE_HEADER
from tests.engine.fakes import until
from tests.server.conftest import TOKEN, Client, Serving

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class TunnelSocket:
    """One tunnel; asks for messages when they are waited for."""

    def __init__(self, serving: Serving, tunnel_id: str) -> None:
        self.serving = serving
        self.path = f"/api/tunnel/{tunnel_id}"
        self.sent = 0
        self.received = 0
        self.close_code: int | None = None
        self._messages: deque[bytes] = deque()

    async def ask(self, method: str, query: str = "", **options: Any) -> aiohttp.ClientResponse:
        url = f"{self.serving.url}{self.path}{query}"
        return await self.serving.http.request(method, url, headers=HEADERS, **options)

    async def post(self, first: int, *messages: bytes) -> aiohttp.ClientResponse:
        return await self.ask("POST", f"?first={first}", data=packed(messages))

    async def get(self) -> list[bytes]:
        """What one request brings; possibly nothing."""
        response = await self.ask("GET", f"?first={self.received}")
        assert response.status == 200, await response.text()
        messages = unpacked(await response.read())
        self.received += len(messages)
        if CLOSE_HEADER in response.headers:
            self.close_code = int(response.headers[CLOSE_HEADER])
        return messages

    async def send_bytes(self, *messages: bytes) -> None:
        first, self.sent = self.sent, self.sent + len(messages)
        response = await self.post(first, *messages)
        assert response.status == 204, await response.text()

    async def receive(self) -> aiohttp.WSMessage:
        while not self._messages and self.close_code is None:
            self._messages += await self.get()
        if not self._messages:
            return aiohttp.WSMessage(aiohttp.WSMsgType.CLOSE, self.close_code, None)
        return aiohttp.WSMessage(aiohttp.WSMsgType.BINARY, self._messages.popleft(), None)

    async def receive_bytes(self) -> bytes:
        message = await self.receive()
        assert message.type is aiohttp.WSMsgType.BINARY, message
        raw: bytes = message.data
        return raw

    async def close(self) -> None:
        assert (await self.ask("DELETE")).status == 204


async def open_tunnel(serving: Serving, protocol: str = wire.SUBPROTOCOL) -> TunnelSocket:
    url = f"{serving.url}/api/tunnel?protocol={protocol}"
    response = await serving.http.post(url, headers=HEADERS)
    assert response.status == 201, await response.text()
    return TunnelSocket(serving, (await response.json())["tunnel_id"])


async def through_tunnel(serving: Serving, resume: str | None = None) -> Client:
    """A client of a tunnel that has exchanged hellos."""
    client = Client(await open_tunnel(serving))  # type: ignore[arg-type]
    await client.send(wire.ClientHello(client="test", resume=resume))
    client.hello = await client.expect(wire.ServerHello)
    return client


def tunnel_of(client: Client) -> TunnelSocket:
    assert isinstance(client.socket, TunnelSocket)
    return client.socket


async def code_of(response: aiohttp.ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["code"]


async def nothing_is_left(serving: Serving) -> None:
    await until(lambda: not serving.server.app[SESSIONS])
    await until(lambda: not len(serving.server.app[TUNNELS]))
    await until(lambda: not serving.engine._roll.live)
