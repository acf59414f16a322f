"""Frames in, embeddings out that tell two people apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facestream.errors import BadWeights
from facestream.records import Frame
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline, load_pipeline


def test_two_photos_of_one_person_are_more_alike_than_two_people(
    pipeline: Pipeline, pictures: dict[str, bytes]
) -> None:
    frames = [decode_picture(pictures[name], 10**8) for name in ("obama", "obama2", "biden")]
    first, second, other = (faces.embeddings[0] for faces in pipeline.faces(frames))
    assert first @ second > 0.5
    assert first @ other < 0.3


def test_frames_without_faces_among_others_stay_empty(pipeline: Pipeline, astronaut: Frame) -> None:
    blank = Frame(np.zeros((100, 100, 3), np.uint8))
    nobody, somebody, nobody_else = pipeline.faces([blank, astronaut, blank])
    assert nobody.embeddings.shape == (0, 192)
    assert somebody.embeddings.shape == (1, 192)
    assert nobody_else.crops_rgb.shape == (0, 112, 112, 3)


def test_the_fingerprint_is_stable_and_speaks_of_what_makes_an_embedding(
    pipeline: Pipeline,
) -> None:
    assert pipeline.fingerprint == load_pipeline(min_face=80).fingerprint
    assert pipeline.fingerprint.startswith("mobilefacenet-")


def test_weights_for_an_embedder_that_has_its_own_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="comes with its weights"):
        load_pipeline(weights=tmp_path / "other.tflite")
