"""FaceNet: a frozen TensorFlow graph as David Sandberg's facenet publishes them, such as the 512-d
Inception-ResNet-v1 trained on VGGFace2, 20180402-114759.pb. The user brings the file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from facestream.errors import BadWeights
from facestream.records import Float32, UInt8
from facestream.vision.compiled import Compiled, CompiledNetwork
from facestream.vision.embedders import AlignmentTemplate
from facestream.vision.lanes import Lanes
from facestream.vision.weights import FACENET, MODELS_FOLDER, read_downloaded

__all__ = ["FaceNet", "load", "read_graph"]

BATCHES = (1,)
"""Numbers of crops that the network is called with. Each would hold a copy of 90 MB of weights in
each lane."""

SIZE = 160
TEMPLATE = AlignmentTemplate(
    SIZE,
    np.array(
        [[53.3, 65.9], [106.7, 65.9], [80.0, 90.9], [56.3, 112.6], [103.7, 112.6]], np.float32
    ),
)
"""Where the five points lie in crops as facenet makes them for LFW: the box of MTCNN, 16 pixels
wider on each side (`align_dataset_mtcnn.py --margin 32`), stretched to 160 x 160. The mean over
3,809 photos of LFW folds 1 to 5 with the detector here, and over their mirror images, as facenet
mirrors half of its crops in training."""

INPUT, TRAINING, OUTPUT = "input", "phase_train", "embeddings"
PREPARATION = "prewhitened: (x - mean) / max(std, 1/sqrt(n))"
"""To be hashed with the weights."""


def read_graph(content: bytes) -> Any:
    """The GraphDef in the bytes of a .pb file, cut down to what leads from the input to the output.

    facenet's graphs also hold the queue that fed the training, whose operations must not run. The
    input becomes a placeholder of crops, and the switch between training and use is set to use.

    Raises:
        BadWeights: they are no frozen graph, or one without the tensors of facenet.
    """
    try:
        graph = tf.compat.v1.GraphDef.FromString(content)
    except DecodeError as error:
        raise _bad(f"{len(content):,} bytes which are no GraphDef, or only part of one") from error
    nodes = {node.name: node for node in graph.node}
    missing = [f"{name}:0" for name in (INPUT, TRAINING, OUTPUT) if name not in nodes]
    if missing:
        raise _bad(f"a graph of {len(nodes)} nodes without {', '.join(missing)}")

    replaced = tf.compat.v1.GraphDef()
    with tf.Graph().as_default() as placeholders:
        tf.compat.v1.placeholder(tf.float32, [None, SIZE, SIZE, 3], INPUT)
        tf.constant(False, name=TRAINING)
    nodes |= {node.name: node for node in placeholders.as_graph_def().node}
    needed, waiting = set(), [OUTPUT]
    while waiting:
        name = waiting.pop()
        if name not in nodes:
            raise _bad(f"a graph without the node {name}, which others need")
        if name not in needed:
            needed.add(name)
            waiting += [_node_of(tensor) for tensor in nodes[name].input]
    if INPUT not in needed:
        raise _bad(f"a graph whose {OUTPUT}:0 does not depend on {INPUT}:0")
    replaced.versions.CopyFrom(graph.versions)
    replaced.library.CopyFrom(graph.library)
    replaced.node.extend(nodes[name] for name in nodes if name in needed)
    return replaced


class FaceNet(CompiledNetwork):
    """Keeps the contract of `Embedder`. Holds no state but the network; call it from one thread."""

    name = "facenet"
    template = TEMPLATE

    def __init__(self, content: bytes, lanes: Lanes) -> None:
        """`content`: the bytes of the .pb file. Raises BadWeights."""
        graph = read_graph(content)
        self.dimension = _dimension(graph)
        self.fingerprint = f"{hashlib.sha256(content).hexdigest()} {PREPARATION}"

        def embed(crops: Any) -> Any:
            # per_image_standardization is exactly facenet's prewhitening
            embeddings = _import(graph, tf.image.per_image_standardization(crops))
            return tf.math.l2_normalize(embeddings, axis=1)

        self.compiled = Compiled(embed, (SIZE, SIZE, 3), BATCHES, lanes)

    def embed(self, crops_rgb: UInt8) -> Float32:
        """See `Embedder.embed`."""
        return self.compiled(crops_rgb)


def load(lanes: Lanes, folder: Path = MODELS_FOLDER, weights: Path | None = None) -> FaceNet:
    """The embedder from `weights` or the file in `folder`. Raises MissingWeights, BadWeights."""
    return FaceNet(read_downloaded(FACENET, weights, folder), lanes)


def _import(graph: Any, pixels: Any) -> Any:
    [embeddings] = tf.graph_util.import_graph_def(
        graph, {f"{INPUT}:0": pixels}, [f"{OUTPUT}:0"], name=""
    )
    return embeddings


def _dimension(graph: Any) -> int:
    """Length of the graph's embeddings. Raises BadWeights where it cannot be computed on crops."""
    try:
        with tf.Graph().as_default():
            pixels = tf.compat.v1.placeholder(tf.float32, [None, SIZE, SIZE, 3], "crops")
            embeddings = _import(graph, pixels)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0]
        raise _bad(
            f"a graph that does not take crops of {SIZE} x {SIZE} pixels: {reason}"
        ) from error
    shape = embeddings.shape
    if embeddings.dtype != tf.float32 or shape.rank != 2 or shape[1] is None:
        raise _bad(f"{OUTPUT}:0 of shape {shape} and type {embeddings.dtype.name}")
    return int(shape[1])


def _node_of(tensor: str) -> str:
    """`"a"` of `"a:1"` and of `"^a"`, which only says that a is to run before."""
    return tensor.removeprefix("^").partition(":")[0]


def _bad(found: str) -> BadWeights:
    return BadWeights(
        "the weights of the embedder facenet are damaged or of another network: expected a frozen "
        f"TensorFlow graph with {INPUT}:0, {TRAINING}:0 and {OUTPUT}:0 (n, d), found {found}"
    )
