"""People with all that is stored of them -> the gallery: for imports, and to take deletions back.

Works within the caller's transaction. Knows no file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from facestream.gallery import tables
from facestream.gallery.names import clean_name
from facestream.gallery.records import Absorbed, FullIdentity, FullTemplate

__all__ = ["absorb"]

Look = tuple[str, str, bytes]
"""Kind, fingerprint and embedding: what makes two templates of a person the same."""


def absorb(
    connection: sqlite3.Connection,
    people: Iterable[FullIdentity],
    *,
    replace: bool = False,
    keep_ids: bool = False,
) -> Absorbed:
    """Add what is not there yet; with `replace`, nothing else stays.

    Somebody is known by their name, as when they are enrolled; then by their id, as they may have
    another name by now. With `keep_ids`, which is for people of this very gallery, the id comes
    first. A template that the person has already, by its embedding, is passed over.
    Note and expiry date stay as they are, unless there is none and one comes.

    Raises:
        BadName: somebody's name cannot be stored.
        sqlite3.Error: see `GalleryStore.absorb`.
    """
    before = _counts(connection)
    if replace:
        connection.execute("DELETE FROM identity")
    new_templates = known_templates = 0
    for person in people:
        identity_id = _identity(connection, person, by_id_first=keep_ids)
        known = _looks(connection, identity_id)
        fresh = [one for one in person.templates if not _looks_of(one) & known]
        for template in fresh:
            tables.insert_template(connection, identity_id, template, keep_id=keep_ids)
        new_templates += len(fresh)
        known_templates += len(person.templates) - len(fresh)
    after = _counts(connection)
    return Absorbed(
        new=tuple(name for name in after if name not in before),
        changed={name: n - before[name] for name, n in after.items() if before.get(name, n) != n},
        removed=tuple(name for name in before if name not in after),
        new_templates=new_templates,
        known_templates=known_templates,
    )


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many examples there are of each name, sorted by name."""
    return {one.display_name: one.templates for one in tables.identities(connection)}


def _identity(connection: sqlite3.Connection, person: FullIdentity, *, by_id_first: bool) -> str:
    """The id of who that is here, made where they are not known."""
    name = clean_name(person.display_name)
    by_id = person.identity_id if _exists(connection, person.identity_id) else None
    by_name = tables.find_identity(connection, name)
    known = (by_id or by_name) if by_id_first else (by_name or by_id)
    if known is not None:
        connection.execute(
            "UPDATE identity SET note = coalesce(note, ?),"
            " expires_at_ms = coalesce(expires_at_ms, ?) WHERE id = ?",
            (person.note, person.expires_at_ms, known),
        )
        return known
    tables.insert_identity(
        connection,
        person.identity_id,
        name,
        person.created_at_ms,
        person.note,
        person.expires_at_ms,
    )
    return person.identity_id


def _exists(connection: sqlite3.Connection, identity_id: str) -> bool:
    row = connection.execute("SELECT 1 FROM identity WHERE id = ?", (identity_id,)).fetchone()
    return row is not None


def _looks(connection: sqlite3.Connection, identity_id: str) -> set[Look]:
    person = tables.full_identity(connection, identity_id)
    return {look for template in person.templates for look in _looks_of(template)}


def _looks_of(template: FullTemplate) -> set[Look]:
    return {
        (template.kind.value, made_by, row.astype("<f4").tobytes())
        for made_by, row in template.embeddings.items()
    }
