"""Granted tokens: their register in one small file, as hashes; the main token's file. No aiohttp.

A running server and the command line both change the register: each change is read, made and
written whole under a lock file, so none is lost. Whoever reads the file cannot become one of the
holders. What the server knows of it is in `devices.py`.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from facestream.errors import NoSuchToken, Overloaded, StoreFailed
from facestream.files import signature, write_whole
from facestream.gallery.names import clean_name, name_key
from facestream.locks import locked
from facestream.server.roles import Role

__all__ = [
    "DAY_MS",
    "DEVICE_SECONDS",
    "MAIN_ID",
    "MAIN_NAME",
    "MOST_TOKENS",
    "Grant",
    "Grants",
    "Holder",
    "RegisterFile",
    "find_grant",
    "grant_of_id",
    "hash_of",
    "main_holder",
    "new_grant",
    "with_grant",
]

log = logging.getLogger(__name__)

FILE = "devices.json"  # as it was called when only devices that joined were in it
LOCK_FILE = "devices.lock"

TOKEN_BYTES = 16
ID_LENGTH = 8
"""Of the hash, in hexadecimal: enough to tell 256 tokens apart, and short to type."""

DAY_MS = 24 * 3600 * 1000
DEVICE_SECONDS = 30 * 24 * 3600
"""For so long a device need not be invited again."""

MOST_TOKENS = 256

MAIN_ID = "main"
MAIN_NAME = "the link printed at start"


class Grant(BaseModel):
    """One token that was granted. Times are Unix times in ms.

    by: `link`, for a device that joined; `hand`, for one that somebody made.
    expires_at_ms: None: never.
    last_used_at_ms: within an hour; None: never, or by a server of before 2026-11-28.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    role: Literal["viewer", "operator", "admin"]
    created_at_ms: int
    expires_at_ms: int | None
    name: Annotated[str, Field(max_length=100)] = ""
    by: Literal["link", "hand"] = "link"
    last_used_at_ms: int | None = None

    @property
    def token_id(self) -> str:
        """Short, for people and paths; says nothing of the token."""
        return self.sha256[:ID_LENGTH]

    @property
    def shown_name(self) -> str:
        """What it is called; one that was given no name by its role and date."""
        date = datetime.fromtimestamp(self.created_at_ms / 1000, UTC)
        return self.name or f"{self.role} of {date:%Y-%m-%d}"

    def holds_at(self, now_ms: int) -> bool:
        """Whether it has not expired."""
        return self.expires_at_ms is None or self.expires_at_ms > now_ms

    def as_json(self) -> dict[str, Any]:
        """As docs/rest.md has it; nothing secret."""
        return {
            "token_id": self.token_id,
            "name": self.shown_name,
            "role": self.role,
            "by": self.by,
            "created_at_ms": self.created_at_ms,
            "expires_at_ms": self.expires_at_ms,
            "last_used_at_ms": self.last_used_at_ms,
        }


@dataclass(frozen=True, slots=True)
class Holder:
    """Who brings a token. key: the token's hash; None where everybody is let in."""

    token_id: str
    name: str
    role: Role
    key: str | None


