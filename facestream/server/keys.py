"""What the application carries for its handlers."""

from __future__ import annotations

import asyncio

from aiohttp import web

from facestream.engine.engine import Engine
from facestream.server.access import Access
from facestream.server.buckets import Buckets
from facestream.server.devices import Devices
from facestream.server.invitations import Invitations
from facestream.server.roles import Role
from facestream.server.session import Patience, Session
from facestream.server.tunnels import Tunnels
from facestream.settings import Settings

__all__ = [
    "ACCESS",
    "CONNECTS",
    "DEVICES",
    "ENGINE",
    "HELD_BACK",
    "INVITATIONS",
    "PAGE_ROUTES",
    "PATIENCE",
    "ROLE",
    "SESSIONS",
    "SETTINGS",
    "STARTING",
    "TUNNELS",
]

SETTINGS = web.AppKey("settings", Settings)
ENGINE = web.AppKey("engine", Engine)
STARTING: web.AppKey[asyncio.Task[None]] = web.AppKey("starting", asyncio.Task)
SESSIONS = web.AppKey("sessions", set[Session])
TUNNELS = web.AppKey("tunnels", Tunnels)
CONNECTS = web.AppKey("connects", Buckets)
HELD_BACK = web.AppKey("held_back", asyncio.Semaphore)
PATIENCE = web.AppKey("patience", Patience)
ACCESS = web.AppKey("access", Access)
DEVICES = web.AppKey("devices", Devices)
INVITATIONS = web.AppKey("invitations", Invitations)
PAGE_ROUTES: web.AppKey[frozenset[web.AbstractRoute]] = web.AppKey("page_routes", frozenset)
"""Those of the page's files, which are open to everybody."""

ROLE = web.RequestKey("role", Role)
"""Of who asks; set by the guard where a route needs one."""
