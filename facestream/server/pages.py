"""The page and its files, out of the folder `web`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

import facestream

__all__ = ["compress_text", "routes", "web_folder"]

FOLDERS = ("icons", "js", "styles", "vendor")
FILES = ("facestream.webmanifest", "index.html", "service-worker.js")
"""Beside index.html, too, there are tools of the developers, which no browser asks for."""

CONDITIONS = {"If-None-Match", "If-Modified-Since"}
"""Headers upon which a file that is the same is not sent again."""

TEXT = (".css", ".js", ".mjs", ".svg", ".webmanifest")


def web_folder() -> Path:
    """Where the page's files are: inside the installed package, or beside it in a checkout."""
    package = Path(facestream.__file__).parent
    installed = package / "web"
    return installed if installed.is_dir() else package.parent / "web"


def routes(folder: Path | None = None) -> list[web.AbstractRouteDef]:
    """One route for the page, one for each file beside it, one for each folder."""
    folder = folder or web_folder()
    found: list[web.AbstractRouteDef] = [web.get("/", partial(_file, folder / "index.html"))]
    found += [web.get(f"/{name}", partial(_file, folder / name)) for name in FILES]
    found += [web.static(f"/{name}", folder / name) for name in FOLDERS if (folder / name).is_dir()]
    return found


@web.middleware
async def compress_text(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The files of the page come at a third of their weight.

    They alone: an answer that holds a secret beside what a stranger chose would tell of it by its
    size.
    """
    response = await handler(request)
    is_text = request.path == "/" or request.path.endswith(TEXT)
    # aiohttp 3.14 ends a compressed body where there is none, too: after HEAD, and after a 304.
    has_body = request.method == "GET" and not request.headers.keys() & CONDITIONS
    if isinstance(response, web.FileResponse) and is_text and has_body:
        response.enable_compression()
        response.headers["Vary"] = "Accept-Encoding"
    return response


async def _file(path: Path, request: web.Request) -> web.StreamResponse:
    return web.FileResponse(path)
