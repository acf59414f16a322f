"""P-Net, R-Net and O-Net as TensorFlow functions: uint8 pictures in, scores and offsets out.

The weights come from Matlab, where x runs before y: the rows of the first dense layer are put into
our order once, here. The normalisation (pixel - 127.5) / 128 is folded into the first layer, which
is exact because no convolution pads.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import joblib
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from facestream.records import Float32, UInt8
from facestream.vision.weights import read_weights

__all__ = ["ONET", "RNET", "PNet", "RefineNet"]

Tensors = list[Float32]
PIXEL_MEAN, PIXEL_SCALE = 127.5, 128.0


class Layer(NamedTuple):
    """Kernel, bias and PReLU slope of a convolution or a dense layer."""

    kernel: Float32
    bias: Float32
    slope: Float32


class Head(NamedTuple):
    """All outputs of a network as one dense layer."""

    kernel: Float32
    bias: Float32


class Architecture(NamedTuple):
    """What tells R-Net and O-Net apart.

    size: side of a crop in pixels.
    pools: after each convolution the max pool's size and padding, its stride being 2.
    most_crops: of one call. A crop takes 0.3 MB of R-Net's first layer and 1 MB of O-Net's.
    """

    weights: str
    size: int
    pools: tuple[tuple[int, str] | None, ...]
    most_crops: int


RNET = Architecture("rnet.lz4", 24, ((3, "SAME"), (3, "VALID"), None), 512)
ONET = Architecture("onet.lz4", 48, ((3, "SAME"), (3, "VALID"), (2, "SAME"), None), 128)


class PNet:
    """The fully convolutional proposal network."""

    def __init__(self) -> None:
        tensors = _load("pnet.lz4")
        layers = _layers(tensors, 3)
        layers[0] = _fold_pixels(layers[0])
        head = _joint_head(tensors[9:])

        def propose(canvas: Any, threshold: Any) -> Any:
            x = tf.cast(canvas[None], tf.float32)
            x = tf.nn.max_pool2d(_conv(x, layers[0]), 2, 2, "SAME")
            x = _conv(_conv(x, layers[1]), layers[2])
            x = tf.nn.conv2d(x, head.kernel[None, None], 1, "VALID") + head.bias
            # Thresholding the logit here leaves a handful of cells to carry out of TensorFlow.
            cells = tf.where(x[0, :, :, 0] >= tf.math.log(threshold / (1 - threshold)))
            found = tf.gather_nd(x[0], cells)
            return cells, tf.sigmoid(found[:, 0]), found[:, 1:]

        canvas = tf.TensorSpec([None, None, 3], tf.uint8)
        self._propose = tf.function(propose, input_signature=[canvas, tf.TensorSpec([])])

    def __call__(
        self, canvas: UInt8, threshold: float
    ) -> tuple[NDArray[np.int64], Float32, Float32]:
        """Cells that look like a face.

        Args:
            canvas: (height, width, 3).
            threshold: least score.

        Returns:
            cells (n, 2) row and column, scores (n,), offsets (n, 4) for `regress_boxes`.
        """
        cells, scores, offsets = self._propose(canvas, np.float32(threshold))
        return cells.numpy(), scores.numpy(), offsets.numpy()

    @property
    def traces(self) -> int:
        """How often TensorFlow traced the network."""
        return int(self._propose.experimental_get_tracing_count())


class RefineNet:
    """R-Net or O-Net: crops in; scores, offsets and, of O-Net, landmarks out."""

    def __init__(self, architecture: Architecture) -> None:
        self.size = architecture.size
        self.most_crops = architecture.most_crops
        tensors = _load(architecture.weights)
        *layers, dense = _layers(tensors, len(architecture.pools) + 1)
        layers[0] = _fold_pixels(layers[0])
        dense = Layer(_swap_flat(dense.kernel), dense.bias, dense.slope)
        head = _joint_head(tensors[3 * (len(layers) + 1) :])

        def refine(crops: Any) -> Any:
            x = tf.cast(crops, tf.float32)
            for layer, pool in zip(layers, architecture.pools, strict=True):
                x = _conv(x, layer)
                x = x if pool is None else tf.nn.max_pool2d(x, pool[0], 2, pool[1])
            x = tf.reshape(x, [-1, dense.kernel.shape[0]])
            x = _prelu(tf.matmul(x, dense.kernel) + dense.bias, dense.slope)
            x = tf.matmul(x, head.kernel) + head.bias
            return tf.sigmoid(x[:, 0]), x[:, 1:5], x[:, 5:]

        crops = tf.TensorSpec([None, self.size, self.size, 3], tf.uint8)
        self._refine = tf.function(refine, input_signature=[crops])

    def __call__(self, crops: UInt8) -> tuple[Float32, Float32, Float32]:
        """Judge crops (n, size, size, 3).

        Returns:
            scores (n,), offsets (n, 4) for `regress_boxes`, and landmarks (n, 10), five x and then
            five y in fractions of the crop; (n, 0) of a network that has none.
        """
        scores, offsets, landmarks = self._refine(crops)
        return scores.numpy(), offsets.numpy(), landmarks.numpy()

    @property
    def traces(self) -> int:
        """How often TensorFlow traced the network."""
        return int(self._refine.experimental_get_tracing_count())


def _load(name: str) -> Tensors:
    # A joblib file is a pickle: `read_weights` has checked that it is the one we know.
    tensors: Tensors = joblib.load(io.BytesIO(read_weights(name)))
    return tensors


def _layers(tensors: Tensors, count: int) -> list[Layer]:
    """The first `count` layers; each is stored as kernel, bias and PReLU slope."""
    triples = (tensors[3 * number : 3 * number + 3] for number in range(count))
    return [Layer(kernel, bias, slope.reshape(-1)) for kernel, bias, slope in triples]


def _fold_pixels(layer: Layer) -> Layer:
    """The layer that gives for pixels what `layer` gives for normalised pixels."""
    kernel = layer.kernel / PIXEL_SCALE
    bias = layer.bias - PIXEL_MEAN * kernel.sum(axis=(0, 1, 2))
    return Layer(kernel.astype(np.float32), bias.astype(np.float32), layer.slope)


def _swap_flat(kernel: Float32) -> Float32:
    """Reorder a dense layer's rows from (x, y, channel) to (y, x, channel)."""
    inputs, outputs = kernel.shape
    side = 3  # both networks end in maps of 3 x 3
    grid = kernel.reshape(side, side, inputs // side**2, outputs)
    return np.ascontiguousarray(grid.transpose(1, 0, 2, 3).reshape(inputs, outputs))


def _joint_head(tensors: Tensors) -> Head:
    """All outputs as one dense layer: the face's logit, box offsets, landmarks.

    `tensors` are kernel and bias of the box, of the landmarks (O-Net only) and of the two classes.
    The difference of the two logits under a sigmoid is the softmax of both.
    """
    outputs = [tensor.reshape(-1, tensor.shape[-1]) for tensor in tensors]
    boxes, *landmarks, classes = zip(outputs[::2], outputs[1::2], strict=True)
    face = tuple(tensor[:, 1:] - tensor[:, :1] for tensor in classes)
    kernels, biases = zip(face, boxes, *landmarks, strict=True)
    return Head(np.concatenate(kernels, axis=1), np.concatenate(biases, axis=1)[0])


def _conv(x: Any, layer: Layer) -> Any:
    return _prelu(tf.nn.conv2d(x, layer.kernel, 1, "VALID") + layer.bias, layer.slope)


def _prelu(x: Any, slope: Float32) -> Any:
    return tf.maximum(x, 0.0) + slope * tf.minimum(x, 0.0)
