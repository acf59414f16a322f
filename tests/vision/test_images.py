"""Encoded pictures in, arrays or clear errors out."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from itertools import product
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facestream.errors import BadPicture, PictureTooLarge
from facestream.vision.images import decode_picture, encode_jpeg, resize_to_width
from tests.fuzz import seeds

LIMIT = 1_000_000


def some_pixels() -> np.ndarray:
    """Red on the left, blue on the right: (40, 60, 3) RGB."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30, 0] = 255
    pixels[:, 30:, 2] = 255
    return pixels


def encoded(picture: Image.Image, suffix: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, suffix.upper(), **options)
    return file.getvalue()


def test_a_jpeg_comes_back_in_rgb_order() -> None:
    decoded = decode_picture(encode_jpeg(some_pixels()), LIMIT).pixels_rgb
    assert decoded.shape == (40, 60, 3)
    assert np.abs(decoded[20, 10].astype(int) - [255, 0, 0]).max() < 10
    assert np.abs(decoded[20, 50].astype(int) - [0, 0, 255]).max() < 10


@pytest.mark.parametrize(
    ("suffix", "shape"),
    [
        *product((".png", ".webp", ".tiff"), ((1, 1, 3), (20, 30, 3), (20, 30), (20, 30, 4))),
        *product((".jpg", ".bmp"), ((1, 1, 3), (20, 30, 3), (20, 30))),  # without alpha channel
    ],
)
def test_common_formats_and_channels_decode(suffix: str, shape: tuple[int, ...]) -> None:
    _, picture = cv2.imencode(suffix, np.full(shape, 128, np.uint8))
    assert decode_picture(picture.tobytes(), LIMIT).pixels_rgb.shape == (*shape[:2], 3)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("L", "jpeg"), ("L", "png"), ("I;16", "png"), ("I;16", "tiff"), ("LA", "png"), ("P", "png")],
)
def test_grey_pictures_of_any_depth_are_as_bright_as_they_were(mode: str, suffix: str) -> None:
    grey = Image.fromarray(np.full((20, 30), 100, np.uint8))
    if mode == "I;16":
        grey = Image.fromarray(np.full((20, 30), 100 * 256, np.uint16))
    found = decode_picture(encoded(grey.convert(mode), suffix), LIMIT).pixels_rgb
    assert np.abs(found.astype(int) - 100).max() <= 2


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *product(("RGB", "CMYK"), ("jpeg", "tiff")),
        *product(("RGB", "RGBA", "P"), ("png", "webp")),
        *product(("RGBA", "P"), ("tiff",)),
    ],
)
def test_colours_are_the_same_in_every_mode(mode: str, suffix: str) -> None:
    picture = encoded(Image.fromarray(some_pixels()).convert(mode), suffix)
    found = decode_picture(picture, LIMIT).pixels_rgb
    assert found.shape == (40, 60, 3)
    assert np.abs(found[20, 10].astype(int) - [255, 0, 0]).max() < 10
    assert np.abs(found[20, 50].astype(int) - [0, 0, 255]).max() < 10


@pytest.mark.parametrize("suffix", ["jpeg", "png", "webp", "tiff"])
@pytest.mark.parametrize(
    ("orientation", "size_wh", "red_at"),
    [(1, (60, 40), (10, 20)), (3, (60, 40), (50, 20)), (6, (40, 60), (20, 10))],
)
def test_pictures_are_turned_upright(
    orientation: int, size_wh: tuple[int, int], red_at: tuple[int, int], suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = encoded(Image.fromarray(some_pixels()), suffix, exif=exif)
    found = decode_picture(picture, LIMIT)
    assert found.size_wh == size_wh
    x, y = red_at
    assert np.abs(found.pixels_rgb[y, x].astype(int) - [255, 0, 0]).max() < 30


@pytest.mark.parametrize("picture", [b"", b"\xff", b"GIF89a", b"<svg/>", b"\xff\xd8\xff\xd9"])
def test_what_is_no_picture_is_refused(picture: bytes) -> None:
    with pytest.raises(BadPicture):
        decode_picture(picture, LIMIT)


@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_jpeg_that_is_cut_off_is_refused(part: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    jpeg = encode_jpeg(noise)
    with pytest.raises(BadPicture):
        decode_picture(jpeg[: int(part * len(jpeg))], LIMIT)


def huge_png(side: int) -> bytes:
    """A PNG whose header states side x side pixels and which holds none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [1001, 20_000])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(
    side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(PictureTooLarge):
        decode_picture(huge_png(side), LIMIT)


def test_a_jpeg_header_of_20000_pixels_is_refused() -> None:
    jpeg = bytearray(encode_jpeg(some_pixels()))
    start = jpeg.index(b"\xff\xc0") + 5  # start of frame: length, precision, height, width
    jpeg[start : start + 4] = struct.pack(">HH", 20_000, 20_000)
    with pytest.raises(PictureTooLarge):
        decode_picture(bytes(jpeg), LIMIT)


@given(st.binary(max_size=400))
def test_any_bytes_decode_or_are_refused(tail: bytes) -> None:
    jpeg = encode_jpeg(some_pixels())
    for picture in (tail, jpeg[:200] + tail, jpeg[:300] + tail + b"\xff\xd9"):
        with suppress(BadPicture, PictureTooLarge):
            decode_picture(picture, LIMIT)


VALID = seeds.pictures()


@settings(max_examples=300)
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), max_size=4),
    st.none() | st.integers(0, 10**4),
)
def test_a_picture_with_some_bytes_changed_or_cut_off_decodes_or_is_refused(
    picture: bytes, changes: list[tuple[int, int]], end: int | None
) -> None:
    changed = bytearray(picture)
    for at, byte in changes:
        changed[at % len(changed)] = byte
    if end is not None:
        del changed[end % len(changed) :]
    with suppress(BadPicture, PictureTooLarge):
        width, height = decode_picture(bytes(changed), LIMIT).size_wh
        assert 0 < width * height <= LIMIT


@pytest.mark.parametrize("picture", VALID)
def test_what_the_fuzzers_start_from_is_valid(picture: bytes) -> None:
    assert decode_picture(picture, LIMIT).size_wh == (40, 40)


def test_resizing_tells_the_way_back() -> None:
    frame = decode_picture(encode_jpeg(some_pixels()), LIMIT)
    smaller, factor = resize_to_width(frame, 30)
    assert smaller.size_wh == (30, 20)
    assert factor == 2
