"""Cameras made of still photos: Chromium plays a motion JPEG file as if it were a camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facestream.records import UInt8
from facestream.vision.images import decode_picture, encode_jpeg

WIDTH, HEIGHT = 640, 480
FACE_PART = 2.2
"""Height of the picture in heights of the face box."""


def film(path: Path, photos: Sequence[bytes], frames: int = 40) -> Path:
    """Write a motion JPEG file, that is JPEG files in a row, in which each photo sways a little."""
    pictures = [scene(photo) for photo in photos]
    turns = np.sin(np.linspace(0, 2 * np.pi, frames, endpoint=False))
    shots = [
        sway(pictures[number * len(pictures) // frames], turn) for number, turn in enumerate(turns)
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


def sway(pixels: UInt8, turn: float) -> UInt8:
    """Turned by up to 4 degrees and moved by up to 10 pixels, for `turn` in [-1, 1]."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 4 * turn, 1.0)
    matrix[0, 2] += 10 * turn
    moved = cv2.warpAffine(pixels, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
