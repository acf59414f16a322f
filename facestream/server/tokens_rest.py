"""Who has access, over HTTP: the granted tokens, a new one, and taking one back.

docs/rest.md is the contract in words.
"""

from __future__ import annotations

from aiohttp import web

from facestream.errors import (
    BadMessage,
    BadName,
    NoSuchToken,
    NotAllowed,
    Overloaded,
    StoreFailed,
)
from facestream.server.bodies import answered, read_body
from facestream.server.eviction import evict
from facestream.server.keys import DEVICES, HOLDER, TARGET
from facestream.server.operations import operation
from facestream.server.rest_models import (
    CreatedToken,
    CreateToken,
    RevokedToken,
    Token,
    Tokens,
)
from facestream.server.roles import Role
from facestream.server.tokens import DAY_MS, MAIN_ID, MAIN_NAME

__all__ = ["routes"]

TOPIC = "access"
CHANGING = (StoreFailed, Overloaded)


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    return [
        web.get("/api/tokens", _tokens),
        web.post("/api/tokens", _create),
        web.delete("/api/tokens/{token_id}", _revoke),
    ]


@operation("tokens", TOPIC, Tokens)
async def _tokens(request: web.Request) -> web.Response:
    """Who has access; nothing by which anybody else could get it."""
    devices = request.app[DEVICES]
    own = request[HOLDER].token_id
    main = Token(
        token_id=MAIN_ID,
        name=MAIN_NAME,
        role="admin",
        by="start",
        created_at_ms=None,
        expires_at_ms=None,
        last_used_at_ms=devices.main_used_at_ms,
        own=own == MAIN_ID,
    )
    granted = [Token(**one.as_json(), own=one.token_id == own) for one in devices.grants()]
    return answered(Tokens(tokens=granted if devices.open_to_all else [main, *granted]))


@operation(
    "create_token",
    TOPIC,
    {201: CreatedToken},
    body=CreateToken,
    errors=(BadMessage, BadName, *CHANGING),
)
async def _create(request: web.Request) -> web.Response:
    """A token by hand; this answer alone says it."""
    create = await read_body(request, CreateToken)
    devices = request.app[DEVICES]
    expires_at_ms = None if create.days is None else devices.now_ms() + create.days * DAY_MS
    token, grant = await devices.create(Role(create.role), create.name, expires_at_ms)
    request[TARGET].update(token_id=grant.token_id, role=grant.role)
    return answered(CreatedToken(token=token, **grant.as_json()), 201)


@operation("revoke_token", TOPIC, RevokedToken, errors=(NoSuchToken, *CHANGING))
async def _revoke(request: web.Request) -> web.Response:
    """Take a token back; what is open with it ends."""
    token_id = request.match_info["token_id"]
    if token_id == MAIN_ID:
        raise NotAllowed(
            "the link printed at start is renewed on the server's machine: facestream token renew"
        )
    grant = await request.app[DEVICES].revoke(token_id)
    evict(request.app)
    return answered(RevokedToken(token_id=grant.token_id))
