"""What people type about a person -> what is stored and compared. Performs no I/O."""

from __future__ import annotations

import unicodedata

from facestream.errors import BadMessage, BadName

__all__ = [
    "MAX_DATE_MS",
    "MAX_NAME_LENGTH",
    "MAX_NOTE_LENGTH",
    "checked_date",
    "clean_name",
    "clean_note",
    "name_key",
]

MAX_NAME_LENGTH = 100  # characters; docs/protocol.md
MAX_NOTE_LENGTH = 1000  # characters
MAX_DATE_MS = 253_402_300_799_999  # the end of the year 9999, the last that Python can write

# They turn the direction of everything after them, also outside the name: LRE RLE PDF LRO RLO, LRI
# RLI FSI PDI. Right-to-left letters need none of them.
DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Letters and symbols by their category, and yet drawn as nothing.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")

# Marks which change neither the letters nor, by more than a shade, the look. Joiners are not among
# them: without them a family emoji falls apart into people, and Persian words read differently.
IGNORED_IN_KEY = dict.fromkeys(
    map(ord, "\u00ad\u061c\u200b\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"), None
)


def clean_name(raw: str) -> str:
    """The name as it is shown and stored: NFC, runs of white space made one space, trimmed.

    Raises:
        BadName: it is empty, too long, or has control characters or nothing that can be seen.
    """
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    if len(name) > MAX_NAME_LENGTH:
        raise BadName(
            f"The name has {len(name)} characters; at most {MAX_NAME_LENGTH} are possible."
        )
    if not any(_is_visible(character) for character in name):
        raise BadName("The name must have at least one visible character.")
    if any(_is_control(character) for character in name):
        raise BadName("The name must not have control characters.")
    return name


def name_key(name: str) -> str:
    """What two spellings of one name have in common: case and Unicode form are taken out.

    Casefolding can undo normalisation and the other way round, hence the second pass of both.
    """
    key = name.translate(IGNORED_IN_KEY)
    for _ in range(2):
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", key).casefold())
    return " ".join(key.split())


def clean_note(raw: str | None) -> str | None:
    """A note as it is stored; None for a blank one. Raises BadMessage."""
    text = unicodedata.normalize("NFC", raw or "").strip()
    if len(text) > MAX_NOTE_LENGTH:
        raise BadMessage(f"A note may have {MAX_NOTE_LENGTH} characters, this one has {len(text)}.")
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise BadMessage("The note holds what is not text.")
    return text or None


def checked_date(date_ms: int | None) -> int | None:
    """A date in Unix ms, or none, as it can be stored and shown. Raises BadMessage."""
    if date_ms is not None and not 0 <= date_ms <= MAX_DATE_MS:
        raise BadMessage("The date must lie between the years 1970 and 9999.")
    return date_ms


def _is_visible(character: str) -> bool:
    """Letters, digits, punctuation, symbols; also what this Python does not know: new emoji."""
    category = unicodedata.category(character)
    return (category[0] in "LNPS" or category == "Cn") and character not in BLANKS


def _is_control(character: str) -> bool:
    """Controls, lone surrogates (they cannot be stored as UTF-8) and direction overrides."""
    return unicodedata.category(character) in ("Cc", "Cs") or character in DIRECTION_OVERRIDES
