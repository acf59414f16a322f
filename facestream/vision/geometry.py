"""Boxes and five-point alignment. Pure numpy and OpenCV.

Boxes are (n, 4) float32, x1 y1 x2 y2 in pixels, continuous: width is x2 - x1.
"""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32, UInt8

__all__ = [
    "Overlap",
    "align",
    "box_areas",
    "box_overlaps",
    "clip_boxes",
    "enlarge_boxes",
    "regress_boxes",
    "similarity_transform",
    "square_boxes",
]

Overlap = Literal["union", "smaller"]


def box_overlaps(
    a_xyxy: NDArray[np.floating[Any]], b_xyxy: NDArray[np.floating[Any]], by: Overlap = "union"
) -> Float32:
    """Overlap of each box of `a` (n, 4) with each of `b` (m, 4), (n, m) in [0, 1].

    by: the intersection is divided by the area of the union (IoU), or of the smaller box.
    """
    top_left = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    bottom_right = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    intersection = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    area_a, area_b = box_areas(a_xyxy)[:, None], box_areas(b_xyxy)[None, :]
    whole = area_a + area_b - intersection if by == "union" else np.minimum(area_a, area_b)
    shares = np.divide(intersection, whole, out=np.zeros_like(intersection), where=whole > 0)
    return np.asarray(shares, np.float32)


def box_areas(boxes_xyxy: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Area of each box (n, 4) in pixels, (n,); 0 of one that is turned inside out."""
    sides = np.clip(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0, None)
    areas: NDArray[np.floating[Any]] = sides[:, 0] * sides[:, 1]
    return areas


def regress_boxes(boxes_xyxy: Float32, offsets: Float32) -> Float32:
    """Move each edge by its offset (n, 4), a fraction of the box's width or height."""
    sides = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    return boxes_xyxy + offsets * np.tile(sides, 2)


def square_boxes(boxes_xyxy: Float32) -> Float32:
    """Boxes of the same centre, with both sides as long as the longer one."""
    centres = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    half = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)


def enlarge_boxes(boxes_xyxy: Float32, factor: float) -> Float32:
    """Boxes (n, 4) of the same centre, so many times as wide and high."""
    centres = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    halves = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) / 2 * np.float32(factor)
    return np.concatenate([centres - halves, centres + halves], axis=1)


def clip_boxes(boxes_xyxy: Float32, size_wh: tuple[int, int]) -> Float32:
    """Boxes cut at the edges of a frame."""
    return np.clip(boxes_xyxy, 0, np.array([*size_wh, *size_wh], np.float32))


def similarity_transform(
    source_xy: NDArray[np.floating[Any]], target_xy: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """The (2, 3) matrix of rotation, scale and shift that best moves `source` onto `target`.

    Least squares over (k, 2) points without reflection; closed form in complex numbers, where such
    a transform is z -> a z + b. Equals Umeyama (1991) in two dimensions without reflection.
    """
    z = source_xy[:, 0].astype(np.float64) + 1j * source_xy[:, 1]
    w = target_xy[:, 0].astype(np.float64) + 1j * target_xy[:, 1]
    z_mean, w_mean = z.mean(), w.mean()
    spread = np.vdot(z - z_mean, z - z_mean).real
    a = np.vdot(z - z_mean, w - w_mean) / max(spread, 1e-12)
    b = w_mean - a * z_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def align(pixels_rgb: UInt8, landmarks_xy: Float32, template_xy: Float32, size: int) -> UInt8:
    """Crops in which the five landmarks lie on the template: (n, size, size, 3).

    Args:
        pixels_rgb: (height, width, 3).
        landmarks_xy: (n, 5, 2) in pixels of the frame.
        template_xy: (5, 2) in pixels of the crop.
        size: side of the crop in pixels.
    """
    crops = np.empty((len(landmarks_xy), size, size, 3), np.uint8)
    for crop, points_xy in zip(crops, landmarks_xy, strict=True):
        matrix = similarity_transform(points_xy, template_xy)
        cv2.warpAffine(pixels_rgb, matrix, (size, size), dst=crop, flags=cv2.INTER_LINEAR)
    return crops
