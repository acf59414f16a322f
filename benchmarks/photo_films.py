"""Photos of people -> films in which one of them sits before the camera. Reads files, no more."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from facestream.evaluation.dataset import Photo, find_photos
from facestream.records import Frame, UInt8
from facestream.vision.images import decode_picture

__all__ = ["LFW", "pasted", "people_with"]

LFW = Path(__file__).parent.parent.parent / "shared" / "data" / "lfw-dev"
FRAME_WH = (640, 360)
SIDE = 320
"""Pixels of a photo in the frame: a face of about 190, as at arm's length."""
GREY = 110


def people_with(photos: int, folder: Path = LFW) -> dict[str, list[Path]]:
    """Who has so many photos or more: their first `photos` ones, by name."""
    people: defaultdict[str, list[Photo]] = defaultdict(list)
    for photo in find_photos(folder / "images").values():
        people[photo.person].append(photo)
    return {
        person: [photo.path for photo in sorted(theirs, key=lambda p: p.number)[:photos]]
        for person, theirs in sorted(people.items())
        if len(theirs) >= photos
    }


def pasted(path: Path) -> Frame:
    """The photo in the middle of a grey frame of 640x360."""
    width, height = FRAME_WH
    pixels: UInt8 = np.full((height, width, 3), GREY, np.uint8)
    photo = decode_picture(path.read_bytes(), 10**8).pixels_rgb
    x, y = (width - SIDE) // 2, (height - SIDE) // 2
    larger = cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    pixels[y : y + SIDE, x : x + SIDE] = larger
    return Frame(pixels)
