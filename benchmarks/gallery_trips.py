"""Does a gallery say the same after it was saved and restored, and after going to another model.

    python benchmarks/gallery_trips.py --people 60 --probes 200

People of LFW with two photos or more, enrolled with all but one of at most ten; the probes are the
photos left out, and photos of strangers. Compared are the decisions before and after: export,
clear, import; and embedding the gallery anew by dlib, killed half way, and back by mobilefacenet.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from photo_films import LFW

from facestream.engine.photos import template_of_photo
from facestream.errors import FacestreamError
from facestream.evaluation.dataset import Photo, find_photos
from facestream.evaluation.embedding import embed_photos
from facestream.gallery.archive import read_archive, write_archive
from facestream.gallery.decision import DecisionPolicy, decide, load_policy
from facestream.gallery.gallery import Gallery
from facestream.gallery.records import NewTemplate
from facestream.gallery.reembedding import embed_crops, reembed
from facestream.gallery.store import GalleryStore
from facestream.records import Decision, Float32
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline, load_pipeline
from facestream.vision.second_look import detect_in_photos


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--probes", type=int, default=200)
    options = parser.parse_args()
    enrolled, probes = chosen(options.people, options.probes)
    pipelines = {name: load_pipeline(name) for name in ("mobilefacenet", "dlib")}
    policies = {name: load_policy(name, 0.004) for name in pipelines}
    rows = {
        name: np.stack([*embed_photos(pipeline, [p.path for p in probes]).values()])
        for name, pipeline in pipelines.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        print(json.dumps(trips(data, enrolled, pipelines, policies, rows), indent=1))


def trips(
    data: Path,
    enrolled: dict[str, list[Photo]],
    pipelines: dict[str, Pipeline],
    policies: dict[str, DecisionPolicy],
    probes: dict[str, Float32],
) -> dict[str, Any]:
    """The figures."""
    usual, other = pipelines["mobilefacenet"], pipelines["dlib"]
    policy, rows = policies["mobilefacenet"], probes["mobilefacenet"]
    with Gallery.open(data, usual.fingerprint, usual.dimension) as gallery:
        for name, photos in enrolled.items():
            if templates := templates_of(usual, photos):
                gallery.add(name, templates)
        first = decide(gallery.index, rows, policy)
        people = len(gallery.snapshot.people)
        templates_there = len(gallery.index)
        with tempfile.TemporaryFile() as file:
            write_archive(file, gallery.store.everybody())
            gallery.clear()
            assert not len(gallery.index)
            with read_archive(file) as archive:
                gallery.absorb(archive.people())
        restored = decide(gallery.index, rows, policy)

    store = GalleryStore.open(data)
    half = store.foreign_crops(other.fingerprint, 0, templates_there // 2)
    made = embed_crops(other, [crop for _, crop in half])
    store.add_embeddings(
        other.fingerprint,
        [(key, row) for (key, _), row in zip(half, made, strict=True) if row is not None],
    )
    store.close()  # as if killed here: what was stored stays
    store = GalleryStore.open(data)
    resumed_with = store.foreign_templates(other.fingerprint)
    reembed(store, other)
    store.close()
    with Gallery.open(data, other.fingerprint, other.dimension) as gallery:
        by_other = decide(gallery.index, probes["dlib"], policies["dlib"])
    store = GalleryStore.open(data)
    anew = store.foreign_templates(usual.fingerprint)
    reembed(store, usual)
    store.close()
    with Gallery.open(data, usual.fingerprint, usual.dimension) as gallery:
        back = decide(gallery.index, rows, policy)
    return {
        "people": people,
        "templates": templates_there,
        "probes": len(rows),
        "named_first": sum(d.named is not None for d in first),
        "restored": compared(first, restored),
        "left_when_resumed": resumed_with,
        "named_by_dlib": sum(d.named is not None for d in by_other),
        "same_names_by_dlib": sum(
            name_of(a) == name_of(b) for a, b in zip(first, by_other, strict=True)
        ),
        "embedded_anew_on_the_way_back": anew,
        "back": compared(first, back),
    }


def compared(before: list[Decision], after: list[Decision]) -> dict[str, Any]:
    """How many decisions are equal, and by how much similarities differ."""
    pairs = list(zip(before, after, strict=True))
    return {
        "same_decisions": sum((name_of(a), a.reason) == (name_of(b), b.reason) for a, b in pairs),
        "largest_difference": max(abs(a.similarity - b.similarity) for a, b in pairs),
    }


def name_of(decision: Decision) -> str | None:
    """Who was named."""
    return None if decision.named is None else decision.named.display_name


def chosen(people: int, probes: int) -> tuple[dict[str, list[Photo]], list[Photo]]:
    """Photos to enrol by person, and photos to search for: half of them of strangers."""
    by_person: dict[str, list[Photo]] = {}
    for photo in find_photos(LFW / "images").values():
        by_person.setdefault(photo.person, []).append(photo)
    most = sorted(by_person, key=lambda name: (-len(by_person[name]), name))
    known = {name: by_person[name][:10] for name in most[:people]}
    mated = [photos[-1] for photos in known.values()][: probes // 2]
    strangers = [by_person[name][0] for name in most[people:]][: probes - len(mated)]
    return {name: photos[:-1] for name, photos in known.items()}, [*mated, *strangers]


def templates_of(pipeline: Pipeline, photos: list[Photo]) -> list[NewTemplate]:
    """Of the photos that are good enough."""
    found = []
    for photo in photos:
        frame = decode_picture(photo.path.read_bytes(), 10**8)
        [faces] = detect_in_photos(pipeline.detect, [frame])
        [described] = pipeline.describe([frame], [faces])
        portraits = pipeline.portraits(frame, faces)
        try:
            found.append(template_of_photo(described, portraits, frame, pipeline.fingerprint))
        except FacestreamError:
            continue
    return found


if __name__ == "__main__":
    main()
