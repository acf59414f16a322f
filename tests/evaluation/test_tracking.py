"""Tracking saves most of the work and says the same: on a street, and on people who change places.

benchmarks/tracking.py is the same at full length.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facestream.engine.attention import Attention
from facestream.engine.recogniser import Recogniser, Recognition
from facestream.engine.scene import View
from facestream.evaluation.crowd import crowd_video, figures_of, photos_of_a_crowd
from facestream.evaluation.dataset import find_photos
from facestream.evaluation.tracking import (
    agreement,
    enrolled_from_photos,
    enrolled_from_video,
    longest_wrong,
    watch,
)
from facestream.evaluation.video import read_video
from facestream.gallery.decision import load_policy
from facestream.gallery.gallery import GallerySnapshot
from facestream.gallery.index import GalleryIndex
from facestream.gallery.people import NOBODY
from facestream.gallery.records import StoredTemplates
from facestream.records import Frame
from facestream.vision.pipeline import Pipeline

SIZE_WH = (640, 360)


@pytest.fixture(scope="module")
def on(pipeline: Pipeline) -> Recogniser:
    return recogniser(pipeline, Attention())


@pytest.fixture(scope="module")
def off(pipeline: Pipeline) -> Recogniser:
    return recogniser(pipeline, None)


def recogniser(pipeline: Pipeline, attention: Attention | None) -> Recogniser:
    policy = load_policy("mobilefacenet", 0.004, pipeline.fingerprint)
    return Recogniser(pipeline, policy, attention)


def gallery(pipeline: Pipeline, revision: int, *people: Frame) -> GallerySnapshot:
    """Person 0, 1, ... with one photo each."""
    if not people:
        return GallerySnapshot(revision, NOBODY, GalleryIndex.empty(pipeline.dimension), 0)
    embeddings = np.concatenate([faces.embeddings[:1] for faces in pipeline.faces(people)])
    ids = tuple(map(str, range(len(people))))
    templates = StoredTemplates(np.arange(len(people)), ids, embeddings)
    return GallerySnapshot(revision, NOBODY, GalleryIndex.of(templates, {i: i for i in ids}), 0)


def test_on_a_street_the_names_are_the_same_for_a_fifth_of_the_embeddings(
    on: Recogniser, off: Recogniser, shared: Path
) -> None:
    street = read_video(shared / "video" / "street-1080p25.mp4", 200)[::2]
    known = enrolled_from_video(off, street, 12.5)
    both = agreement(*(watch(one, street, known, 12.5) for one in (on, off)))
    assert both.embedded_without >= 5 * both.embedded
    assert both.same_names >= 0.99 * both.face_frames
    assert both.scanned < 0.4 * both.frames
    assert both.face_frames > 100


def test_no_name_sticks_to_the_next_person(
    on: Recogniser, off: Recogniser, pipeline: Pipeline, shared: Path
) -> None:
    photos = find_photos(shared / "lfw-dev" / "images")
    enrolled, shown = photos_of_a_crowd(photos, people=15, seed=7)
    crowd = crowd_video(figures_of(shown, SIZE_WH, seed=7), SIZE_WH, seed=7)
    known = enrolled_from_photos(pipeline, enrolled)
    frames = [one.frame for one in crowd]
    tracked, untracked = (watch(one, frames, known, 12) for one in (on, off))
    both = agreement(tracked, untracked)
    assert both.embedded_without >= 5 * both.embedded
    assert both.same_names >= 0.99 * both.face_frames
    truth = [one.persons for one in crowd], [one.centres_xy for one in crowd]
    assert longest_wrong(tracked, *truth) <= 5
    assert both.tracks >= 12


def test_a_batch_of_sessions_equals_them_one_by_one(
    on: Recogniser, pipeline: Pipeline, astronaut: Frame, photo: Frame
) -> None:
    known = gallery(pipeline, 1, photo)
    [first], _ = on.recognise([View(astronaut)], known)
    views = [View(photo), View(astronaut, first.scene, 0.1), View(photo, thorough=True)]
    together, _ = on.recognise(views, known)
    alone = [on.recognise([view], known)[0][0] for view in views]
    for a, b in zip(together, alone, strict=True):
        assert (a.scanned, a.embedded) == (b.scanned, b.embedded)
        assert [t.track_id for t in a.tracks] == [t.track_id for t in b.tracks]
        assert [d.named for d in a.decisions] == [d.named for d in b.decisions]
        np.testing.assert_allclose(a.faces.embeddings, b.faces.embeddings, atol=1e-5)
    assert [r.scanned for r in together] == [True, False, True]
    assert [r.embedded for r in together] == [(True,), (False,), (True,)]


def test_a_changed_gallery_is_searched_for_faces_that_are_not_embedded_again(
    on: Recogniser, pipeline: Pipeline, astronaut: Frame
) -> None:
    [first], _ = on.recognise([View(astronaut)], gallery(pipeline, 0))
    known = gallery(pipeline, 1, astronaut)
    [second], _ = on.recognise([View(astronaut, first.scene, 0.1)], known)
    assert second.embedded == (False,)
    assert [first.decisions[0].named, name(second)] == [None, "0"]
    [renewed] = on.renewed([second], gallery(pipeline, 2))
    assert renewed.decisions[0].named is None
    assert renewed.scene.in_view[0].samples[-1].revision == 2


def name(recognition: Recognition) -> str | None:
    named = recognition.decisions[0].named
    return named and named.display_name


def test_without_tracking_the_newest_look_alone_decides(
    off: Recogniser, pipeline: Pipeline, photo: Frame
) -> None:
    known = gallery(pipeline, 1, photo)
    [seen], _ = off.recognise([View(photo)], known)
    [track] = seen.scene.tracks
    twice = replace(seen.scene, tracks=(replace(track, samples=track.samples * 3),))
    [again], _ = off.recognise([View(photo, twice, 0.1)], known)
    assert again.embedded == (True,)
    assert again.scanned
