"""Everybody who is known, as one value that shares what did not change. Knows no TensorFlow."""

from __future__ import annotations

from typing import TypeAlias

from rpds import HashTrieMap

from facestream.gallery.names import name_key
from facestream.gallery.records import IdentitySummary

__all__ = ["NOBODY", "People", "by_name"]

People: TypeAlias = "HashTrieMap[str, IdentitySummary]"
"""Identity id -> who that is. Persistent: a change copies a few nodes, not everybody."""

NOBODY: People = HashTrieMap()


def by_name(people: People) -> tuple[IdentitySummary, ...]:
    """Everybody, sorted by name."""
    return tuple(sorted(people.values(), key=lambda one: name_key(one.display_name)))
