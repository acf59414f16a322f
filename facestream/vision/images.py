"""Encoded pictures <-> RGB arrays, with limits that are checked before anything is decoded."""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
from PIL import Image

from facestream.errors import BadPicture, PictureTooLarge
from facestream.records import Frame, UInt8
from facestream.vision.picture_files import lacks_most, without_ballast

__all__ = ["decode_picture", "encode_jpeg", "picture_size_wh", "resize_to_width"]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
"""What is recognised by its header; everything else is refused unopened."""


def picture_size_wh(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header alone.

    Raises:
        BadPicture: it is none of `FORMATS`.
        PictureTooLarge: its header states so many pixels that reading on would be foolish.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes over our limit, and of odd EXIF data
            with Image.open(io.BytesIO(picture), formats=FORMATS) as header:
                return header.size
    except Image.DecompressionBombError as error:
        raise PictureTooLarge("the picture has more pixels than any limit allows") from error
    except (OSError, SyntaxError, ValueError, TypeError, EOFError) as error:
        raise BadPicture("these bytes are not a picture that can be read") from error


def decode_picture(picture: bytes, max_pixels: int) -> Frame:
    """Decode a JPEG, PNG, WebP, BMP or TIFF file to RGB, turned upright as its EXIF data say.

    Raises:
        PictureTooLarge: more than `max_pixels` pixels; known from the header, nothing was decoded.
        BadPicture: not a picture, damaged, cut off, or of far more parts than a picture needs.
    """
    picture = without_ballast(picture)
    width, height = picture_size_wh(picture)
    if width * height > max_pixels:
        raise PictureTooLarge(
            f"a picture may have {max_pixels:,} pixels, this one has {width:,} x {height:,}"
        )
    if lacks_most(picture, width * height):
        raise BadPicture("most of the picture is missing")
    try:
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise BadPicture("the picture is damaged") from error
    if pixels is None:
        raise BadPicture("the picture is damaged")
    return Frame(np.asarray(pixels, np.uint8))


def encode_jpeg(pixels_rgb: UInt8, quality: int = 90) -> bytes:
    """A JPEG file of `pixels_rgb` (height, width, 3); `quality` from 1 to 100."""
    _, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(pixels_rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return jpeg.tobytes()


def resize_to_width(frame: Frame, width: int) -> tuple[Frame, float]:
    """The frame at `width` pixels, and the factor from the new pixels back to the old ones."""
    old_width, old_height = frame.size_wh
    height = max(1, round(old_height * width / old_width))
    resized = cv2.resize(frame.pixels_rgb, (width, height), interpolation=cv2.INTER_AREA)
    return Frame(np.asarray(resized, np.uint8)), old_width / width
