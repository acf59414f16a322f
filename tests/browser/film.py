"""Cameras made of still photos: Chromium plays a motion JPEG file as if it were a camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from facestream.records import UInt8
from facestream.vision.images import decode_picture, encode_jpeg

WIDTH, HEIGHT = 640, 480

Move = Callable[[UInt8, float], UInt8]
"""What a scene looks like at a turn in [-1, 1]; at 0 it is as it was."""


def sway(pixels: UInt8, turn: float) -> UInt8:
    """Turned by up to 4 degrees and moved by up to 10 pixels, for `turn` in [-1, 1]."""
    height, width, _ = pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 4 * turn, 1.0)
    matrix[0, 2] += 10 * turn
    moved = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def film(path: Path, scenes: Sequence[UInt8], frames: int = 40, move: Move = sway) -> Path:
    """Write a motion JPEG file, that is JPEG files in a row, in which each scene sways a little.

    With one frame it stands still. `move`: what happens to the scene instead of swaying.
    """
    shots = swaying(scenes, frames, move)
    path.write_bytes(b"".join(encode_jpeg(shot, 92) for shot in shots))
    return path


def slow_film(path: Path, scenes: Sequence[UInt8], fps: int, frames: int = 20) -> Path:
    """As `film`, of a camera that delivers so many pictures a second: a YUV4MPEG2 file says it."""
    height, width, _ = scenes[0].shape
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for shot in swaying(scenes, frames):
            file.write(b"FRAME\n" + cv2.cvtColor(shot, cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


def swaying(scenes: Sequence[UInt8], frames: int, move: Move = sway) -> list[UInt8]:
    """The scenes in turn, once to and fro."""
    turns = np.sin(np.linspace(0, 2 * np.pi, frames, endpoint=False))
    return [move(scenes[number * len(scenes) // frames], turn) for number, turn in enumerate(turns)]


def scene(photo: bytes, size_wh: tuple[int, int] = (WIDTH, HEIGHT)) -> UInt8:
    """The photo's upper part, where the face is in portraits, on a picture of the camera's size."""
    pixels = decode_picture(photo, 10**8).pixels_rgb
    height, width, _ = pixels.shape
    across, down = size_wh
    scale = max(across / width, down / height)
    resized = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left = (resized.shape[1] - across) // 2
    return np.ascontiguousarray(resized[:down, left : left + across])


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


def turn_away(pixels: UInt8, turn: float) -> UInt8:
    """As `sway`, on a wall that turns and so comes to be up to a third smaller at its far side."""
    height, width, _ = pixels.shape
    near = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    far = near.copy()
    edge = [0, 3] if turn < 0 else [1, 2]
    away = 0.3 * abs(turn)
    far[edge, 0] += away / 2 * width * (1 if turn < 0 else -1)
    far[edge, 1] += away * height * np.array([1, -1])
    matrix = cv2.getPerspectiveTransform(near, far)
    swayed, size_wh = sway(pixels, turn), (width, height)
    moved = cv2.warpPerspective(swayed, matrix, size_wh, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
