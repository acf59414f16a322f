"""Join links over HTTP: an admin makes one, a device opens it once and gets a token of its role.

docs/rest.md is the contract in words.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import segno
from aiohttp import web
from pydantic import Field

from facestream.errors import JoinLinkOver, StoreFailed
from facestream.server import small_pages
from facestream.server.banner import reachable_hosts
from facestream.server.bodies import Body, read_at_most, read_body
from facestream.server.guard import role_brought, set_token_cookie
from facestream.server.keys import ACCESS, DEVICES, INVITATIONS, SETTINGS
from facestream.server.roles import Role
from facestream.server.tls import lan_addresses
from facestream.settings import Settings

__all__ = ["other_device_host", "qr_svg", "routes"]

CODE_PARAMETER = "code"
MAX_FORM_BYTES = 1024
QUIET_ZONE = 4
"""Light modules around a QR code: readers need them (ISO/IEC 18004)."""


class _Invite(Body):
    role: Literal["viewer", "operator"]
    minutes: Annotated[int, Field(ge=1, le=60)] = 10


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        web.post("/api/join", _invite),
        web.get("/join", _show),
        web.post("/join", _join),
    ]


async def _invite(request: web.Request) -> web.Response:
    """A link for another device."""
    invite = await read_body(request, _Invite)
    app = request.app
    page, helper = _addresses(request)
    if app[ACCESS].token is None:  # all who open the page are admins: there is nothing to grant
        return web.json_response(_answer(Role.ADMIN, None, page, helper))
    code, invitation = app[INVITATIONS].make(Role(invite.role), 60.0 * invite.minutes)
    link = f"{page}join?{urlencode({CODE_PARAMETER: code})}"
    # After the `#`: a browser sends that to no server, so it never travels in plain text.
    first_time = None if helper is None else f"{helper}#{code}"
    expires_at_ms = int(invitation.until_s * 1000)
    return web.json_response(_answer(invitation.role, expires_at_ms, link, first_time))


async def _show(request: web.Request) -> web.Response:
    """What the link leads to: a button. Nothing is used up by looking."""
    code = request.query.get(CODE_PARAMETER, "")
    try:
        invitation = request.app[INVITATIONS].look(code)
    except JoinLinkOver as over:
        return _page(small_pages.join_over_page(), over.http_status)
    return _page(small_pages.join_page(code, invitation.role), 200)


async def _join(request: web.Request) -> web.StreamResponse:
    """The button was pressed: the code is used up, and the device gets a token of its own."""
    invitations = request.app[INVITATIONS]
    # Not by aiohttp's parser: strangers send what they like, and it raises whatever it likes.
    form = parse_qs((await read_at_most(request, MAX_FORM_BYTES)).decode(errors="replace"))
    code = form.get(CODE_PARAMETER, [""])[0]
    try:
        invitation = invitations.take(code)
    except JoinLinkOver as over:
        return _page(small_pages.join_over_page(), over.http_status)
    response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
    has = role_brought(request)
    if has is not None and has is not invitation.role and has.includes(invitation.role):
        # An admin who tries the link must not be a viewer from then on; a phone can still use it.
        invitations.give_back(code, invitation)
        return response
    try:
        token = await request.app[DEVICES].add(invitation.role)
    except StoreFailed as failed:
        invitations.give_back(code, invitation)
        return _page(small_pages.store_failed_page(str(failed)), failed.http_status)
    set_token_cookie(response, token, request.app[SETTINGS].tls)
    return response


def _page(html: str, status: int) -> web.Response:
    # Its address holds the code.
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)


def _answer(
    role: Role, expires_at_ms: int | None, url: str, first_time_url: str | None
) -> dict[str, str | int | None]:
    return {
        "url": url,
        "role": role.value,
        "expires_at_ms": expires_at_ms,
        "qr_svg": qr_svg(url),
        "first_time_url": first_time_url,
        "first_time_qr_svg": None if first_time_url is None else qr_svg(first_time_url),
    }


def qr_svg(text: str) -> str:
    """A QR code as SVG: dark on light, whatever it is shown on; as large as it is made."""
    # The lowest error correction makes the largest modules; a screen has no scratches.
    code = segno.make(text, error="l", micro=False)
    svg: str = code.svg_inline(border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True)
    # Alone, and not inside of a page, it needs its namespace.
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _addresses(request: web.Request) -> tuple[str, str | None]:
    """Where another device finds the page, and the page that helps it to trust this server."""
    settings = request.app[SETTINGS]
    opened = _opened(request, settings)
    host = other_device_host(opened.hostname or "", settings.host, lan_addresses())
    port = "" if opened.port is None else f":{opened.port}"
    helper = None
    if settings.tls and settings.helper_port:
        helper = f"http://{host}:{settings.helper_port}/"
    return f"{opened.scheme}://{host}{port}/", helper


def _opened(request: web.Request, settings: Settings) -> SplitResult:
    """The address at which the page was opened; the guard has compared the two headers."""
    scheme = "https" if settings.tls else "http"
    # A proxy in front may speak TLS for us; only the page knows.
    return urlsplit(request.headers.get("Origin", f"{scheme}://{request.host}"))


def other_device_host(opened: str, listened: str, addresses: list[str]) -> str:
    """As it is written in a URL: how another device reaches what is open here as `opened`.

    Args:
        opened: the host of the page's address, without brackets.
        listened: the address that is listened on; `0.0.0.0` and `::` mean all.
        addresses: of this machine in its networks, the likeliest first.
    """
    others = reachable_hosts(listened, addresses)[1]
    if _is_loopback(opened) and others:
        return others[0]
    return f"[{opened}]" if ":" in opened else opened


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
