"""A frozen graph through the embedder, and through a session of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from facestream.errors import BadWeights, MissingWeights
from facestream.records import Float32, UInt8
from facestream.vision.embedders import load_embedder
from facestream.vision.embedders.facenet import FaceNet
from facestream.vision.lanes import Lanes
from facestream.vision.pipeline import Pipeline
from facestream.vision.weights import FACENET, read_downloaded
from tests.vision.embedders.frozen import by_session, frozen_graph

FORMS = [
    pytest.param({}, id="plain"),
    pytest.param({"fused": True}, id="fused"),
    pytest.param({"queue": True}, id="fed by a queue"),
    pytest.param({"dimension": 512}, id="512 dimensions"),
]


@pytest.fixture(scope="module", autouse=True)
def started(pipeline: Pipeline) -> None:
    """TensorFlow runs, as it does wherever there is a pipeline."""


@pytest.fixture(scope="module")
def crops() -> UInt8:
    """Five crops of noise of different brightness and contrast, and one of a single colour."""
    generator = np.random.default_rng(5)
    noise = (
        generator.normal(0, 1, (5, 160, 160, 3))
        * np.array([5, 20, 40, 60, 80])[:, None, None, None]
        + np.array([30, 200, 128, 90, 128])[:, None, None, None]
    )
    flat = np.full((1, 160, 160, 3), 77)
    return np.concatenate([noise, flat]).clip(0, 255).astype(np.uint8)


def prewhitened(crops: UInt8) -> Float32:
    """As facenet's `prewhiten` does it, picture by picture."""
    rows = []
    for crop in crops.astype(np.float64):
        spread = max(float(crop.std()), 1 / np.sqrt(crop.size))
        rows.append((crop - crop.mean()) / spread)
    return np.stack(rows).astype(np.float32)


@pytest.mark.parametrize("form", FORMS)
def test_embeddings_equal_those_of_a_session(form: dict[str, Any], crops: UInt8) -> None:
    content = frozen_graph(**form)
    expected = by_session(content, prewhitened(crops))
    embedder = FaceNet(content, Lanes())
    assert embedder.dimension == expected.shape[1]
    np.testing.assert_allclose(embedder.embed(crops), expected, atol=1e-5)


def test_the_fingerprint_is_that_of_the_weights(crops: UInt8) -> None:
    one, other = frozen_graph(), frozen_graph(dimension=33)
    fingerprints = [FaceNet(c, Lanes(1)).fingerprint for c in (one, one, other)]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def graph_of(*names: str, side: int = 160) -> bytes:
    """A graph which uses rows of `side` pixels, with just these tensors."""
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, side, side, 3], names[0])
        for name in names[1:-1]:
            tf.compat.v1.placeholder(tf.bool, [], name)
        tf.matmul(x[:, 0, :, 0], tf.ones([side, 4]), name=names[-1])
        content: bytes = graph.as_graph_def().SerializeToString()
        return content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (lambda: b"", "a graph of 0 nodes without input:0, phase_train:0, embeddings:0"),
        (lambda: b"<!DOCTYPE html>", "no GraphDef"),
        (lambda: frozen_graph()[:-1000], "only part of one"),
        (lambda: frozen_graph()[:5000], "only part of one"),
        (lambda: graph_of("input", "embeddings"), "without phase_train:0"),
        (lambda: graph_of("images", "phase_train", "embeddings"), "without input:0"),
        (lambda: graph_of("images", "input", "phase_train", "embeddings"), "not depend on input:0"),
        (lambda: graph_of("input", "phase_train", "embeddings", side=96), "does not take crops of"),
    ],
    ids=[
        *("empty", "web page", "cut at the end", "cut early", "no phase_train"),
        *("no input", "no path", "another size"),
    ],
)
def test_another_file_is_refused_in_one_sentence(content: Callable[[], bytes], found: str) -> None:
    with pytest.raises(BadWeights) as refused:
        FaceNet(content(), Lanes(1))
    said = str(refused.value)
    assert "expected a frozen TensorFlow graph with input:0, phase_train:0 and embeddings:0" in said
    assert found in said
    assert "\n" not in said


def test_weights_that_are_not_there_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"none\.pb does not exist"):
        load_embedder("facenet", tmp_path / "none.pb")


def test_weights_that_were_not_fetched_say_how_to_get_them() -> None:
    with pytest.raises(MissingWeights, match=r"`facestream models fetch facenet` .* --weights"):
        read_downloaded(FACENET, None, Path("nowhere"))
