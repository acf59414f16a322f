"""The in-memory KNN index: probes in, nearest templates out, by TensorFlow. Knows no disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

__all__ = ["GalleryIndex", "Neighbours", "trace_count"]

# TensorFlow sees blocks of these sizes only, filled up with zeros: a gallery of any size costs at
# most twice its memory and time while it is small, and one partly filled block when it is large.
BLOCK_CAPACITIES = tuple(256 << i for i in range(9))  # 256 ... 65536
PROBE_COUNTS = (8, 64)

# The k best of a row are in the k groups with the highest maxima. Looking there first makes `top_k`
# some ten times cheaper than over the whole row. Divides every capacity.
GROUP = 64


def _search_block(probes: Any, block: Any, valid: Any, k: Any) -> Any:
    """Similarities (b, k) descending and rows (b, k) of one block's first `valid` rows."""
    b, groups = tf.shape(probes)[0], tf.shape(block)[1] // GROUP
    is_valid = tf.range(tf.shape(block)[1]) < valid
    similarities = tf.where(is_valid, tf.linalg.matmul(probes, block), -np.inf)
    grouped = tf.reshape(similarities, (b, groups, GROUP))
    best_groups = tf.math.top_k(tf.reduce_max(grouped, axis=2), tf.minimum(k, groups)).indices
    among = tf.reshape(tf.gather(grouped, best_groups, batch_dims=1), (b, -1))
    best, at = tf.math.top_k(among, k)
    return best, tf.gather(best_groups, at // GROUP, batch_dims=1) * GROUP + at % GROUP


_search_block_compiled = tf.function(
    _search_block,
    input_signature=(
        tf.TensorSpec((None, None), tf.float32),
        tf.TensorSpec((None, None), tf.float32),
        tf.TensorSpec((), tf.int32),
        tf.TensorSpec((), tf.int32),
    ),
)


def trace_count() -> int:
    """How often TensorFlow has traced the search in this process: 1 after the first search."""
    return int(_search_block_compiled.experimental_get_tracing_count())


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest templates of each probe, by descending similarity; k' = min(k, m).

    similarities: (b, k') float32, cosines.
    identity_ids: (b, k') object, str.
    template_ids: (b, k') int64.
    """

    similarities: Float32
    identity_ids: NDArray[np.object_]
    template_ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Up to 65536 templates.

    padded: (d, capacity) float32 tensor, a template a column: so the product is faster than with
        rows. What comes after the m valid ones is zero.
    identity_ids: (m,) object, str.
    template_ids: (m,) int64.
    """

    padded: Any
    identity_ids: NDArray[np.object_]
    template_ids: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        embeddings: Float32,
        identity_ids: NDArray[np.object_],
        template_ids: NDArray[np.int64],
    ) -> _Block:
        m, dimension = embeddings.shape
        padded = np.zeros((dimension, _fitting(m, BLOCK_CAPACITIES)), np.float32)
        padded[:, :m] = embeddings.T
        return cls(tf.constant(padded), identity_ids, template_ids)

    def __len__(self) -> int:
        return len(self.template_ids)

    @property
    def embeddings(self) -> Float32:
        """(m, d), the valid ones."""
        columns: Float32 = self.padded.numpy()[:, : len(self)]
        return columns.T

    def search(self, probes: Any, k: int) -> tuple[Any, Any]:
        """Tensors: similarities (b, k'') descending and rows (b, k''), k'' = min(k, capacity)."""
        k_here = min(k, int(self.padded.shape[1]))
        found = _search_block_compiled(
            probes,
            self.padded,
            tf.constant(len(self), tf.int32),
            tf.constant(k_here, tf.int32),
        )
        return found[0], found[1]

    def kept(self, keep: NDArray[np.bool_]) -> _Block:
        """A block with the rows of `keep`: (m,) bool; itself when that is all of them."""
        if keep.all():
            return self
        return _Block.of(self.embeddings[keep], self.identity_ids[keep], self.template_ids[keep])


class GalleryIndex:
    """The templates that can be searched. Never changes: `appended` and `without` give a new one.

    A new one shares what did not change with the old one, so that a search under way in another
    thread goes on with the gallery that it started with. Nothing is compiled for it.
    """

    def __init__(
        self,
        dimension: int,
        blocks: tuple[_Block, ...],
        names: Mapping[str, str],
        template_counts: Mapping[str, int],
    ) -> None:
        self._dimension = dimension
        self._blocks = blocks
        self._names = MappingProxyType(dict(names))
        self._template_counts = MappingProxyType(dict(template_counts))
        self._length = sum(map(len, blocks))

    @classmethod
    def empty(cls, dimension: int) -> GalleryIndex:
        """An index of nobody, for embeddings of that length."""
        return cls(dimension, (), {}, {})

    @classmethod
    def of(cls, templates: StoredTemplates, names: Mapping[str, str]) -> GalleryIndex:
        """An index of `templates`; `names` gives the display name of each identity id in them."""
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

    def __len__(self) -> int:
        return self._length

    def appended(self, templates: StoredTemplates, names: Mapping[str, str]) -> GalleryIndex:
        """An index of these templates and `templates`. `names` must have the identities in them.

        Only the last block is copied: 50 MB at most.
        """
        self._check("embeddings", templates.embeddings)
        if not len(templates):
            return self
        counts = Counter(templates.identity_ids)
        return GalleryIndex(
            self._dimension,
            (*self._full_blocks(), *self._tail_blocks(templates)),
            {**self._names, **{identity_id: names[identity_id] for identity_id in counts}},
            {**self._template_counts, **_summed(self._template_counts, counts)},
        )

    def without(self, identity_id: str) -> GalleryIndex:
        """An index less all templates of one identity. Only the blocks with them are copied."""
        kept = (block.kept(block.identity_ids != identity_id) for block in self._blocks)
        return GalleryIndex(
            self._dimension,
            tuple(block for block in kept if len(block)),
            {key: name for key, name in self._names.items() if key != identity_id},
            {key: count for key, count in self._template_counts.items() if key != identity_id},
        )

    def search(self, probes: Float32, k: int) -> Neighbours:
        """The k nearest templates of each probe.

        Args:
            probes: (b, dimension) float32, rows of unit length.
            k: how many; at least 1. There are fewer in the answer when the index has fewer.
        """
        self._check("probes", probes)
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        if not len(probes) or not len(self):
            return _nothing(len(probes), min(k, len(self)))
        parts = [self._search(part, k) for part in _parts(probes)]
        return Neighbours(
            np.concatenate([part.similarities for part in parts]),
            np.concatenate([part.identity_ids for part in parts]),
            np.concatenate([part.template_ids for part in parts]),
        )

    def warm_up(self) -> None:
        """Search blocks of every size with probes of every size, so that no client waits for it."""
        for capacity in BLOCK_CAPACITIES:
            block = _Block(
                tf.zeros((self._dimension, capacity)),
                np.empty(0, np.object_),
                np.empty(0, np.int64),
            )
            for b in PROBE_COUNTS:
                block.search(tf.zeros((b, self._dimension)), 1)

    def _full_blocks(self) -> tuple[_Block, ...]:
        """All blocks that `appended` shares: but for the last one, unless that has no room."""
        has_room = bool(self._blocks) and len(self._blocks[-1]) < BLOCK_CAPACITIES[-1]
        return self._blocks[:-1] if has_room else self._blocks

    def _tail_blocks(self, templates: StoredTemplates) -> Iterator[_Block]:
        """The templates of the last block, if it has room, and `templates` after them."""
        tail = self._blocks[len(self._full_blocks()) :]
        embeddings = np.concatenate([*(b.embeddings for b in tail), templates.embeddings])
        new_identity_ids = np.array(templates.identity_ids, np.object_)
        identity_ids = np.concatenate([*(b.identity_ids for b in tail), new_identity_ids])
        template_ids = np.concatenate([*(b.template_ids for b in tail), templates.template_ids])
        for start in range(0, len(embeddings), BLOCK_CAPACITIES[-1]):
            part = slice(start, start + BLOCK_CAPACITIES[-1])
            yield _Block.of(embeddings[part], identity_ids[part], template_ids[part])

    def _search(self, probes: Float32, k: int) -> Neighbours:
        """Of at most 64 probes: the best of each block, then the best of those."""
        b = len(probes)
        padded = np.zeros((_fitting(b, PROBE_COUNTS), self._dimension), np.float32)
        padded[:b] = np.nan_to_num(probes, posinf=0.0, neginf=0.0)  # broken: resembles nobody
        probes_tensor = tf.constant(padded)
        found = [block.search(probes_tensor, k) for block in self._blocks]  # all under way
        similarities = np.concatenate([values.numpy()[:b] for values, _ in found], axis=1)
        rows = np.concatenate(
            [
                rows.numpy()[:b] + start
                for (_, rows), start in zip(found, self._starts(), strict=True)
            ],
            axis=1,
        )
        best = np.argsort(-similarities, axis=1, kind="stable")[:, : min(k, len(self))]
        return self._neighbours(
            np.take_along_axis(similarities, best, axis=1), np.take_along_axis(rows, best, axis=1)
        )

    def _starts(self) -> Iterable[int]:
        """The number of each block's first row, counted over all blocks."""
        return list(accumulate(map(len, self._blocks), initial=0))[:-1]

    def _neighbours(self, similarities: Float32, rows: NDArray[np.int64]) -> Neighbours:
        """Look up whose rows they are. rows: (b, k'), counted over all blocks."""
        identity_ids = np.empty(rows.shape, np.object_)
        template_ids = np.empty(rows.shape, np.int64)
        for block, start in zip(self._blocks, self._starts(), strict=True):
            here = (rows >= start) & (rows < start + len(block))
            identity_ids[here] = block.identity_ids[rows[here] - start]
            template_ids[here] = block.template_ids[rows[here] - start]
        return Neighbours(similarities, identity_ids, template_ids)

    def _check(self, name: str, rows: Float32) -> None:
        if rows.ndim != 2 or rows.shape[1] != self._dimension or rows.dtype != np.float32:
            raise ValueError(
                f"{name} must have shape (n, {self._dimension}) and dtype float32, "
                f"got {rows.shape} and {rows.dtype}"
            )


def _fitting(n: int, sizes: tuple[int, ...]) -> int:
    """The smallest of the ascending sizes which is at least n."""
    return next(size for size in sizes if size >= n)


def _summed(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    return {key: old.get(key, 0) + count for key, count in new.items()}


def _parts(probes: Float32) -> Iterator[Float32]:
    for start in range(0, len(probes), PROBE_COUNTS[-1]):
        yield probes[start : start + PROBE_COUNTS[-1]]


def _nothing(b: int, k: int) -> Neighbours:
    """No probes, (0, k'), or no templates, (b, 0)."""
    shape = (b, k)
    return Neighbours(
        np.empty(shape, np.float32), np.empty(shape, np.object_), np.empty(shape, np.int64)
    )
