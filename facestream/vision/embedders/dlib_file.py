"""The bytes of dlib's face recognition network -> its layers. Knows numpy only.

dlib writes a network from the outside in: the loss, a version number for each layer that encloses
another one, the input, then what the layers hold, from the input to the output. Its primitives:

    integer   a byte with the count of bytes (low four bits) and the sign (high bit), then the bytes
    real      two integers, mantissa and exponent of 2
    text      an integer, its length, then the characters
    flag      the character 0 or 1
    tensor    the integer 2, four integers (samples, channels, rows, columns), then float32 values
    part      the integer 1, then four integers: the shape of a part of a layer's tensor

All are little endian. The layers and their order are those of `anet_type` in dlib's
examples/dnn_face_recognition_ex.cpp. Every value which is neither a weight nor a setting of the
training is compared with what this network must have there.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from facestream.errors import BadWeights
from facestream.records import Float32

__all__ = ["BLOCKS", "Block", "Convolution", "Network", "read_network"]

BLOCKS = (
    *((32, False),) * 3,
    *((64, True), *((64, False),) * 3),
    *((128, True), *((128, False),) * 2),
    *((256, True), *((256, False),) * 2),
    (256, True),
)
"""Filters of each residual block in the order of computation, and whether it halves the map."""

DIMENSION = 128
INPUT = ("input_rgb_image_sized", (122.782, 117.001, 104.298), 150)
"""The input layer: version string, what is subtracted from red, green and blue, side in pixels."""


class Convolution(NamedTuple):
    """A convolution with the affine layer after it folded in.

    kernel: as TensorFlow wants it, (rows, columns, inputs, outputs).
    bias: (outputs,).
    padding: rows and columns of zeros on each side.
    """

    kernel: Float32
    bias: Float32
    stride: int
    padding: int


class Block(NamedTuple):
    """A residual block; where it `halves`, its shortcut is averaged over 2 x 2."""

    first: Convolution
    second: Convolution
    halves: bool


class Network(NamedTuple):
    """first, then a maximum over 3 x 3 in steps of 2, the blocks, the mean of the map, last.

    last: (inputs, dimension), without a bias.
    """

    first: Convolution
    blocks: tuple[Block, ...]
    last: Float32


def read_network(content: bytes) -> Network:
    """The network in the bytes of `dlib_face_recognition_resnet_model_v1.dat`.

    Raises:
        BadWeights: they are cut short, or hold something else.
    """
    reader = _Reader(content)
    reader.head()
    first = reader.convolution(32, inputs=3, side=7, stride=2, is_first=True)
    reader.layer("relu_")
    reader.pool("max_pool_2", 3, stride=2)
    blocks, channels = [], 32
    for filters, halves in BLOCKS:
        blocks.append(reader.block(filters, channels, halves))
        channels = filters
    reader.pool("avg_pool_2", 0, stride=1)  # 0: of the whole map
    last = reader.fully_connected(channels, DIMENSION)
    reader.end()
    return Network(first, tuple(blocks), last)


class _Primitives:
    """Walks the bytes once. Raises BadWeights with the place and with what was expected there."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, count: int, what: str) -> bytes:
        """The next `count` bytes, which are (part of) `what`."""
        taken = self._content[self._at : self._at + count]
        if len(taken) < count:
            raise self.bad(f"{what} of {count:,} bytes", f"{len(taken):,} bytes before its end")
        self._at += count
        return taken

    def bad(self, expected: str, found: str, at: int | None = None) -> BadWeights:
        return BadWeights(
            "the weights of the embedder dlib are damaged or of another network: expected "
            f"{expected} at byte {self._at if at is None else at:,} of the file, found {found}"
        )

    def integer(self, what: str) -> int:
        at = self._at
        [head] = self.take(1, what)
        count, negative = head & 0x0F, bool(head & 0x80)
        if head & 0x70 or not 1 <= count <= 8:
            raise self.bad(what, f"the byte {head:#04x}, with which no integer begins", at)
        value = int.from_bytes(self.take(count, what), "little")
        return -value if negative else value

    def real(self, what: str) -> float:
        mantissa, exponent = self.integer(what), self.integer(what)
        # dlib's exponents are those of float64; larger ones are its codes for infinity and NaN
        return mantissa * 2.0**exponent if abs(exponent) < 1100 else float("nan")

    def expect(self, what: str, *wanted: int) -> None:
        """These integers, one after the other."""
        at = self._at
        found = tuple(self.integer(what) for _ in wanted)
        if found != wanted:
            raise self.bad(f"{what} {_numbers(wanted)}", _numbers(found), at)

    def expect_text(self, what: str, wanted: str) -> None:
        at = self._at
        length = self.integer(what)
        found = self._content[self._at : self._at + min(max(length, 0), 40)]
        if length != len(wanted) or found != wanted.encode():
            raise self.bad(f"{what} {wanted}", repr(found.decode("latin-1")), at)
        self._at += length

    def flag(self, what: str) -> None:
        at = self._at
        found = self.take(1, what)
        if found not in (b"0", b"1"):
            raise self.bad(f"{what}, 0 or 1", repr(found.decode("latin-1")), at)

    def tensor(self, what: str, *shape: int) -> Float32:
        """Exactly the values of that shape (samples, channels, rows, columns)."""
        self.expect(f"{what}, a tensor of version", 2)
        self.expect(f"{what} of shape", *shape)
        return np.frombuffer(self.take(4 * prod(shape), what), "<f4")

    def part(self, what: str, *shape: int) -> None:
        self.expect(f"{what}, a part of version", 1)
        self.expect(f"{what} of shape", *shape)


