"""The ten people of LFW with the most photos, all but two enrolled: who is named by the rest.

    python benchmarks/ten_people.py --strangers 500

Photos go through the gate as those that are enrolled; every probe is searched, good or not.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import json
import random
import tempfile
from pathlib import Path

import numpy as np
from gallery_trips import name_of, templates_of
from photo_films import LFW

from facestream.evaluation.dataset import Photo, find_photos
from facestream.evaluation.embedding import embed_photos
from facestream.gallery.decision import decide, load_policy
from facestream.gallery.gallery import Gallery
from facestream.vision.pipeline import load_pipeline


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--strangers", type=int, default=500)
    parser.add_argument("--embedder", default="mobilefacenet")
    options = parser.parse_args()
    pipeline, policy = load_pipeline(options.embedder), load_policy(options.embedder, 0.004)
    people: dict[str, list[Photo]] = {}
    for photo in find_photos(LFW / "images").values():
        people.setdefault(photo.person, []).append(photo)
    known = sorted(people, key=lambda name: (-len(people[name]), name))[:10]
    others = random.Random(0).sample(sorted(set(people) - set(known)), options.strangers)
    mated = [photo for name in known for photo in people[name][-2:]]
    strangers = [people[name][0] for name in others]
    with (
        tempfile.TemporaryDirectory() as folder,
        Gallery.open(Path(folder), pipeline.fingerprint, pipeline.dimension) as gallery,
    ):
        for name in known:
            gallery.add(name, templates_of(pipeline, people[name][:-2]))
        rows = embed_photos(pipeline, [photo.path for photo in (*mated, *strangers)])
        said = {
            photo.path: decide(gallery.index, rows[photo.path][np.newaxis], policy)[0]
            for photo in (*mated, *strangers)
            if photo.path in rows
        }
        templates = len(gallery.index)
    right = sum(p.path in said and name_of(said[p.path]) == p.person for p in mated)
    named = sum(p.path in said and name_of(said[p.path]) is not None for p in strangers)
    print(
        json.dumps(
            {
                "templates": templates,
                "probes": len(mated),
                "rightly_named": right,
                "strangers": len(strangers),
                "strangers_named": named,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
