"""The page and its files, out of the folder `web`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from aiohttp import web

import facestream

__all__ = ["routes", "web_folder"]

FOLDERS = ("js", "styles", "vendor")
SUFFIXES = (".css", ".html", ".ico", ".png", ".svg", ".txt", ".webmanifest")
"""Of the files beside index.html: what a browser asks for, and not the tools of the developers."""


def web_folder() -> Path:
    """Where the page's files are: inside the installed package, or beside it in a checkout."""
    package = Path(facestream.__file__).parent
    installed = package / "web"
    return installed if installed.is_dir() else package.parent / "web"


def routes(folder: Path | None = None) -> list[web.AbstractRouteDef]:
    """One route for the page, one for each file beside it, one for each folder."""
    folder = folder or web_folder()
    found: list[web.AbstractRouteDef] = [web.get("/", partial(_file, folder / "index.html"))]
    for path in sorted(folder.glob("[!.]*")):
        if path.suffix in SUFFIXES and path.is_file():
            found.append(web.get(f"/{path.name}", partial(_file, path)))
    found += [web.static(f"/{name}", folder / name) for name in FOLDERS if (folder / name).is_dir()]
    return found


async def _file(path: Path, request: web.Request) -> web.StreamResponse:
    return web.FileResponse(path)
