"""dlib's face recognition network, 128-d, a ResNet with 29 convolutions. No dlib is needed.

Davis King, 2017, http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html: trained
on three million faces, LFW accuracy 99.38 %. dlib compares its descriptors by their distance; here,
as those of every embedder, they are brought to unit length and compared by their angle.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from facestream.records import Float32, UInt8
from facestream.vision.compiled import Compiled, CompiledNetwork
from facestream.vision.embedders import AlignmentTemplate, looks
from facestream.vision.embedders.dlib_file import (
    DIMENSION,
    INPUT,
    Convolution,
    Network,
    read_network,
)
from facestream.vision.lanes import Lanes
from facestream.vision.weights import MODELS_FOLDER, WEIGHTS, read_weights

__all__ = ["DlibResNet", "load"]

FILE = "dlib_face_recognition_resnet_model_v1.dat"
BATCHES = (1, 4)
"""Numbers of crops that the network is called with: more at a time gain nothing on a CPU."""

SIZE = 150
CHIP_PADDING = 0.25
"""Of dlib's `get_face_chip`, in widths of its mean face."""
MEAN_FACE_XY = np.array(
    [
        [0.225492, 0.215990],
        [0.754762, 0.215990],
        [0.490127, 0.515625],
        [0.254149, 0.780233],
        [0.726104, 0.780233],
    ],
    np.float32,
)
"""MTCNN's five points on the mean face by which dlib aligns its 68: the mean of the six points
round each eye (37 to 42 and 43 to 48, y as the mean of both), the tip of the nose (31), the corners
of the mouth (49, 55). dlib/image_transforms/interpolation.h."""
CHIP_XY = SIZE * (CHIP_PADDING + MEAN_FACE_XY) / (1 + 2 * CHIP_PADDING)
"""Where dlib would put them, in pixels."""
SCALE = 1.02
OFFSET_XY = np.array([0.0, 1.5], np.float32)
"""The points drawn from the centre and moved, in pixels: the middle of a flat top, see
docs/decisions/0005-alignment.md."""
TEMPLATE = AlignmentTemplate(SIZE, SIZE / 2 + SCALE * (CHIP_XY - SIZE / 2) + OFFSET_XY)

PIXEL_MEANS_RGB = np.array(INPUT[1], np.float32)
PIXEL_SCALE = 256.0


class DlibResNet(CompiledNetwork):
    """Keeps the contract of `Embedder`. Holds no state but the network; call it from one thread."""

    name = "dlib"
    dimension = DIMENSION
    template = TEMPLATE

    def __init__(self, content: bytes, lanes: Lanes) -> None:
        """`content`: the bytes of the .dat file. Raises BadWeights."""
        network = read_network(content)
        self.fingerprint = f"{WEIGHTS[FILE].sha256} {looks.FINGERPRINT}"
        self.compiled = Compiled(
            lambda crops: _compute(network, crops), (SIZE, SIZE, 3), BATCHES, lanes
        )

    def descriptors(self, crops_rgb: UInt8) -> Float32:
        """What dlib computes of crops (n, 150, 150, 3), in one look: (n, 128), of any length."""
        return self.compiled(crops_rgb)

    def embed(self, crops_rgb: UInt8) -> Float32:
        """See `Embedder.embed`; the mean of two looks."""
        return looks.looked_at_twice(self._unit_descriptors, crops_rgb)

    def _unit_descriptors(self, crops_rgb: UInt8) -> Float32:
        descriptors = self.descriptors(crops_rgb)
        lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
        unit: Float32 = descriptors / np.maximum(lengths, 1e-6)
        return unit


def load(lanes: Lanes, folder: Path = MODELS_FOLDER) -> DlibResNet:
    """The embedder from the file in `folder`. Raises MissingWeights, BadWeights."""
    return DlibResNet(read_weights(FILE, folder), lanes)


def _compute(network: Network, crops: Any) -> Any:
    x = (tf.cast(crops, tf.float32) - PIXEL_MEANS_RGB) / PIXEL_SCALE
    x = tf.nn.relu(_convolve(network.first, x))
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    for block in network.blocks:
        y = tf.nn.relu(_convolve(block.first, x))
        y = _convolve(block.second, y)
        shortcut = tf.nn.avg_pool2d(x, 2, 2, "VALID") if block.halves else x
        x = tf.nn.relu(_add(y, shortcut))
    return tf.matmul(tf.reduce_mean(x, axis=(1, 2)), network.last)


def _convolve(layer: Convolution, x: Any) -> Any:
    # All are of stride 1 and keep the size, or unpadded: what TensorFlow calls SAME and VALID.
    padding = "SAME" if layer.padding else "VALID"
    return tf.nn.conv2d(x, layer.kernel, layer.stride, padding) + layer.bias


def _add(a: Any, b: Any) -> Any:
    """The sum of two maps; the smaller one is continued by zeros, as dlib does.

    A shortcut has fewer channels than the block around it, and of a map of even size it keeps a row
    and a column more than the unpadded convolution.
    """
    size = [max(of_a, of_b) for of_a, of_b in zip(a.shape[1:], b.shape[1:], strict=True)]
    return sum(
        tf.pad(x, [[0, 0], *([0, s - of_x] for s, of_x in zip(size, x.shape[1:], strict=True))])
        if list(x.shape[1:]) != size
        else x
        for x in (a, b)
    )