class _Reader(_Primitives):
    """Reads one layer after the other."""

    def head(self) -> None:
        """The loss, the nesting of the layers, the input."""
        self.expect("a network with a loss, of version", 1)
        self.expect_text("the loss", "loss_metric_2")
        for what in ("the loss's margin", "the loss's distance"):
            self.real(what)
        self.expect("layers nested as", *_nesting())
        version, means, side = INPUT
        self.expect_text("the input", version)
        at = self._at
        found = tuple(round(self.real("the input's mean"), 3) for _ in means)
        if found != means:
            raise self.bad(f"the input's means {_numbers(means)}", _numbers(found), at)
        self.expect("the input's size", side, side)

    def layer(self, name: str, *values: int, is_first: bool = False) -> None:
        """A layer which holds no weights but these integers."""
        self.expect_text("the layer", name)
        if values:
            self.expect(f"the numbers of the layer {name}", *values)
        self.state(is_first=is_first)

    def state(self, *, is_first: bool = False) -> None:
        """What was needed in training and is empty since, at the end of every layer."""
        for _ in range(3):
            self.flag("a layer's flag")
        for _ in range(3):
            self.tensor("an empty tensor", 0, 0, 0, 0)
        if is_first:
            self.expect("the pictures a sample", 1)

    def pool(self, name: str, side: int, stride: int) -> None:
        self.layer(name, side, side, stride, stride, 0, 0)

    def convolution(
        self, filters: int, inputs: int, side: int = 3, stride: int = 1, is_first: bool = False
    ) -> Convolution:
        """A convolution and the affine layer after it. Those with a stride have no padding."""
        padding = side // 2 if stride == 1 else 0
        weights = filters * inputs * side * side
        self.expect_text("the layer", "con_4")
        values = self.tensor("the weights of a convolution", weights + filters, 1, 1, 1)
        self.expect(
            "the convolution's filters, rows, columns, strides and paddings",
            *(filters, side, side, stride, stride, padding, padding),
        )
        self.part("the convolution's kernel", filters, inputs, side, side)
        self.part("the convolution's bias", 1, filters, 1, 1)
        self.rates()
        self.state(is_first=is_first)
        kernel = values[:weights].reshape(filters, inputs, side, side).transpose((2, 3, 1, 0))

        self.expect_text("the layer", "affine_")
        gain, offset = self.tensor("the weights of an affine layer", 2 * filters, 1, 1, 1).reshape(
            2, filters
        )
        for what in ("the affine layer's gain", "the affine layer's offset"):
            self.part(what, 1, filters, 1, 1)
        self.expect("the affine layer's mode", 0)  # one gain a channel
        self.state()
        return Convolution(kernel * gain, values[weights:] * gain + offset, stride, padding)

    def block(self, filters: int, inputs: int, halves: bool) -> Block:
        first = self.convolution(filters, inputs, stride=2 if halves else 1)
        self.layer("relu_")
        second = self.convolution(filters, filters)
        if halves:
            self.pool("avg_pool_2", 2, stride=2)
        self.layer("add_prev_")
        self.layer("relu_")
        return Block(first, second, halves)

    def fully_connected(self, inputs: int, outputs: int) -> Float32:
        self.expect_text("the layer", "fc_2")
        self.expect("the fully connected layer's outputs and inputs", outputs, inputs)
        values = self.tensor("the weights of the fully connected layer", inputs, outputs, 1, 1)
        self.part("the fully connected layer's kernel", inputs, outputs, 1, 1)
        self.part("the fully connected layer's bias", 0, 0, 0, 0)
        self.expect("the fully connected layer's mode", 1)  # no bias
        self.rates()
        self.state()
        return values.reshape(inputs, outputs)

    def rates(self) -> None:
        """Factors of the learning rate and of the weight decay, of weights and bias."""
        for _ in range(4):
            self.real("a learning rate")

    def end(self) -> None:
        if self._at != len(self._content):
            raise self.bad("the end", f"{len(self._content) - self._at:,} more bytes")


def _nesting() -> list[int]:
    """The version number of each layer, from the output to the input.

    A layer that computes has version 2, the one on the input 3; a tag, which marks where a shortcut
    begins or is fetched from, has 1.
    """
    block = [*(2,) * 5, 1]  # affine, convolution, relu, affine, convolution, tag
    layers = [2, 2]  # fully connected, average
    for _, halves in reversed(BLOCKS):
        layers += [2, 2]  # relu, addition
        layers += [2, 1, 1] if halves else []  # average, the tag it is of, the tag added to
        layers += block
    return [*layers, *(2, 2, 2), 3]  # maximum, relu, affine, convolution


def _numbers(values: Any) -> str:
    return ", ".join(f"{value:g}" for value in values[:8]) + (", ..." if len(values) > 8 else "")
