"""Picture files -> the same without what costs more than it shows, or refused. Decodes nothing.

The number of pixels does not bound what a file costs: 37 bytes are one more scan over all pixels of
a progressive JPEG, and a kilobyte of a PNG is a megabyte of text, which libpng unpacks to throw it
away. Two megabytes of either kept a decoder busy for seconds or minutes.
"""

from __future__ import annotations

import re
import struct

from facestream.errors import BadPicture

__all__ = ["lacks_most", "without_ballast"]

JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"

MOST_SCANS = 32
"""Of a JPEG. Encoders write 10, or a few more; with 32 one of 12.6 million pixels takes 0.5 s."""

MOST_SEGMENTS = 4096
"""Of a JPEG; a photo with a thumbnail and the largest colour profile has some hundred."""

PIXELS_PER_BYTE = 512
"""Of a JPEG, at most: its blocks of 8 x 8 pixels take a bit each, or most of it is not there."""

MOST_CHUNKS = 1 << 14
"""Of a PNG. libpng writes chunks of 8 kB and more: 128 MB."""

TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))

CHUNK = struct.Struct(">I4s")  # length, kind; the content and four bytes of checksum follow
CHUNK_END = 4
MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # what neither is stuffed nor restarts
SOS, EOI = 0xDA, 0xD9
ALONE = frozenset((0x01, 0xD8))  # markers without a length


def without_ballast(picture: bytes) -> bytes:
    """The file without its texts, where it is a PNG.

    Raises:
        BadPicture: it has far more parts than a picture needs, or less than it says.
    """
    if picture.startswith(JPEG):
        _check_jpeg(picture)
    elif picture.startswith(PNG):
        return _without_texts(picture)
    return picture


def lacks_most(picture: bytes, pixels: int) -> bool:
    """Whether a JPEG is too small for the pixels that its header states."""
    return picture.startswith(JPEG) and pixels > PIXELS_PER_BYTE * len(picture)


def _check_jpeg(jpeg: bytes) -> None:
    """What cannot be read on is left to the decoder, which stops there as well."""
    if _has_few_markers(jpeg):
        return
    at, scans = len(JPEG), 0
    for _ in range(MOST_SEGMENTS):
        found = MARKER.search(jpeg, at)
        if found is None:
            return
        at, kind = found.end(), jpeg[found.end() - 1]
        if kind == EOI:
            return
        if kind == SOS:
            scans += 1
            if scans > MOST_SCANS:
                raise BadPicture(f"a JPEG may have {MOST_SCANS} scans, this one has more")
        if kind not in ALONE and at + 2 <= len(jpeg):
            at += max(2, int.from_bytes(jpeg[at : at + 2], "big"))
    raise BadPicture(f"a JPEG may have {MOST_SEGMENTS} segments, this one has more")


def _has_few_markers(jpeg: bytes) -> bool:
    """Whether there cannot be too many, wherever they are: a camera's frame is not searched."""
    # Each has a byte of 0xFF of its own; those within the picture's data are followed by a zero.
    markers = jpeg.count(b"\xff") - jpeg.count(b"\xff\x00")
    return markers <= MOST_SEGMENTS and jpeg.count(bytes((0xFF, SOS))) <= MOST_SCANS


def _without_texts(png: bytes) -> bytes:
    kept, at = [PNG], len(PNG)
    for _ in range(MOST_CHUNKS):
        if at + CHUNK.size > len(png):
            return b"".join([*kept, png[at:]]) if len(kept) > 1 else png
        length, kind = CHUNK.unpack_from(png, at)
        end = at + CHUNK.size + length + CHUNK_END
        if end - CHUNK_END > len(png):  # OpenCV makes room for it first: up to 2 GB
            raise BadPicture("the picture was cut off")
        if kind not in TEXTS:
            kept.append(png[at:end])
        at = end
    raise BadPicture(f"a PNG may have {MOST_CHUNKS:,} chunks, this one has more")
