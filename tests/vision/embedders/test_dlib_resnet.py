"""dlib's network against dlib's own output, and its reader against files that are not its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import BadWeights
from facestream.vision.embedders.dlib_file import read_network
from facestream.vision.embedders.dlib_resnet import FILE, TEMPLATE, DlibResNet, load
from facestream.vision.embedders.looks import mean_look, second_look
from facestream.vision.images import decode_picture
from facestream.vision.lanes import Lanes
from facestream.vision.pipeline import Pipeline
from facestream.vision.weights import MODELS_FOLDER, read_weights

CONTENT = (MODELS_FOLDER / FILE).read_bytes()


@pytest.fixture(scope="module")
def embedder(pipeline: Pipeline) -> DlibResNet:
    return load(Lanes())


def test_descriptors_equal_those_of_dlib(embedder: DlibResNet, shared: Path) -> None:
    folder = shared / "lfw-dev"
    photos = json.loads((folder / "dlib-descriptors.json").read_text("utf-8"))["photos"]
    crops = [decode_picture((folder / "images" / name).read_bytes(), 10**8) for name in photos]
    found = embedder.descriptors(np.stack([crop.pixels_rgb for crop in crops]))
    np.testing.assert_allclose(found, np.array(list(photos.values())), atol=1e-5)


def test_embeddings_are_the_mean_of_two_looks_each_at_unit_length(embedder: DlibResNet) -> None:
    crops = np.random.default_rng(1).integers(0, 256, (3, 150, 150, 3)).astype(np.uint8)
    looks = []
    for seen in (crops, second_look(crops)):
        descriptors = embedder.descriptors(seen)
        lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
        assert (np.abs(lengths - 1) > 0.01).all()
        looks.append(descriptors / lengths)
    np.testing.assert_allclose(embedder.embed(crops), mean_look(*looks), atol=1e-6)


def test_the_template_is_symmetric_about_the_middle_of_the_face() -> None:
    eyes, mouth = TEMPLATE.landmarks_xy[:2], TEMPLATE.landmarks_xy[3:]
    middles = [eyes[:, 0].mean(), TEMPLATE.landmarks_xy[2, 0], mouth[:, 0].mean()]
    assert middles == pytest.approx([middles[0]] * 3, abs=0.01)
    assert eyes[0, 1] == eyes[1, 1] < TEMPLATE.landmarks_xy[2, 1] < mouth[0, 1] == mouth[1, 1]


def test_kernels_and_biases_have_the_shapes_of_their_layers() -> None:
    network = read_network(CONTENT)
    assert network.first.kernel.shape == (7, 7, 3, 32)
    assert len(network.blocks) == 14
    assert sum(block.halves for block in network.blocks) == 4
    assert network.blocks[-1].second.kernel.shape == (3, 3, 256, 256)
    assert network.last.shape == (256, 128)


@pytest.mark.parametrize("keep", [0, 1, 10, 300, 400, 19_360, 10_000_000, len(CONTENT) - 1])
def test_a_file_cut_short_is_refused(keep: int) -> None:
    with pytest.raises(BadWeights, match=r"expected .* at byte [\d,]+ of the file, found"):
        read_network(CONTENT[:keep])


def test_more_than_the_network_is_refused() -> None:
    with pytest.raises(BadWeights, match=r"expected the end at byte .*, found 3 more bytes"):
        read_network(CONTENT + b"abc")


def replaced(old: bytes, new: bytes) -> bytes:
    assert old in CONTENT
    return CONTENT.replace(old, new, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x08" + b"\0" * 100, "expected a network with a loss, of version 1"),
        (b"\x7f" + CONTENT, "the byte 0x7f, with which no integer begins"),
        (
            replaced(b"loss_metric_2", b"loss_metric_9"),
            "loss_metric_2 at byte 2 of the file, found",
        ),
        (replaced(b"input_rgb_image_sized", b"input_rgb_image_pyram"), "input_rgb_image_sized"),
        (replaced(b"\x05con_4", b"\x05con_5"), "the layer con_4 at byte 334 of the file, found"),
        (replaced(b"affine_", b"bn_con2"), "the layer affine_ at byte 19,381 of"),
        (replaced(b"\x03\x01\x15input", b"\x02\x01\x15input"), "layers nested as 2, 2, 2"),
    ],
    ids=["tflite", "no integer", "loss", "input", "version", "layer", "nesting"],
)
def test_another_network_is_refused_with_what_was_expected(content: bytes, said: str) -> None:
    with pytest.raises(BadWeights) as refused:
        read_network(content)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_files_of_other_models_are_refused() -> None:
    for name in ("MobileFaceNet.tflite", "pnet.lz4"):
        with pytest.raises(BadWeights, match="expected a network with a loss"):
            read_network(read_weights(name))


@pytest.mark.parametrize("seed", range(40))
def test_damage_before_the_weights_is_refused_or_harmless(seed: int) -> None:
    """Any byte of the head and of the first layer's description, changed to any other."""
    generator = np.random.default_rng(seed)
    at = int(generator.integers(0, 352))
    content = bytearray(CONTENT)
    content[at] = int(generator.integers(0, 256))
    try:
        read_network(bytes(content))
    except BadWeights as error:
        assert "expected" in str(error)  # noqa: PT017 - both ends are right, no other error is
