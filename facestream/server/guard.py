"""Around every handler: what role it needs and who has that, errors as JSON, security headers."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from facestream.errors import FacestreamError, Unauthorised
from facestream.server import small_pages
from facestream.server.access import (
    TOKEN_COOKIE,
    TOKEN_PARAMETER,
    check_host,
    check_origin,
    check_token,
    given_token,
)
from facestream.server.devices import DEVICE_SECONDS
from facestream.server.keys import ACCESS, DEVICES, PAGE_ROUTES, ROLE
from facestream.server.roles import ANYBODY, Role, check_role, route_role
from facestream.server.tls import local_names

__all__ = [
    "NO_SNIFFING",
    "POLICIES",
    "errors_as_json",
    "make_guard",
    "role_brought",
    "set_security_headers",
    "set_token_cookie",
]

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
"""For an address that asks too often; one connection more than enough is allowed by then."""

NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
POLICIES = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self' wss: ws:; style-src 'self'; script-src 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address of the first visit holds the token
    "Permissions-Policy": "camera=(self)",
}


PARTS_OF_THE_PAGE = ("/js/", "/styles/", "/vendor/")
"""What these hold is governed by the page that loads it: policies beside it say nothing to a
browser, and there are so many files that they would be a fifth of all that is sent."""


async def set_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal of aiohttp: runs for every response, errors and the WebSocket included."""
    response.headers.update(NO_SNIFFING)
    if not request.path.startswith(PARTS_OF_THE_PAGE):
        response.headers.update(POLICIES)
    response.headers.popall("Server", None)  # it would tell of versions to whoever asks
    cache = "no-store" if _is_private(request) else "no-cache"
    response.headers.setdefault("Cache-Control", cache)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Our errors -> {code, message, retryable} with their status; others -> 500 without detail."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if not _is_private(request) or refusal.status < 400:
            raise
        code = refusal.reason.lower().replace(" ", "_")
        return _json_error(refusal.status, code, refusal.reason, False)
    except FacestreamError as error:
        answer = _json_error(error.http_status, error.code, str(error), error.retryable)
        if error.http_status == 429:
            answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        message = "something went wrong on the server; its log says what"
        return _json_error(500, FacestreamError.code, message, False)


def make_guard(tls: bool) -> Middleware:
    """The middleware which lets only those in whose role is enough, and no pages of other sites.

    The page itself and the health are open: there is nothing personal in them, and the page is what
    explains that a token is missing. Without an access token everybody is an admin.
    """
    names = [name.lower() for name in local_names()]

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        token = request.app[ACCESS].token
        if token is not None and request.path == "/" and TOKEN_PARAMETER in request.query:
            return _sign_in(token, request.query[TOKEN_PARAMETER], tls)
        needed = _needed_role(request)
        if needed is ANYBODY:
            return await handler(request)
        check_origin(request.headers.get("Origin"), request.host)
        if token is None:
            check_host(request.host, names)
        role = _role(request)
        check_role(role, needed)
        request[ROLE] = role
        return await handler(request)

    return guard


def role_brought(request: web.Request) -> Role | None:
    """What role the token of a request has; None: it has none, or brings none."""
    try:
        return _role(request)
    except Unauthorised:
        return None


def _role(request: web.Request) -> Role:
    """Raises Unauthorised."""
    token = request.app[ACCESS].token
    if token is None:
        return Role.ADMIN
    given = given_token(request.query, request.cookies, request.headers)
    if given is not None and (role := request.app[DEVICES].role_of(given)) is not None:
        return role
    check_token(token, given)
    return Role.ADMIN


def _needed_role(request: web.Request) -> Role | None:
    """What the route asks for. Where there is none, strangers learn no more than that."""
    route = request.match_info.route
    if route in request.app[PAGE_ROUTES]:
        return ANYBODY
    if route.resource is None:  # there is no such path, or not with this method
        return Role.VIEWER if _is_private(request) else ANYBODY
    return route_role(request.method, route.resource.canonical)


def _is_private(request: web.Request) -> bool:
    return request.path in ("/ws", "/metrics") or request.path.startswith("/api/")


def _sign_in(token: str, given: str, tls: bool) -> web.StreamResponse:
    """Put the token of the link into a cookie, and lead to an address without it."""
    try:
        check_token(token, given)
    except Unauthorised as error:
        page = small_pages.refused_page(str(error))
        return web.Response(status=error.http_status, text=page, content_type="text/html")
    response = web.Response(status=302, headers={"Location": "/", "Cache-Control": "no-store"})
    set_token_cookie(response, token, tls)
    return response


def set_token_cookie(response: web.StreamResponse, token: str, tls: bool) -> None:
    """Let a browser bring the token from now on, to pages of ours only."""
    response.set_cookie(
        TOKEN_COOKIE, token, max_age=DEVICE_SECONDS, httponly=True, secure=tls, samesite="Strict"
    )


def _json_error(status: int, code: str, message: str, retryable: bool) -> web.Response:
    return web.json_response(
        {"code": code, "message": message, "retryable": retryable}, status=status
    )
