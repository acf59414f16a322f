"""docs/deploy/nginx.conf and Caddyfile in front of a server: the example itself, real programs.

Only names, ports and paths are put in their places; a line that has gone from the example is
noticed. The certificate is one of facestream's own authority, in the place of the public one.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from facestream.server import protocol as wire
from facestream.server.tls import server_certificate
from tests.conftest import free_port
from tests.engine.fakes import picture
from tests.server.conftest import TOKEN, Serve, Serving, serve
from tests.server.tunnel_client import through_tunnel

__all__ = ["serve"]  # a fixture of the server's tests

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "deploy"
PUBLIC = "faces.example.org"
PATH = "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin"
"""Debian has nginx where only root looks."""

NGINX_MAIN = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Front(Serving):
    """A server, seen through the proxy in front of it."""

    def __init__(self, behind: Serving, url: str, http: aiohttp.ClientSession) -> None:
        super().__init__(behind.server, behind.engine, http)
        self._url = url

    @property
    def url(self) -> str:
        return self._url


def replaced(text: str, places: dict[str, str]) -> str:
    for old, new in places.items():
        assert old in text, f"the example has no {old} any more"
        text = text.replace(old, new)
    return text


def example_of(name: str, folder: Path, port: int, server: str) -> Sequence[str]:
    """Writes the configuration of `name`; returns the command that runs it."""
    files = server_certificate(folder, [PUBLIC], [], datetime.now(UTC))
    behind = server.removeprefix("http://")
    if name == "nginx":
        places = {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "server 127.0.0.1:8443;": f"server {behind};",
            "/etc/letsencrypt/live/faces.example.org/fullchain.pem": str(files.certificate),
            "/etc/letsencrypt/live/faces.example.org/privkey.pem": str(files.key),
        }
        site = replaced((EXAMPLES / "nginx.conf").read_text(), places)
        (folder / "site.conf").write_text(site)
        (folder / "nginx.conf").write_text(NGINX_MAIN.format(folder=folder))
        return ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    places = {
        "faces.example.org {": (
            f"{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}\n}}\n\n"
            f"https://{PUBLIC}:{port}, https://localhost:{port} {{\n\tbind 127.0.0.1\n"
            f"\ttls {files.certificate} {files.key}"
        ),
        "127.0.0.1:8443": behind,
    }
    site = replaced((EXAMPLES / "Caddyfile").read_text(), places)
    # The comment at the head names the address too.
    (folder / "Caddyfile").write_text(site)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


async def listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


@pytest_asyncio.fixture(params=["nginx", "caddy"])
async def front(
    request: pytest.FixtureRequest, serve: Serve, tmp_path: Path
) -> AsyncIterator[Front]:
    program: str = request.param
    if shutil.which(program, path=PATH) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"needs {program}; scripts/install_test_tools.sh installs it"
        )
    serving = await serve(
        tls=False, trusted_proxies=["127.0.0.1"], max_sessions=9, max_sessions_per_address=2
    )
    port, folder = free_port(), tmp_path / "proxy"
    folder.mkdir()
    command = example_of(program, folder, port, serving.url)
    with (folder / "stderr").open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *command, env={"PATH": PATH, "HOME": str(folder)}, stderr=stderr
        )
    try:
        await listening(port)
        tls = ssl.create_default_context(cafile=folder / "tls" / "ca.pem")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
            yield Front(serving, f"https://localhost:{port}", http)
    except TimeoutError:
        pytest.fail((folder / "stderr").read_text())
    finally:
        # nginx has to end its workers; Caddy would wait for clients.
        (process.kill if program == "caddy" else process.terminate)()
        async with asyncio.timeout(10):
            await process.wait()


def as_opened(**headers: str) -> dict[str, str]:
    """What a browser that opened the page at its public name sends."""
    own = {"Host": PUBLIC, "Origin": f"https://{PUBLIC}", "Authorization": f"Bearer {TOKEN}"}
    return {**own, **headers}


async def test_page_requests_socket_and_tunnel_come_through(front: Front) -> None:
    page = await front.get("/", headers=as_opened())
    assert (page.status, page.content_type) == (200, "text/html")
    session = await front.get("/api/session", headers=as_opened())
    assert (session.status, (await session.json())["ready"]) == (200, True)

    client = await front.client(headers=as_opened())
    answer = await client.answer(0, picture(1))
    assert isinstance(answer, wire.Result)
    assert len(answer.faces) == 1
    large = await client.answer(1, picture(1, bytes(3 * 1024 * 1024)))
    assert large.code == "message_too_big"  # from the server: the proxy let it through

    tunnel = await through_tunnel(front)
    answer = await tunnel.answer(0, picture(2))
    assert (answer.type, len(answer.faces)) == ("result", 2)
    await tunnel.socket.close()

    # An import is up to 2 GiB; nginx's own limit is 1 MiB. This one the server calls nonsense.
    answer = await front.http.post(
        f"{front.url}/api/gallery/import",
        data=io.BytesIO(bytes(3 * 1024 * 1024)),
        headers=as_opened(),
    )
    assert (answer.status, (await answer.json())["code"]) == (422, "bad_archive")


async def test_other_sites_get_nothing_and_the_cookie_is_for_tls_only(
    front: Front,
) -> None:
    answer = await front.get("/api/session", headers=as_opened(Origin="https://evil.example"))
    assert answer.status == 403
    answer = await front.get(f"/?token={TOKEN}", headers={"Host": PUBLIC})
    assert answer.status == 302
    assert answer.cookies["facestream_token"]["secure"]


async def test_proxy_says_who_the_client_is_and_the_client_cannot(front: Front) -> None:
    """All clients are this machine here: what they say of themselves makes them nobody else."""
    here = [
        await front.client(headers=as_opened(**{"X-Forwarded-For": f"192.0.2.{last}"}))
        for last in (7, 8)
    ]
    third = await front.connect(headers=as_opened(**{"X-Forwarded-For": "192.0.2.9"}))
    await third.send(wire.ClientHello(client="test"))
    await third.expect_error("overloaded")
    assert not any(client.socket.closed for client in here)
