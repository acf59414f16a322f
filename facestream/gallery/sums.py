"""What somebody's templates have in common: their sum, kept up to date as templates come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rpds import HashTrieMap

from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

__all__ = ["with_templates"]

ROWS_AT_A_TIME = 8192
"""That are sorted by person; more would copy more, fewer would part more people's rows."""


def with_templates(
    sums: HashTrieMap[str, Float32], templates: StoredTemplates
) -> HashTrieMap[str, Float32]:
    """The sums with `templates` added; only those of the people in them are made anew.

    sums: identity id -> the sum (d,) of all their embeddings. A sum takes as much memory as one
        template more of everybody.
    """
    number: dict[str, int] = {}
    rows = [number.setdefault(key, len(number)) for key in templates.identity_ids]
    nothing = np.zeros(templates.embeddings.shape[1], np.float32)
    totals = np.array([sums.get(key, nothing) for key in number], np.float32)
    _add(totals, np.array(rows, np.intp), templates.embeddings)
    return sums.update(dict(zip(number, totals, strict=True)))


def _add(totals: Float32, people: NDArray[np.intp], rows: Float32) -> None:
    """Add each of `rows` (n, d) to the total of its person, in place. people: (n,).

    `np.add.at` does the same, but row by row and several times slower.
    """
    order = np.argsort(people, kind="stable")
    for start in range(0, len(order), ROWS_AT_A_TIME):
        part = order[start : start + ROWS_AT_A_TIME]
        firsts = np.flatnonzero(np.diff(people[part], prepend=-1))
        totals[people[part][firsts]] += np.add.reduceat(rows[part], firsts)
