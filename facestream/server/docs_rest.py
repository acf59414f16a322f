"""The description of the REST interface over HTTP: for programs, and as a page. No data in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from aiohttp import web

from facestream import __version__
from facestream.server.docs_page import docs_page
from facestream.server.keys import DOCUMENT, PAGE_ROUTES
from facestream.server.openapi import Described, document
from facestream.server.operations import Media, operation, operation_of
from facestream.server.roles import route_role

__all__ = ["describe", "described", "routes"]

TOPIC = "server"
PATH = "/api/docs/openapi.json"


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [web.get("/api/docs", _page), web.get(PATH, _document)]


def describe(app: web.Application) -> None:
    """Let the document be made when it is first asked for, and then kept."""
    made: Callable[[], dict[str, Any]] = cache(lambda: document(described(app), __version__))
    app[DOCUMENT] = made


def described(app: web.Application) -> Iterator[Described]:
    """Every route that is described. HEAD is answered where GET is."""
    for route in app.router.routes():
        told = operation_of(route.handler)
        if told is None or route.resource is None or route.method == "HEAD":
            continue
        if route in app[PAGE_ROUTES]:
            continue
        path = route.resource.canonical
        yield Described(route.method, path, route_role(route.method, path), told)


@operation("openapi", TOPIC, Media(("application/json",), schema={"type": "object"}))
async def _document(request: web.Request) -> web.Response:
    """The description of this interface: an OpenAPI document."""
    return web.json_response(request.app[DOCUMENT]())


@operation("docs_page", TOPIC, Media(("text/html",)))
async def _page(request: web.Request) -> web.Response:
    """The description of this interface as a page to read."""
    return web.Response(text=docs_page(request.app[DOCUMENT](), PATH), content_type="text/html")