class _Register(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    devices: Annotated[list[Grant], Field(max_length=MOST_TOKENS)]


Grants = tuple[Grant, ...]
"""All that are in the file, in the order in which they were granted."""

Change = Callable[[list[Grant]], list[Grant]]


class RegisterFile:
    """The register in one data folder. Used by one thread at a time; remembers what it saw.

    Bound: `MOST_TOKENS`. Policy: the device that joined first goes; tokens that were made by hand
    stay, and where only such are left the next one is refused.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._seen: tuple[int, ...] | None = None

    def look(self) -> Grants | None:
        """What is in the file, if that changed since the last look or change; else None.

        A broken file lets nobody in, and is no reason not to serve. One that cannot be read for
        another reason, a folder that is not there included, changes nothing.
        """
        try:
            seen = signature(self._path)
            if seen == self._seen:
                return None
            grants = self.read()
        except FileNotFoundError:
            gone = self._seen != () and self._folder.is_dir()
            self._seen = () if gone else self._seen
            return () if gone else None
        except (OSError, StoreFailed) as error:
            log.warning("%s cannot be used, so devices have to be invited again: %s", FILE, error)
            self._seen = seen if isinstance(error, StoreFailed) else None
            return () if isinstance(error, StoreFailed) else None
        self._seen = seen
        return grants

    def read(self) -> Grants:
        """What is in the file.

        Raises:
            StoreFailed: it is broken.
            OSError: it cannot be read.
        """
        try:
            return tuple(_Register.model_validate_json(self._path.read_bytes()).devices)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise StoreFailed(f"{self._path} is damaged: {first['msg']}") from error

    def change(self, change: Change, now_ms: int) -> Grants:
        """Read, change and write, while nobody else does; expired ones go. Returns what is there.

        Raises:
            StoreFailed: it cannot be written; nothing is changed.
            whatever `change` raises.
        """
        try:
            with locked(self._folder / LOCK_FILE):
                before = self._usable()
                kept = change([one for one in before if one.holds_at(now_ms)])
                register = _Register(devices=kept)
                content = register.model_dump_json(indent=1).encode()
                write_whole(self._path, content, keep_owner=True)
                with suppress(OSError):  # then the next look sees it
                    self._seen = signature(self._path)
        except OSError as error:
            reason = error.strerror or "its lock cannot be had"
            raise StoreFailed(f"The data folder cannot be written to: {reason}.") from error
        return tuple(kept)

    def revoke(self, find: Callable[[Sequence[Grant]], Grant], now_ms: int) -> tuple[Grant, Grants]:
        """Take back the one that `find` finds; returns it, and what is there then.

        Raises:
            StoreFailed: it cannot be written; nothing is changed.
            whatever `find` raises.
        """
        gone: list[Grant] = []

        def without(grants: list[Grant]) -> list[Grant]:
            gone.append(find(grants))
            return [one for one in grants if one is not gone[0]]

        kept = self.change(without, now_ms)
        return gone[0], kept

    def _usable(self) -> Grants:
        try:
            return self.read()
        except FileNotFoundError:
            return ()
        except StoreFailed as error:
            log.warning("%s; it is written anew", error)
            return ()


def new_grant(
    role: Role, name: str, by: Literal["link", "hand"], now_ms: int, expires_at_ms: int | None
) -> tuple[str, Grant]:
    """A new token and what is kept of it. Raises BadName: the name is not empty, and none."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    grant = Grant(
        sha256=hash_of(token),
        role=role.value,
        created_at_ms=now_ms,
        expires_at_ms=expires_at_ms,
        name=clean_name(name) if name else "",
        by=by,
    )
    return token, grant


def with_grant(grants: Sequence[Grant], added: Grant) -> list[Grant]:
    """One more, within the bound. Raises Overloaded: nothing that is there may go."""
    kept = [*grants, added]
    while len(kept) > MOST_TOKENS:
        joined = next((one for one in kept[:-1] if one.by == "link"), None)
        if joined is None:
            raise Overloaded(f"there are {MOST_TOKENS} tokens: revoke one that is not needed")
        kept.remove(joined)
    return kept


def grant_of_id(grants: Sequence[Grant], token_id: str) -> Grant:
    """The one with that id. Raises NoSuchToken."""
    found = next((one for one in grants if one.token_id == token_id), None)
    if found is None:
        raise NoSuchToken("there is no such token")
    return found


def find_grant(grants: Sequence[Grant], wanted: str) -> Grant:
    """The one with that id, or that name. Raises NoSuchToken: none, or several of that name."""
    with suppress(NoSuchToken):
        return grant_of_id(grants, wanted)
    named = [one for one in grants if name_key(one.shown_name) == name_key(wanted)]
    if len(named) > 1:
        ids = ", ".join(one.token_id for one in named)
        raise NoSuchToken(f"several tokens have that name: say which one by its id, {ids}")
    if not named:
        raise NoSuchToken("there is no such token")
    return named[0]


def main_holder(token: str) -> Holder:
    """Whoever brings the token of the file `token`."""
    return Holder(MAIN_ID, MAIN_NAME, Role.ADMIN, hash_of(token))


def hash_of(token: str) -> str:
    """What is kept in the place of a secret; to look it up takes a time which does not tell it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
