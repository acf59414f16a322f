"""One batch on the real networks: detected, embedded, searched and decided."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from facestream.engine.recogniser import Recogniser
from facestream.engine.scene import View
from facestream.gallery.decision import load_policy
from facestream.gallery.gallery import GallerySnapshot
from facestream.gallery.index import GalleryIndex
from facestream.gallery.people import NOBODY
from facestream.gallery.records import StoredTemplates
from facestream.records import Frame, Reason
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline


@pytest.fixture(scope="module")
def recogniser(pipeline: Pipeline) -> Recogniser:
    return Recogniser(pipeline, load_policy("mobilefacenet", 0.001, pipeline.fingerprint))


@pytest.fixture(scope="module")
def photos(pictures: dict[str, bytes]) -> SimpleNamespace:
    return SimpleNamespace(**{k: decode_picture(v, 10**8) for k, v in pictures.items()})


@pytest.fixture(scope="module")
def gallery(pipeline: Pipeline, photos: SimpleNamespace) -> GallerySnapshot:
    """Somebody is known by two photos."""
    faces = pipeline.faces([photos.obama, photos.obama2])
    templates = StoredTemplates(
        np.array([1, 2]), ("a", "a"), np.concatenate([f.embeddings for f in faces])
    )
    return snapshot(GalleryIndex.of(templates, {"a": "Barack"}))


def snapshot(index: GalleryIndex, revision: int = 0) -> GallerySnapshot:
    return GallerySnapshot(revision, NOBODY, index, 0)


def views(*frames: Frame) -> list[View]:
    """Of sessions that have seen nothing before."""
    return [View(frame) for frame in frames]


def test_decisions_go_to_the_frames_that_the_faces_are_in(
    recogniser: Recogniser, gallery: GallerySnapshot, photos: SimpleNamespace
) -> None:
    blank = Frame(np.zeros((90, 90, 3), np.uint8))
    recognitions, timings = recogniser.recognise(views(photos.biden, blank, photos.obama3), gallery)
    stranger, nobody, known = (recognition.decisions for recognition in recognitions)
    assert [decision.reason for decision in stranger] == [Reason.TOO_FAR]
    assert nobody == ()
    assert known[0].named is not None
    assert known[0].named.display_name == "Barack"
    assert min(timings.detect_ms, timings.embed_ms, timings.search_ms) > 0


def test_no_frames_give_no_recognitions(recogniser: Recogniser, gallery: GallerySnapshot) -> None:
    blank = Frame(np.zeros((90, 90, 3), np.uint8))
    assert recogniser.recognise(views(blank), gallery)[0][0].decisions == ()


def test_a_blurred_face_is_unknown_because_it_is_blurred(
    recogniser: Recogniser, gallery: GallerySnapshot, photos: SimpleNamespace
) -> None:
    pixels = cv2.GaussianBlur(photos.biden.pixels_rgb, (0, 0), 14)
    [recognition], _ = recogniser.recognise(views(Frame(np.asarray(pixels, np.uint8))), gallery)
    assert [decision.reason for decision in recognition.decisions] == [Reason.POOR_FACE]


def test_an_empty_gallery_is_the_reason_for_having_no_name(
    recogniser: Recogniser, photos: SimpleNamespace
) -> None:
    empty = snapshot(GalleryIndex.empty(recogniser.dimension))
    [recognition], _ = recogniser.recognise(views(photos.biden), empty)
    assert [decision.reason for decision in recognition.decisions] == [Reason.GALLERY_EMPTY]
