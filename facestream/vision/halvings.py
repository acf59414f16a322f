"""A frame at full, half, quarter ... size, so that small copies are made from small sources.

OpenCV's area interpolation reads all of its source, a nanosecond a value, however small the result;
only halving is fast. Nothing here knows why small copies are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facestream.records import Frame, UInt8
from facestream.vision.lanes import Lanes

__all__ = ["halved_frames", "times_halved"]

SHORTEST = 16
"""Pixels of the shorter side below which nothing is halved any more."""


def halved_frames(frames: Sequence[Frame], lanes: Lanes) -> list[list[UInt8]]:
    """Of each frame its pixels, and those halved once, twice and so on.

    Pixel (x, y) of the k-th is the mean of 2**k x 2**k pixels of the frame from (x, y) * 2**k on.
    Where a side is odd its last row or column is left out.
    """
    series: list[list[UInt8]] = [[frame.pixels_rgb] for frame in frames]

    def halve(_: int, number: int) -> None:
        pixels = series[number][0]
        while min(pixels.shape[:2]) >= 2 * SHORTEST:
            pixels = _halved(pixels)
            series[number].append(pixels)

    lanes.each(len(frames), halve)
    return series


def times_halved(size_wh: tuple[int, int], wanted_wh: tuple[float, float]) -> int:
    """How often a picture can be halved and still be at least as large as wanted."""
    times, (width, height) = 0, size_wh
    while min(width, height) >= 2 * SHORTEST:
        width, height = width // 2, height // 2
        if width < wanted_wh[0] or height < wanted_wh[1]:
            break
        times += 1
    return times


def _halved(pixels_rgb: UInt8) -> UInt8:
    height, width = pixels_rgb.shape[0] // 2, pixels_rgb.shape[1] // 2
    whole = pixels_rgb[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
