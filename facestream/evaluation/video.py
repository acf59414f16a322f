"""Frames to measure with: of a video, as the page would send them, or of nothing in particular."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from facestream.client.camera import PAGE_WIDTH, sent_size_wh
from facestream.errors import BadVideo
from facestream.records import Frame, UInt8
from facestream.vision.images import resize_to_width

__all__ = ["frames_without_faces", "page_width", "read_video", "video_fps"]

# -8: quiet. Set early, because OpenCV reads it when a process first uses FFmpeg.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

SCENE_WH = (960, 540)
SCENE_STEP = 8
"""Pixels from one frame without faces to the next."""


def page_width(size_wh: tuple[int, int]) -> int:
    """Width at which the page sends a camera's picture of this size, in pixels."""
    return sent_size_wh(size_wh, PAGE_WIDTH)[0]


def read_video(path: Path, most: int) -> list[Frame]:
    """The first frames, `most` at the most, each of the size that the page would send.

    Raises:
        BadVideo: it cannot be read, is no video, or has no frame.
    """
    try:
        with path.open("rb"):  # OpenCV does not say why it cannot
            pass
    except OSError as error:
        raise BadVideo(f"{path} cannot be read: {error.strerror}") from error
    with _quiet_opencv():
        frames = list(islice(_frames(path), most))
    if not frames:
        raise BadVideo(f"{path} is not a video that can be read, or has no frames")
    return frames


def video_fps(path: Path) -> float | None:
    """Frames a second; None where the file does not say."""
    with _quiet_opencv():
        video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        fps = float(video.get(cv2.CAP_PROP_FPS))
        video.release()
    return fps if math.isfinite(fps) and fps > 0 else None


def frames_without_faces(count: int, size_wh: tuple[int, int] = (640, 360)) -> list[Frame]:
    """`count` frames of a camera which wanders over clouds: seeded, and nobody is in them.

    The strength of the pattern falls with its frequency as it does in photos (Field 1987). P-Net
    and R-Net have about as much to do as in a street, O-Net nearly nothing.
    """
    scene = _clouds(np.random.default_rng(0))
    width, height = size_wh
    room_x, room_y = SCENE_WH[0] - width, SCENE_WH[1] - height
    places = ((SCENE_STEP * i % room_x, SCENE_STEP * i % room_y) for i in range(count))
    return [Frame(np.ascontiguousarray(scene[y : y + height, x : x + width])) for x, y in places]


def _frames(path: Path) -> Iterator[Frame]:
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        while (read := video.read())[0]:
            frame = Frame(np.asarray(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), np.uint8))
            yield resize_to_width(frame, page_width(frame.size_wh))[0]
    finally:
        video.release()


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Without the warnings of OpenCV and FFmpeg, which say less than our error does."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _clouds(random: np.random.Generator) -> UInt8:
    """(height, width, 3) of `SCENE_WH`, amplitude one over frequency."""
    width, height = SCENE_WH
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf  # no mean
    noise = np.fft.rfft2(random.standard_normal((3, height, width))) / frequency
    pattern = np.fft.irfft2(noise, s=(height, width)).transpose(1, 2, 0)
    return np.asarray(np.clip(128 + 48 * pattern / pattern.std(), 0, 255), np.uint8)
