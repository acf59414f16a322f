"""Device tokens -> roles. They are kept in one small file, as hashes. Knows no aiohttp.

Whoever reads the file cannot become one of the devices. Whoever deletes it and starts the server
again locks all of them out.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from facestream.errors import StoreFailed
from facestream.files import write_whole
from facestream.server.roles import Role

__all__ = ["DEVICE_SECONDS", "MOST_DEVICES", "Devices", "hash_of"]

log = logging.getLogger(__name__)

FILE = "devices.json"
TOKEN_BYTES = 16

DEVICE_SECONDS = 30 * 24 * 3600
"""For so long a device need not be invited again."""

MOST_DEVICES = 256


class _Device(BaseModel):
    """One device that was let in. Times are Unix times in ms."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    role: Literal["viewer", "operator"]
    created_at_ms: int
    expires_at_ms: int


class _Register(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    devices: Annotated[list[_Device], Field(max_length=MOST_DEVICES)]


class Devices:
    """The devices that joined. Owned by the application; the loop changes it, a thread writes it.

    Bound: `MOST_DEVICES`. Policy: the one that joined first goes.

    Args:
        folder: the data folder.
        now_s: the Unix time in seconds.
    """

    def __init__(self, folder: Path, now_s: Callable[[], float]) -> None:
        self._path = folder / FILE
        self._now_s = now_s
        self._known = {device.sha256: device for device in _read(self._path)}
        # Of one thread: what is written last is the newest.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="facestream-devices")

    def role_of(self, token: str) -> Role | None:
        """What the device with this token may do; None: there is no such device, or no more."""
        device = self._known.get(hash_of(token))
        if device is None or device.expires_at_ms <= self._now_ms():
            return None
        return Role(device.role)

    async def add(self, role: Role) -> str:
        """Let a device in, for `DEVICE_SECONDS`; returns its token once that is on disk.

        Raises:
            StoreFailed: it cannot be written; the device is not let in.
        """
        token, now_ms = secrets.token_urlsafe(TOKEN_BYTES), self._now_ms()
        device = _Device(
            sha256=hash_of(token),
            role="operator" if role is Role.OPERATOR else "viewer",
            created_at_ms=now_ms,
            expires_at_ms=now_ms + 1000 * DEVICE_SECONDS,
        )
        self._known[device.sha256] = device
        try:
            await self._write(self._kept())
        except StoreFailed:
            del self._known[device.sha256]
            raise
        self._known = {one.sha256: one for one in self._kept()}
        return token

    def close(self) -> None:
        """Wait for what is being written. To be called once."""
        self._writer.shutdown()

    def _kept(self) -> list[_Device]:
        now_ms = self._now_ms()
        here = [one for one in self._known.values() if one.expires_at_ms > now_ms]
        return here[-MOST_DEVICES:]

    async def _write(self, devices: list[_Device]) -> None:
        register = _Register(devices=devices)
        content = register.model_dump_json(indent=1).encode()
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, write_whole, self._path, content)
        except OSError as error:
            raise StoreFailed(
                f"The data folder cannot be written to: {error.strerror}. The device is not let in."
            ) from error

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)


def hash_of(token: str) -> str:
    """What is kept in the place of a secret; to look it up takes a time which does not tell it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _read(path: Path) -> list[_Device]:
    """What is in the file. A broken one lets nobody in, and is no reason not to serve."""
    try:
        return _Register.model_validate_json(path.read_bytes()).devices
    except FileNotFoundError:
        return []
    except (OSError, ValidationError) as error:
        log.warning("%s cannot be used, so devices have to be invited again: %s", path, error)
        return []
