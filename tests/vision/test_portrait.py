from __future__ import annotations

import numpy as np
import pytest

from facestream.records import Detections, Float32, Frame
from facestream.vision.embedders import AlignmentTemplate, dlib_resnet, facenet, mobilefacenet
from facestream.vision.geometry import similarity_transform
from facestream.vision.pipeline import Pipeline
from facestream.vision.portrait import PORTRAIT_SIDE, PORTRAIT_XY, portraits

TEMPLATES = [module.TEMPLATE for module in (mobilefacenet, dlib_resnet, facenet)]


def test_no_face_has_no_portrait(astronaut: Frame) -> None:
    nobody = portraits(astronaut, np.zeros((0, 5, 2), np.float32), "a detector")
    assert len(nobody) == 0
    assert nobody.pixels_rgb.shape == (0, PORTRAIT_SIDE, PORTRAIT_SIDE, 3)
    assert nobody.landmarks_xy.shape == (0, 5, 2)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_embedders_crop_lies_within_a_portrait(template: AlignmentTemplate) -> None:
    matrix = similarity_transform(template.landmarks_xy, PORTRAIT_XY)
    far = template.size
    corners = np.array([[0, 0], [far, 0], [0, far], [far, far]]) @ matrix[:, :2].T + matrix[:, 2]
    assert corners.min() >= 0
    assert corners.max() <= PORTRAIT_SIDE
    assert np.hypot(matrix[0, 0], matrix[1, 0]) > 0.9  # and loses next to no detail


def test_a_face_is_found_in_its_portrait_where_it_says(pipeline: Pipeline, photo: Frame) -> None:
    [found] = pipeline.detect([photo])
    portrait = pipeline.portraits(photo, found)
    assert portrait.detector == pipeline.detector
    [again] = pipeline.detect([Frame(portrait.pixels_rgb[0])])
    assert np.abs(again.landmarks_xy[0] - portrait.landmarks_xy[0]).max() < 6


def test_embedding_a_portrait_is_nearly_as_good_as_embedding_the_frame(
    pipeline: Pipeline, photo: Frame
) -> None:
    [faces] = pipeline.faces([photo])
    portrait = pipeline.portraits(photo, faces.detections)
    [crop] = pipeline.align([Frame(portrait.pixels_rgb[0])], [_at(portrait.landmarks_xy)])
    assert float(pipeline.embed(crop)[0] @ faces.embeddings[0]) > 0.97


def _at(landmarks_xy: Float32) -> Detections:
    n = len(landmarks_xy)
    return Detections(np.zeros((n, 4), np.float32), np.ones(n, np.float32), landmarks_xy)
