"""What every embedder promises, asked of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facestream.errors import BadWeights, MissingWeights
from facestream.records import UInt8
from facestream.vision.embedders import MODULES, TAKE_WEIGHTS, Embedder, load_embedder
from facestream.vision.lanes import Lanes
from facestream.vision.pipeline import Pipeline, load_pipeline
from tests.vision.embedders.frozen import frozen_graph


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory, pipeline: Pipeline) -> Path:
    """A frozen graph for facenet, whose own is in no package."""
    path = tmp_path_factory.mktemp("weights") / "small.pb"
    path.write_bytes(frozen_graph())
    return path


@pytest.fixture(scope="module", params=sorted(MODULES))
def embedder(request: pytest.FixtureRequest, graph: Path) -> Embedder:
    weights = graph if request.param in TAKE_WEIGHTS else None
    return load_embedder(request.param, weights, Lanes(2))


@pytest.fixture(scope="module")
def crops(embedder: Embedder) -> UInt8:
    size = embedder.template.size
    generator = np.random.default_rng(2)
    coarse = generator.integers(0, 256, (19, size // 10 + 1, size // 10 + 1, 3))
    return coarse.repeat(10, axis=1).repeat(10, axis=2)[:, :size, :size].astype(np.uint8)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 19])
def test_any_number_of_crops_gives_rows_of_unit_length(
    embedder: Embedder, crops: UInt8, count: int
) -> None:
    embeddings = embedder.embed(crops[:count])
    assert embeddings.shape == (count, embedder.dimension)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_a_batch_equals_its_crops_one_by_one(embedder: Embedder, crops: UInt8) -> None:
    singles = np.concatenate([embedder.embed(crop[None]) for crop in crops])
    np.testing.assert_allclose(embedder.embed(crops), singles, atol=1e-5)


def test_different_crops_give_different_embeddings(embedder: Embedder, crops: UInt8) -> None:
    similarities = embedder.embed(crops) @ embedder.embed(crops).T
    assert similarities[~np.eye(len(crops), dtype=bool)].max() < 0.9999


def test_crops_are_not_changed(embedder: Embedder, crops: UInt8) -> None:
    before = crops.copy()
    embedder.embed(crops)
    np.testing.assert_array_equal(crops, before)


def test_nothing_is_traced_once_warmed_up(embedder: Embedder, crops: UInt8) -> None:
    embedder.warm_up()
    traces = embedder.traces
    for count in (0, 1, 3, 4, 7, 19):
        embedder.embed(crops[:count])
    assert embedder.traces == traces == 1


def test_the_template_lies_in_the_crop_with_the_image_left_eye_first(embedder: Embedder) -> None:
    points_xy, size = embedder.template.landmarks_xy, embedder.template.size
    assert points_xy.shape == (5, 2)
    assert ((points_xy > 0.2 * size) & (points_xy < 0.85 * size)).all()
    assert points_xy[0, 0] < points_xy[2, 0] < points_xy[1, 0]
    assert points_xy[3, 0] < points_xy[2, 0] < points_xy[4, 0]
    assert points_xy[:2, 1].max() < points_xy[2, 1] < points_xy[3:, 1].min()


def test_names_and_fingerprints_tell_embedders_apart(embedder: Embedder, graph: Path) -> None:
    others = [
        load_embedder(name, graph if name in TAKE_WEIGHTS else None, Lanes(1))
        for name in MODULES
        if name != embedder.name
    ]
    assert embedder.fingerprint not in [other.fingerprint for other in others]
    assert embedder.name in MODULES


def test_pipelines_of_two_embedders_have_different_fingerprints(pipeline: Pipeline) -> None:
    assert load_pipeline("dlib").fingerprint != pipeline.fingerprint


@pytest.mark.parametrize("name", [name for name in MODULES if name not in TAKE_WEIGHTS])
def test_weights_for_an_embedder_that_has_its_own_are_refused(name: str) -> None:
    with pytest.raises(BadWeights, match=f"{name} comes with its weights"):
        load_embedder(name, Path("other.dat"))


@pytest.mark.parametrize("name", [name for name in MODULES if name not in TAKE_WEIGHTS])
def test_an_embedder_is_read_from_the_folder_that_is_given(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=f"is not installed in {tmp_path}"):
        load_embedder(name, None, Lanes(1), tmp_path)


def test_an_unknown_embedder_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadWeights, match="there is mobilefacenet, dlib, facenet"):
        load_embedder("arcface")
