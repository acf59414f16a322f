"""How similar a probe can be to a group of templates at most, by TensorFlow. Knows no identities.

A matrix of a million float32 embeddings is 768 MB, and a search that reads it all takes as long as
the memory takes to deliver that. So TensorFlow reads eight-bit codes, a quarter of it. For probe p
and embedding x, whose codes stand for p' and x', the inequality of Cauchy and Schwarz gives

    p.x = p'.x' + p.(x - x') + (p - p').x'
       <= p'.x' + |p| |x - x'| + |p - p'| (|x| + |x - x'|)

where all lengths but that of the product are known beforehand. The right side is the ceiling: no
similarity is above it, so a group whose ceiling is below the k-th best similarity found so far can
be left out, and the search stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from facestream.gallery.codes import encode
from facestream.gallery.records import UNIT_TOLERANCE
from facestream.records import Float32

__all__ = ["CAPACITIES", "GROUP", "PROBE_COUNTS", "CodedProbes", "CodedTemplates", "trace_count"]

# TensorFlow meets these shapes only, filled up with nothing, so that nothing is compiled for a
# gallery that grows. Each is four times the one before: a smaller step would waste less time on
# empty rows, and more on compiling, 0.1 s a program. The largest: a million templates are 8 calls,
# of 0.1 to 0.3 ms each before they begin, and an enrolment copies 25 MB of codes.
CAPACITIES = (2048, 8192, 32768, 131072)
PROBE_COUNTS = (1, 8, 32)

GROUP = 64  # templates with a common ceiling; divides every capacity

ROUNDING = 1e-4  # far more than what float32 sums over some 1000 dimensions can be off


@dataclass(frozen=True, slots=True, eq=False)
class CodedProbes:
    """As many probes as one of PROBE_COUNTS, the last ones perhaps zero, as TensorFlow takes them.

    values: (b, d) int8, scales: (b,) float32, of `Codes`.
    reaches: (b,) float32, how much an error of a template counts: |p| + |p - p'|.
    slacks: (b,) float32, what is added whatever the template.
    """

    values: Any
    scales: Any
    reaches: Any
    slacks: Any

    @classmethod
    def of(cls, probes: Float32) -> CodedProbes:
        """Of at most PROBE_COUNTS[-1] finite probes, (b, d) float32."""
        padded = np.zeros((fitting(len(probes), PROBE_COUNTS), probes.shape[1]), np.float32)
        padded[: len(probes)] = probes
        codes = encode(padded)
        lengths = np.linalg.norm(padded, axis=1)
        return cls(
            tf.constant(codes.values),
            tf.constant(codes.scales),
            tf.constant(lengths + codes.errors),
            tf.constant(codes.errors * np.float32(1 + UNIT_TOLERANCE) + lengths * ROUNDING),
        )


@dataclass(frozen=True, slots=True, eq=False)
class CodedTemplates:
    """The codes of one block, in the memory of the device that TensorFlow uses. Never change.

    values: (capacity, d) int8, scales: (capacity,) float32, of `Codes`.
    errors: (capacity,) float32; minus infinity where there is no template, which puts the ceiling
        of a place without one below all others.
    """

    values: Any
    scales: Any
    errors: Any

    @classmethod
    def of(cls, embeddings: Float32, capacity: int) -> CodedTemplates:
        """Of embeddings (m, d) float32 of unit length, m <= capacity."""
        return cls.empty(embeddings.shape[1], capacity).replaced(0, embeddings)

    @classmethod
    def empty(cls, dimension: int, capacity: int) -> CodedTemplates:
        """Room without a template."""
        return cls(
            tf.zeros((capacity, dimension), tf.int8),
            tf.zeros(capacity),
            tf.fill((capacity,), np.float32(-np.inf)),
        )

    def replaced(self, start: int, embeddings: Float32) -> CodedTemplates:
        """These, but for the rows from `start` on, which hold `embeddings`: (n, d) float32."""
        codes = encode(embeddings)
        return CodedTemplates(
            _replaced(self.values, start, codes.values),
            _replaced(self.scales, start, codes.scales),
            _replaced(self.errors, start, codes.errors),
        )

    def ceilings(self, probes: CodedProbes) -> Any:
        """A tensor (capacity / GROUP, b) float32: no template of the group is more similar to the
        probe. It may still be under way.
        """
        return _ceilings_compiled(
            self.values,
            self.scales,
            self.errors,
            probes.values,
            probes.scales,
            probes.reaches,
            probes.slacks,
        )


def _ceilings(
    values: Any,
    scales: Any,
    errors: Any,
    probe_values: Any,
    probe_scales: Any,
    probe_reaches: Any,
    probe_slacks: Any,
) -> Any:
    """See `CodedTemplates.ceilings`. XLA makes one loop of it, which writes the maxima only."""
    # Unlike tf.matmul, this takes int8 and adds up in int32.
    products = tf.raw_ops.BatchMatMulV3(x=values, y=probe_values, adj_y=True, Tout=tf.int32)
    estimates = tf.cast(products, tf.float32) * scales[:, tf.newaxis] * probe_scales
    reached = estimates + errors[:, tf.newaxis] * probe_reaches
    grouped = tf.reshape(reached, (-1, GROUP, probe_values.shape[0]))
    return tf.reduce_max(grouped, axis=1) + probe_slacks


# XLA, because TensorFlow's own kernel multiplies int8 ten times slower.
_ceilings_compiled = tf.function(_ceilings, jit_compile=True, autograph=False)


def trace_count() -> int:
    """How many programs TensorFlow has traced and compiled for the search in this process."""
    return int(_ceilings_compiled.experimental_get_tracing_count())


def fitting(n: int, sizes: tuple[int, ...]) -> int:
    """The smallest of the ascending sizes which is at least n."""
    return next(size for size in sizes if size >= n)


def _replaced(tensor: Any, start: int, rows: Any) -> Any:
    """A tensor with `rows` from `start` on; a copy within the device's memory."""
    return tf.concat([tensor[:start], rows, tensor[start + len(rows) :]], axis=0)
