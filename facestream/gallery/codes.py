"""Embeddings in eight bits, and how far off those can be. Knows numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32

__all__ = ["Codes", "encode"]

LARGEST = 127  # of int8, the same on either side of zero
ROWS_AT_A_TIME = 1024  # 0.8 MB with 192 dimensions: what is worked on stays in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Embeddings as small integers: row i is about scales[i] * values[i].

    values: (n, d) int8, -127 to 127.
    scales: (n,) float32.
    errors: (n,) float32, the length of what is missing: embedding - scale * values.
    """

    values: NDArray[np.int8]
    scales: Float32
    errors: Float32


def encode(embeddings: Float32) -> Codes:
    """Codes of finite embeddings: (n, d) float32, of any length.

    For unit length and 192 dimensions the error is about 0.007.
    """
    n, dimension = embeddings.shape
    codes = Codes(
        np.empty((n, dimension), np.int8), np.empty(n, np.float32), np.empty(n, np.float32)
    )
    for start in range(0, n, ROWS_AT_A_TIME):
        part = slice(start, start + ROWS_AT_A_TIME)
        _encode(embeddings[part], codes.values[part], codes.scales[part], codes.errors[part])
    return codes


def _encode(
    embeddings: Float32, values: NDArray[np.int8], scales: Float32, errors: Float32
) -> None:
    """Fill the last three."""
    largest = np.maximum(embeddings.max(axis=1), -embeddings.min(axis=1))
    # A row of zeros has any scale but zero, which nothing can be divided by.
    scales[:] = np.maximum(largest, np.finfo(np.float32).tiny * LARGEST) / LARGEST
    rounded = np.rint(embeddings / scales[:, np.newaxis])
    values[:] = rounded
    rounded *= scales[:, np.newaxis]
    np.subtract(embeddings, rounded, out=rounded)
    errors[:] = np.sqrt(np.einsum("nd,nd->n", rounded, rounded))
