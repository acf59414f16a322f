"""The in-memory KNN index: probes in, nearest templates out, by TensorFlow. Knows no disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from rpds import HashTrieMap

from facestream.gallery.block import Block, TemplateRows
from facestream.gallery.ceilings import (
    CAPACITIES,
    GROUP,
    PROBE_COUNTS,
    CodedProbes,
    CodedTemplates,
    trace_count,
)
from facestream.gallery.records import StoredTemplates
from facestream.gallery.sums import with_templates
from facestream.records import Float32

__all__ = ["GalleryIndex", "Neighbours", "trace_count"]

GROUPS_AT_A_TIME = 256  # compared in float32: 13 MB with 192 dimensions


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest templates of each probe, by descending similarity; k' = min(k, m).

    Of equally similar ones the older comes first.

    similarities: (b, k') float32, cosines.
    identity_ids: (b, k') object, str.
    template_ids: (b, k') int64.
    """

    similarities: Float32
    identity_ids: NDArray[np.object_]
    template_ids: NDArray[np.int64]


class GalleryIndex:
    """The templates that can be searched. Never changes: `appended` and `without` give a new one.

    A new one shares what did not change with the old one, so that a search under way in another
    thread goes on with the gallery that it started with. Nothing is compiled for it. One thread at
    a time makes new ones.

    A search is exact, in two passes. TensorFlow gives for each group of 64 templates a ceiling: no
    similarity in it is higher; see `ceilings`. Then the groups that can hold one of the k nearest
    are compared in float32: some ten of the 16,000 in a gallery of a million.
    """

    def __init__(
        self,
        dimension: int,
        blocks: Sequence[Block],
        names: HashTrieMap[str, str],
        template_counts: HashTrieMap[str, int],
        sums: HashTrieMap[str, Float32],
    ) -> None:
        self._dimension = dimension
        self._blocks = tuple(blocks)
        # Persistent maps: a change to one of 200,000 identities copies a few nodes, not all.
        self._names = names
        self._template_counts = template_counts
        self._sums = sums
        self._length = sum(map(len, self._blocks))
        # Rows are numbered over all blocks, as TensorFlow sees them: with those that are empty.
        self._starts = np.array(
            list(accumulate((block.capacity for block in self._blocks), initial=0)), np.int64
        )

    @classmethod
    def empty(cls, dimension: int) -> GalleryIndex:
        """An index of nobody, for embeddings of that length."""
        return cls(dimension, (), HashTrieMap(), HashTrieMap(), HashTrieMap())

    @classmethod
    def of(cls, templates: StoredTemplates, names: Mapping[str, str]) -> GalleryIndex:
        """An index of `templates`; `names` gives the display name of each identity id in them.

        It keeps the embeddings without copying them: nobody may change them.
        """
        return cls.empty(templates.embeddings.shape[1]).appended(templates, names)

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._dimension

    @property
    def names(self) -> Mapping[str, str]:
        """Identity id -> display name, of everybody who has a template here."""
        return self._names

    @property
    def template_counts(self) -> Mapping[str, int]:
        """Identity id -> how many templates they have here."""
        return self._template_counts

    def mean_of(self, identity_id: str) -> Float32:
        """The mean of somebody's templates, (d,) of unit length: what their looks have in common.

        Zero where they cancel each other out, so that it resembles nobody.
        """
        total = self._sums[identity_id]
        mean: Float32 = total / max(np.linalg.norm(total), np.float32(1e-6))
        return mean

    def __len__(self) -> int:
        return self._length

    def appended(self, templates: StoredTemplates, names: Mapping[str, str]) -> GalleryIndex:
        """An index of these templates and `templates`. `names` must have the identities in them.

        At most the codes of the last block are copied, 25 MB, however large the gallery is.
        """
        self._check("embeddings", templates.embeddings)
        if not len(templates):
            return self
        counts = Counter(templates.identity_ids)
        known = self._template_counts
        return GalleryIndex(
            self._dimension,
            tuple(_grown(self._blocks, TemplateRows.of(templates))),
            self._names.update({key: names[key] for key in counts}),
            known.update({key: known.get(key, 0) + count for key, count in counts.items()}),
            with_templates(self._sums, templates),
        )

    def without(self, identity_id: str) -> GalleryIndex:
        """An index less all templates of one identity. Only the blocks with them are copied."""
        if identity_id not in self._names:
            return self
        kept = (block.without(identity_id) for block in self._blocks)
        return GalleryIndex(
            self._dimension,
            [block for block in kept if block is not None],
            self._names.remove(identity_id),
            self._template_counts.remove(identity_id),
            self._sums.remove(identity_id),
        )

    def search(self, probes: Float32, k: int) -> Neighbours:
        """The k nearest templates of each probe, whatever the other probes are.

        Args:
            probes: (b, dimension) float32, rows of unit length. One that is broken, zero or not
                finite, resembles nobody: whoever its neighbours are, their similarity is 0.
            k: how many; at least 1. There are fewer in the answer when the index has fewer.
        """
        self._check("probes", probes)
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        k = min(k, len(self))
        similarities = np.empty((len(probes), k), np.float32)
        rows = np.empty((len(probes), k), np.int64)
        if k:
            sound = np.all(np.isfinite(probes), axis=1) & np.any(probes, axis=1)
            searched = np.where(sound[:, np.newaxis], probes, np.float32(1))
            for part in _parts(len(probes), PROBE_COUNTS[-1]):
                self._search(searched[part], similarities[part], rows[part])
            similarities[~sound] = 0
        return self._neighbours(similarities, rows)

    def warm_up(self) -> None:
        """Compile all that a gallery of any size will need, so that no client waits for it."""
        for b in PROBE_COUNTS:
            probes = CodedProbes.of(np.zeros((b, self._dimension), np.float32))
            for capacity in CAPACITIES:
                CodedTemplates.empty(self._dimension, capacity).ceilings(probes)

    def _search(self, probes: Float32, similarities: Float32, rows: NDArray[np.int64]) -> None:
        """Fill the last two, (b, k), for at most PROBE_COUNTS[-1] finite probes; 1 <= k <= m."""
        coded = CodedProbes.of(probes)
        under_way = [block.ceilings(coded) for block in self._blocks]
        ceilings = np.concatenate([tensor.numpy().T for tensor in under_way], axis=1)
        for i, probe in enumerate(probes):
            similarities[i], rows[i] = self._nearest(probe, ceilings[i], rows.shape[1])

    def _nearest(
        self, probe: Float32, ceilings: Float32, k: int
    ) -> tuple[Float32, NDArray[np.int64]]:
        """The k highest similarities, descending, and their rows.

        ceilings: (g,) float32, of all groups of all blocks.
        """
        # The k-th best among the most promising groups is a floor for the k-th best of all.
        promising = np.sort(np.argpartition(ceilings, -min(k, len(ceilings)))[-k:])
        floor = np.partition(self._similarities(probe, promising), -k)[-k]
        groups = np.flatnonzero(ceilings >= floor)
        found = [
            self._above(probe, groups[p], floor) for p in _parts(len(groups), GROUPS_AT_A_TIME)
        ]
        similarities = np.concatenate([values for values, _ in found])
        best = np.argsort(-similarities, kind="stable")[:k]
        return similarities[best], np.concatenate([rows for _, rows in found])[best]

    def _above(
        self, probe: Float32, groups: NDArray[np.int64], floor: np.float32
    ) -> tuple[Float32, NDArray[np.int64]]:
        """The similarities in some groups that reach the floor, and their rows, ascending."""
        similarities = self._similarities(probe, groups)
        at = np.flatnonzero(similarities >= floor)
        return similarities[at], groups[at // GROUP] * GROUP + at % GROUP

    def _similarities(self, probe: Float32, groups: NDArray[np.int64]) -> Float32:
        """(n * GROUP,) float32, of n ascending groups; minus infinity where no template is."""
        borders = np.searchsorted(groups, self._starts // GROUP)
        parts = [
            block.similarities(probe, groups[first:end] - start // GROUP).ravel()
            for block, start, first, end in zip(
                self._blocks, self._starts[:-1], borders[:-1], borders[1:], strict=True
            )
            if end > first
        ]
        return np.concatenate(parts)

    def _neighbours(self, similarities: Float32, rows: NDArray[np.int64]) -> Neighbours:
        """Look up whose rows they are. rows: (b, k')."""
        identity_ids = np.empty(rows.shape, np.object_)
        template_ids = np.empty(rows.shape, np.int64)
        holders = np.searchsorted(self._starts, rows, side="right") - 1
        for i in np.unique(holders):
            here = holders == i
            block, local = self._blocks[i].rows, rows[here] - self._starts[i]
            identity_ids[here] = block.identity_ids[local]
            template_ids[here] = block.template_ids[local]
        return Neighbours(similarities, identity_ids, template_ids)

    def _check(self, name: str, rows: Float32) -> None:
        if rows.ndim != 2 or rows.shape[1] != self._dimension or rows.dtype != np.float32:
            raise ValueError(
                f"{name} must have shape (n, {self._dimension}) and dtype float32, "
                f"got {rows.shape} and {rows.dtype}"
            )


def _grown(blocks: tuple[Block, ...], rows: TemplateRows) -> Iterator[Block]:
    """The blocks with `rows` after them: the last one filled up, then new ones."""
    yield from blocks[:-1]
    room = 0
    for last in blocks[-1:]:
        room = CAPACITIES[-1] - len(last)
        yield last.appended(rows[:room]) if room else last
    for part in _parts(len(rows) - room, CAPACITIES[-1]):
        yield Block.of(rows[room:][part])


def _parts(n: int, size: int) -> Iterator[slice]:
    """Slices of at most `size`, which together are range(n)."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
