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
from facestream.vision.compiled import Compiled, CompiledNetwork, Fill, prelu
from facestream.vision.lanes import Lanes
from facestream.vision.pyramid import (
    OVERLAP,
    STEP_X,
    STEP_Y,
    STRIDE,
    TILE_HEIGHT,
    TILE_WIDTH,
)
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
    batches: numbers of crops that it is called with on a CPU: no more than fit a core's second
        cache. A crop takes 54 kB of R-Net's first layer and 270 kB of O-Net's.
    least: how many times as large as the crop its source is, at least. R-Net only sorts out; what
        O-Net sees decides where the landmarks lie.
    """

    weights: str
    size: int
    pools: tuple[tuple[int, str] | None, ...]
    batches: tuple[int, ...]
    least: int


RNET = Architecture("rnet.lz4", 24, ((3, "SAME"), (3, "VALID"), None), (1, 2, 4, 8), 1)
ONET = Architecture("onet.lz4", 48, ((3, "SAME"), (3, "VALID"), (2, "SAME"), None), (1, 2, 4), 2)


class PNet(CompiledNetwork):
    """The fully convolutional proposal network, over a canvas of any size.

    The canvas is cut into tiles, all of the same size, each of which shares `OVERLAP` pixels with
    the next: a cell's window then lies in one tile whole, and each cell is computed once. A tile's
    first layer takes about a megabyte, the size of a core's second cache.
    """

    def __init__(self, lanes: Lanes) -> None:
        tensors = _load("pnet.lz4")
        layers = _layers(tensors, 3)
        layers[0] = _fold_pixels(layers[0])
        head = _joint_head(tensors[9:])

        def propose(tiles: Any) -> Any:
            x = _conv(tf.cast(tiles, tf.float32), layers[0])
            x = tf.nn.max_pool2d(x, 2, 2, "SAME")
            x = _conv(_conv(x, layers[1]), layers[2])
            return tf.nn.conv2d(x, head.kernel[None, None], 1, "VALID") + head.bias

        self.compiled = Compiled(propose, (TILE_HEIGHT, TILE_WIDTH, 3), (1,), lanes)

    def __call__(
        self, canvas: UInt8, threshold: float
    ) -> tuple[NDArray[np.intp], Float32, Float32]:
        """Cells that look like a face.

        Args:
            canvas: (height, width, 3), of a size made by `whole_tiles`.
            threshold: least score, in (0, 1).

        Returns:
            cells (n, 2) row and column, scores (n,), offsets (n, 4) for `regress_boxes`.
        """
        down, across = (canvas.shape[0] - OVERLAP) // STEP_Y, (canvas.shape[1] - OVERLAP) // STEP_X

        def fill(rows: slice, room: UInt8) -> None:
            for tile, number in zip(room, range(rows.start, rows.stop), strict=True):
                y, x = STEP_Y * (number // across), STEP_X * (number % across)
                tile[:] = canvas[y : y + TILE_HEIGHT, x : x + TILE_WIDTH]

        outputs = self.compiled.filled(down * across, fill)
        # The score is the sigmoid of the first output; comparing before it is the same, and cheap.
        tiles, rows, columns = np.nonzero(outputs[..., 0] >= np.log(threshold / (1 - threshold)))
        found = outputs[tiles, rows, columns]
        cells = np.stack(
            [
                STEP_Y // STRIDE * (tiles // across) + rows,
                STEP_X // STRIDE * (tiles % across) + columns,
            ],
            axis=1,
        )
        return cells, _sigmoid(found[:, 0]), found[:, 1:]


class RefineNet(CompiledNetwork):
    """R-Net or O-Net: crops in; scores, offsets and, of O-Net, landmarks out."""

    def __init__(self, architecture: Architecture, lanes: Lanes) -> None:
        self.size, self.least = architecture.size, architecture.least
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
            x = prelu(tf.matmul(x, dense.kernel) + dense.bias, dense.slope)
            return tf.matmul(x, head.kernel) + head.bias

        shape = (self.size, self.size, 3)
        self.compiled = Compiled(refine, shape, architecture.batches, lanes)

    def __call__(self, count: int, fill: Fill) -> tuple[Float32, Float32, Float32]:
        """Judge `count` crops (size, size, 3) which `fill` makes.

        Returns:
            scores (n,), offsets (n, 4) for `regress_boxes`, and landmarks (n, 10), five x and then
            five y in fractions of the crop; (n, 0) of a network that has none.
        """
        outputs = self.compiled.filled(count, fill)
        return _sigmoid(outputs[:, 0]), outputs[:, 1:5], outputs[:, 5:]


def _sigmoid(x: Float32) -> Float32:
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)


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
    return prelu(tf.nn.conv2d(x, layer.kernel, 1, "VALID") + layer.bias, layer.slope)
