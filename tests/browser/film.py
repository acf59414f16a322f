"""Cameras made of still photos: Chromium plays a motion JPEG file as if it were a camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facestream.records import UInt8
from facestream.vision.images import decode_picture, encode_jpeg

WIDTH, HEIGHT = 640, 480


def film(path: Path, scenes: Sequence[UInt8], frames: int = 40) -> Path:
    """Write a motion JPEG file, that is JPEG files in a row, in which each scene sways a little."""
    turns = np.sin(np.linspace(0, 2 * np.pi, frames, endpoint=False))
    shots = [
        sway(scenes[number * len(scenes) // frames], turn) for number, turn in enumerate(turns)
    ]
    path.write_bytes(b"".join(encode_jpeg(shot, 92) for shot in shots))
    return path


def scene(photo: bytes) -> UInt8:
    """The photo's upper part, where the face is in portraits, on a picture of the camera's size."""
    pixels = decode_picture(photo, 10**8).pixels_rgb
    height, width, _ = pixels.shape
    scale = max(WIDTH / width, HEIGHT / height)
    resized = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left = (resized.shape[1] - WIDTH) // 2
    return np.ascontiguousarray(resized[:HEIGHT, left : left + WIDTH])


def side_by_side(left: UInt8, right: UInt8) -> UInt8:
    """The middle halves of two scenes."""
    quarter = WIDTH // 4
    return np.hstack([left[:, quarter:-quarter], right[:, quarter:-quarter]])


def far_away(pixels: UInt8) -> UInt8:
    """A scene at a quarter of its size, on grey."""
    small = cv2.resize(pixels, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    picture[HEIGHT // 2 :, WIDTH // 2 :][: HEIGHT // 4, : WIDTH // 4] = small
    return picture


def blurred(pixels: UInt8) -> UInt8:
    """A scene out of focus."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 9), np.uint8)


def sway(pixels: UInt8, turn: float) -> UInt8:
    """Turned by up to 4 degrees and moved by up to 10 pixels, for `turn` in [-1, 1]."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 4 * turn, 1.0)
    matrix[0, 2] += 10 * turn
    moved = cv2.warpAffine(pixels, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
