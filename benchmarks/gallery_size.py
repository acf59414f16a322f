"""How long a large gallery takes to open, to take ten examples in, to copy, and to forget somebody.

    python benchmarks/gallery_size.py --templates 100000

Ten examples a person, with crops of 8 kB of noise. Beside it, what the disk alone takes for a
commit: as many bytes written to a file and synced. Who is forgotten was in a snapshot, too, so that
both files are written anew.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from facestream.gallery.gallery import Gallery
from facestream.gallery.records import (
    Crop,
    FullIdentity,
    FullTemplate,
    Kind,
    NewTemplate,
    Source,
)
from facestream.records import Float32

DIMENSION, EACH, CROP_BYTES, ROUNDS = 192, 10, 8000, 20
MODEL = "a-model"


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--templates", type=int, default=100_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        with Gallery.open(folder, MODEL, DIMENSION) as gallery:
            gallery.absorb(people(options.templates // EACH, rng))
        file_mb = (folder / "gallery.sqlite").stat().st_size / 1e6
        opened = []
        for _ in range(3):
            started = time.perf_counter()
            gallery = Gallery.open(folder, MODEL, DIMENSION)
            opened.append(time.perf_counter() - started)
            gallery.close()
        with Gallery.open(folder, MODEL, DIMENSION) as gallery:
            commits = timed(lambda n: gallery.add(f"New {n}", ten(rng)))
            snapshot_s = seconds(gallery.store.snapshot_if_due)
            new = gallery.identities()[0].identity_id
            delete_s = seconds(lambda: gallery.delete(new))
        floor = timed(lambda n: synced(folder / "floor", EACH * (CROP_BYTES + 4 * DIMENSION)))
    print(
        json.dumps(
            {
                "templates": options.templates,
                "file_mb": file_mb,
                "open_s": statistics.median(opened),
                "commit_ms": 1e3 * statistics.median(commits),
                "commit_max_ms": 1e3 * max(commits),
                "snapshot_s": snapshot_s,
                "delete_s": delete_s,
                "sync_floor_ms": 1e3 * statistics.median(floor),
            },
            indent=1,
        )
    )


def timed(job: Callable[[int], object]) -> list[float]:
    """Seconds of each of some rounds."""
    return [seconds(partial(job, number)) for number in range(ROUNDS)]


def seconds(job: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def synced(path: Path, size: int) -> None:
    """Append so many bytes and bring them to the disk."""
    with path.open("ab") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())


def rows(n: int, rng: np.random.Generator) -> Float32:
    """Embeddings of nobody, of unit length."""
    found = rng.standard_normal((n, DIMENSION)).astype(np.float32)
    unit: Float32 = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def people(n: int, rng: np.random.Generator) -> Iterator[FullIdentity]:
    """As many as asked for."""
    for number in range(n):
        templates = tuple(
            FullTemplate(0, Kind.EXAMPLE, 0, 50.0, Source.CAMERA, a_crop(rng), {MODEL: row})
            for row in rows(EACH, rng)
        )
        yield FullIdentity(f"{number:016x}", f"Person {number}", 0, None, None, templates)


def ten(rng: np.random.Generator) -> list[NewTemplate]:
    """What a capture commits."""
    return [NewTemplate(row, MODEL, 50.0, Source.CAMERA, a_crop(rng)) for row in rows(EACH, rng)]


def a_crop(rng: np.random.Generator) -> Crop:
    return Crop(b"\xff\xd8" + rng.bytes(CROP_BYTES), np.zeros((5, 2), np.float32), "a-detector")


if __name__ == "__main__":
    main()
