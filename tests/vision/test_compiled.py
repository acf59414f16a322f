"""LiteRT in lanes, against the TensorFlow function that it was made from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given
from hypothesis import strategies as st

from facestream.records import Float32, UInt8
from facestream.vision.compiled import Compiled, _parts, prelu
from facestream.vision.lanes import Lanes
from facestream.vision.runtime import start_tensorflow

SHAPE = (6, 7, 3)
KERNEL = np.random.default_rng(0).normal(0, 0.02, (3, 3, 3, 5)).astype(np.float32)
SLOPE = np.array([0.25, -0.5, 0, 1, 2], np.float32)


def network(pictures: tf.Tensor) -> tf.Tensor:
    return prelu(tf.nn.conv2d(tf.cast(pictures, tf.float32), KERNEL, 1, "VALID"), SLOPE)


def plain(pictures: UInt8) -> Float32:
    # One more, as on some processors TensorFlow's convolution of nothing has the wrong shape.
    more = np.concatenate([pictures, np.zeros((1, *SHAPE), np.uint8)])
    x: Float32 = tf.nn.conv2d(tf.cast(more, tf.float32), KERNEL, 1, "VALID").numpy()[:-1]
    return np.where(x > 0, x, SLOPE * x)


def some_pictures(count: int) -> UInt8:
    return np.random.default_rng(count).integers(0, 256, (count, *SHAPE), np.uint8)


@pytest.fixture(scope="module", params=[False, True], ids=["cpu", "gpu"])
def compiled(request: pytest.FixtureRequest) -> Compiled:
    start_tensorflow("cpu")
    return Compiled(network, SHAPE, (1, 2, 4), Lanes(2), on_gpu=request.param)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 13, 70])
def test_any_number_of_pictures_gives_what_tensorflow_gives(compiled: Compiled, count: int) -> None:
    pictures = some_pictures(count)
    found = compiled(pictures)
    assert found.dtype == np.float32
    assert found.shape == (count, 4, 5, 5)
    np.testing.assert_allclose(found, plain(pictures), atol=1e-4)


def test_calling_traces_nothing_and_changes_no_answer_given_before(compiled: Compiled) -> None:
    compiled.warm_up()
    before = compiled.traces
    first = compiled(some_pictures(7))
    kept = first.copy()
    for count in (3, 20, 1):
        compiled(some_pictures(count))
    assert (first == kept).all()
    assert compiled.traces == before == 1


def test_each_picture_is_asked_for_once(compiled: Compiled) -> None:
    pictures = some_pictures(11)
    asked: list[int] = []

    def fill(rows: slice, room: np.ndarray) -> None:
        assert len(room) == rows.stop - rows.start
        asked.extend(range(rows.start, rows.stop))
        room[:] = pictures[rows]

    np.testing.assert_allclose(compiled.filled(11, fill), plain(pictures), atol=1e-4)
    assert sorted(asked) == list(range(11))


def test_an_error_of_the_filler_comes_out_and_does_no_harm(compiled: Compiled) -> None:
    def fill(rows: slice, room: np.ndarray) -> None:
        raise RuntimeError("no picture")

    with pytest.raises(RuntimeError, match="no picture"):
        compiled.filled(9, fill)
    np.testing.assert_allclose(compiled(some_pictures(9)), plain(some_pictures(9)), atol=1e-4)


@pytest.mark.parametrize(
    "function", [lambda x: x, lambda x: tf.nn.relu(x) + 1], ids=["a vector", "a map"]
)
def test_prelu_is_one_operator_of_litert(function: Callable[[tf.Tensor], tf.Tensor]) -> None:
    """Written any other way it would be four, and go through memory four times."""
    shape = [1, 4, 4, 5]
    concrete = tf.function(
        lambda x: prelu(function(x), SLOPE), input_signature=[tf.TensorSpec(shape)]
    ).get_concrete_function()
    model = tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert()
    operators = [op["op_name"] for op in Interpreter(model_content=model)._get_ops_details()]
    assert "PRELU" in operators
    assert "NEG" not in operators


@given(st.integers(0, 300), st.sampled_from([(1,), (1, 2, 4), (1, 2, 4, 8)]), st.integers(1, 8))
def test_parts_cover_all_pictures_in_order_and_compute_little_in_vain(
    count: int, batches: tuple[int, ...], lanes: int
) -> None:
    parts = _parts(count, batches, lanes)
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(count))
    computed = [min(b for b in batches if b >= part.stop - part.start) for part in parts]
    assert sum(computed) == count
