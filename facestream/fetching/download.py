"""Large files over HTTP: an interrupted download goes on where it stopped. Standard library."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

from facestream.errors import MissingWeights

__all__ = ["download"]

Progress = Callable[[int, int], None]
"""Told how many bytes are there and how many there will be; 0: the server does not say."""

TIMEOUT_SECONDS = 30.0
"""Without a byte from the server."""
PIECE_BYTES = 1 << 18
MOST_BYTES = 1 << 30
"""More than any model file; a server that goes on for ever is not believed."""
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def download(url: str, part: Path, progress: Progress) -> None:
    """Fetch `url` to the file `part`, from its end on where it exists already.

    A connection that breaks is opened again as long as each one gets further than those before;
    when none does, what came stays in `part` for the next call. A server that cannot continue a
    file sends it from the beginning.

    Raises:
        MissingWeights: the server was not reached, refused, or stopped before the end.
    """
    if not url.startswith(("https://", "http://")):
        raise MissingWeights(f"{url} is no address of the web: it has to begin with https://")
    furthest = -1
    while True:
        try:
            if _continue(url, part, progress):
                return
            reason = "the connection broke"
        except urllib.error.HTTPError as error:
            if error.code != 416 or not _size(part):
                raise MissingWeights(f"{url} answered {error.code} {error.reason}") from error
            if error.headers.get("Content-Range") == f"bytes */{_size(part)}":
                return  # it was whole already
            part.unlink()  # longer than the file, so part of another one
            continue
        except (urllib.error.URLError, HTTPException, OSError) as error:
            reason = str(getattr(error, "reason", None) or error) or type(error).__name__
        reached = _size(part)
        if reached <= furthest or not reached:
            raise MissingWeights(
                f"{url} could not be fetched: {reason}"
                + (f"; {reached:,} bytes are kept, and the next try goes on there" * bool(reached))
            )
        furthest = reached


def _continue(url: str, part: Path, progress: Progress) -> bool:
    """One connection; whether it brought the file to its end."""
    begin = _size(part)
    headers = {"Accept-Encoding": "identity", "User-Agent": "facestream"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        begin, total = _extent(answer, begin)
        with part.open("r+b" if begin else "wb") as file:
            file.seek(begin)
            done = begin
            while piece := answer.read(PIECE_BYTES):
                file.write(piece)
                done += len(piece)
                progress(done, total)
                if done > MOST_BYTES:
                    raise MissingWeights(f"{url} sends more than {MOST_BYTES:,} bytes")
    return not total or done >= total


def _extent(answer: Any, asked: int) -> tuple[int, int]:
    """Where the answer's first byte belongs, and the length of the file; 0: unknown."""
    if answer.status == 206:
        found = CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if found and int(found[1]) == asked:
            return asked, 0 if found[2] == "*" else int(found[2])
        raise HTTPException("the server sent another part than it was asked for")
    return 0, int(answer.headers.get("Content-Length") or 0)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
