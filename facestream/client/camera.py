"""Frames as a camera that never ends: pictures at its pace, as JPEG. Knows no socket.

Many cameras share one film, and its JPEG files are made once: a load generator shares its cores
with the server that it measures, and must cost next to nothing.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import cv2
import numpy as np

from facestream.records import Frame
from facestream.vision.images import encode_jpeg

__all__ = ["CAMERA_FPS", "PAGE_WIDTH", "Camera", "Film", "sent_size_wh"]

CAMERA_FPS = 30.0
"""What phones give a page that asks for nothing else."""

KEPT_BYTES = 64 * 1024 * 1024
"""Of JPEG files: 2,000 of 640x360 at quality 80, or a hundred frames in 20 sizes and qualities."""

PAGE_WIDTH = 640
PIXELS_OF_SQUARE = 3 / 4
ROUNDING = 1e-6
"""MAX_FRAME_WIDTH, FRAME_PIXELS_OF_SQUARE and ROUNDING of the page."""

SAME_TIME_S = 1e-6
"""Times closer than that are one: timers may be a little early, and sums are rounded."""


def sent_size_wh(size_wh: tuple[int, int], widest: int) -> tuple[int, int]:
    """The size in which a camera picture is sent: its shape kept, never enlarged; in pixels.

    As `frameSize` of web/js/basics/geometry.js: `widest` wide, and at most as many pixels in all as
    a 4:3 picture of that width has.
    """
    width, height = size_wh
    widest = min(widest, PAGE_WIDTH)
    scale = min(1, widest / width, widest * math.sqrt(PIXELS_OF_SQUARE / (width * height)))
    wide, high = (max(1, math.floor(side * scale + ROUNDING)) for side in size_wh)
    return wide, high


class Film:
    """Frames that never end, as JPEG in any width and quality.

    They run there and back: nobody jumps, where a loop would have a cut, which no camera has.

    Bound: `kept_bytes` of JPEG. Policy: what was not asked for the longest is made again.

    Args:
        frames: at least one, decoded.
        fps: how many of them pass in a second.
        kept_bytes: of JPEG files, in bytes.
    """

    def __init__(
        self, frames: Sequence[Frame], fps: float = CAMERA_FPS, kept_bytes: int = KEPT_BYTES
    ) -> None:
        if not frames:
            raise ValueError("a film must have frames, got none")
        self.fps = fps
        self._frames = frames
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._jpegs: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._frames)

    def jpeg(self, number: int, width: int, quality: int) -> bytes:
        """Frame `number`, counted there and back, at most `width` pixels wide.

        quality: of the JPEG, 1 to 100.
        """
        last = len(self._frames) - 1
        key = (last - abs(last - number % max(1, 2 * last)), width, quality)
        found = self._jpegs.get(key)
        if found is None:
            found = _encode(self._frames[key[0]], width, quality)
            self._keep(key, found)
        self._jpegs.move_to_end(key)
        return found

    def prepare(self, width: int, quality: int) -> None:
        """Make all of them, so that none has to be made while somebody waits for it."""
        for number in range(len(self._frames)):
            self.jpeg(number, width, quality)

    def _keep(self, key: tuple[int, int, int], jpeg: bytes) -> None:
        self._jpegs[key] = jpeg
        self._bytes += len(jpeg)
        while self._bytes > self._kept_bytes and len(self._jpegs) > 1:
            self._bytes -= len(self._jpegs.popitem(last=False)[1])


class Camera:
    """One phone's view of a film. Pictures come `fps` times a second from `started_s` on.

    Args:
        film: shared with others; it runs at its own pace, whatever the camera's.
        start: the number of the first picture.
        fps: pictures a second.
        started_s: when the first picture came, on the clock of whoever asks.
    """

    def __init__(
        self, film: Film, *, start: int = 0, fps: float = CAMERA_FPS, started_s: float = 0.0
    ) -> None:
        self._film = film
        self._start = start
        self._fps = fps
        self._started_s = started_s

    def next_picture_s(self, now_s: float) -> float:
        """When the next picture comes: now, or later."""
        count = math.ceil((now_s - SAME_TIME_S - self._started_s) * self._fps)
        return max(now_s, self._started_s + count / self._fps)

    def jpeg(self, now_s: float, width: int, quality: int) -> bytes:
        """The newest picture, as `Film.jpeg`."""
        count = math.floor((now_s + SAME_TIME_S - self._started_s) * self._film.fps)
        return self._film.jpeg(self._start + count, width, quality)


def _encode(frame: Frame, width: int, quality: int) -> bytes:
    pixels, size_wh = frame.pixels_rgb, sent_size_wh(frame.size_wh, width)
    if size_wh != frame.size_wh:
        pixels = np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    return encode_jpeg(pixels, quality)
