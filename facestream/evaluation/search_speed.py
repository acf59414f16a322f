"""How long a search takes, in galleries of people who do not exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from facestream.gallery.index import GalleryIndex
from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

__all__ = [
    "SearchSpeed",
    "alternating_medians_ms",
    "gallery_of",
    "measure_search_speed",
    "synthetic_probes",
    "synthetic_templates",
]

DIMENSION = 192  # of mobilefacenet, the default embedder
TEMPLATES_EACH = 5
WITHIN = 0.6  # similarity of two templates of one person; mobilefacenet's mean on LFW is about that
NEIGHBOURS = 5
ROWS_AT_A_TIME = 65536


@dataclass(frozen=True, slots=True)
class SearchSpeed:
    """Median of a call that searches `probes` probes together among `templates` templates."""

    templates: int
    probes: int
    ms_per_call: float

    @property
    def ms_per_probe(self) -> float:
        """A probe's share of the call."""
        return self.ms_per_call / self.probes


def measure_search_speed(
    sizes: Sequence[int],
    batches: Sequence[int] = (8,),
    runs: int = 9,
    dimension: int = DIMENSION,
) -> list[SearchSpeed]:
    """The speed with each size of gallery and each number of probes, from alternating runs.

    dimension: length of the embeddings.
    """
    templates = synthetic_templates(max(sizes), dimension)
    indexes = [gallery_of(templates, size) for size in sizes]
    cases = [
        (len(index), b, _search(index, synthetic_probes(templates.embeddings[: len(index)], b)))
        for index in indexes
        for b in batches
    ]
    medians = alternating_medians_ms([call for _, _, call in cases], runs)
    return [SearchSpeed(m, b, ms) for (m, b, _), ms in zip(cases, medians, strict=True)]


def synthetic_templates(m: int, dimension: int = DIMENSION) -> StoredTemplates:
    """Five templates a person, in random order, about `WITHIN` similar to each other."""
    random = np.random.default_rng(0)
    people = _directions(random, -(-m // TEMPLATES_EACH), dimension)
    whose = random.permutation(len(people) * TEMPLATES_EACH)[:m] % len(people)
    embeddings = np.empty((m, dimension), np.float32)
    for start in range(0, m, ROWS_AT_A_TIME):
        part = slice(start, start + ROWS_AT_A_TIME)
        embeddings[part] = _resembling(random, people[whose[part]], WITHIN)
    identity_ids = np.array([f"{person:016x}" for person in range(len(people))], np.object_)
    return StoredTemplates(
        np.arange(1, m + 1, dtype=np.int64), tuple(identity_ids[whose]), embeddings
    )


def synthetic_probes(embeddings: Float32, b: int) -> Float32:
    """(b, d): every second one a stranger, the others resembling one of `embeddings`."""
    random = np.random.default_rng(1)
    probes = _directions(random, b, embeddings.shape[1])
    known = embeddings[random.integers(0, len(embeddings), len(probes[1::2]))]
    probes[1::2] = _resembling(random, known, WITHIN**2)
    return probes


def gallery_of(templates: StoredTemplates, m: int) -> GalleryIndex:
    """A gallery of the first m templates, ready to be searched."""
    first = StoredTemplates(
        templates.template_ids[:m], templates.identity_ids[:m], templates.embeddings[:m]
    )
    index = GalleryIndex.of(first, {key: key for key in first.identity_ids})
    index.warm_up()
    return index


def alternating_medians_ms(calls: Sequence[Callable[[], object]], runs: int) -> list[float]:
    """The median of each call's times. One run of all after the other, so that a busy moment of
    the machine does not hit one call only.
    """
    times_ms = np.empty((runs, len(calls)))
    for run in range(-1, runs):  # the first one warms up; the last row is overwritten
        for i, call in enumerate(calls):
            started = perf_counter()
            call()
            times_ms[run, i] = 1e3 * (perf_counter() - started)
    return [float(median) for median in np.median(times_ms, axis=0)]


def _search(index: GalleryIndex, probes: Float32) -> Callable[[], object]:
    return lambda: index.search(probes, NEIGHBOURS)


def _directions(random: np.random.Generator, n: int, dimension: int) -> Float32:
    """(n, dimension) of unit length, all directions equally likely."""
    return _unit(random.standard_normal((n, dimension), dtype=np.float32))


def _resembling(random: np.random.Generator, centres: Float32, within: float) -> Float32:
    """Unit rows which, around one centre, have about the similarity `within` to each other."""
    noise = _directions(random, *centres.shape)
    return _unit(np.float32(np.sqrt(within)) * centres + np.float32(np.sqrt(1 - within)) * noise)


def _unit(rows: Float32) -> Float32:
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
