"""The gallery -> what in it is worth a look: wrong, alike, few or monotonous examples. Pure numpy.

Blocks of the gallery are copied, never all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facestream.gallery.decision import person_similarity
from facestream.gallery.names import name_key
from facestream.gallery.records import IdentitySummary
from facestream.records import Float32

if TYPE_CHECKING:  # importing it costs seconds: it brings TensorFlow
    from facestream.gallery.decision import DecisionPolicy
    from facestream.gallery.index import GalleryIndex
    from facestream.gallery.people import People

__all__ = ["MOST", "AlikePair", "Health", "Outlier", "UniformPerson", "check_health"]

MOST = 100
"""Entries of a list, the worst first: who mends those can ask again."""

OUTLIER_FMR = 1e-2
"""One stranger in a hundred is as similar. Of the 914 photos of the 129 people with five or more in
LFW folds 1 to 5 it tells of one, and of 99 % of strangers among nine photos of somebody."""

UNIFORM_SPREADS = 0.18
"""How far from the mean, in spreads of the calibration, the same look lies. In LFW the furthest of
three photos is at least 0.20 away, of five 0.36. Of ten frames of one photo that were shifted,
turned and brightened a little, the furthest was at most 0.13 away. With mobilefacenet and dlib."""

ENOUGH = 3
"""Examples of a person, at least, that can be compared with each other."""

ROWS_AT_A_TIME = 4096
PEOPLE_AT_A_TIME = 1024
"""Examples and people that are compared in one product: 16 MB of similarities."""

ROUNDING = 1e-5  # what float32 sums may be off


@dataclass(frozen=True, slots=True)
class Outlier:
    """An example that does not resemble the others of its person. similarity: to those others."""

    identity: IdentitySummary
    template_id: int
    similarity: float


@dataclass(frozen=True, slots=True)
class AlikePair:
    """Two people of whom one would be taken for the other.

    similarity: of an example of the first to the second. threshold: what it takes to be named.
    """

    first: IdentitySummary
    second: IdentitySummary
    similarity: float
    threshold: float


@dataclass(frozen=True, slots=True)
class UniformPerson:
    """Somebody whose examples are all the same. similarity: of the least typical to their mean."""

    identity: IdentitySummary
    similarity: float


@dataclass(frozen=True, slots=True)
class Health:
    """What is worth a look, at most `MOST` of each kind, the worst first."""

    outliers: tuple[Outlier, ...]
    alike: tuple[AlikePair, ...]
    few: tuple[IdentitySummary, ...]
    uniform: tuple[UniformPerson, ...]

    def as_json(self) -> dict[str, Any]:
        """As docs/rest.md has it, but for the revision."""
        return {
            "outliers": [
                {
                    **_named(one.identity),
                    "template_id": one.template_id,
                    "similarity": one.similarity,
                }
                for one in self.outliers
            ],
            "alike": [
                {
                    "identities": [_counted(one.first), _counted(one.second)],
                    "similarity": one.similarity,
                    "threshold": one.threshold,
                }
                for one in self.alike
            ],
            "few": [_counted(one) for one in self.few],
            "uniform": [
                {**_named(one.identity), "similarity": one.similarity} for one in self.uniform
            ],
        }


def check_health(index: GalleryIndex, people: People, policy: DecisionPolicy, few: int) -> Health:
    """What is worth a look in a gallery: in its searched examples, and among everybody in it.

    `few`: who has fewer examples is told of. The time grows with people times examples: for 10,000
    with 10 each it takes seconds.
    """
    examples = _Examples(index)
    return Health(
        outliers=_outliers(examples, people, policy),
        alike=_alike(examples, people, policy),
        few=_few(people, few),
        uniform=_uniform(examples, people, policy),
    )


def _named(identity: IdentitySummary) -> dict[str, Any]:
    return {"identity_id": identity.identity_id, "display_name": identity.display_name}


def _counted(identity: IdentitySummary) -> dict[str, Any]:
    return {**_named(identity), "templates": identity.templates}


class _Examples:
    """The examples of an index, sorted by person: m of p people. Copies none until asked.

    identity_ids: p of them.
    starts: (p + 1,) int64: person j has the examples from starts[j] to starts[j + 1].
    template_ids: (m,) int64. owners: (m,) int64, ascending: whose they are.
    means: (p, d) float32, see `GalleryIndex.mean_of`.
    """

    def __init__(self, index: GalleryIndex) -> None:
        self._blocks = list(index.blocks)
        self._ends = np.cumsum([len(rows) for rows in self._blocks], dtype=np.int64)
        number: dict[str, int] = {}
        owners = np.array(
            [
                number.setdefault(key, len(number))
                for rows in self._blocks
                for key in rows.identity_ids
            ],
            np.int64,
        )
        self._order = np.argsort(owners, kind="stable")
        self.identity_ids = list(number)
        self.owners = owners[self._order]
        self.starts = np.searchsorted(self.owners, np.arange(len(number) + 1))
        self.template_ids = np.concatenate(
            [np.zeros(0, np.int64), *(rows.template_ids for rows in self._blocks)]
        )[self._order]
        self.means = np.array([index.mean_of(key) for key in number], np.float32).reshape(
            len(number), index.dimension
        )

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(p,) how many each has."""
        return np.diff(self.starts)

    def rows(self, part: slice) -> Float32:
        """A copy of the embeddings of some examples, (n, d)."""
        wanted = self._order[part]
        rows = np.empty((len(wanted), self.means.shape[1]), np.float32)
        holders = np.searchsorted(self._ends, wanted, side="right")
        for i in np.unique(holders):
            here, block = holders == i, self._blocks[i].embeddings
            rows[here] = block[wanted[here] - (self._ends[i] - len(block))]
        return rows

    def of(self, person: int) -> Float32:
        """A copy of somebody's embeddings."""
        return self.rows(slice(self.starts[person], self.starts[person + 1]))

    def parts(self) -> Iterator[slice]:
        """Slices of a few examples, together all of them."""
        for start in range(0, len(self), ROWS_AT_A_TIME):
            yield slice(start, min(start + ROWS_AT_A_TIME, len(self)))

    @cached_property
    def to_means(self) -> Float32:
        """(m,) cosine of each example to the mean of its person."""
        cosines = [
            np.vecdot(self.rows(part), self.means[self.owners[part]]) for part in self.parts()
        ]
        return np.concatenate([np.zeros(0, np.float32), *cosines])


