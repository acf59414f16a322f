"""`facestream audit`: who did what; and the lines that the other commands leave in that file."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from facestream.audit import DONE, AuditFile, Entry, read_entries
from facestream.cli_options import AsJson, Config, Data, settings_of
from facestream.console import say, show
from facestream.errors import FacestreamError, StoreFailed
from facestream.settings import Settings

__all__ = ["audit", "audited"]

COMMAND_LINE = "command line"
NOT_DONE = "not_done"
"""The outcome of a command that ended before it changed anything, at a no for example."""


@contextmanager
def audited(settings: Settings, command: str) -> Iterator[dict[str, Any]]:
    """Leave a line about `command`, such as `gallery rename`, with its outcome.

    What is put into the yielded map becomes its target: ids and counts, and no names. A file that
    cannot be written is told on stderr, and stops nothing: people must be deleted on a full disk.
    """
    target: dict[str, Any] = {}
    outcome = NOT_DONE
    try:
        yield target
        outcome = DONE
    except FacestreamError as error:
        outcome = error.code
        raise
    finally:
        who = {"name": COMMAND_LINE, "user": _user()}
        entry = Entry(time.time(), who, f"facestream {command}", outcome, target)
        try:
            AuditFile(settings.data, settings.audit_bytes).append([entry])
        except FileNotFoundError:
            pass  # there is no data folder, so nothing was done in it
        except OSError as error:
            say(f"the audit file cannot be written: {error.strerror or error}")


def audit(
    last: Annotated[int, typer.Option(help="So many lines, the newest.", min=1)] = 50,
    data: Data = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show who did what: changes, refusals, sign-ins, starts."""
    folder = settings_of(data=data, config=config).data
    try:
        entries = read_entries(folder, last)
    except OSError as error:
        raise StoreFailed(f"the audit file cannot be read: {error.strerror}.") from error
    show(as_json, entries, lambda: map(_line, entries))


def _line(fields: Mapping[str, Any]) -> str:
    """As wide as it is: a terminal wraps it, and `grep` finds things in it."""
    parts = (
        str(fields.get("when", ""))[:19].replace("T", " "),
        str(fields.get("outcome", "")),
        str(fields.get("what", "")),
        _named(fields.get("target")),
        _spaced(fields.get("who"), ("name", "token", "role", "user", "address")),
    )
    return "  ".join(part for part in parts if part)


def _spaced(fields: Any, names: tuple[str, ...]) -> str:
    if not isinstance(fields, dict):
        return ""
    return ", ".join(str(fields[name]) for name in names if fields.get(name))


def _named(fields: Any) -> str:
    if not isinstance(fields, dict):
        return ""
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run as a number without a name
        return "unknown"
