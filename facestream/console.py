"""What the command line shows: results on stdout; progress, questions and errors on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

__all__ = ["ask", "fail", "progress_bar", "say", "show", "table"]

Advance = Callable[[int, int], None]
"""Told how many are done and how many there are in all."""

_stderr = Console(stderr=True, highlight=False)


def show(as_json: bool, result: Any, text: Callable[[], Iterable[Any]]) -> None:
    """Print `result` as JSON, or what `text` makes of it for people."""
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for line in text():
        console.print(line if isinstance(line, Table) else escape(str(line)), soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A plain table."""
    made = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    return made


def say(line: str) -> None:
    """One line on stderr."""
    _stderr.print(escape(line), soft_wrap=True)


def fail(code: str, message: str, status: int = 1) -> NoReturn:
    """End with an error that names its code, even where nobody can be told: on a full disk."""
    with suppress(OSError):
        _stderr.print(f"[bold red]error[/] {escape(f'[{code}] {message}')}", soft_wrap=True)
    raise SystemExit(status)


def ask(question: str, *, yes: bool) -> None:
    """Go on only with a yes, given on the command line or now."""
    if not yes and not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        fail("not_confirmed", "nothing was changed; say --yes to do it without being asked")


@contextmanager
def progress_bar(what: str, *, hidden: bool = False) -> Iterator[Advance]:
    """A bar on stderr, driven by calling what it yields; nothing where stderr is no terminal."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    disabled = hidden or not _stderr.is_terminal
    with Progress(*columns, console=_stderr, transient=True, disable=disabled) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
