"""How fast it could be: the networks' arithmetic at the speed of this machine's matrix product."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from time import perf_counter
from typing import Any

import tensorflow as tf

from facestream.evaluation.stages import Stages, WatchedMtcnn
from facestream.vision.embedders import Embedder, looks
from facestream.vision.pyramid import TILE_HEIGHT, TILE_WIDTH

__all__ = ["MatrixProduct", "Work", "detector_mflop", "flop_per_picture", "work_of"]

SIDE = 512
"""Of the square matrices whose product is measured: three of them are 3 MB."""
REPEATS = 16


@dataclass(frozen=True, slots=True)
class Work:
    """Multiplications and additions of the networks' convolutions and dense layers.

    pnet_flop_per_pixel: of a canvas pixel, what tiles compute twice included.
    rnet_mflop, onet_mflop: of a crop.
    embedder_mflop: of a face, which some embedders look at twice.
    """

    pnet_flop_per_pixel: float
    rnet_mflop: float
    onet_mflop: float
    embedder_mflop: float


def work_of(detector: WatchedMtcnn, embedder: Embedder) -> Work:
    """Counted in the graphs that TensorFlow made of the networks."""
    times = 2 if looks.FINGERPRINT in embedder.fingerprint else 1
    return Work(
        pnet_flop_per_pixel=flop_per_picture(detector._pnet) / (TILE_WIDTH * TILE_HEIGHT),
        rnet_mflop=flop_per_picture(detector._rnet) / 1e6,
        onet_mflop=flop_per_picture(detector._onet) / 1e6,
        embedder_mflop=times * flop_per_picture(embedder) / 1e6,
    )


def flop_per_picture(network: Any) -> int:
    """Of a `CompiledNetwork`, as all networks here are."""
    graph = network.compiled.function.get_concrete_function().graph
    return sum(map(_flop, graph.get_operations()))


def detector_mflop(work: Work, stages: Stages) -> float:
    """What the networks of the detector compute for one frame, in millions."""
    return (
        work.pnet_flop_per_pixel * stages.canvas_pixels / 1e6
        + work.rnet_mflop * stages.rnet_crops
        + work.onet_mflop * stages.onet_crops
    )


class MatrixProduct:
    """To be called between other measurements: `gflops` is the best rate of all calls so far.

    The best, and of products of a few milliseconds each, because a floor is to be where nothing
    can be faster, and a busy machine only ever slows down.
    """

    def __init__(self) -> None:
        self._matrix = tf.random.stateless_normal((SIDE, SIDE), seed=(0, 0))
        self._fastest_s = float("inf")
        self()

    def __call__(self) -> None:
        """Multiply by TensorFlow, `REPEATS` times."""
        for _ in range(REPEATS):
            started = perf_counter()
            # Reading one number waits for all of them, also on a GPU, and moves no matrix.
            float(tf.matmul(self._matrix, self._matrix)[0, 0])
            self._fastest_s = min(self._fastest_s, perf_counter() - started)

    @property
    def gflops(self) -> float:
        """A thousand million multiplications and additions a second."""
        return 2 * SIDE**3 / self._fastest_s / 1e9


def _flop(operation: Any) -> int:
    """Of one operation for one picture; two for a multiplication and its addition."""
    if operation.type == "MatMul":
        return int(2 * prod(operation.inputs[1].shape))
    if operation.type not in ("Conv2D", "DepthwiseConv2dNative"):
        return 0
    kernel, outputs = operation.inputs[1].shape, operation.outputs[0].shape[1:]
    # A depthwise kernel's third side is the channels, of which each output sees one.
    inputs = kernel[2] if operation.type == "Conv2D" else 1
    return int(2 * prod(outputs) * kernel[0] * kernel[1] * inputs)
