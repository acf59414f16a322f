"""What a server does for others -> the audit file, by a thread of its own. Knows no aiohttp.

Nobody waits for it, and nothing fails because of it: a slow disk holds up nobody, and a full one
costs lines, of which the next line that can be written says how many.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from facestream.audit import DONE, AuditFile, Entry
from facestream.server.buckets import Buckets
from facestream.server.tokens import Holder

__all__ = ["LOST", "MOST_WAITING", "AuditTrail", "Auditor"]

log = logging.getLogger(__name__)

MOST_WAITING = 1024
"""Lines of 250 bytes."""

REFUSALS_PER_SECOND, REFUSALS_AT_ONCE = 0.2, 30.0
"""Of one token or address: a flood must not push out of the files what others did."""

SERVER = {"name": "server"}
LOST = "audit_lost"

CLOSING_SECONDS = 5.0
"""What is not written by then is lost with the server."""


class AuditTrail:
    """Lines on their way to the disk. Owned by the application; its thread alone writes.

    Bound: `MOST_WAITING`, and so many refusals of one token or address. Policy: the next line is
    lost, and counted.

    Args:
        file: only this one's thread uses it.
        now_s: the Unix time in seconds.
    """

    def __init__(self, file: AuditFile, now_s: Callable[[], float]) -> None:
        self._file = file
        self._now_s = now_s
        self._waiting: queue.Queue[Entry | None] = queue.Queue(MOST_WAITING)
        self._refusals = Buckets(REFUSALS_PER_SECOND, REFUSALS_AT_ONCE)
        # Each is counted up by one side only, so that no lock is needed.
        self._dropped = 0  # by the loop
        self._unwritten = 0  # by the thread
        self._told = 0
        self._thread = threading.Thread(target=self._write, name="facestream-audit", daemon=True)

    def start(self) -> None:
        """To be called once; what was noted before waits."""
        self._thread.start()

    def note(
        self,
        who: Mapping[str, str],
        what: str,
        outcome: str = DONE,
        target: Mapping[str, Any] | None = None,
    ) -> None:
        """Put a line on its way; never waits, never fails."""
        try:
            self._waiting.put_nowait(Entry(self._now_s(), who, what, outcome, target or {}))
        except queue.Full:
            self._dropped += 1

    def note_server(self, what: str, target: Mapping[str, Any] | None = None) -> None:
        """What the server does by itself."""
        self.note(SERVER, what, target=target)

    def note_refusal(
        self,
        who: Mapping[str, str],
        what: str,
        outcome: str,
        target: Mapping[str, Any] | None = None,
    ) -> None:
        """The same for what was refused, unless this one is refused again and again."""
        key = who.get("token") or who.get("address", "")
        if self._refusals.refused_for_s(key, self._now_s()):
            self._dropped += 1
        else:
            self.note(who, what, outcome, target)

    def close(self) -> None:
        """Write what waits, for `CLOSING_SECONDS` at most. To be called once, after `start`."""
        try:
            self._waiting.put(None, timeout=CLOSING_SECONDS)
        except queue.Full:
            log.warning("the last lines of the audit file could not be written")
            return
        self._thread.join(CLOSING_SECONDS)

    # --- in the thread ----------------------------------------------------------------------------

    def _write(self) -> None:
        while True:
            batch, over = self._batch()
            lost = self._dropped + self._unwritten - self._told
            if lost:
                batch.append(Entry(self._now_s(), SERVER, LOST, DONE, {"lines": lost}))
            try:
                if batch:
                    self._file.append(batch)
                self._told += lost
            except OSError as error:
                if not self._unwritten:
                    log.warning("the audit file cannot be written: %s", error.strerror or error)
                self._unwritten += len(batch) - bool(lost)
            if over:
                return

    def _batch(self) -> tuple[list[Entry], bool]:
        """All that waits, at least one; and whether it is the end."""
        found = [self._waiting.get()]
        while not self._waiting.empty():
            found.append(self._waiting.get_nowait())
        return [entry for entry in found if entry is not None], None in found


class Auditor:
    """The trail as one client uses it: who it is, is said once. Owned by a session or a request."""

    def __init__(self, trail: AuditTrail, address: str, holder: Holder | None) -> None:
        self._trail = trail
        self._who = {"address": address}
        if holder is not None:
            self._who = {
                "token": holder.token_id,
                "name": holder.name,
                "role": holder.role.value,
                "address": address,
            }

    def note(self, what: str, outcome: str = DONE, target: Mapping[str, Any] | None = None) -> None:
        """Something was done, or failed."""
        self._trail.note(self._who, what, outcome, target)

    def note_refusal(
        self, what: str, outcome: str, target: Mapping[str, Any] | None = None
    ) -> None:
        """Something was refused, since it is not for this one."""
        self._trail.note_refusal(self._who, what, outcome, target)
