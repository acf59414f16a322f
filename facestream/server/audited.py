"""Which messages and requests leave a line in the audit file. Strings only.

The tables say which do not. Whatever is in neither of them does: a message or a route that is
forgotten here is audited, not hidden.
"""

from __future__ import annotations

__all__ = ["AUDITED_READING", "QUIET_MESSAGES", "QUIET_ROUTES", "is_audited", "route_is_audited"]

QUIET_MESSAGES = frozenset(
    {"hello", "frame", "enrol_begin", "enrol_more", "enrol_cancel", "face_why"}
)
"""Messages that change nothing that lasts."""

QUIET_ROUTES = frozenset(
    {
        "POST /api/identify",  # keeps nothing
        "POST /api/tunnel",  # what is said in a tunnel counts, as on a socket
        "POST /api/tunnel/{tunnel_id}",
        "DELETE /api/tunnel/{tunnel_id}",
    }
)
"""Requests that change nothing that lasts, by methods which do elsewhere."""

AUDITED_READING = frozenset({"GET /api/gallery/export"})
"""Requests that change nothing, and take out everything."""

READING = ("GET", "HEAD", "OPTIONS")


def is_audited(message_type: str) -> bool:
    """Whether such a message leaves a line when it is answered."""
    return message_type not in QUIET_MESSAGES


def route_is_audited(method: str, path: str) -> bool:
    """Whether such a request does; `path` as it was registered."""
    route = f"{method} {path}"
    if method in READING:
        return route in AUDITED_READING
    return route not in QUIET_ROUTES
