"""Around every handler: who may use it, errors as JSON, security headers."""

from __future__ import annotations

import logging
from html import escape

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from facestream.errors import FacestreamError, Unauthorised
from facestream.server.access import (
    TOKEN_COOKIE,
    TOKEN_PARAMETER,
    check_host,
    check_origin,
    check_token,
    given_token,
)
from facestream.server.tls import local_names

__all__ = ["NO_SNIFFING", "POLICIES", "errors_as_json", "make_guard", "set_security_headers"]

log = logging.getLogger(__name__)


COOKIE_SECONDS = 30 * 24 * 3600
"""How long a phone need not scan the code again."""

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

REFUSED_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>facestream</title>
<h1>This link does not open facestream</h1>
<p>{reason}</p>
<p>The server prints the right link, and a code for phones, where it was started.</p>
</html>
"""


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


def make_guard(token: str | None, tls: bool) -> Middleware:
    """The middleware which lets only those in who bring `token`, and no pages of other sites.

    The page itself and the health are open: there is nothing personal in them, and the page is what
    explains that a token is missing. None as the token lets everybody in.
    """
    names = [name.lower() for name in local_names()]

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if token is not None and request.path == "/" and TOKEN_PARAMETER in request.query:
            return _sign_in(token, request.query[TOKEN_PARAMETER], tls)
        if _is_private(request):
            check_origin(request.headers.get("Origin"), request.host)
            if token is None:
                check_host(request.host, names)
            else:
                check_token(token, given_token(request.query, request.cookies, request.headers))
        return await handler(request)

    return guard


def _is_private(request: web.Request) -> bool:
    return request.path in ("/ws", "/metrics") or request.path.startswith("/api/")


def _sign_in(token: str, given: str, tls: bool) -> web.StreamResponse:
    """Put the token of the link into a cookie, and lead to an address without it."""
    try:
        check_token(token, given)
    except Unauthorised as error:
        page = REFUSED_PAGE.format(reason=escape(str(error)))
        return web.Response(status=error.http_status, text=page, content_type="text/html")
    response = web.Response(status=302, headers={"Location": "/", "Cache-Control": "no-store"})
    response.set_cookie(
        TOKEN_COOKIE, token, max_age=COOKIE_SECONDS, httponly=True, secure=tls, samesite="Strict"
    )
    return response


def _json_error(status: int, code: str, message: str, retryable: bool) -> web.Response:
    return web.json_response(
        {"code": code, "message": message, "retryable": retryable}, status=status
    )
