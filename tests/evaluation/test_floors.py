from typing import Any

import pytest

from facestream.evaluation.floors import (
    MatrixProduct,
    Work,
    detector_mflop,
    flop_per_picture,
    work_of,
)
from facestream.evaluation.stages import Stages, WatchedMtcnn
from facestream.vision.embedders import load_embedder
from facestream.vision.lanes import Lanes
from facestream.vision.pyramid import TILE_HEIGHT, TILE_WIDTH

# Multiplications by hand, from the figure of Zhang et al. 2016: places x inputs x outputs of each
# layer. The last layer has one output for the face where the paper has two; R-Net no landmarks.
RNET = 22**2 * 27 * 28 + 9**2 * 9 * 28 * 48 + 3**2 * 4 * 48 * 64 + 576 * 128 + 128 * 5
ONET = (
    *(46**2 * 27 * 32, 21**2 * 9 * 32 * 64, 8**2 * 9 * 64 * 64, 3**2 * 4 * 64 * 128),
    *(1152 * 256, 256 * 15),
)


@pytest.fixture(scope="module")
def detector() -> WatchedMtcnn:
    return WatchedMtcnn(40, Lanes(1))


def test_the_refining_networks_compute_what_the_paper_says(detector: WatchedMtcnn) -> None:
    assert flop_per_picture(detector._rnet) == 2 * RNET
    assert flop_per_picture(detector._onet) == 2 * sum(ONET)


def test_pnet_computes_what_the_paper_says(detector: WatchedMtcnn) -> None:
    high, wide = TILE_HEIGHT - 2, TILE_WIDTH - 2
    multiplications = high * wide * 27 * 10
    high, wide = high // 2 - 2, wide // 2 - 2
    multiplications += high * wide * 90 * 16
    multiplications += (high - 2) * (wide - 2) * (144 * 32 + 32 * 5)
    assert flop_per_picture(detector._pnet) == 2 * multiplications


def test_an_embedder_that_looks_twice_works_twice(detector: WatchedMtcnn) -> None:
    embedder: Any = load_embedder("mobilefacenet", None, Lanes(1))
    one_look = flop_per_picture(embedder) / 1e6
    # 221 million multiplications, Chen et al. 2018, whose network has 128 outputs and not 192
    assert one_look / 2 == pytest.approx(221, rel=0.1)
    assert work_of(detector, embedder).embedder_mflop == 2 * one_look
    embedder.fingerprint = "looks once"
    assert work_of(detector, embedder).embedder_mflop == one_look


def test_a_frames_arithmetic_is_that_of_its_pixels_and_crops() -> None:
    work = Work(pnet_flop_per_pixel=3000, rnet_mflop=3, onet_mflop=25, embedder_mflop=1)
    stages = Stages(0, 0, 0, 0, canvas_pixels=2e6, rnet_crops=50, onet_crops=4)
    assert detector_mflop(work, stages) == 6000 + 150 + 100


def test_the_rate_of_the_matrix_product_is_the_best_so_far() -> None:
    product = MatrixProduct()
    before = product.gflops
    product()
    assert product.gflops >= before > 0.1  # GFLOP/s: any machine has that
