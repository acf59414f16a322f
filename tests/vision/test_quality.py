"""Sharpness falls when a face is blurred, and does not mind what lies around the face."""

from __future__ import annotations

import cv2
import numpy as np

from facestream.records import Frame
from facestream.vision.pipeline import Pipeline
from facestream.vision.quality import MIN_SHARPNESS, sharpness


def test_no_crops_have_no_sharpness() -> None:
    assert sharpness(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0,)


def test_blur_is_seen(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    blurred = [cv2.GaussianBlur(crop, (0, 0), sigma) for sigma in (1, 2, 3)]
    values = sharpness(np.stack([crop, *blurred]))
    assert values[0] > MIN_SHARPNESS > values[2]
    assert (np.diff(values) < 0).all()


def test_a_black_border_is_not_taken_for_sharpness(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    blurred = cv2.GaussianBlur(crop, (0, 0), 3)
    blurred[:15] = 0
    assert sharpness(blurred[None])[0] < MIN_SHARPNESS
