"""Join links over HTTP: an admin makes one, a device opens it once and gets a token of its role.

docs/rest.md is the contract in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import segno
from aiohttp import web

from facestream.errors import BadMessage, BadName, JoinLinkOver, Overloaded, StoreFailed
from facestream.gallery.names import clean_name
from facestream.hosts import in_url, is_loopback
from facestream.server import small_pages
from facestream.server.banner import reachable_hosts
from facestream.server.bodies import answered, read_at_most, read_body
from facestream.server.guard import role_brought, set_token_cookie
from facestream.server.keys import DEVICES, INVITATIONS, SETTINGS, TARGET
from facestream.server.operations import Media, operation
from facestream.server.rest_models import Invite, JoinForm, JoinLink, JoinQuery
from facestream.server.roles import Role
from facestream.server.tls import lan_addresses
from facestream.settings import Settings

__all__ = ["other_device_host", "qr_svg", "routes"]

CODE_PARAMETER = "code"
MAX_FORM_BYTES = 1024
QUIET_ZONE = 4
"""Light modules around a QR code: readers need them (ISO/IEC 18004)."""

TOPIC = "access"
PAGE = Media(("text/html",))
FORM = Media(("application/x-www-form-urlencoded",), JoinForm)


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        web.post("/api/join", _invite),
        web.get("/join", _show),
        web.post("/join", _join),
    ]


@operation("join_link", TOPIC, JoinLink, body=Invite, errors=(BadMessage, BadName))
async def _invite(request: web.Request) -> web.Response:
    """A link for another device."""
    invite = await read_body(request, Invite)
    app = request.app
    page, helper = _addresses(request)
    if app[DEVICES].open_to_all:  # all who open the page are admins: there is nothing to grant
        return answered(_answer(Role.ADMIN, None, page, helper))
    name = clean_name(invite.name) if invite.name else ""
    code, invitation = app[INVITATIONS].make(Role(invite.role), 60.0 * invite.minutes, name)
    request[TARGET]["role"] = invite.role
    link = f"{page}join?{urlencode({CODE_PARAMETER: code})}"
    # After the `#`: a browser sends that to no server, so it never travels in plain text.
    first_time = None if helper is None else f"{helper}#{code}"
    expires_at_ms = int(invitation.until_s * 1000)
    return answered(_answer(invitation.role, expires_at_ms, link, first_time))


@operation("join_page", TOPIC, {200: PAGE, 410: PAGE}, query=JoinQuery)
async def _show(request: web.Request) -> web.Response:
    """What the link leads to: a button. Nothing is used up by looking."""
    code = request.query.get(CODE_PARAMETER, "")
    try:
        invitation = request.app[INVITATIONS].look(code)
    except JoinLinkOver as over:
        return _page(small_pages.join_over_page(), over.http_status)
    return _page(small_pages.join_page(code, invitation.role), 200)


@operation("join", TOPIC, {303: None, 410: PAGE, 500: PAGE}, body=FORM, errors=(BadMessage,))
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
        token = await request.app[DEVICES].add(invitation.role, invitation.name)
    except (StoreFailed, Overloaded) as failed:
        invitations.give_back(code, invitation)
        return _page(small_pages.store_failed_page(str(failed)), failed.http_status)
    request[TARGET].update(token_id=request.app[DEVICES].holder(token).token_id)
    set_token_cookie(response, token, request.app[SETTINGS].tls or request.secure)
    return response


def _page(html: str, status: int) -> web.Response:
    # Its address holds the code.
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)


def _answer(
    role: Role, expires_at_ms: int | None, url: str, first_time_url: str | None
) -> JoinLink:
    return JoinLink(
        url=url,
        role=role.value,
        expires_at_ms=expires_at_ms,
        qr_svg=qr_svg(url),
        first_time_url=first_time_url,
        first_time_qr_svg=None if first_time_url is None else qr_svg(first_time_url),
    )


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
    host = other_device_host(
        opened.hostname or "", settings.host, lan_addresses(), settings.public_names
    )
    port = "" if opened.port is None else f":{opened.port}"
    helper = None
    if settings.tls and settings.helper_port:
        helper = f"http://{host}:{settings.helper_port}/"
    return f"{opened.scheme}://{host}{port}/", helper


def _opened(request: web.Request, settings: Settings) -> SplitResult:
    """The address at which the page was opened; the guard has compared the two headers."""
    # A proxy in front may speak TLS for us; where it is not trusted to say so, only the page knows.
    scheme = "https" if settings.tls or request.secure else "http"
    return urlsplit(request.headers.get("Origin", f"{scheme}://{request.host}"))


def other_device_host(
    opened: str, listened: str, addresses: Sequence[str], public_names: Sequence[str] = ()
) -> str:
    """As it is written in a URL: how another device reaches what is open here as `opened`.

    Args:
        opened: the host of the page's address, without brackets.
        listened: the address that is listened on; `0.0.0.0` and `::` mean all.
        addresses: of this machine in its networks, the likeliest first.
        public_names: at which others reach this server, if it was told.
    """
    others = reachable_hosts(listened, addresses, public_names)[1]
    here = is_loopback(opened) or opened.endswith(".localhost")
    if here and others:
        return others[0]
    return in_url(opened)
