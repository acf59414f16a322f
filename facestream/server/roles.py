"""Who may do what: the role that each message and each route asks for. Strings only.

The two tables are all there is, but for the page's files, which everybody gets. Whatever is in
neither of them is for admins: a message or a route that is forgotten here is refused, not open.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from facestream.errors import NotAllowed

__all__ = [
    "ANYBODY",
    "MESSAGE_ROLES",
    "ROUTE_ROLES",
    "Role",
    "check_role",
    "message_role",
    "route_role",
]


class Role(StrEnum):
    """What somebody may do, in rising order: each role may do all that those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do all that `other` may."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Role)

ANYBODY = None
"""In place of a role: no token is needed."""

MESSAGE_ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "hello": Role.VIEWER,
        "frame": Role.VIEWER,
        "enrol_begin": Role.OPERATOR,
        "enrol_commit": Role.OPERATOR,
        "enrol_more": Role.OPERATOR,
        "enrol_cancel": Role.OPERATOR,
        "face_why": Role.OPERATOR,
        "face_reject": Role.OPERATOR,
        # Only who made a change knows its id; so nobody can undo what a higher role did.
        "gallery_undo": Role.OPERATOR,
        "gallery_delete": Role.ADMIN,
        "gallery_clear": Role.ADMIN,
    }
)
"""Type of a client's message -> the role it needs."""

ROUTE_ROLES: Mapping[str, Role | None] = MappingProxyType(
    {
        "GET /healthz": ANYBODY,
        "GET /readyz": ANYBODY,
        "GET /reach": ANYBODY,
        "GET /join": ANYBODY,  # the code in it is the permission
        "POST /join": ANYBODY,
        "GET /ws": Role.VIEWER,
        "POST /api/identify": Role.VIEWER,
        "POST /api/tunnel": Role.VIEWER,
        "POST /api/tunnel/{tunnel_id}": Role.VIEWER,
        "GET /api/tunnel/{tunnel_id}": Role.VIEWER,
        "DELETE /api/tunnel/{tunnel_id}": Role.VIEWER,
        "GET /api/session": Role.VIEWER,
        "GET /api/docs": Role.VIEWER,
        "GET /api/docs/openapi.json": Role.VIEWER,
        "GET /api/gallery": Role.VIEWER,
        "GET /api/gallery/identities/{identity_id}": Role.OPERATOR,
        "GET /api/gallery/identities/{identity_id}/portrait.jpg": Role.OPERATOR,
        "GET /api/gallery/examples/{template_id}.jpg": Role.OPERATOR,
        "POST /api/gallery/photos": Role.OPERATOR,
        "POST /api/gallery/undo": Role.OPERATOR,
        "PATCH /api/gallery/identities/{identity_id}": Role.ADMIN,
        "DELETE /api/gallery/identities/{identity_id}": Role.ADMIN,
        "POST /api/gallery/identities/{identity_id}/merge": Role.ADMIN,
        "POST /api/gallery/examples/delete": Role.ADMIN,
        "POST /api/gallery/examples/move": Role.ADMIN,
        "POST /api/gallery/clear": Role.ADMIN,
        "GET /api/gallery/export": Role.ADMIN,
        "POST /api/gallery/import": Role.ADMIN,
        "GET /api/gallery/reembedding": Role.ADMIN,
        "POST /api/gallery/reembedding": Role.ADMIN,
        "GET /api/gallery/health": Role.ADMIN,
        "GET /metrics": Role.ADMIN,
        "POST /api/join": Role.ADMIN,
        "GET /api/tokens": Role.ADMIN,
        "POST /api/tokens": Role.ADMIN,
        "DELETE /api/tokens/{token_id}": Role.ADMIN,
    }
)
"""Method and path of a route, as it was registered -> the role it needs."""


def message_role(message_type: str) -> Role:
    """The role that a message needs."""
    return MESSAGE_ROLES.get(message_type, Role.ADMIN)


def route_role(method: str, path: str) -> Role | None:
    """The role that a route needs; `ANYBODY` for one that is open.

    Args:
        method: HEAD is answered where GET is.
        path: as it was registered, with `{names}` in the place of what changes.
    """
    asked = "GET" if method == "HEAD" else method
    return ROUTE_ROLES.get(f"{asked} {path}", Role.ADMIN)


def check_role(role: Role, needed: Role) -> None:
    """Raises NotAllowed: `role` may not do what `needed` may."""
    if not role.includes(needed):
        raise NotAllowed(f"this needs the role {needed}, and this device has the role {role}")
