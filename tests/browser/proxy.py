"""A proxy as some companies have it: it reads the TLS, passes requests on, and no WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from facestream.server.tls import server_certificate, ssl_context

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"}


class Proxy:
    """Leads from `port` of its own to `to_port`, in a thread with an event loop of its own.

    open: whether it lets WebSockets through, which it may learn to.
    """

    def __init__(self, to_port: int, folder: Path) -> None:
        self.open = False
        self.port = 0
        self.blocked = 0
        self._to = f"127.0.0.1:{to_port}"
        self._context = ssl_context(
            server_certificate(folder, ["localhost"], ["127.0.0.1"], datetime.now(UTC))
        )
        self._ready = threading.Event()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(10)

    def close(self) -> None:
        """Break all connections, and let no new ones through."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(ssl=False)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as self._out:
            app = web.Application(client_max_size=64 << 20)
            app.router.add_route("*", "/{path:.*}", self._pass_on)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context)
            await site.start()
            self.port = runner.addresses[0][1]
            self._ready.set()
            await self._closing.wait()
            await runner.cleanup()
        await asyncio.sleep(
            0.25
        )  # as aiohttp's manual has it: TLS takes its leave in the background

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        if "Upgrade" in request.headers:
            if self.open:
                return await self._socket(request)
            self.blocked += 1
            return web.Response(status=502, text="no such way")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        async with self._out.request(
            request.method,
            f"https://{self._to}{request.rel_url}",
            headers=headers,
            data=await request.read() or None,
            allow_redirects=False,
        ) as answer:
            kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP]
            response = web.Response(status=answer.status, body=await answer.read())
            for name, value in kept:
                if name == "Content-Type":
                    response.headers[name] = value
                else:
                    response.headers.add(name, value)
            return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        names = ("Host", "Origin", "Cookie")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        protocols = ("facestream.v1",)
        url = f"https://{self._to}{request.rel_url}"
        async with self._out.ws_connect(url, protocols=protocols, headers=headers) as far:
            near = web.WebSocketResponse(protocols=protocols)
            await near.prepare(request)

            async def back() -> None:
                async for message in far:
                    await near.send_bytes(message.data)
                await near.close()

            returning = asyncio.create_task(back())
            async for message in near:
                await far.send_bytes(message.data)
            await far.close()
            await returning
            return near


@contextlib.contextmanager
def proxy(to_port: int, folder: Path) -> Iterator[Proxy]:
    """A proxy that is closed in the end."""
    made = Proxy(to_port, folder)
    try:
        yield made
    finally:
        made.close()
