"""A part of the searchable gallery that TensorFlow takes in one call. Knows no names."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facestream.gallery.ceilings import (
    CAPACITIES,
    GROUP,
    CodedProbes,
    CodedTemplates,
    fitting,
)
from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

__all__ = ["Block", "TemplateRows"]


@dataclass(frozen=True, slots=True, eq=False)
class TemplateRows:
    """Templates as columns.

    embeddings: (n, d) float32.
    identity_ids: (n,) object, str.
    template_ids: (n,) int64.
    """

    embeddings: Float32
    identity_ids: NDArray[np.object_]
    template_ids: NDArray[np.int64]

    @classmethod
    def of(cls, templates: StoredTemplates) -> TemplateRows:
        """The same templates; embeddings are not copied."""
        return cls(
            np.ascontiguousarray(templates.embeddings),
            np.array(templates.identity_ids, np.object_),
            templates.template_ids,
        )

    @classmethod
    def room(cls, capacity: int, dimension: int) -> TemplateRows:
        """Empty rows. The system gives memory to those that are written, not before."""
        return cls(
            np.zeros((capacity, dimension), np.float32),
            np.zeros(capacity, np.object_),
            np.zeros(capacity, np.int64),
        )

    def __len__(self) -> int:
        return len(self.template_ids)

    def __getitem__(self, which: slice | NDArray[np.bool_]) -> TemplateRows:
        return TemplateRows(
            self.embeddings[which], self.identity_ids[which], self.template_ids[which]
        )

    def stored(self) -> StoredTemplates:
        """The same as they are read from disk; embeddings are not copied."""
        return StoredTemplates(self.template_ids, tuple(self.identity_ids), self.embeddings)

    def write(self, start: int, rows: TemplateRows) -> None:
        """Put `rows` into the places from `start` on."""
        places = slice(start, start + len(rows))
        self.embeddings[places] = rows.embeddings
        self.identity_ids[places] = rows.identity_ids
        self.template_ids[places] = rows.template_ids


class _Shelf:
    """Room for the templates of a block and of the blocks that grew out of it.

    A block owns the first `len(block)` places of its shelf. Those are never written again; what
    comes after them belongs to later blocks, and is none of its business. So an enrolment copies no
    embeddings, and a search under way in another thread is not disturbed. `used` tells where the
    next free place is: a block that ends there may grow in place, once.

    Written by one thread at a time, the one that changes the gallery.
    """

    def __init__(self, rows: TemplateRows, used: int) -> None:
        self.rows = rows
        self.used = used

    @classmethod
    def of(cls, *parts: TemplateRows) -> _Shelf:
        """With these on it, one after the other. One part that fills it is not copied."""
        used = sum(map(len, parts))
        capacity = fitting(used, CAPACITIES)
        if len(parts[0]) == capacity:
            return cls(parts[0], capacity)
        rows = TemplateRows.room(capacity, parts[0].embeddings.shape[1])
        for part, end in zip(parts, accumulate(map(len, parts)), strict=True):
            rows.write(end - len(part), part)
        return cls(rows, used)


class Block:
    """At most CAPACITIES[-1] templates. Never changes: `appended` and `without` give a new one.

    Its rows are numbered from 0 to `capacity`; those from len(block) on are no templates.
    """

    def __init__(self, shelf: _Shelf, length: int, coded: CodedTemplates) -> None:
        self._shelf = shelf
        self._length = length
        self._coded = coded

    @classmethod
    def of(cls, *parts: TemplateRows) -> Block:
        """A block of these templates, at least one."""
        shelf = _Shelf.of(*parts)
        embeddings = shelf.rows.embeddings[: shelf.used]
        return cls(shelf, shelf.used, CodedTemplates.of(embeddings, len(shelf.rows)))

    def __len__(self) -> int:
        return self._length

    @property
    def capacity(self) -> int:
        """How many rows TensorFlow sees: one of CAPACITIES."""
        return len(self._shelf.rows)

    @property
    def rows(self) -> TemplateRows:
        """The templates."""
        return self._shelf.rows[: self._length]

    def appended(self, rows: TemplateRows) -> Block:
        """A block of these templates and `rows`, together at most CAPACITIES[-1].

        Copies the codes. The embeddings are copied when there is no room for more, or when another
        block has grown out of this one already.
        """
        start, end = self._length, self._length + len(rows)
        if end > self.capacity or self._shelf.used != start:
            return Block.of(self.rows, rows)
        self._shelf.rows.write(start, rows)
        self._shelf.used = end
        return Block(self._shelf, end, self._coded.replaced(start, rows.embeddings))

    def only(self, keep: NDArray[np.bool_]) -> Block | None:
        """A block of some of these templates: itself when that is all, None when it is none.

        keep: (len(self),).
        """
        if keep.all():
            return self
        return Block.of(self.rows[keep]) if keep.any() else None

    def ceilings(self, probes: CodedProbes) -> Any:
        """See `CodedTemplates.ceilings`."""
        return self._coded.ceilings(probes)

    def similarities(self, probe: Float32, groups: NDArray[np.int64]) -> Float32:
        """To the templates of some groups: (n,) -> (n, GROUP) float32, minus infinity for no
        template. Depends on nothing but the two embeddings, not even in the last bit.
        """
        grouped = self._shelf.rows.embeddings.reshape(-1, GROUP, len(probe))
        similarities: Float32 = np.vecdot(grouped[groups], probe)
        rows = groups[:, np.newaxis] * GROUP + np.arange(GROUP)
        similarities[rows >= self._length] = -np.inf
        return similarities
