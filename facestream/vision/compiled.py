"""TensorFlow functions of a batch of pictures, made fast: by LiteRT on a CPU, as they are on a GPU.

The networks here are small and thin, with 3 to 128 channels. On a CPU TensorFlow spends its time
beside the arithmetic: a call costs 0.1 ms and more, and each PReLU goes through memory four times.
LiteRT's XNNPACK kernels take a quarter to a half of the time (`benchmarks/networks.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from facestream.records import Float32, UInt8
from facestream.vision.lanes import Lanes
from facestream.vision.runtime import uses_gpu

__all__ = ["Compiled", "CompiledNetwork", "Fill", "Function", "prelu"]

Function = Callable[[Any], Any]
"""uint8 tensor (b, height, width, channels) -> float32 tensor (b, ...). To be pure."""

Fill = Callable[[slice, UInt8], None]
"""Writes the pictures of these rows into the array, which has room for just them."""


GPU_BATCHES = (8, 64)
"""Numbers of pictures in a call on a GPU, where few large calls are better than many small ones."""


class Compiled:
    """A network that can be called with any number of pictures, and compiles nothing when it is.

    Shapes come from a small set: batches of the sizes given, each lane having its own copy. What is
    missing in a batch is left as it was; pictures of one batch do not influence each other.

    function: as TensorFlow has it, to count its arithmetic or to compare with it.
    """

    def __init__(
        self,
        function: Function,
        picture_shape: tuple[int, int, int],
        batches: Sequence[int],
        lanes: Lanes,
        *,
        on_gpu: bool | None = None,
    ) -> None:
        """`batches`: sizes on a CPU, ascending. `on_gpu`: None: if TensorFlow was given one."""
        spec = tf.TensorSpec([None, *picture_shape], tf.uint8)
        self.function = tf.function(function, input_signature=[spec], autograph=False)
        concrete = self.function.get_concrete_function()
        self._output_shape = tuple(concrete.outputs[0].shape[1:])
        if uses_gpu() if on_gpu is None else on_gpu:
            self._batches: tuple[int, ...] = GPU_BATCHES
            self._lanes = Lanes(1)
            rooms = [np.zeros((batch, *picture_shape), np.uint8) for batch in GPU_BATCHES]
            self._workers: list[_LiteRt | _TensorFlow] = [_TensorFlow(self.function, rooms)]
        else:
            self._batches = tuple(batches)
            self._lanes = lanes
            model = tf.lite.TFLiteConverter.from_concrete_functions(
                [concrete], tf.Module()
            ).convert()
            self._workers = [_LiteRt(model, batches) for _ in range(len(lanes))]

    def __call__(self, pictures: UInt8) -> Float32:
        """The function's answer (n, ...) to n pictures, n of any size."""
        return self.filled(len(pictures), lambda rows, room: np.copyto(room, pictures[rows]))

    def filled(self, count: int, fill: Fill) -> Float32:
        """The answer to `count` pictures which `fill` makes, in the lane that then computes."""
        outputs = np.empty((count, *self._output_shape), np.float32)
        parts = _parts(count, self._batches, len(self._lanes))

        def work(lane: int, number: int) -> None:
            self._workers[lane].run(parts[number], fill, outputs)

        self._lanes.each(len(parts), work)
        return outputs

    def warm_up(self) -> None:
        """Run every shape in every lane, so that no client waits for memory to be taken."""
        for worker in self._workers:
            for batch in self._batches:
                outputs = np.empty((batch, *self._output_shape), np.float32)
                worker.run(slice(0, batch), lambda rows, room: room.fill(0), outputs)

    @property
    def traces(self) -> int:
        """How often TensorFlow traced the function."""
        return int(self.function.experimental_get_tracing_count())


class CompiledNetwork:
    """What all networks share that are computed by one compiled function."""

    compiled: Compiled
    """Set by the network itself."""

    def warm_up(self) -> None:
        """See `Compiled.warm_up`."""
        self.compiled.warm_up()

    @property
    def traces(self) -> int:
        """See `Compiled.traces`."""
        return self.compiled.traces


class _LiteRt:
    """One lane's interpreters, one a batch size; all read the same model."""

    def __init__(self, model: bytes, batches: Sequence[int]) -> None:
        self._calls = [_call(model, batch) for batch in batches]

    def run(self, rows: slice, fill: Fill, outputs: Float32) -> None:
        """Fill and compute `rows`, at most the largest batch, into their rows of `outputs`."""
        count = rows.stop - rows.start
        call = next(call for call in self._calls if call.batch >= count)
        # Views of LiteRT's memory, made anew each time: it refuses to run while one is held.
        fill(rows, call.given()[:count])
        call.invoke()
        outputs[rows] = call.found()[:count]


class _Call(NamedTuple):
    """An interpreter of one batch size. `given`, `found`: views of its input and output."""

    batch: int
    given: Callable[[], UInt8]
    invoke: Callable[[], None]
    found: Callable[[], Float32]


def _call(model: bytes, batch: int) -> _Call:
    interpreter = Interpreter(model_content=model, num_threads=1)
    [given], [found] = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], (batch, *given["shape"][1:]), strict=True)
    interpreter.allocate_tensors()
    return _Call(
        batch,
        interpreter.tensor(given["index"]),
        interpreter.invoke,
        interpreter.tensor(found["index"]),
    )


class _TensorFlow:
    """The function itself."""

    def __init__(self, function: Any, rooms: Sequence[UInt8]) -> None:
        """`rooms`: an array a batch size, to put pictures in."""
        self._function = function
        self._rooms = rooms

    def run(self, rows: slice, fill: Fill, outputs: Float32) -> None:
        """See `_LiteRt.run`."""
        count = rows.stop - rows.start
        room = next(room for room in self._rooms if len(room) >= count)
        fill(rows, room[:count])
        outputs[rows] = self._function(tf.constant(room)).numpy()[:count]


def _parts(count: int, batches: Sequence[int], lanes: int) -> list[slice]:
    """Cut `count` pictures into batches, large ones first, small ones to finish side by side.

    Each takes a lane's share of what is left, as in guided self-scheduling (Polychronopoulos and
    Kuck 1987), rounded down to a batch size so that nothing is computed in vain.
    """
    parts, start = [], 0
    while start < count:
        share = (count - start) // lanes
        size = next((batch for batch in reversed(batches) if batch <= share), batches[0])
        parts.append(slice(start, min(start + size, count)))
        start += size
    return parts


def prelu(x: Any, slope: Float32) -> Any:
    """PReLU (He et al. 2015) with a slope (c,) a channel, in the form that LiteRT knows as one."""
    slope = np.asarray(slope, np.float32).reshape((1,) * (len(x.shape) - 2) + (-1,))
    return tf.nn.relu(x) + -slope * tf.nn.relu(-x)
