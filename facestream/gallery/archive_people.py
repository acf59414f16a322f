"""people.jsonl in pieces -> its people and templates, one at a time. Performs no I/O.

A person may have any number of templates: a line is never in memory as a whole, nor are its
entries. What cannot be an entry ends the reading where it stands.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from facestream.errors import BadArchive
from facestream.gallery.archive_format import MAX_ENTRY_CHARS, PersonEntry, TemplateEntry

__all__ = ["read_people"]

PERSON = re.compile(r'([^\n]+?),[ \t]*"templates"[ \t]*:[ \t]*\[[ \t]*')
"""Up to the first template. In a text, quotes have a backslash before them, so that a name cannot
pass for the key; what is before it is validated by itself."""

NEXT = re.compile(r"[ \t]*(,|\])[ \t]*")
END = re.compile(r"[ \t]*\}[ \t\r]*\n")
TEMPLATE = json.JSONDecoder()


def read_people(pieces: Iterator[bytes]) -> Iterator[PersonEntry | TemplateEntry]:
    """Each person, and after each their templates.

    Raises:
        BadArchive, ValidationError: the rest is not as it should be.
    """
    window = _Window(pieces)
    while window.fill():
        person = window.taken(PERSON)
        yield PersonEntry.model_validate_json(person[1] + "}")
        more = not window.text.startswith("]", window.at)
        if not more:
            window.at += 1
        while more:
            window.fill()
            yield TemplateEntry.model_validate_json(window.value())
            more = window.taken(NEXT)[1] == ","
        window.taken(END)


class _Window:
    """A text of which a part is there. Holds a piece and `MAX_ENTRY_CHARS` at the most.

    at: where in `text` the reading is.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._ended = False
        self.text = ""
        self.at = 0

    def fill(self) -> bool:
        """Have an entry's length and more, if there is so much; False at the very end."""
        while not self._ended and len(self.text) - self.at < 2 * MAX_ENTRY_CHARS:
            piece = next(self._pieces, b"")
            self._ended = not piece
            try:
                more = self._decode(piece, final=self._ended)
            except UnicodeDecodeError as error:
                raise BadArchive("people.jsonl in the file is not UTF-8.") from error
            self.text, self.at = self.text[self.at :] + more, 0
        return self.at < len(self.text)

    def taken(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What stands here, which is gone then. Raises BadArchive."""
        found = pattern.match(self.text, self.at, self.at + MAX_ENTRY_CHARS)
        if found is None:
            raise _bad()
        self.at = found.end()
        return found

    def value(self) -> str:
        """The JSON value that begins here, which is gone then. Raises BadArchive."""
        try:
            _, end = TEMPLATE.raw_decode(self.text, self.at)
        except (ValueError, RecursionError) as error:
            raise _bad() from error
        if end - self.at > MAX_ENTRY_CHARS:
            raise _bad()
        value = self.text[self.at : end]
        self.at = end
        return value


def _bad() -> BadArchive:
    return BadArchive("A line of people.jsonl in the file is cut off, or is none.")
