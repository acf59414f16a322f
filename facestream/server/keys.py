"""What the application carries for its handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from facestream.engine.engine import Engine
from facestream.engine.places import Places
from facestream.server.audit_trail import Auditor, AuditTrail
from facestream.server.buckets import Buckets
from facestream.server.devices import Devices
from facestream.server.invitations import Invitations
from facestream.server.session import Patience, Session
from facestream.server.tokens import Holder
from facestream.server.tunnels import Tunnels
from facestream.settings import Settings

__all__ = [
    "AUDITOR",
    "AUDIT_TRAIL",
    "CONNECTS",
    "DEVICES",
    "DOCUMENT",
    "ENGINE",
    "FILES",
    "HELD_BACK",
    "HOLDER",
    "INVITATIONS",
    "PAGE_ROUTES",
    "PATIENCE",
    "SESSIONS",
    "SETTINGS",
    "STARTED",
    "STARTING",
    "TARGET",
    "TUNNELS",
    "UNDER_WAY",
]

SETTINGS = web.AppKey("settings", Settings)
ENGINE = web.AppKey("engine", Engine)
STARTING: web.AppKey[asyncio.Task[None]] = web.AppKey("starting", asyncio.Task)
SESSIONS = web.AppKey("sessions", set[Session])
TUNNELS = web.AppKey("tunnels", Tunnels)
FILES = web.AppKey("files", Places)
"""Exports and imports under way."""

CONNECTS = web.AppKey("connects", Buckets)
HELD_BACK = web.AppKey("held_back", asyncio.Semaphore)
PATIENCE = web.AppKey("patience", Patience)
DEVICES = web.AppKey("devices", Devices)
AUDIT_TRAIL = web.AppKey("audit_trail", AuditTrail)
INVITATIONS = web.AppKey("invitations", Invitations)
PAGE_ROUTES: web.AppKey[frozenset[web.AbstractRoute]] = web.AppKey("page_routes", frozenset)
"""Those of the page's files, which are open to everybody."""

DOCUMENT: web.AppKey[Callable[[], dict[str, Any]]] = web.AppKey("document")
"""Of all routes, as `openapi` makes it; made once."""

UNDER_WAY: web.AppKey[set[Any]] = web.AppKey("under_way", set)
"""Requests that are being answered; see `eviction`. Bound: that of the connections."""

HOLDER = web.RequestKey("holder", Holder)
"""Who asks; set by the guard where a route needs a role."""
AUDITOR = web.RequestKey("auditor", Auditor)
"""Where it is noted what this one does; set by the guard."""
TARGET: web.RequestKey[dict[str, Any]] = web.RequestKey("target", dict)
"""Ids and counts for the audit file, of what the request is about. Handlers may add some."""
STARTED = web.RequestKey("started", bool)
"""There, when the headers of the answer were sent."""
