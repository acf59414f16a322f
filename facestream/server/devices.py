"""Tokens -> who holds them, in a running server: granted ones and the main one. Knows no aiohttp.

Both are files that others may change meanwhile, the command line above all; `refresh` notices.
Whoever deletes `devices.json` locks all devices out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from facestream.errors import StoreFailed
from facestream.server.access import MainToken, check_token
from facestream.server.roles import Role
from facestream.server.tokens import (
    DEVICE_SECONDS,
    MAIN_ID,
    Grant,
    Grants,
    Holder,
    RegisterFile,
    grant_of_id,
    hash_of,
    main_holder,
    new_grant,
    with_grant,
)

__all__ = ["DEVICE_SECONDS", "EVERYBODY", "Devices"]

log = logging.getLogger(__name__)

EVERYBODY = Holder("none", "everybody, by --no-auth", Role.ADMIN, None)

USE_MS = 3600 * 1000
"""So exactly the file says when a token was used last: it is not written for every request."""

RETRY_USE_MS = 60 * 1000
"""Where that could not be written, it is tried again."""


class Devices:
    """Who has access. Owned by the application; the loop changes it, one thread reads and writes.

    Bound: that of `RegisterFile`.

    Args:
        folder: the data folder.
        now_s: the Unix time in seconds.
        main: the token of the file `token`; None lets everybody in as an admin.
    """

    def __init__(self, folder: Path, now_s: Callable[[], float], main: str | None = None) -> None:
        self._now_s = now_s
        self._main = main
        self._main_file = MainToken(folder)
        self._file = RegisterFile(folder)
        self._known: dict[str, Grant] = {}
        self._used_ms: dict[str, int] = {}
        self._write_use_ms = 0
        self._take(self._file.look())
        self._main_file.changed()
        # Of one thread: what is read or written last is the newest.
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="facestream-devices")

    @property
    def open_to_all(self) -> bool:
        """Whether no token is asked for."""
        return self._main is None

    def holder(self, token: str | None) -> Holder:
        """Whose token it is; notes that it was used. Raises Unauthorised."""
        if self._main is None:
            return EVERYBODY
        grant = None if token is None else self._known.get(hash_of(token))
        if grant is not None and grant.holds_at(self.now_ms()):
            self._used_ms[grant.sha256] = self.now_ms()
            return Holder(grant.token_id, grant.shown_name, Role(grant.role), grant.sha256)
        check_token(self._main, token)
        holder = main_holder(self._main)
        self._used_ms[MAIN_ID] = self.now_ms()
        return holder

    def role_of(self, token: str) -> Role | None:
        """What a granted token lets do; None: there is no such token, or no more."""
        grant = self._known.get(hash_of(token))
        return Role(grant.role) if grant is not None and grant.holds_at(self.now_ms()) else None

    def still(self, holder: Holder) -> bool:
        """Whether who was let in would be let in now: neither revoked nor expired."""
        if holder.key is None or self._main is None:
            return self._main is None and holder.key is None
        grant = self._known.get(holder.key)
        if grant is not None:
            return grant.holds_at(self.now_ms())
        return holder.key == main_holder(self._main).key

    def used(self, holder: Holder) -> None:
        """A connection of this holder lasts."""
        if holder.key in self._known:
            self._used_ms[holder.key] = self.now_ms()
        elif holder.token_id == MAIN_ID:
            self._used_ms[MAIN_ID] = self.now_ms()

    @property
    def main_used_at_ms(self) -> int | None:
        """When the main token was used last, since the server started."""
        return self._used_ms.get(MAIN_ID)

    def grants(self) -> list[Grant]:
        """All tokens that were granted and hold, in their order, with their last use."""
        now_ms = self.now_ms()
        return [
            _with_use(one, self._used_ms) for one in self._known.values() if one.holds_at(now_ms)
        ]

    async def add(self, role: Role, name: str = "") -> str:
        """Let a device in that joined, for `DEVICE_SECONDS`; returns its token, once that is kept.

        Raises:
            StoreFailed, Overloaded: it cannot be written; the device is not let in.
        """
        least = role if role is Role.OPERATOR else Role.VIEWER  # a link makes nobody an admin
        expires_at_ms = self.now_ms() + 1000 * DEVICE_SECONDS
        token, grant = new_grant(least, name, "link", self.now_ms(), expires_at_ms)
        await self._grant(grant)
        return token

    async def create(self, role: Role, name: str, expires_at_ms: int | None) -> tuple[str, Grant]:
        """A token by hand. Raises StoreFailed, Overloaded, BadName."""
        token, grant = new_grant(role, name, "hand", self.now_ms(), expires_at_ms)
        await self._grant(grant)
        return token, grant

    async def revoke(self, token_id: str) -> Grant:
        """Take a token back. Raises StoreFailed, NoSuchToken."""
        loop, now_ms = asyncio.get_running_loop(), self.now_ms()
        find = partial(grant_of_id, token_id=token_id)
        gone, kept = await loop.run_in_executor(self._disk, self._file.revoke, find, now_ms)
        self._take(kept)
        return gone

    async def refresh(self) -> None:
        """Notice what others have changed, and write down now and then what was used."""
        loop = asyncio.get_running_loop()
        self._take(await loop.run_in_executor(self._disk, self._file.look))
        if self._main is not None:
            changed = await loop.run_in_executor(self._disk, self._main_file.changed)
            self._main = changed or self._main
        await self._write_use()

    def now_ms(self) -> int:
        """The Unix time by which tokens expire."""
        return int(self._now_s() * 1000)

    def close(self) -> None:
        """Wait for what is being written. To be called once."""
        self._disk.shutdown()

    async def _grant(self, grant: Grant) -> None:
        await self._change(lambda grants: with_grant(grants, grant))

    async def _change(self, change: Callable[[list[Grant]], list[Grant]]) -> None:
        loop, now_ms = asyncio.get_running_loop(), self.now_ms()
        job = partial(self._file.change, change, now_ms)
        self._take(await loop.run_in_executor(self._disk, job))

    async def _write_use(self) -> None:
        now_ms = self.now_ms()
        late = [
            one
            for one in self._known.values()
            if self._used_ms.get(one.sha256, 0) - (one.last_used_at_ms or 0) >= USE_MS
        ]
        if not late or now_ms < self._write_use_ms:
            return
        try:
            used_ms = dict(self._used_ms)  # of this moment: another thread reads it
            await self._change(lambda grants: [_with_use(one, used_ms) for one in grants])
        except StoreFailed as error:
            self._write_use_ms = now_ms + RETRY_USE_MS
            log.warning("when tokens were used last is not written down: %s", error)

    def _take(self, grants: Grants | None) -> None:
        if grants is None:
            return
        self._known = {one.sha256: one for one in grants}
        for key in self._used_ms.keys() - self._known.keys() - {MAIN_ID}:
            del self._used_ms[key]


def _with_use(grant: Grant, used_ms: Mapping[str, int]) -> Grant:
    last_ms = used_ms.get(grant.sha256, 0)
    if last_ms <= (grant.last_used_at_ms or 0):
        return grant
    return grant.model_copy(update={"last_used_at_ms": last_ms})
