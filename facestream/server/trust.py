"""The helper page: plain http at a port of its own, where a device gets what it has to trust.

A device that does not trust the server's certificate yet cannot be told over https how to. So this
page is not encrypted, and there is nothing on it that anybody must not see or that a stranger could
use: no token, no cookie, nothing of the gallery; it takes no input, and only reads are answered.

Who sends a `Host` of their own choice, or lets a name of theirs point here (DNS rebinding), does no
harm: no answer depends on the header, redirects name a path only, and the page is the same for
everybody. Who can change what is on its way can change the certificate, too, as with everything
that is got over http. Therefore the page shows the fingerprint, and the server prints it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket as Socket

from aiohttp import web

from facestream.server import mobileconfig
from facestream.server.authority import Authority
from facestream.server.guard import NO_SNIFFING, POLICIES
from facestream.server.pages import web_folder

__all__ = ["build_trust_app", "running"]

log = logging.getLogger(__name__)

CERTIFICATE_TYPE = "application/x-x509-ca-cert"
"""Android and Windows know a certificate by it; Firefox offers to trust it."""

SHARED = ("js/basics/clock.js", "styles/tokens.css", "styles/motion.css")
"""What the page has in common with the app's, at the same paths."""

SUFFIXES = (".css", ".js", ".svg")

KEEP_ALIVE_S = 15.0
"""For the few requests of one visit."""

SHUTDOWN_S = 1.0


@dataclass(frozen=True, slots=True)
class _Download:
    """A file that is made once."""

    body: bytes
    content_type: str
    name: str | None = None
    """Under which it is to be saved; None lets the browser do something better with it."""


def build_trust_app(
    authority: Authority, https_port: int, folder: Path | None = None
) -> web.Application:
    """Everything that answers at the helper's port.

    Args:
        authority: what devices have to trust.
        https_port: where the app is.
        folder: that of the web files.
    """
    app = web.Application()
    app.on_response_prepare.append(partial(_set_headers, _policy(https_port)))
    about: dict[str, int | str] = {
        "https_port": https_port,
        "name": authority.name,
        "fingerprint": authority.fingerprint,
    }
    downloads = {
        # Without a name to save it under: Safari has to take it as a profile, not as a file.
        "/facestream.mobileconfig": _Download(
            mobileconfig.profile(authority), mobileconfig.CONTENT_TYPE
        ),
        "/facestream-ca.crt": _Download(authority.der, CERTIFICATE_TYPE, "facestream-ca.crt"),
        # Firefox asks at once whether to trust it, when it is not to be saved.
        "/facestream-ca.pem": _Download(authority.pem, CERTIFICATE_TYPE),
    }
    app.add_routes([web.get("/about.json", partial(_about, about))])
    app.add_routes([web.get(path, partial(_download, file)) for path, file in downloads.items()])
    app.add_routes(_files(folder or web_folder()))
    app.add_routes([web.get("/{anything:.*}", _to_the_page)])
    return app


@asynccontextmanager
async def running(app: web.Application, listening: Socket) -> AsyncIterator[None]:
    """Answer at `listening` for the length of the block."""
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=KEEP_ALIVE_S, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()


def _policy(https_port: int) -> str:
    """The page may ask the app's port whether it gets through, and nobody else.

    A policy has no way to say "this host, another port"; to name the host we would have to believe
    what the request calls us.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' https://*:{https_port} wss://*:{https_port}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def _set_headers(policy: str, request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update({**NO_SNIFFING, **POLICIES})
    response.headers["Content-Security-Policy"] = policy
    response.headers["Permissions-Policy"] = "camera=()"
    response.headers.setdefault("Cache-Control", "no-cache")


def _files(folder: Path) -> list[web.AbstractRouteDef]:
    page = folder / "trust"
    found = [web.get("/", partial(_file, page / "index.html"))]
    for path in sorted(page.glob("[!.]*")):
        if path.suffix in SUFFIXES and path.is_file():
            found.append(web.get(f"/{path.name}", partial(_file, path)))
    found += [web.get(f"/{name}", partial(_file, folder / name)) for name in SHARED]
    return list(found)


async def _file(path: Path, request: web.Request) -> web.StreamResponse:
    return web.FileResponse(path)


async def _download(file: _Download, request: web.Request) -> web.Response:
    response = web.Response(body=file.body, content_type=file.content_type)
    if file.name is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


async def _about(about: dict[str, int | str], request: web.Request) -> web.Response:
    return web.json_response(about)


async def _to_the_page(request: web.Request) -> web.Response:
    """Somebody mistyped, or followed an old link: what helps is the page."""
    return web.Response(status=302, headers={"Location": "/"})
