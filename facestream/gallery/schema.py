"""The tables of `gallery.sqlite` and how older ones become them. Holds no connection."""

from __future__ import annotations

import sqlite3

__all__ = ["APPLICATION_ID", "MIGRATIONS", "SCHEMA_VERSION", "migrate"]

APPLICATION_ID = int.from_bytes(b"face", "big")  # in the file's header, so that `file` can tell

# An embedding is stored as float32, little endian. Crops have their own table: opening reads every
# embedding, and no crop. `scrub_due` says that deleted bytes may still be in the file.
_TABLES = (
    """CREATE TABLE meta (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL,
        scrub_due INTEGER NOT NULL
    )""",
    "INSERT INTO meta (id, revision, scrub_due) VALUES (1, 0, 0)",
    """CREATE TABLE identity (
        id TEXT PRIMARY KEY NOT NULL,
        display_name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        created_at_ms INTEGER NOT NULL
    )""",
    """CREATE TABLE model (
        id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL UNIQUE,
        dimension INTEGER NOT NULL CHECK (dimension > 0)
    )""",
    """CREATE TABLE template (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        identity_id TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
        model_id INTEGER NOT NULL REFERENCES model (id),
        created_at_ms INTEGER NOT NULL,
        sharpness REAL NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('camera', 'photo')),
        embedding BLOB NOT NULL
    )""",
    "CREATE INDEX template_identity ON template (identity_id)",
    "CREATE INDEX template_model ON template (model_id)",
    """CREATE TABLE crop (
        template_id INTEGER PRIMARY KEY REFERENCES template (id) ON DELETE CASCADE,
        jpeg BLOB NOT NULL
    )""",
)

# A template keeps its embeddings by all models that have seen it, so that going back to an earlier
# model is exact. A crop knows where the landmarks are in it, so that it can be aligned anew.
_SEVERAL_MODELS = (
    "ALTER TABLE identity ADD COLUMN note TEXT",
    "ALTER TABLE identity ADD COLUMN expires_at_ms INTEGER",
    "ALTER TABLE crop ADD COLUMN landmarks BLOB",
    "ALTER TABLE crop ADD COLUMN detector TEXT",
    """CREATE TABLE embedding (
        id INTEGER PRIMARY KEY,
        template_id INTEGER NOT NULL REFERENCES template (id) ON DELETE CASCADE,
        model_id INTEGER NOT NULL REFERENCES model (id),
        vector BLOB NOT NULL
    )""",
    """INSERT INTO embedding (template_id, model_id, vector)
        SELECT id, model_id, embedding FROM template ORDER BY id""",
    "CREATE UNIQUE INDEX embedding_model ON embedding (model_id, template_id)",
    "CREATE INDEX embedding_template ON embedding (template_id)",
    """CREATE TABLE new_template (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        identity_id TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('example', 'rejection')),
        created_at_ms INTEGER NOT NULL,
        sharpness REAL NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('camera', 'photo'))
    )""",
    """INSERT INTO new_template (id, identity_id, kind, created_at_ms, sharpness, source)
        SELECT id, identity_id, 'example', created_at_ms, sharpness, source FROM template""",
    # An id is never used twice: the count goes on where it was.
    "DELETE FROM sqlite_sequence WHERE name = 'new_template'",
    """INSERT INTO sqlite_sequence (name, seq)
        SELECT 'new_template', seq FROM sqlite_sequence WHERE name = 'template'""",
    "DROP TABLE template",
    "ALTER TABLE new_template RENAME TO template",
    "CREATE INDEX template_identity ON template (identity_id)",
    "UPDATE meta SET scrub_due = 1",  # the old table's pages
)

MIGRATIONS = (
    _TABLES,
    _SEVERAL_MODELS,
)  # the statements which lead from version n to n + 1; never changed, only added to
SCHEMA_VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date, wholly or not at all.

    The connection is in autocommit mode, and does not enforce foreign keys yet: to put a table in
    the place of another would empty those that refer to it.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
