"""All templates of a gallery in blocks, searched as one: probes in, nearest templates out.

By TensorFlow, and by numpy where it matters. Knows no names and no disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from facestream.gallery.block import Block, TemplateRows
from facestream.gallery.ceilings import CAPACITIES, GROUP, PROBE_COUNTS, CodedProbes, CodedTemplates
from facestream.records import Float32

__all__ = ["Blocks", "Neighbours"]

GROUPS_AT_A_TIME = 256  # compared in float32: 13 MB with 192 dimensions
BELOW_ALL = np.float32(-2)  # less than any cosine


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


class Blocks:
    """Any number of templates. Never changes: `appended` and `only` give another one.

    A search is exact, in two passes. TensorFlow gives for each group of 64 templates a ceiling: no
    similarity in it is higher; see `ceilings`. Then the groups that can hold one of the k nearest
    are compared in float32: some ten of the 16,000 in a gallery of a million.
    """

    def __init__(self, dimension: int, blocks: Sequence[Block] = ()) -> None:
        self._dimension = dimension
        self._blocks = tuple(blocks)
        self._length = sum(map(len, self._blocks))
        # Rows are numbered over all blocks, as TensorFlow sees them: with those that are empty.
        self._starts = np.array(
            list(accumulate((block.capacity for block in self._blocks), initial=0)), np.int64
        )

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[TemplateRows]:
        """The templates, block by block."""
        return (block.rows for block in self._blocks)

    def appended(self, rows: TemplateRows) -> Blocks:
        """These and `rows`. At most the codes of the last block are copied, 25 MB."""
        return Blocks(self._dimension, list(_grown(self._blocks, rows)))

    def only(self, keep: Sequence[NDArray[np.bool_]]) -> Blocks:
        """Some of these, for each block those of (len(block),); blocks that stay are not copied."""
        kept = [block.only(rows) for block, rows in zip(self._blocks, keep, strict=True)]
        return Blocks(self._dimension, [block for block in kept if block is not None])

    def search(self, probes: Float32, k: int) -> Neighbours:
        """The k nearest templates of each probe, whatever the other probes are.

        Args:
            probes: (b, dimension) float32, rows of unit length. One that is broken, zero or not
                finite, resembles nobody: whoever its neighbours are, their similarity is 0.
            k: how many; at least 1. There are fewer in the answer when the index has fewer.
        """
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

    def nearest_exactly(self, probe: Float32, k: int) -> Neighbours:
        """As `search`, for one probe (dimension,) of unit length, without TensorFlow.

        Takes some 20 ms with 100,000 templates: for what people ask now and then.
        """
        k = min(k, len(self))
        groups = np.arange(self._starts[-1] // GROUP)
        found = [
            self._above(probe, groups[part], BELOW_ALL)
            for part in _parts(len(groups), GROUPS_AT_A_TIME)
        ]
        if not found:
            return self._neighbours(np.empty((1, 0), np.float32), np.empty((1, 0), np.int64))
        similarities = np.concatenate([values for values, _ in found])
        best = np.argsort(-similarities, kind="stable")[np.newaxis, :k]
        return self._neighbours(
            similarities[best], np.concatenate([rows for _, rows in found])[best]
        )

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
