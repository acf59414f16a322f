"""Picture files in, and what `detect` and `identify` say of them: the command line's material."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from facestream.console import progress_bar, say
from facestream.errors import BadPicture, FacestreamError
from facestream.records import Frame
from facestream.vision.images import decode_picture

__all__ = ["Pictures", "detect_lines", "identify_lines"]


class Pictures:
    """The pictures named on the command line. One that is broken is reported and passed over."""

    def __init__(self, paths: Sequence[Path], max_pixels: int) -> None:
        self._paths = paths
        self._max_pixels = max_pixels
        self._refused = 0

    def frames(self) -> Iterator[tuple[Path, Frame]]:
        """Each picture, decoded when its turn comes, with a progress bar when there are several."""
        with progress_bar("pictures", hidden=len(self._paths) < 2) as advance:
            for number, path in enumerate(self._paths):
                advance(number, len(self._paths))
                try:
                    yield path, decode_picture(_read(path), self._max_pixels)
                except FacestreamError as error:
                    self.refuse(path, error)

    def refuse(self, path: Path, error: FacestreamError) -> None:
        """Report a picture which cannot be used."""
        self._refused += 1
        say(f"{path}: [{error.code}] {error}")

    def finish(self) -> None:
        """End with status 1 when a picture was refused."""
        if self._refused:
            raise SystemExit(1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPicture(f"cannot be read: {error.strerror}") from error


def _face_line(face: dict[str, Any]) -> str:
    x1, y1, x2, y2 = (round(edge) for edge in face["box_xyxy"])
    return f"  {x2 - x1} x {y2 - y1} at ({x1}, {y1}), score {face['score']:.3f}"


def detect_lines(results: list[dict[str, Any]]) -> Iterator[str]:
    """The same for people."""
    for result in results:
        yield f"{result['image']}: {len(result['faces'])} faces"
        yield from map(_face_line, result["faces"])


def identify_lines(results: list[dict[str, Any]]) -> Iterator[str]:
    """The same for people."""
    for result in results:
        yield f"{result['image']}: {len(result['faces'])} faces"
        for face in result["faces"]:
            who = face["name"] or f"unknown ({face['reason']})"
            yield f"{_face_line(face)}: {who}, similarity {face['similarity']:.2f}"
