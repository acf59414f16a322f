"""MobileFaceNet, 192-d, rebuilt in TensorFlow from the tensors of a TFLite file.

Chen, Liu, Gao, Han: "MobileFaceNets: efficient CNNs for accurate real-time face verification on
mobile devices", 2018. The file has a batch of two built in; the network built here takes any batch.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.lite.python import schema_py_generated as schema

from facestream.errors import BadWeights
from facestream.records import Float32, UInt8
from facestream.vision.compiled import Compiled, CompiledNetwork, prelu
from facestream.vision.embedders import AlignmentTemplate, looks
from facestream.vision.lanes import Lanes
from facestream.vision.weights import MODELS_FOLDER, WEIGHTS, read_weights

__all__ = ["MobileFaceNet", "load", "read_layers"]

FILE = "MobileFaceNet.tflite"
DIMENSION = 192
BATCHES = (1, 2, 4)
"""Numbers of crops that the network is called with: more at a time gain nothing on a CPU."""

SIZE = 112
INSIGHTFACE_XY = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
"""The five points that InsightFace aligns its 112 x 112 training pictures to, in pixels."""
SCALE = 0.965
"""The points drawn to the centre, so that more of the head is seen: the middle of a flat top, see
docs/decisions/0005-alignment.md."""
TEMPLATE = AlignmentTemplate(SIZE, SIZE / 2 + SCALE * (INSIGHTFACE_XY - SIZE / 2))

PIXEL_MEAN, PIXEL_SCALE = 127.5, 128.0


class Layer(NamedTuple):
    """One convolution with what follows it.

    kernel: as TensorFlow wants it, (rows, columns, inputs, outputs); of a depthwise one
        (rows, columns, channels, 1).
    slope: of the PReLU, or None where there is none.
    adds: the number of the layer before whose input is added to this one's output, or None.
    """

    kernel: Float32
    bias: Float32
    stride: int
    padding: str
    depthwise: bool
    slope: Float32 | None = None
    adds: int | None = None


def read_layers(content: bytes) -> list[Layer]:
    """The layers in the order of computation, from the bytes of the TFLite file.

    The file spells PReLU as five operators, relu(x) + a (x - |x|), so its `a` is half the slope.

    Raises:
        BadWeights: the file holds another network.
    """
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        return _Reader(model).layers()
    except (struct.error, IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadWeights(f"{FILE} does not hold a MobileFaceNet: {error}") from error


class _Reader:
    """Walks the operators of a TFLite graph once."""

    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.subgraphs[0]
        codes = {number: name for name, number in vars(schema.BuiltinOperator).items()}
        self._kinds = [
            codes[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes
        ]

    def layers(self) -> list[Layer]:
        layers: list[Layer] = []
        made_by = {int(self._graph.inputs[0]): 0}  # tensor -> number of layers before it
        for operator in self._graph.operators:
            kind = self._kinds[operator.opcodeIndex]
            inputs, output = [int(i) for i in operator.inputs], int(operator.outputs[0])
            if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                layers.append(self._convolution(operator, inputs, kind))
            elif kind == "MUL":
                slope = 2 * self._constant(inputs[0]).reshape(-1)
                layers[-1] = layers[-1]._replace(slope=slope)
            elif kind == "ADD" and layers[-1].slope is None:
                layers[-1] = layers[-1]._replace(adds=made_by[inputs[1]])
            elif kind not in ("RELU", "ABS", "SUB", "ADD", "RESHAPE"):
                raise ValueError(f"unexpected operator {kind}")
            made_by[output] = len(layers)
        return layers

    def _convolution(self, operator: Any, inputs: list[int], kind: str) -> Layer:
        options, depthwise = operator.builtinOptions, kind.startswith("DEPTHWISE")
        # (outputs, rows, columns, inputs), or (1, rows, columns, channels)
        kernel = self._constant(inputs[1])
        return Layer(
            kernel=kernel.transpose((1, 2, 3, 0)),
            bias=self._constant(inputs[2]),
            stride=options.strideW,
            padding="SAME" if options.padding == schema.Padding.SAME else "VALID",
            depthwise=depthwise,
        )

    def _constant(self, number: int) -> Float32:
        tensor = self._graph.tensors[number]
        values: NDArray[np.uint8] = self._model.buffers[tensor.buffer].data
        return np.frombuffer(values.tobytes(), np.float32).reshape(tensor.shape)


class MobileFaceNet(CompiledNetwork):
    """Keeps the contract of `Embedder`. Holds no state but the network; call it from one thread."""

    name = "mobilefacenet"
    dimension = DIMENSION
    template = TEMPLATE

    def __init__(self, content: bytes, lanes: Lanes) -> None:
        """`content`: the bytes of the TFLite file."""
        layers = read_layers(content)
        self.fingerprint = f"{WEIGHTS[FILE].sha256} {looks.FINGERPRINT}"

        def embed(crops: Any) -> Any:
            x = (tf.cast(crops, tf.float32) - PIXEL_MEAN) / PIXEL_SCALE
            before = [x]  # the input of each layer
            for layer in layers:
                x = _apply(layer, x, before)
                before.append(x)
            return tf.math.l2_normalize(tf.reshape(x, [-1, DIMENSION]), axis=1)

        self.compiled = Compiled(embed, (SIZE, SIZE, 3), BATCHES, lanes)

    def embed(self, crops_rgb: UInt8) -> Float32:
        """See `Embedder.embed`; the mean of two looks."""
        return looks.looked_at_twice(self.compiled, crops_rgb)


def load(lanes: Lanes, folder: Path = MODELS_FOLDER) -> MobileFaceNet:
    """The embedder from the file in `folder`. Raises MissingWeights, BadWeights."""
    return MobileFaceNet(read_weights(FILE, folder), lanes)


def _apply(layer: Layer, x: Any, before: list[Any]) -> Any:
    if layer.depthwise:
        strides = (1, layer.stride, layer.stride, 1)
        x = tf.nn.depthwise_conv2d(x, layer.kernel, strides, layer.padding)
    else:
        x = tf.nn.conv2d(x, layer.kernel, layer.stride, layer.padding)
    x = x + layer.bias
    if layer.slope is not None:
        x = prelu(x, layer.slope)
    return x if layer.adds is None else x + before[layer.adds]
