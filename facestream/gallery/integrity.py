"""A gallery's file -> what is wrong with it, in sentences. Reads, and changes nothing."""

from __future__ import annotations

import sqlite3

import cv2
import numpy as np

from facestream.gallery.records import are_unit_rows

__all__ = ["problems_of"]

MOST = 50
"""Sentences: a damaged file could have one for each row."""


def problems_of(connection: sqlite3.Connection) -> list[str]:
    """What is wrong, the structure first; empty for a sound gallery.

    Raises:
        sqlite3.Error: the file cannot even be read.
    """
    found = _structure(connection) or [*_embeddings(connection), *_crops(connection)]
    return found[:MOST]


def _structure(connection: sqlite3.Connection) -> list[str]:
    verdicts = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    lost = connection.execute("PRAGMA foreign_key_check").fetchall()
    return [
        *(f"The file is damaged: {verdict}." for verdict in verdicts if verdict != "ok"),
        *(f"A row of {table} belongs to nobody." for table, *_ in lost),
    ]


def _embeddings(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT template_id, dimension, vector FROM embedding JOIN model ON model.id = model_id"
    )
    found = []
    for template_id, dimension, vector in rows:
        if len(vector) != 4 * dimension:
            found.append(f"An embedding of example {template_id} has a wrong length.")
        elif not are_unit_rows(np.frombuffer(vector, "<f4")[np.newaxis]).all():
            found.append(f"An embedding of example {template_id} does not have unit length.")
    without = connection.execute(
        "SELECT id FROM template WHERE id NOT IN (SELECT template_id FROM embedding)"
    )
    return [*found, *(f"Example {template_id} has no embedding." for (template_id,) in without)]


def _crops(connection: sqlite3.Connection) -> list[str]:
    return [
        f"The picture of example {template_id} cannot be decoded."
        for template_id, jpeg in connection.execute("SELECT template_id, jpeg FROM crop")
        if not _is_picture(jpeg)
    ]


def _is_picture(jpeg: bytes) -> bool:
    try:
        return (
            cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) is not None
        )
    except cv2.error:
        return False