# --- one person -----------------------------------------------------------------------------------


def _outliers(examples: _Examples, people: People, policy: DecisionPolicy) -> tuple[Outlier, ...]:
    """Whose similarity to the others of the person is that of a stranger."""
    found = []
    for person in np.flatnonzero(examples.counts >= ENOUGH).tolist():
        similarities = _to_the_others(examples.of(person))
        others = len(similarities) - 1
        threshold = policy.calibration.threshold_for(OUTLIER_FMR, templates=others)
        for i in np.flatnonzero(similarities < threshold):
            found.append(
                Outlier(
                    people[examples.identity_ids[person]],
                    int(examples.template_ids[examples.starts[person] + i]),
                    float(similarities[i]),
                )
            )
    return tuple(sorted(found, key=lambda one: one.similarity)[:MOST])


def _to_the_others(rows: Float32) -> Float32:
    """Of each example (n, d) of a person, n >= 2, the similarity to the others: (n,)."""
    nearest = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        cosines = rows[start : start + ROWS_AT_A_TIME] @ rows.T
        np.fill_diagonal(cosines[:, start:], -1)
        nearest[start : start + ROWS_AT_A_TIME] = cosines.max(axis=1)
    others = rows.sum(axis=0) - rows
    lengths = np.maximum(np.linalg.norm(others, axis=1), np.float32(1e-6))
    to_mean: Float32 = np.vecdot(others, rows) / lengths
    return person_similarity(nearest, to_mean)


def _few(people: People, few: int) -> tuple[IdentitySummary, ...]:
    """Who has fewer examples, the model in use or not."""
    found = [one for one in people.values() if one.templates < few]
    return tuple(sorted(found, key=lambda one: (one.templates, name_key(one.display_name)))[:MOST])


def _uniform(
    examples: _Examples, people: People, policy: DecisionPolicy
) -> tuple[UniformPerson, ...]:
    """Whose least typical example is nearly the mean."""
    if not len(examples):
        return ()
    least = np.minimum.reduceat(examples.to_means, examples.starts[:-1])
    floor = 1 - UNIFORM_SPREADS * policy.calibration.spread
    found = np.flatnonzero((examples.counts >= ENOUGH) & (least >= floor))
    worst = found[np.argsort(-least[found], kind="stable")][:MOST]
    return tuple(
        UniformPerson(people[examples.identity_ids[person]], float(least[person]))
        for person in worst
    )


