"""The gallery's rows <-> embeddings: all SQL about what models made of templates. Knows no file.

Functions that write do so within the transaction of whoever calls them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import numpy as np

from facestream.gallery.records import Kind, StoredTemplates, are_unit_rows
from facestream.records import Float32

__all__ = [
    "DamagedEmbedding",
    "WrongDimension",
    "embeddings_of",
    "foreign_count",
    "foreign_with_crop",
    "insert_embeddings",
    "models",
    "stored_templates",
]

READ_ROWS = 4096  # embeddings converted at a time: 3 MB with 192 dimensions

_NOT_EMBEDDED = (
    " WHERE NOT EXISTS (SELECT 1 FROM embedding JOIN model ON model.id = model_id"
    " WHERE embedding.template_id = template.id AND fingerprint = ?)"
)


class DamagedEmbedding(Exception):
    """A stored embedding is not what was stored; `str` says what is wrong with it."""


class WrongDimension(ValueError):
    """Embeddings of one model must be equally long, and those that came are not."""


def models(connection: sqlite3.Connection) -> dict[str, int]:
    """How many templates have an embedding by each model that has made any."""
    rows = connection.execute(
        "SELECT fingerprint, count(*) FROM embedding JOIN model ON model.id = model_id"
        " GROUP BY model_id ORDER BY fingerprint"
    )
    return dict(rows.fetchall())


def foreign_count(connection: sqlite3.Connection, fingerprint: str) -> int:
    """How many templates a model has not embedded."""
    row = connection.execute("SELECT count(*) FROM template" + _NOT_EMBEDDED, (fingerprint,))
    return int(row.fetchone()[0])


def foreign_with_crop(
    connection: sqlite3.Connection, fingerprint: str, after: int, limit: int
) -> list[int]:
    """Ids above `after` of templates that it has not embedded, but could: a picture is kept."""
    rows = connection.execute(
        "SELECT template.id FROM template JOIN crop ON crop.template_id = template.id"
        + _NOT_EMBEDDED
        + " AND template.id > ? ORDER BY template.id LIMIT ?",
        (fingerprint, after, limit),
    )
    return [template_id for (template_id,) in rows]


def embeddings_of(connection: sqlite3.Connection, template_id: int) -> dict[str, Float32]:
    """What each model made of one template."""
    rows = connection.execute(
        "SELECT fingerprint, vector FROM embedding JOIN model ON model.id = model_id"
        " WHERE template_id = ?",
        (template_id,),
    )
    return {made_by: np.frombuffer(vector, "<f4") for made_by, vector in rows}


def insert_embeddings(
    connection: sqlite3.Connection, rows: Iterable[tuple[int, str, Float32]]
) -> None:
    """Add embeddings to templates: id, fingerprint, (d,) float32. One that is there stays.

    Raises:
        WrongDimension: the model's others have another length.
    """
    for template_id, made_by, row in rows:
        connection.execute(
            "INSERT OR IGNORE INTO embedding (template_id, model_id, vector) VALUES (?, ?, ?)",
            (template_id, _model_id(connection, made_by, len(row)), row.astype("<f4").tobytes()),
        )


def stored_templates(
    connection: sqlite3.Connection, fingerprint: str, dimension: int, kind: Kind
) -> StoredTemplates:
    """What that model made of the templates of one kind, in order of their ids.

    Raises:
        DamagedEmbedding: one does not have that dimension, or not unit length.
    """
    chosen = (
        " FROM embedding JOIN template ON template.id = template_id"
        " WHERE model_id = (SELECT id FROM model WHERE fingerprint = ?) AND kind = ?"
    )
    (m,) = connection.execute("SELECT count(*)" + chosen, (fingerprint, kind.value)).fetchone()
    rows = connection.execute(
        "SELECT template.id, identity_id, vector" + chosen + " ORDER BY template_id",
        (fingerprint, kind.value),
    )
    return _matrix(rows, m, dimension)


def _matrix(rows: sqlite3.Cursor, m: int, dimension: int) -> StoredTemplates:
    """Fill one matrix with m rows, a few thousand at a time, so that nothing is held twice."""
    template_ids = np.empty(m, np.int64)
    embeddings = np.empty((m, dimension), np.float32)
    identity_ids: list[str] = []
    shared: dict[str, str] = {}  # one string a person, not one a template
    start = 0
    while chunk := rows.fetchmany(READ_ROWS):
        part = slice(start, start + len(chunk))
        if any(len(blob) != 4 * dimension for _, _, blob in chunk):
            raise DamagedEmbedding(f"an embedding does not have {dimension} numbers")
        template_ids[part] = [template_id for template_id, _, _ in chunk]
        identity_ids += [shared.setdefault(identity, identity) for _, identity, _ in chunk]
        joined = b"".join(blob for _, _, blob in chunk)
        embeddings[part] = np.frombuffer(joined, "<f4").reshape(-1, dimension)
        if not are_unit_rows(embeddings[part]).all():
            raise DamagedEmbedding("an embedding does not have unit length")
        start += len(chunk)
    return StoredTemplates(template_ids, tuple(identity_ids), embeddings)


def _model_id(connection: sqlite3.Connection, fingerprint: str, dimension: int) -> int:
    """Of the model with that fingerprint, which is made where there is none."""
    connection.execute(
        "INSERT OR IGNORE INTO model (fingerprint, dimension) VALUES (?, ?)",
        (fingerprint, dimension),
    )
    row_id, known = connection.execute(
        "SELECT id, dimension FROM model WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    if known != dimension:
        raise WrongDimension(
            f"embeddings of {fingerprint} must have shape ({known},), got ({dimension},)"
        )
    return int(row_id)
