"""Frozen graphs like facenet's, small and with random weights, for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from facestream.records import Float32

v1 = tf.compat.v1


def frozen_graph(*, fused: bool = False, queue: bool = False, dimension: int = 32) -> bytes:
    """Convolutions, batch normalisation and dropout switched by `phase_train`, unit embeddings.

    fused: normalise by one operation instead of plain arithmetic.
    queue: the input comes from a queue, as in the graphs that facenet publishes.
    """
    generator = np.random.default_rng(3)
    with _as_in_2018(), tf.Graph().as_default() as graph:
        training = v1.placeholder(tf.bool, name="phase_train")
        x = _input(queue)
        for layer, (inputs, outputs) in enumerate([(3, 12), (12, 16), (16, 24)]):
            kernel = generator.normal(0, 0.2, (3, 3, inputs, outputs))
            x = tf.nn.conv2d(x, _variable(f"kernel{layer}", kernel), 2, "SAME")
            x = tf.nn.relu(_normalise(x, training, f"norm{layer}", generator, fused))
        x = tf.reduce_mean(x, axis=(1, 2))
        dropped = v1.cond(training, lambda: tf.constant(0.5), lambda: tf.constant(0.0))
        x = v1.nn.dropout(x, rate=dropped)
        x = tf.matmul(x, _variable("last", generator.normal(0, 0.2, (24, dimension))))
        tf.math.l2_normalize(x, axis=1, epsilon=1e-10, name="embeddings")
        return _freeze(graph)


def by_session(content: bytes, pixels: Float32) -> Float32:
    """What TensorFlow's sessions of old make of the graph, not in training."""
    graph_def = v1.GraphDef.FromString(content)
    with tf.Graph().as_default(), v1.Session() as session:
        tf.graph_util.import_graph_def(graph_def, name="")
        embeddings: Float32 = session.run(
            "embeddings:0", {"input:0": pixels, "phase_train:0": False}
        )
        return embeddings


@contextmanager
def _as_in_2018() -> Iterator[None]:
    """With the variables and the control flow that facenet's graphs were frozen from."""
    v1.disable_resource_variables()
    v1.disable_control_flow_v2()
    try:
        yield
    finally:
        v1.enable_control_flow_v2()
        v1.enable_resource_variables()


def _input(queue: bool) -> Any:
    if not queue:
        return v1.placeholder(tf.float32, [None, 160, 160, 3], "input")
    crops = v1.FIFOQueue(4, [tf.float32], [[160, 160, 3]])
    return tf.identity(crops.dequeue_up_to(4), "input")


def _variable(name: str, values: Any) -> Any:
    return v1.get_variable(name, initializer=values.astype(np.float32))


def _normalise(x: Any, training: Any, name: str, generator: Any, fused: bool) -> Any:
    channels = x.shape[-1]
    mean = _variable(f"{name}_mean", generator.normal(0, 0.3, channels))
    variance = _variable(f"{name}_variance", generator.uniform(0.5, 2, channels))
    offset = _variable(f"{name}_offset", generator.normal(0, 0.3, channels))
    gain = _variable(f"{name}_gain", generator.uniform(0.5, 2, channels))

    def normalised(mean: Any, variance: Any) -> Any:
        if fused:
            return v1.nn.fused_batch_norm(x, gain, offset, mean, variance, is_training=False)[0]
        return tf.nn.batch_normalization(x, mean, variance, offset, gain, 1e-3)

    def with_the_batch() -> Any:
        found_mean, found_variance = tf.nn.moments(x, axes=(0, 1, 2))
        updates = [
            v1.assign_sub(mean, 0.1 * (mean - found_mean)),
            v1.assign_sub(variance, 0.1 * (variance - found_variance)),
        ]
        with tf.control_dependencies(updates):
            return normalised(tf.identity(found_mean), tf.identity(found_variance))

    return v1.cond(training, with_the_batch, lambda: normalised(mean, variance))


def _freeze(graph: Any) -> bytes:
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        graph_def = graph.as_graph_def()
        for node in graph_def.node:  # what facenet's freeze_graph.py does as well
            if node.op == "RefSwitch":
                node.op = "Switch"
            elif node.op == "AssignSub":
                node.op = "Sub"
                node.attr.pop("use_locking", None)
        frozen = v1.graph_util.convert_variables_to_constants(session, graph_def, ["embeddings"])
        content: bytes = frozen.SerializeToString()
        return content
