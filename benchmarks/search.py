"""How fast, how exact and how large the gallery's search is.

    python benchmarks/search.py [--json]

Galleries of 1,000 to a million templates of people who do not exist, five templates each, half of
the probes strangers. Searched with 1, 8 and 64 probes a call; medians of alternating runs.

- `floor`: how long the memory takes to deliver the float32 matrix, or its eight-bit codes, once. No
  search that reads all of it is faster. Measured in the same run: all processors read the matrix.
- `recall@1`: how often the nearest template is the one of a float32 product by numpy.
- `append`: ten templates of one new person. `remove`: a person with five templates all over.

Needs 4 GB of memory and some two minutes; --templates 100000 is enough for a first look.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import numpy as np
from memory import resident_mb
from quiet_tensorflow import RUNNING

from facestream.evaluation.search_speed import (
    alternating_medians_ms,
    gallery_of,
    synthetic_probes,
    synthetic_templates,
)
from facestream.gallery.index import GalleryIndex, trace_count
from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

SIZES = (1_000, 10_000, 100_000, 1_000_000)
BATCHES = (1, 8, 64)
NEIGHBOURS = 5
RECALL_PROBES = 512
NEW_TEMPLATES = 10


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--templates", type=int, default=max(SIZES), help="in the largest gallery")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    print(RUNNING, file=sys.stderr)
    report = measured(options.templates, options.runs)
    print(json.dumps(report, indent=2) if options.json else text_of(report))


def measured(largest: int, runs: int) -> dict[str, object]:
    """Everything, for galleries up to `largest` templates."""
    templates = synthetic_templates(largest)
    gigabytes = templates.embeddings.nbytes / 1e9
    before_mb = resident_mb()
    index = gallery_of(templates, largest)
    after_mb = resident_mb()
    smaller = [gallery_of(templates, size) for size in SIZES if size < largest]
    traces = trace_count()
    cases = [
        (gallery, synthetic_probes(templates.embeddings[: len(gallery)], b))
        for gallery in (*smaller, index)
        for b in BATCHES
    ]
    news = new_people(templates.embeddings)
    *search_ms, read_ms, append_ms, remove_ms = alternating_medians_ms(
        [
            *(partial(gallery.search, probes, NEIGHBOURS) for gallery, probes in cases),
            partial(read, templates.embeddings),
            Enrolments(index, news).enrol_next,
            partial(index.without, templates.identity_ids[largest // 2]),
        ],
        runs,
    )
    return {
        "search": [
            {
                "templates": len(gallery),
                "batch": len(probes),
                "ms_per_call": ms,
                "ms_per_probe": ms / len(probes),
            }
            for (gallery, probes), ms in zip(cases, search_ms, strict=True)
        ],
        "read_gb_per_s": 1e3 * gigabytes / read_ms,
        "floor_float32_ms": read_ms,
        "floor_codes_ms": read_ms / 4,
        "recall_at_1": recall_at_1(index, templates),
        "append_ms": append_ms,
        "remove_ms": remove_ms,
        "traces_before": traces,
        "traces_after": trace_count(),
        "matrix_mb": 1e3 * gigabytes,
        "index_mb": after_mb - before_mb,
    }


def text_of(report: dict[str, object]) -> str:
    """The report for people."""
    rows = report["search"]
    assert isinstance(rows, list)
    lines = ["templates  probes  ms a call  ms a probe"]
    lines += [
        "{templates:9,}  {batch:6}  {ms_per_call:9.2f}  {ms_per_probe:10.3f}".format(**row)
        for row in rows
    ]
    lines += [
        "",
        "memory: {read_gb_per_s:.1f} GB/s; floor of one pass over the largest gallery: "
        "{floor_float32_ms:.1f} ms (float32), {floor_codes_ms:.1f} ms (codes)",
        "recall@1 against numpy: {recall_at_1:.4f}",
        "append {append_ms:.1f} ms, remove {remove_ms:.0f} ms, "
        "traces {traces_before} -> {traces_after}",
        "matrix {matrix_mb:.0f} MB, index {index_mb:.0f} MB besides",
    ]
    return "\n".join(lines).format(**report)


class Enrolments:
    """One enrolment after the other, each into the gallery that the last one made."""

    def __init__(self, index: GalleryIndex, news: Iterator[StoredTemplates]) -> None:
        self._index = index
        self._news = news

    def enrol_next(self) -> None:
        """Append the next person's templates."""
        new = next(self._news)
        self._index = self._index.appended(new, {new.identity_ids[0]: "New"})


def new_people(embeddings: Float32) -> Iterator[StoredTemplates]:
    """People with ten templates each, without end."""
    for i in count():
        ids = np.arange(NEW_TEMPLATES) + len(embeddings) + NEW_TEMPLATES * i + 1
        yield StoredTemplates(ids, (f"new {i}",) * NEW_TEMPLATES, embeddings[:NEW_TEMPLATES])


def read(matrix: Float32) -> None:
    """Read every number once, with all processors."""
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(np.max, np.array_split(matrix.reshape(-1), 8 * threads)))


def recall_at_1(index: GalleryIndex, templates: StoredTemplates) -> float:
    """Share of probes whose nearest template is the same as by brute force."""
    probes = synthetic_probes(templates.embeddings, RECALL_PROBES)
    found = index.search(probes, 1).template_ids[:, 0]
    nearest = [np.argmax(p @ templates.embeddings.T, axis=1) for p in np.array_split(probes, 64)]
    return float(np.mean(found == templates.template_ids[np.concatenate(nearest)]))


if __name__ == "__main__":
    main()
