"""Around every handler: what role it needs and who has that, errors as JSON, security headers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from facestream.audit import DONE, INTERRUPTED, ids_in
from facestream.errors import AccessError, FacestreamError, Unauthorised
from facestream.server import small_pages
from facestream.server.access import (
    TOKEN_COOKIE,
    TOKEN_PARAMETER,
    check_host,
    check_origin,
    given_token,
)
from facestream.server.audit_trail import Auditor
from facestream.server.audited import route_is_audited
from facestream.server.eviction import answer_while_allowed
from facestream.server.keys import (
    AUDIT_TRAIL,
    AUDITOR,
    DEVICES,
    HOLDER,
    PAGE_ROUTES,
    TARGET,
)
from facestream.server.roles import ANYBODY, Role, check_role, route_role
from facestream.server.tls import local_names
from facestream.server.tokens import DEVICE_SECONDS, Holder

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

SOCKET_PATH = "/ws"

SIGN_IN = "sign_in"

NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
POLICIES = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address of the first visit holds the token
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
}
"""No Strict-Transport-Security: a browser that was told it offers no way on past the warning of a
certificate that it does not trust yet."""


PARTS_OF_THE_PAGE = ("/js/", "/styles/", "/vendor/")
"""What these hold is governed by the page that loads it: policies beside it say nothing to a
browser, and there are so many files that they would be a fifth of all that is sent."""


async def set_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal of aiohttp: runs for every response, errors and the WebSocket included."""
    response.headers.update(NO_SNIFFING)
    if not request.path.startswith(PARTS_OF_THE_PAGE):
        response.headers.update(POLICIES)
    if request.path == "/reach":  # which is there to be asked from elsewhere
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
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
        answer = _json_error(refusal.status, code, refusal.reason, False)
        if "Allow" in refusal.headers:  # with which methods there is something (RFC 9110, 15.5.6)
            answer.headers["Allow"] = refusal.headers["Allow"]
        return answer
    except FacestreamError as error:
        answer = _json_error(error.http_status, error.code, str(error), error.retryable)
        if error.http_status == 429:
            answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    except ConnectionError:  # the client has left, and anybody may do that: nobody reads this
        return _json_error(500, FacestreamError.code, "the connection ended", False)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        message = "something went wrong on the server; its log says what"
        return _json_error(500, FacestreamError.code, message, False)


def make_guard(tls: bool, public_names: Sequence[str] = ()) -> Middleware:
    """The middleware which lets only those in whose role is enough, and no pages of other sites.

    The page itself and the health are open: there is nothing personal in them, and the page is what
    explains that a token is missing. Without an access token everybody is an admin. What is refused
    and what changes something is noted here for the audit file, whatever the handler does.
    """
    names = [*local_names(), *public_names]

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        open_to_all = request.app[DEVICES].open_to_all
        request[TARGET] = ids_in(request.match_info)
        request[AUDITOR] = _auditor(request, None)
        if not open_to_all and request.path == "/" and TOKEN_PARAMETER in request.query:
            return _sign_in(request, tls or request.secure)
        needed = _needed_role(request)
        if needed is ANYBODY:
            return await _noted(request, handler)
        try:
            check_origin(request.headers.get("Origin"), request.host)
            if open_to_all:
                check_host(request.host, names)
            holder = _holder(request)
            request[AUDITOR] = _auditor(request, holder)
            check_role(holder.role, needed)
        except AccessError as refusal:
            if not isinstance(refusal, Unauthorised) or _given(request) is not None:
                request[AUDITOR].note_refusal(_what(request), refusal.code, request[TARGET])
            raise
        request[HOLDER] = holder
        if request.path == SOCKET_PATH:  # its session ends by a close code
            return await handler(request)
        return await answer_while_allowed(request, partial(_noted, handler=handler))

    return guard


async def _noted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As `handler`; and a line of the audit file where it changes something."""
    if not _is_audited(request):
        return await handler(request)
    outcome = INTERRUPTED
    try:
        response = await handler(request)
        outcome = DONE if response.status < 400 else _code(response.status)
        return response
    except FacestreamError as error:
        outcome = error.code
        raise
    except web.HTTPException as refusal:
        outcome = DONE if refusal.status < 400 else _code(refusal.status)
        raise
    except Exception:
        outcome = FacestreamError.code
        raise
    finally:
        request[AUDITOR].note(_what(request), outcome, request[TARGET])


def role_brought(request: web.Request) -> Role | None:
    """What role the token of a request has; None: it has none, or brings none."""
    try:
        return _holder(request).role
    except Unauthorised:
        return None


def _holder(request: web.Request) -> Holder:
    """Raises Unauthorised."""
    return request.app[DEVICES].holder(_given(request))


def _given(request: web.Request) -> str | None:
    return given_token(request.query, request.cookies, request.headers)


def _auditor(request: web.Request, holder: Holder | None) -> Auditor:
    return Auditor(request.app[AUDIT_TRAIL], request.remote or "", holder)


def _what(request: web.Request) -> str:
    """The route: the path itself may hold anything."""
    resource = request.match_info.route.resource
    return f"{request.method} {'?' if resource is None else resource.canonical}"


def _is_audited(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    return resource is not None and route_is_audited(request.method, resource.canonical)


def _code(status: int) -> str:
    return f"http_{status}"


def _needed_role(request: web.Request) -> Role | None:
    """What the route asks for. Where there is none, strangers learn no more than that."""
    route = request.match_info.route
    if route in request.app[PAGE_ROUTES]:
        return ANYBODY
    if route.resource is None:  # there is no such path, or not with this method
        return Role.VIEWER if _is_private(request) else ANYBODY
    return route_role(request.method, route.resource.canonical)


def _is_private(request: web.Request) -> bool:
    return request.path in (SOCKET_PATH, "/metrics") or request.path.startswith("/api/")


def _sign_in(request: web.Request, secure: bool) -> web.StreamResponse:
    """Put the token of the link into a cookie, and lead to an address without it."""
    given = request.query[TOKEN_PARAMETER]
    try:
        holder = request.app[DEVICES].holder(given)
    except Unauthorised as error:
        request[AUDITOR].note_refusal(SIGN_IN, error.code)
        page = small_pages.refused_page(str(error))
        return web.Response(status=error.http_status, text=page, content_type="text/html")
    _auditor(request, holder).note(SIGN_IN)
    response = web.Response(status=302, headers={"Location": "/", "Cache-Control": "no-store"})
    set_token_cookie(response, given, secure)
    return response


def set_token_cookie(response: web.StreamResponse, token: str, secure: bool) -> None:
    """Let a browser bring the token from now on, to pages of ours only; `secure`: by TLS only."""
    response.set_cookie(
        TOKEN_COOKIE, token, max_age=DEVICE_SECONDS, httponly=True, secure=secure, samesite="Strict"
    )


def _json_error(status: int, code: str, message: str, retryable: bool) -> web.Response:
    return web.json_response(
        {"code": code, "message": message, "retryable": retryable}, status=status
    )
