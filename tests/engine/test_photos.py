from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest

from facestream.engine.photos import HELP, template_of_photo
from facestream.engine.quality_gate import fault
from facestream.errors import FacestreamError, NoFace, PoorFace, SeveralFaces
from facestream.gallery.records import NewTemplate, Source
from facestream.records import Faces, Frame, UInt8, Verdict
from facestream.vision.pipeline import Pipeline
from facestream.vision.quality import frame_light
from facestream.vision.second_look import detect_in_photos
from tests.engine.fakes import DAYLIGHT, FRAME_WH, faces, portraits

OF_A_CAPTURE = {
    *("started", "accepted", "complete", "wait", "no_face", "several_faces"),
    *("too_alike", "different_person"),
}
"""Verdicts that no single photo gets as a poor face."""


PHOTO = Frame(np.full((*reversed(FRAME_WH), 3), 128, np.uint8))


def template(found: Faces) -> NewTemplate:
    return template_of_photo(found, portraits(len(found)), PHOTO, "fake")


def test_a_good_photo_becomes_a_template_with_its_picture() -> None:
    made = template(faces(1, person=2, sharpness=123.0))
    assert made.embedding.tolist() == [0, 0, 1, 0]
    assert (made.fingerprint, made.sharpness, made.source) == ("fake", 123.0, Source.PHOTO)
    assert made.crop is not None
    assert made.crop.jpeg.startswith(b"\xff\xd8")
    assert made.crop.detector == "fake-detector"


def test_the_subject_is_taken_and_not_a_small_face_behind() -> None:
    found = faces(2)
    found.embeddings[1] = [0, 1, 0, 0]
    small = found.detections.boxes_xyxy[0]
    small[2:] = small[:2] + 20
    assert template(found).embedding.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("found", "error", "says"),
    [
        (faces(0), NoFace, "no face"),
        (faces(2), SeveralFaces, "2 faces"),
        (faces(1, side=40), PoorFace, "60 pixels"),
        (faces(1, sharpness=0.1), PoorFace, "sharper"),
    ],
)
def test_a_photo_that_is_refused_says_what_would_help(
    found: Faces, error: type[FacestreamError], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        template(found)
    assert caught.value.code == fault(found, FRAME_WH, DAYLIGHT)


def test_there_is_a_sentence_for_each_fault_of_a_face() -> None:
    assert set(HELP) == set(get_args(Verdict)) - OF_A_CAPTURE


# --- real photos ----------------------------------------------------------------------------------


def verdict(pipeline: Pipeline, pixels_rgb: UInt8) -> Verdict | None:
    """As photos are looked at: twice if need be."""
    photo = Frame(np.ascontiguousarray(pixels_rgb))
    [faces] = pipeline.describe([photo], detect_in_photos(pipeline.detect, [photo]))
    return fault(faces, photo.size_wh, frame_light(photo.pixels_rgb))


def test_a_photo_is_good_and_spoilt_it_is_refused_with_the_reason(
    pipeline: Pipeline, photo: Frame
) -> None:
    pixels = photo.pixels_rgb
    [box] = pipeline.detect([photo])[0].boxes_xyxy
    x1, y1, x2, y2 = box.round().astype(int).tolist()
    third_x, third_y, part = (x2 - x1) // 3, (y2 - y1) // 3, 40 / (x2 - x1)
    small = cv2.resize(pixels, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(pixels, (0, 0), (x2 - x1) / 30)
    assert verdict(pipeline, pixels) is None
    assert verdict(pipeline, np.hstack([pixels, pixels])) == "several_faces"
    assert verdict(pipeline, np.asarray(small, np.uint8)) == "too_small"
    assert verdict(pipeline, np.asarray(blurred, np.uint8)) == "blurred"
    for part in (0.25, 0.15, 0.05, 0):
        assert verdict(pipeline, (pixels * part).astype(np.uint8)) == "too_dark"
    for times in (3, 5, 100):
        assert (
            verdict(pipeline, np.clip(pixels * float(times), 0, 255).astype(np.uint8))
            == "too_bright"
        )
    for cut in (
        pixels[:, x1 + third_x :],
        pixels[:, : x2 - third_x],
        pixels[y1 + third_y :],
        pixels[: y2 - third_y],
    ):
        assert verdict(pipeline, cut) == "cut_off"
