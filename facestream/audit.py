"""What was done, by whom -> lines of `audit.jsonl` in the data folder, and back. Knows no server.

A line holds ids, counts and codes, and what tokens are called. Never a name of somebody enrolled,
a note, a picture or an embedding: `ids_in` lets through what has the form of an id, and no other
text. The server and the command line append to the same file, under a lock file.
"""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facestream.files import make_file
from facestream.locks import locked

__all__ = ["DONE", "INTERRUPTED", "AuditFile", "Entry", "ids_in", "read_entries"]

FILE = "audit.jsonl"
OLDER_FILE = "audit.1.jsonl"
LOCK_FILE = "audit.lock"

DONE = "ok"
"""The outcome of what was done; of what was not, it is the error's code."""

INTERRUPTED = "interrupted"
"""The outcome where who asked left, or lost the token, before the answer: it may have been done."""

_ID = re.compile(r"[0-9a-f]{8,32}|[0-9]{1,15}")
"""Ids of tokens, people, undos and examples are like that: no other text gets into a line."""

_ID_FIELDS = re.compile(r"\w+_id|into")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line.

    when_s: the Unix time in seconds.
    who: what is known of them: `token`, `name` (of the token), `role`, `address`, `user`.
    what: a message's type, a method with the path's template, or a command.
    target: ids and counts.
    outcome: `DONE`, or an error's code.
    """

    when_s: float
    who: Mapping[str, str]
    what: str
    outcome: str = DONE
    target: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> bytes:
        """As it is in the file."""
        when = datetime.fromtimestamp(self.when_s, UTC).isoformat(timespec="milliseconds")
        fields = {
            "when": when.replace("+00:00", "Z"),
            "who": dict(self.who),
            "what": self.what,
            "target": dict(self.target),
            "outcome": self.outcome,
        }
        return json.dumps(fields, ensure_ascii=True).encode() + b"\n"


class AuditFile:
    """Appends lines, all or none. Used by one thread at a time; other processes may append, too.

    Bound: twice `max_bytes` on disk. Policy: a file that would grow larger becomes the older one,
    whose lines go.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._max_bytes = max_bytes

    def append(self, entries: Sequence[Entry]) -> None:
        """Write them; they are on the disk when this returns.

        Raises:
            OSError: they cannot be written, and none of them is there.
        """
        content = b"".join(entry.line() for entry in entries)
        with locked(self._folder / LOCK_FILE):
            descriptor = self._opened(len(content))
            try:
                _append(descriptor, content)
            finally:
                os.close(descriptor)

    def _opened(self, more: int) -> int:
        with suppress(FileNotFoundError):
            size = self._path.stat().st_size
            if size and size + more > self._max_bytes:
                os.replace(self._path, self._folder / OLDER_FILE)
        make_file(self._path)
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)


def _append(descriptor: int, content: bytes) -> None:
    """All of it, or the file stays as long as it was."""
    before = os.fstat(descriptor).st_size
    if before and os.pread(descriptor, 1, before - 1) != b"\n":
        content = b"\n" + content  # the power went in the middle of a line
    try:
        written = os.write(descriptor, content)
        if written < len(content):
            raise OSError("the disk is full")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def read_entries(folder: Path, last: int | None = None) -> list[dict[str, Any]]:
    """The newest `last` lines, or all, the oldest first; what is no line of ours is passed over.

    Raises:
        OSError: a file that is there cannot be read.
    """
    found: deque[dict[str, Any]] = deque(maxlen=last)
    for name in (OLDER_FILE, FILE):
        with suppress(FileNotFoundError), (folder / name).open("rb") as file:
            for line in file:
                try:
                    fields = json.loads(line)
                except ValueError:
                    continue
                if isinstance(fields, dict):
                    found.append(fields)
    return list(found)


def ids_in(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The ids among the fields of a message, a body or a path, and how many examples they name."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "template_ids" and isinstance(value, Sequence):
            found["templates"] = len(value)
        elif _ID_FIELDS.fullmatch(name) and _is_id(value):
            found[name] = value
    return found


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return _ID.fullmatch(value) is not None
    return type(value) is int
