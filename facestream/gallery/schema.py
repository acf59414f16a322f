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

MIGRATIONS = (
    _TABLES,
)  # the statements which lead from version n to n + 1; never changed, only added to
SCHEMA_VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date, wholly or not at all. The connection is in autocommit mode."""
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
