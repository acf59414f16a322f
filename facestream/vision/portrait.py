"""Frames -> the pictures of faces that are kept: wide enough to be aligned anew later. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facestream.records import Float32, Frame, UInt8
from facestream.vision.geometry import align, similarity_transform

__all__ = ["PORTRAIT_SIDE", "Portraits", "portraits"]

PORTRAIT_SIDE = 192
"""Pixels. A JPEG of it has some 8 kB."""

PORTRAIT_XY = np.array(
    [[71.7, 81.6], [120.0, 81.3], [96.0, 109.0], [76.2, 137.3], [116.2, 137.1]], np.float32
)
"""Where the five landmarks come to lie: as in mobilefacenet's crop of 112 pixels, 1.42 times as far
apart, with a margin. So the crops of all embedders lie within the picture, at no lower resolution
than they have (dlib's: 8 % lower)."""


@dataclass(frozen=True, slots=True, eq=False)
class Portraits:
    """The faces of one frame, to be kept.

    pixels_rgb: (n, PORTRAIT_SIDE, PORTRAIT_SIDE, 3) uint8.
    landmarks_xy: (n, 5, 2) float32, in their pixels.
    detector: fingerprint of what found the landmarks.
    """

    pixels_rgb: UInt8
    landmarks_xy: Float32
    detector: str

    def __len__(self) -> int:
        return len(self.pixels_rgb)


def portraits(frame: Frame, landmarks_xy: Float32, detector: str) -> Portraits:
    """The portraits of the faces with these landmarks (n, 5, 2)."""
    moved = np.empty_like(landmarks_xy)
    for row, points_xy in enumerate(landmarks_xy):
        matrix = similarity_transform(points_xy, PORTRAIT_XY)
        moved[row] = points_xy @ matrix[:, :2].T + matrix[:, 2]
    crops = align(frame.pixels_rgb, landmarks_xy, PORTRAIT_XY, PORTRAIT_SIDE)
    return Portraits(crops, moved, detector)
