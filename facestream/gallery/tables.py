"""The gallery's rows <-> records: all SQL about people and templates. Knows no file.

Functions that write do so within the transaction of whoever calls them.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np

from facestream.errors import NoExamples, NoSuchExample, NoSuchIdentity
from facestream.gallery.embeddings import embeddings_of, insert_embeddings
from facestream.gallery.names import name_key
from facestream.gallery.records import (
    Crop,
    FullIdentity,
    FullTemplate,
    IdentityDetail,
    IdentitySummary,
    Kind,
    Source,
    TemplateSummary,
)

__all__ = [
    "IDS",
    "crop",
    "detail",
    "everybody_full",
    "find_identity",
    "full_identity",
    "identities",
    "insert_identity",
    "insert_template",
    "new_identity_id",
    "owners",
    "portrait",
    "summary",
]

IDS = "(SELECT value FROM json_each(?))"  # a list of ids, as JSON, in one parameter

MAX_ID = 2**63 - 1  # SQLite's largest; a larger number is no error of the database, but nobody's id

_COUNT = "(SELECT count(*) FROM template WHERE identity_id = identity.id AND kind = 'example')"


def identities(connection: sqlite3.Connection) -> list[IdentitySummary]:
    """Everybody, sorted by name."""
    rows = connection.execute(
        "SELECT identity.id, display_name, count(template.id) FROM identity"
        " LEFT JOIN template ON template.identity_id = identity.id AND kind = 'example'"
        " GROUP BY identity.id ORDER BY name_key"
    )
    return [IdentitySummary(*row) for row in rows]


def summary(connection: sqlite3.Connection, identity_id: str) -> IdentitySummary:
    """One person. Raises NoSuchIdentity."""
    row = (
        identity_id.isascii()
        and connection.execute(
            f"SELECT id, display_name, {_COUNT} FROM identity WHERE id = ?", (identity_id,)
        ).fetchone()
    )
    if not row:
        raise NoSuchIdentity("That person is not, or no longer, in the gallery.")
    return IdentitySummary(*row)


def detail(connection: sqlite3.Connection, identity_id: str) -> IdentityDetail:
    """One person as a whole. Raises NoSuchIdentity."""
    person = summary(connection, identity_id)
    note, created_at_ms, expires_at_ms = connection.execute(
        "SELECT note, created_at_ms, expires_at_ms FROM identity WHERE id = ?", (identity_id,)
    ).fetchone()
    rows = connection.execute(
        "SELECT template.id, kind, created_at_ms, source, sharpness, jpeg IS NOT NULL,"
        " (SELECT json_group_array(fingerprint) FROM embedding JOIN model ON model.id = model_id"
        "  WHERE embedding.template_id = template.id)"
        " FROM template LEFT JOIN crop ON crop.template_id = template.id"
        " WHERE identity_id = ? ORDER BY template.id",
        (identity_id,),
    )
    templates = tuple(
        TemplateSummary(
            row_id, Kind(kind), at_ms, Source(source), sharp, bool(has), frozenset(json.loads(made))
        )
        for row_id, kind, at_ms, source, sharp, has, made in rows
    )
    return IdentityDetail(person, note, created_at_ms, expires_at_ms, templates)


def find_identity(connection: sqlite3.Connection, name: str) -> str | None:
    """The id of who has that name, but for case and Unicode form."""
    row = connection.execute("SELECT id FROM identity WHERE name_key = ?", (name_key(name),))
    known = row.fetchone()
    return None if known is None else str(known[0])


def owners(connection: sqlite3.Connection, template_ids: Sequence[int]) -> list[str]:
    """Whose these templates are, each person once.

    Raises:
        NoExamples: none is named.
        NoSuchExample: one is missing.
    """
    if not template_ids:
        raise NoExamples("No example is named.")
    rows = connection.execute(
        f"SELECT identity_id FROM template WHERE id IN {IDS} ORDER BY id",
        (json.dumps(list(template_ids)),),
    ).fetchall()
    if len(rows) != len(set(template_ids)):
        raise NoSuchExample("That example is not, or no longer, in the gallery.")
    return list(dict.fromkeys(str(identity_id) for (identity_id,) in rows))


def crop(connection: sqlite3.Connection, template_id: int) -> Crop | None:
    """The picture of a template, if there is one."""
    if not 0 <= template_id <= MAX_ID:
        return None
    row = connection.execute(
        "SELECT jpeg, landmarks, detector FROM crop WHERE template_id = ?", (template_id,)
    ).fetchone()
    return None if row is None else _crop(*row)


def portrait(connection: sqlite3.Connection, identity_id: str) -> Crop | None:
    """The sharpest picture of a person, if there is any."""
    if not identity_id.isascii():  # SQLite takes no lone surrogate, and no id has one
        return None
    row = connection.execute(
        "SELECT jpeg, landmarks, detector FROM crop JOIN template ON template.id = template_id"
        " WHERE identity_id = ? AND kind = 'example' ORDER BY sharpness DESC, template.id LIMIT 1",
        (identity_id,),
    ).fetchone()
    return None if row is None else _crop(*row)


def full_identity(
    connection: sqlite3.Connection, identity_id: str, template_ids: Sequence[int] | None = None
) -> FullIdentity:
    """A person with all their templates, or with some."""
    display_name, created_at_ms, note, expires_at_ms = connection.execute(
        "SELECT display_name, created_at_ms, note, expires_at_ms FROM identity WHERE id = ?",
        (identity_id,),
    ).fetchone()
    chosen = None if template_ids is None else json.dumps(list(template_ids))
    rows = connection.execute(
        "SELECT template.id, kind, created_at_ms, sharpness, source, jpeg, landmarks, detector"
        " FROM template LEFT JOIN crop ON crop.template_id = template.id"
        f" WHERE identity_id = ?1 AND (?2 IS NULL OR template.id IN {IDS.replace('?', '?2')})"
        " ORDER BY template.id",
        (identity_id, chosen),
    ).fetchall()
    templates = tuple(
        FullTemplate(
            template_id,
            Kind(kind),
            at_ms,
            sharpness,
            Source(source),
            None if jpeg is None else _crop(jpeg, landmarks, detector),
            embeddings_of(connection, template_id),
        )
        for template_id, kind, at_ms, sharpness, source, jpeg, landmarks, detector in rows
    )
    return FullIdentity(identity_id, display_name, created_at_ms, note, expires_at_ms, templates)


def everybody_full(connection: sqlite3.Connection) -> Iterator[FullIdentity]:
    """Everybody with all that is stored of them, one after the other, sorted by name."""
    for (identity_id,) in connection.execute("SELECT id FROM identity ORDER BY name_key"):
        yield full_identity(connection, identity_id)


def new_identity_id() -> str:
    """An id that nobody had before."""
    return secrets.token_hex(8)


def insert_identity(
    connection: sqlite3.Connection,
    identity_id: str,
    name: str,
    created_at_ms: int,
    note: str | None = None,
    expires_at_ms: int | None = None,
) -> None:
    """Add a person. `name` is clean, and nobody has it."""
    connection.execute(
        "INSERT INTO identity (id, display_name, name_key, created_at_ms, note, expires_at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (identity_id, name, name_key(name), created_at_ms, note, expires_at_ms),
    )


def insert_template(
    connection: sqlite3.Connection,
    identity_id: str,
    template: FullTemplate,
    keep_id: bool = False,
) -> int:
    """Add a template and return its id, which is a new one unless `keep_id`."""
    cursor = connection.execute(
        "INSERT INTO template (id, identity_id, kind, created_at_ms, sharpness, source)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            template.template_id if keep_id else None,
            identity_id,
            template.kind.value,
            template.created_at_ms,
            float(template.sharpness),
            template.source.value,
        ),
    )
    template_id = cursor.lastrowid
    assert template_id is not None
    insert_embeddings(
        connection, ((template_id, made_by, row) for made_by, row in template.embeddings.items())
    )
    if template.crop is not None:
        landmarks = template.crop.landmarks_xy
        connection.execute(
            "INSERT INTO crop (template_id, jpeg, landmarks, detector) VALUES (?, ?, ?, ?)",
            (
                template_id,
                template.crop.jpeg,
                None if landmarks is None else landmarks.astype("<f4").tobytes(),
                template.crop.detector,
            ),
        )
    return template_id


def _crop(jpeg: bytes, landmarks: bytes | None, detector: str | None) -> Crop:
    points = None if landmarks is None else np.frombuffer(landmarks, "<f4").reshape(5, 2)
    return Crop(jpeg, points, detector)