# --- two people -----------------------------------------------------------------------------------


def _alike(examples: _Examples, people: People, policy: DecisionPolicy) -> tuple[AlikePair, ...]:
    """Pairs of whom an example of one reaches the threshold of the other, by how far it does.

    Each example is compared with the mean of everybody, and only where that is near enough with
    each of their examples.
    """
    everybody = len(examples.identity_ids)
    of_count = {n: policy.threshold(everybody, n) for n in np.unique(examples.counts).tolist()}
    thresholds = np.array([of_count[n] for n in examples.counts.tolist()], np.float32)
    worst = _WorstPairs()
    for part in examples.parts():
        rows, owners = examples.rows(part), examples.owners[part]
        floors = _floors(examples, thresholds + np.float32(worst.bar))
        for start in range(0, everybody, PEOPLE_AT_A_TIME):
            block = slice(start, start + PEOPLE_AT_A_TIME)
            to_means = examples.means[block] @ rows.T
            near = to_means >= floors[block, np.newaxis]
            for j in np.flatnonzero(near.any(axis=1)):
                person, at = start + int(j), np.flatnonzero(near[j])
                at = at[owners[at] != person]
                if len(at):
                    nearest = (rows[at] @ examples.of(person).T).max(axis=1)
                    similarities = person_similarity(nearest, to_means[j, at])
                    worst.add(owners[at], person, similarities, thresholds[person])
    identities = [people[key] for key in examples.identity_ids]
    return tuple(
        AlikePair(
            identities[pair.owner],
            identities[pair.person],
            pair.similarity,
            float(thresholds[pair.person]),
        )
        for pair in worst.sorted()
    )


def _floors(examples: _Examples, thresholds: Float32) -> Float32:
    """(p,) the least cosine to a person's mean with which a probe can reach their threshold.

    The similarity of a probe x to example b and mean m is x.(b + m) / 2. With the angle t between b
    and m, (b + m) / 2 is cos(t / 2) long and lies t / 2 from m. So for a similarity of s the probe
    lies at most arccos(s / cos(t / 2)) + t / 2 from m, and where s is above cos(t / 2) no probe
    reaches it by this example. The angle that counts is the largest over all examples.
    """
    if not len(examples):
        return np.zeros(0, np.float32)
    halves = np.arccos(np.clip(examples.to_means, -1, 1)) / 2
    shares = (thresholds[examples.owners] - ROUNDING) / np.cos(halves)
    angles = np.where(shares > 1, -1, np.arccos(np.clip(shares, -1, 1)) + halves)
    widest = np.maximum.reduceat(angles, examples.starts[:-1])
    floors = np.cos(np.minimum(widest, np.float32(np.pi))) - ROUNDING
    return np.where(widest < 0, np.float32(np.inf), floors)


class _Pair(NamedTuple):
    """An example of a person, and whom else it resembles. excess: similarity less threshold."""

    owner: int
    person: int
    similarity: float
    excess: float

    @property
    def people(self) -> frozenset[int]:
        return frozenset((self.owner, self.person))


class _WorstPairs:
    """The pairs that exceed the threshold by most. People are numbers.

    bar: what a pair has to exceed the threshold by to be among them.
    """

    def __init__(self) -> None:
        self.bar = 0.0
        self._pairs: dict[frozenset[int], _Pair] = {}

    def add(
        self, owners: NDArray[np.int64], person: int, similarities: Float32, threshold: np.float32
    ) -> None:
        """Examples (n,) of ascending owners, by their similarity to a person."""
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        highest = np.maximum.reduceat(similarities, firsts)
        excess = highest - threshold
        above = np.flatnonzero(excess > self.bar)
        for i in above[np.argsort(-excess[above], kind="stable")][:MOST]:
            self._keep(_Pair(int(owners[firsts[i]]), person, float(highest[i]), float(excess[i])))
        if len(self._pairs) > 10 * MOST:
            worst = self.sorted()
            self._pairs = {pair.people: pair for pair in worst}
            self.bar = worst[-1].excess

    def sorted(self) -> list[_Pair]:
        """At most `MOST`, the worst first."""
        return sorted(self._pairs.values(), key=lambda pair: -pair.excess)[:MOST]

    def _keep(self, pair: _Pair) -> None:
        known = self._pairs.get(pair.people)
        if known is None or pair.excess > known.excess:
            self._pairs[pair.people] = pair
