"""Each crop is looked at twice: as it is, and mirrored and a little nearer. Pure.

A network makes different errors in the two, and their average is nearer to the person than either.
It doubles the time of the network. docs/accuracy.md compares it with one look.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from facestream.records import Float32, UInt8

__all__ = ["FINGERPRINT", "looked_at_twice", "mean_look", "second_look"]

ZOOM = 1.05
"""Of the second look. From 1.035 to 1.1 the figures are the same within their noise."""

FINGERPRINT = f"second look: mirrored, {ZOOM} times, cubic; mean of unit embeddings"
"""To be hashed with the weights: embeddings of one look and of two do not compare."""


def looked_at_twice(embed: Callable[[UInt8], Float32], crops_rgb: UInt8) -> Float32:
    """The mean looks (n, d) of crops (n, s, s, 3).

    embed: crops -> unit vectors, one a crop, whatever the others are; called once for both looks.
    """
    both = embed(np.concatenate([crops_rgb, second_look(crops_rgb)]))
    return mean_look(both[: len(crops_rgb)], both[len(crops_rgb) :])


def second_look(crops_rgb: UInt8) -> UInt8:
    """Crops (n, s, s, 3) mirrored left to right and enlarged about their centre, of that shape."""
    size = crops_rgb.shape[1]
    middle = (size - 1) / 2
    matrix = np.array([[-ZOOM, 0, middle * (1 + ZOOM)], [0, ZOOM, middle * (1 - ZOOM)]])
    looks = np.empty_like(crops_rgb)
    for crop, look in zip(crops_rgb, looks, strict=True):
        # cubic: after the alignment it is the second interpolation, and linear would blur twice
        cv2.warpAffine(crop, matrix, (size, size), dst=look, flags=cv2.INTER_CUBIC)
    return looks


def mean_look(first: Float32, second: Float32) -> Float32:
    """The unit vectors halfway between two unit vectors, row by row: (n, d) each."""
    total = first + second
    mean: Float32 = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-6)
    return mean
