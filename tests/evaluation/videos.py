"""Short videos made of one picture, to measure with."""

from __future__ import annotations

from pathlib import Path

import cv2

from facestream.records import Frame


def write_video(path: Path, frame: Frame, count: int) -> Path:
    """`count` times the same frame."""
    bgr = cv2.cvtColor(frame.pixels_rgb, cv2.COLOR_RGB2BGR)
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, frame.size_wh)
    assert video.isOpened()
    for _ in range(count):
        video.write(bgr)
    video.release()
    return path
