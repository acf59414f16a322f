"""The in-memory KNN index: who is known by which templates, to be searched. Knows no disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rpds import HashTrieMap

from facestream.gallery.block import TemplateRows
from facestream.gallery.blocks import Blocks, Neighbours
from facestream.gallery.ceilings import trace_count
from facestream.gallery.records import StoredTemplates
from facestream.gallery.sums import with_templates
from facestream.records import Float32

__all__ = ["GalleryIndex", "Neighbours", "trace_count"]


@dataclass(frozen=True, slots=True, eq=False)
class GalleryIndex:
    """The examples, which are searched, and the rejections: faces that are not somebody.

    Never changes: what changes it gives a new one, which shares what did not change with the old
    one, so that a search under way in another thread goes on with the gallery that it started with.
    Nothing is compiled for it. One thread at a time makes new ones.

    The maps have identity ids as keys. They are persistent: a change to one of 200,000 people
    copies a few nodes, not all.

    dimension: length of an embedding.
    names: display name of everybody who has an example here.
    template_counts: how many examples they have here.
    sums: the sum (dimension,) of their embeddings.
    rejections: of whoever has any, with an example or without.
    """

    dimension: int
    blocks: Blocks
    names: HashTrieMap[str, str]
    template_counts: HashTrieMap[str, int]
    sums: HashTrieMap[str, Float32]
    rejections: HashTrieMap[str, StoredTemplates]

    @classmethod
    def empty(cls, dimension: int) -> GalleryIndex:
        """An index of nobody, for embeddings of that length."""
        return cls(
            dimension,
            Blocks(dimension),
            names=HashTrieMap(),
            template_counts=HashTrieMap(),
            sums=HashTrieMap(),
            rejections=HashTrieMap(),
        )

    @classmethod
    def of(cls, templates: StoredTemplates, names: Mapping[str, str]) -> GalleryIndex:
        """An index of `templates`; `names` gives the display name of each identity id in them.

        It keeps the embeddings without copying them: nobody may change them.
        """
        return cls.empty(templates.embeddings.shape[1]).appended(templates, names)

    def __len__(self) -> int:
        return len(self.blocks)

    # --- reading ----------------------------------------------------------------------------------

    def search(self, probes: Float32, k: int) -> Neighbours:
        """The k nearest templates of each probe, whatever the other probes are.

        Args:
            probes: (b, dimension) float32, rows of unit length. One that is broken, zero or not
                finite, resembles nobody: whoever its neighbours are, their similarity is 0.
            k: how many; at least 1. There are fewer in the answer when the index has fewer.
        """
        self._check("probes", probes)
        return self.blocks.search(probes, k)

    def warm_up(self) -> None:
        """Compile all that a gallery of any size will need, so that no client waits for it."""
        self.blocks.warm_up()

    def mean_of(self, identity_id: str) -> Float32:
        """The mean of somebody's templates, (d,) of unit length: what their looks have in common.

        Zero where they cancel each other out, so that it resembles nobody.
        """
        total = self.sums[identity_id]
        mean: Float32 = total / max(np.linalg.norm(total), np.float32(1e-6))
        return mean

    def rejects(self, identity_id: str, probe: Float32, similarity: float) -> bool:
        """Whether a probe (d,) is more like a face that somebody is not, than like them.

        similarity: of the probe to the person; see `decision.person_similarity`.
        """
        rejections = self.rejections.get(identity_id)
        return rejections is not None and bool((rejections.embeddings @ probe).max() >= similarity)

    def templates_of(self, identity_id: str) -> StoredTemplates:
        """All examples of one identity. Looks through all ids: 5 ms with 100,000 templates."""
        return self._chosen(rows.identity_ids == identity_id for rows in self.blocks)

    def taken(self, template_ids: Collection[int]) -> tuple[StoredTemplates, StoredTemplates]:
        """Those of some templates that are here: examples, and rejections."""
        wanted = np.fromiter(template_ids, np.int64, len(template_ids))
        rejections = StoredTemplates.none(self.dimension)
        for own in self.rejections.values():
            rejections = rejections.joined(own[np.isin(own.template_ids, wanted)])
        examples = self._chosen(np.isin(rows.template_ids, wanted) for rows in self.blocks)
        return examples, rejections

    # --- changing ---------------------------------------------------------------------------------

    def appended(self, templates: StoredTemplates, names: Mapping[str, str]) -> GalleryIndex:
        """An index of these examples and `templates`. `names` must have the identities in them.

        At most the codes of the last block are copied, 25 MB, however large the gallery is.
        """
        self._check("embeddings", templates.embeddings)
        if not len(templates):
            return self
        counts = Counter(templates.identity_ids)
        known = self.template_counts
        return replace(
            self,
            blocks=self.blocks.appended(TemplateRows.of(templates)),
            names=self.names.update({key: names[key] for key in counts}),
            template_counts=known.update(
                {key: known.get(key, 0) + count for key, count in counts.items()}
            ),
            sums=with_templates(self.sums, templates),
        )

    def renamed(self, identity_id: str, name: str) -> GalleryIndex:
        """An index in which somebody has another name."""
        if identity_id not in self.names:
            return self
        return replace(self, names=self.names.insert(identity_id, name))

    def rejecting(self, rejections: StoredTemplates) -> GalleryIndex:
        """An index with more rejections: faces that are not the people whose ids they have."""
        known = self.rejections
        owners = np.array(rejections.identity_ids, np.object_)
        for identity_id in dict.fromkeys(rejections.identity_ids):
            before = known.get(identity_id, StoredTemplates.none(self.dimension))
            known = known.insert(identity_id, before.joined(rejections[owners == identity_id]))
        return replace(self, rejections=known)

    def without(self, identity_id: str) -> GalleryIndex:
        """An index less one identity. Only the blocks with their examples are copied."""
        kept = self._only([rows.identity_ids != identity_id for rows in self.blocks])
        return replace(kept, rejections=kept.rejections.discard(identity_id))

    def without_templates(self, template_ids: Collection[int]) -> GalleryIndex:
        """An index less some templates, examples or rejections. Unknown ids do not matter."""
        gone = np.fromiter(template_ids, np.int64, len(template_ids))
        rejections = self.rejections
        for identity_id, own in self.rejections.items():
            left = own[~np.isin(own.template_ids, gone)]
            rejections = (
                rejections.insert(identity_id, left)
                if len(left)
                else rejections.discard(identity_id)
            )
        kept = self._only([~np.isin(rows.template_ids, gone) for rows in self.blocks])
        return replace(kept, rejections=rejections)

    def moved(self, template_ids: Collection[int], into: str, name: str) -> GalleryIndex:
        """An index in which some templates are another identity's, which has this name."""
        examples, rejections = self.taken(template_ids)
        return (
            self.without_templates(template_ids)
            .appended(examples.owned_by(into), {into: name})
            .rejecting(rejections.owned_by(into))
        )

    def merged(self, identity_id: str, into: str, name: str) -> GalleryIndex:
        """An index in which all that is somebody's is another identity's, which has this name."""
        nothing = StoredTemplates.none(self.dimension)
        examples = self.templates_of(identity_id)
        rejections = self.rejections.get(identity_id, nothing)
        return (
            self.without(identity_id)
            .appended(examples.owned_by(into), {into: name})
            .rejecting(rejections.owned_by(into))
        )

    def _only(self, keep: list[NDArray[np.bool_]]) -> GalleryIndex:
        """An index of some of the examples; `keep`: which ones of each block."""
        touched = {
            str(identity_id)
            for rows, kept in zip(self.blocks, keep, strict=True)
            for identity_id in rows.identity_ids[~kept]
        }
        if not touched:
            return self
        names, counts, sums = self.names, self.template_counts, self.sums
        for identity_id in touched:
            names = names.remove(identity_id)
            counts = counts.remove(identity_id)
            sums = sums.remove(identity_id)
        smaller = replace(
            self,
            blocks=self.blocks.only(keep),
            names=names,
            template_counts=counts,
            sums=sums,
        )
        # Who has examples left is counted and summed anew: differences would drift from the sums.
        left = smaller._chosen(
            np.array([one in touched for one in rows.identity_ids], np.bool_)
            for rows in smaller.blocks
        )
        again = Counter(left.identity_ids)
        return replace(
            smaller,
            names=names.update({key: self.names[key] for key in again}),
            template_counts=counts.update(again),
            sums=with_templates(sums, left),
        )

    def _chosen(self, which: Iterator[NDArray[np.bool_]]) -> StoredTemplates:
        """The examples for which the rows of a block are true, of all blocks."""
        chosen = StoredTemplates.none(self.dimension)
        for rows, mask in zip(self.blocks, which, strict=True):
            chosen = chosen.joined(rows[mask].stored())
        return chosen

    def _check(self, name: str, rows: Float32) -> None:
        if rows.ndim != 2 or rows.shape[1] != self.dimension or rows.dtype != np.float32:
            raise ValueError(
                f"{name} must have shape (n, {self.dimension}) and dtype float32, "
                f"got {rows.shape} and {rows.dtype}"
            )
