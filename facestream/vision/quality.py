"""How good a face is for recognition, and what it looks like at a glance. Pure."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from facestream.records import Float32, UInt8
from facestream.vision.geometry import box_areas, clip_boxes, enlarge_boxes, square_boxes

__all__ = [
    "MIN_SHARPNESS",
    "FaceLight",
    "FrameLight",
    "appearance_change",
    "appearances",
    "face_light",
    "face_quality",
    "frame_light",
    "sharpness",
]

MIN_SHARPNESS = 0.412
"""Below this a face is called blurred. Of LFW's faces (folds 1 to 5, 90 pixels wide) 1.0 % lie
below, by the crops of dlib 1.9 %; after a Gaussian blur of 2 pixels 98 %, and 96 % if noise and a
JPEG come on top. The variance of the Laplacian, which had this place before, does so well only at
the price of 2 %, and at a third of the threshold by dlib's crops. benchmarks/quality_gate.py."""

MARGIN = 0.2
"""Part of the crop left out on each side: hair and background say nothing about the face, and where
a crop reaches beyond the frame its black border would be the sharpest edge of all."""

FINEST = 0.7 / 112
"""Sigma of the first of three blurs, in sides of the crop; each of the others has twice that of the
one before. Of 0.6 to 0.8 pixels of 112 it is the one that suits the crops of both embedders."""

NOISE = 0.5
"""Grey levels by which rounding alone moves a pixel: in a patch that is flat but for that there is
nothing to be sharp."""

WHITE = 250
"""Grey level from which on a pixel tells nothing any more."""

BRIGHT_PERCENTILE = 95
"""A lamp or a window may fill the rest of a dark frame."""

EACH = 8
"""Every so many rows and columns of a frame tell its light: 0.05 ms for 640x360."""

FULL_SIDE = 112.0
"""Pixels of the crop that the default embedder sees."""

APPEARANCE_SIDE = 8
SAMPLES_A_PIXEL = 4
AROUND = 1.4
"""How much more than the box an appearance shows."""

OTHER_COLOURS, OTHER_PATTERN = 0.15, 0.25
"""Root mean square difference, and one less the correlation; see `appearance_change`."""


def sharpness(crops_rgb: UInt8) -> Float32:
    """How much fine detail there is inside each aligned crop (n, s, s, 3), for its coarse: (n,).

    The mean absolute difference between two blurs, divided by that between the next two. In a
    picture without blur every octave of frequencies holds about as much contrast (Field, 1987,
    "Relations between the statistics of natural images and the response properties of cortical
    cells"), and blur takes the finer first. So the ratio means the same in flat light as in hard
    light, in a smooth face as in a bearded one; the mean of absolute values, instead of squares,
    keeps a few bright edges from deciding alone.

    Measured on the aligned crop, so that the size of the face in the frame counts: a small face
    that was enlarged has no fine detail either. LFW's faces have 0.51 (median). 0.15 ms a face.
    """
    return np.array([_sharpness(crop) for crop in crops_rgb], np.float32)


def _sharpness(crop_rgb: UInt8) -> float:
    grey, sigma = _inner_grey(crop_rgb).astype(np.float32), FINEST * len(crop_rgb)
    fine, middle, coarse = (cv2.GaussianBlur(grey, (0, 0), sigma * step) for step in (1, 2, 4))
    detail, form = cv2.absdiff(fine, middle).mean(), cv2.absdiff(middle, coarse).mean()
    return float(detail / (form + NOISE))


class FaceLight(NamedTuple):
    """How a face is lit. median: grey level, 0 to 255. white: share of it without any detail."""

    median: float
    white: float


def face_light(crop_rgb: UInt8) -> FaceLight:
    """The light inside one aligned crop (s, s, 3)."""
    grey = _inner_grey(crop_rgb)
    return FaceLight(float(np.median(grey)), float((grey >= WHITE).mean()))


class FrameLight(NamedTuple):
    """How a whole frame is lit. bright: grey level, 0 to 255, that nearly all of it stays below.

    white: share of it without any detail.
    """

    bright: float
    white: float


def frame_light(pixels_rgb: UInt8) -> FrameLight:
    """The light of a frame (height, width, 3)."""
    some = np.ascontiguousarray(pixels_rgb[::EACH, ::EACH])
    grey = np.asarray(cv2.cvtColor(some, cv2.COLOR_RGB2GRAY), np.uint8)
    return FrameLight(float(np.percentile(grey, BRIGHT_PERCENTILE)), float((grey >= WHITE).mean()))


def _inner_grey(crop_rgb: UInt8) -> UInt8:
    """The crop without its `MARGIN`, in grey levels."""
    margin = round(MARGIN * len(crop_rgb))
    inner = crop_rgb[margin:-margin, margin:-margin]
    return np.asarray(cv2.cvtColor(inner, cv2.COLOR_RGB2GRAY), np.uint8)


def face_quality(boxes_xyxy: Float32, sharpness: Float32, size_wh: tuple[int, int]) -> Float32:
    """How much of a face can be recognised, (n,) above 0, 1 at the best.

    The shorter side of its box (n, 4) in parts of a crop's 112 pixels, beyond which there is no
    more to see; half of that where it is blurred; and less where it reaches beyond the frame: who
    comes in at the edge is first seen with half a face.
    """
    sides = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).min(axis=1, initial=FULL_SIDE)
    clear = np.where(sharpness < MIN_SHARPNESS, 0.5, 1.0)
    inside = box_areas(clip_boxes(boxes_xyxy, size_wh)) / np.maximum(box_areas(boxes_xyxy), 1e-6)
    seen = np.clip(inside, 0.1, 1) ** 2
    return np.asarray(np.clip(sides / FULL_SIDE, 0.05, 1) * clear * seen, np.float32)


def appearances(pixels_rgb: UInt8, boxes_xyxy: Float32) -> Float32:
    """What the faces of a frame (height, width, 3) look like at a glance: (n, k) float32 in [0, 1].

    The box (n, 4) with hair, collar and background, in colour, at 8 x 8 pixels. It does not say who
    somebody is, but that somebody else stands there now: see `appearance_change`. Taken by the box,
    not by the landmarks, which tremble in small faces.
    """
    side = APPEARANCE_SIDE * SAMPLES_A_PIXEL
    rows = np.empty((len(boxes_xyxy), 3 * APPEARANCE_SIDE**2), np.float32)
    for row, box in zip(rows, enlarge_boxes(square_boxes(boxes_xyxy), AROUND), strict=True):
        left, top, right, _ = box
        scale = side / max(right - left, 1e-3)
        matrix = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]])
        large = cv2.warpAffine(pixels_rgb, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
        small = cv2.resize(large, (APPEARANCE_SIDE, APPEARANCE_SIDE), interpolation=cv2.INTER_AREA)
        row[:] = small.reshape(-1) / np.float32(255)
    return rows


def appearance_change(before: Float32, now: Float32) -> float:
    """How different two appearances (k,) of one place are: 0 the same, 1 probably somebody else.

    The greater of two differences, of colour and of pattern, each in parts of what only 1 % of the
    pairs of different people in LFW stay below.
    """
    colour = float(np.sqrt(np.mean((before - now) ** 2))) / OTHER_COLOURS
    a, b = before - before.mean(), now - now.mean()
    lengths = max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6)
    return max(colour, (1 - float(a @ b) / lengths) / OTHER_PATTERN)
