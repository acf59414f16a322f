"""What the application carries for its handlers."""

from __future__ import annotations

import asyncio

from aiohttp import web

from facestream.engine.engine import Engine
from facestream.server.buckets import Buckets
from facestream.server.session import Patience, Session
from facestream.settings import Settings

__all__ = ["CONNECTS", "ENGINE", "HELD_BACK", "PATIENCE", "SESSIONS", "SETTINGS", "STARTING"]

SETTINGS = web.AppKey("settings", Settings)
ENGINE = web.AppKey("engine", Engine)
STARTING: web.AppKey[asyncio.Task[None]] = web.AppKey("starting", asyncio.Task)
SESSIONS = web.AppKey("sessions", set[Session])
CONNECTS = web.AppKey("connects", Buckets)
HELD_BACK = web.AppKey("held_back", asyncio.Semaphore)
PATIENCE = web.AppKey("patience", Patience)
