"""The rebuilt network against the file it was rebuilt from."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from facestream.errors import BadWeights
from facestream.records import Float32, UInt8
from facestream.vision.embedders.looks import mean_look, second_look
from facestream.vision.embedders.mobilefacenet import (
    BATCHES,
    FILE,
    TEMPLATE,
    MobileFaceNet,
    load,
    read_layers,
)
from facestream.vision.geometry import align
from facestream.vision.images import decode_picture
from facestream.vision.lanes import Lanes
from facestream.vision.pipeline import Pipeline
from facestream.vision.weights import read_weights


@pytest.fixture(scope="module")
def embedder(pipeline: Pipeline) -> MobileFaceNet:
    return load(Lanes(2))


@pytest.fixture(scope="module")
def crops(pipeline: Pipeline, pictures: dict[str, bytes]) -> UInt8:
    """64 aligned crops: the faces of the photos, turned and moved a little."""
    generator = np.random.default_rng(7)
    made: list[UInt8] = []
    while len(made) < 64:
        for picture in pictures.values():
            frame = decode_picture(picture, 10**8)
            [found] = pipeline.detect([frame])
            points_xy = found.landmarks_xy[:1] + generator.normal(0, 3, (1, 5, 2))
            made.append(
                align(
                    frame.pixels_rgb,
                    points_xy.astype(np.float32),
                    TEMPLATE.landmarks_xy,
                    TEMPLATE.size,
                )[0]
            )
    return np.stack(made[:64])


def by_interpreter(crops_rgb: UInt8) -> Float32:
    """What TensorFlow's own interpreter makes of the file, two crops at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it announces its own end
        interpreter = tf.lite.Interpreter(model_content=read_weights(FILE))
    interpreter.allocate_tensors()
    [source], [target] = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for start in range(0, len(crops_rgb), 2):
        pixels = (crops_rgb[start : start + 2].astype(np.float32) - 127.5) / 128
        interpreter.set_tensor(source["index"], pixels)
        interpreter.invoke()
        rows.append(interpreter.get_tensor(target["index"]))
    embeddings = np.concatenate(rows)
    unit: Float32 = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    return unit


def test_embeddings_equal_those_of_the_file(embedder: MobileFaceNet, crops: UInt8) -> None:
    expected = mean_look(by_interpreter(crops), by_interpreter(second_look(crops)))
    np.testing.assert_allclose(embedder.embed(crops), expected, atol=1e-3)


def test_embeddings_of_lfw_faces_equal_those_of_the_file(
    embedder: MobileFaceNet, pipeline: Pipeline, shared: Path
) -> None:
    paths = sorted((shared / "lfw-dev" / "images").glob("*.jpg"))[:64]
    frames = [decode_picture(path.read_bytes(), 10**8) for path in paths]
    crops = np.concatenate([faces.crops_rgb[:1] for faces in pipeline.faces(frames)])
    assert len(crops) == 64
    expected = mean_look(by_interpreter(crops), by_interpreter(second_look(crops)))
    np.testing.assert_allclose(embedder.embed(crops), expected, atol=1e-3)


def test_a_batch_equals_its_crops_one_by_one(embedder: MobileFaceNet, crops: UInt8) -> None:
    singles = np.concatenate([embedder.embed(crop[None]) for crop in crops])
    np.testing.assert_allclose(embedder.embed(crops), singles, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 3, 64, 65, 130])
def test_any_number_of_crops_gives_rows_of_unit_length(
    embedder: MobileFaceNet, crops: UInt8, count: int
) -> None:
    embeddings = embedder.embed(np.concatenate([crops] * 3)[:count])
    assert embeddings.shape == (count, 192)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_every_batch_size_shares_one_trace(embedder: MobileFaceNet, crops: UInt8) -> None:
    for count in BATCHES:
        embedder.embed(crops[:count])
    assert embedder.traces == 1


@pytest.mark.parametrize("keep", [0, 1000, 5_000_000])
def test_a_damaged_file_is_refused(keep: int) -> None:
    with pytest.raises(BadWeights):
        read_layers(read_weights(FILE)[:keep])
