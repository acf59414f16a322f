"""What somebody's templates have in common: their sum, kept up to date as templates come."""

from __future__ import annotations

import numpy as np
from rpds import HashTrieMap

from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

__all__ = ["with_templates"]


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
    np.add.at(totals, rows, templates.embeddings)
    return sums.update(dict(zip(number, totals, strict=True)))
