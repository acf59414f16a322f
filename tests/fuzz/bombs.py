"""Small files that would cost much: how each is made, and, as a program, what it costs.

    python -m tests.fuzz.bombs

Prints for each what came of it, milliseconds of the processor and megabytes at the most.
"""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from PIL import Image

from facestream.errors import FacestreamError
from facestream.gallery.archive_format import MANIFEST, PEOPLE
from facestream.server import protocol as wire
from tests.fuzz import seeds
from tests.fuzz.run import highest_mb, resident_mb
from tests.fuzz.targets import TARGETS

__all__ = ["BOMBS", "PICTURES", "png_of"]

SIDE = 30_000
TRIES = 3


def png_of(width: int, height: int, *chunks: bytes, rows: int = 10) -> bytes:
    """With `chunks` before its pixels, all zero, of which there are `rows`."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(rows * (3 * width + 1)))
    made = (_chunk(b"IHDR", header), *chunks, _chunk(b"IDAT", pixels), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + _crc(kind + content)


def _crc(content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(content))


def png_texts() -> bytes:
    """60 MB of text that nobody reads."""
    text = zlib.compress(bytes(1_000_000))
    return png_of(10, 10, *(_chunk(b"zTXt", b"k%d\0\0" % n + text) for n in range(60)))


def png_long_chunk() -> bytes:
    """A chunk that says it has 2 GB."""
    png = bytearray(png_of(10, 10))
    struct.pack_into(">I", png, png.index(b"IDAT") - 4, 0x7FFFFFFF)
    return bytes(png)


def jpeg_of(width: int, height: int, says: tuple[int, int] | None = None, **how: bool) -> bytes:
    """A gray one whose header may lie."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (120, 130, 140)).save(file, "JPEG", **how)
    jpeg = bytearray(file.getvalue())
    if says is not None:
        struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5, says[1], says[0])
    return bytes(jpeg)


def jpeg_scans() -> bytes:
    """1,000 scans over all pixels, of 40 bytes each."""
    jpeg = jpeg_of(4000, 3000, progressive=True)
    at = [n for n in range(len(jpeg)) if jpeg[n : n + 2] == b"\xff\xda"]
    scan = min((jpeg[a:b] for a, b in pairwise(at[1:])), key=len)
    return jpeg[: at[-1]] + 1000 * scan + jpeg[at[-1] :]


def many(kind: str, size: int = 300) -> bytes:
    """A hundred pictures in one file."""
    frames = [Image.new("RGB", (size, size), (n, 0, 0)) for n in range(100)]
    how = {"compression": "tiff_deflate"} if kind == "TIFF" else {}
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **how)
    return file.getvalue()


def tiff_says(size: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (10, 10)).save(file, "TIFF")
    tiff = file.getvalue()
    for tag in (256, 257, 278):  # width, height, rows a strip
        for kind in (3, 4):
            old = struct.pack("<HHI", tag, kind, 1)
            at = tiff.find(old)
            if at >= 0:
                new = struct.pack("<HHII", tag, 4, 1, size)
                tiff = tiff[:at] + new + tiff[at + 12 :]
    return tiff


def zip_nested() -> bytes:
    """Ten levels, each ten times the one in it, of zeros."""
    content = bytes(1_000_000)
    for _ in range(10):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            for n in range(10):
                made.writestr(f"{n}.zip", content)
        content = file.getvalue()
    return content


def zip_inflating() -> bytes:
    """manifest.json of 100 MB, in 100 kB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(MANIFEST, bytes(100_000_000))
    return file.getvalue()


def zip_lying() -> bytes:
    """An archive one of whose parts says it has 4 GB."""
    raw = bytearray(seeds.archives()[0])
    at = raw.index(b"PK\x01\x02")
    struct.pack_into("<II", raw, at + 20, 0xFFFFFFF0, 0xFFFFFFF0)
    return bytes(raw)


def zip_overlapping() -> bytes:
    """An archive whose directory names one part a hundred times."""
    raw = seeds.archives()[0]
    at, end = raw.index(b"PK\x01\x02"), raw.rindex(b"PK\x05\x06")
    entry_end = raw.index(b"PK\x01\x02", at + 4)
    entries = 100 * raw[at:entry_end] + raw[entry_end:end]
    tail = bytearray(raw[end:])
    count = 100 + raw[entry_end:end].count(b"PK\x01\x02")
    struct.pack_into("<HHII", tail, 8, count, count, len(entries), at)
    return raw[:at] + entries + bytes(tail)


def zip_many() -> bytes:
    """20,000 empty parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for n in range(20_000):
            made.writestr(f"{n}", b"")
    return file.getvalue()


def archive_line(line: bytes) -> Callable[[], bytes]:
    """A sealed archive with such a line in people.jsonl."""

    def make() -> bytes:
        parts = seeds.parts_of(seeds.archives()[0])
        return seeds.hashed({**parts, PEOPLE: line + b"\n"})

    return make


def archive_manifest() -> bytes:
    """100,000 things that are wrong with the manifest."""
    parts = seeds.parts_of(seeds.archives()[0])
    fields = json.loads(parts[MANIFEST]) | {f"{n:x}": 1 for n in range(90_000)}
    return seeds.sealed({**parts, MANIFEST: json.dumps(fields).encode()})


def message_of_maps() -> bytes:
    """Two million empty maps."""
    count = (2 << 20) - 100
    return b"\x82\xa4type\xa5frame\xa1x\xdd" + count.to_bytes(4, "big") + b"\x80" * count


PICTURES: dict[str, Callable[[], bytes]] = {
    "PNG of 30,000 x 30,000": lambda: png_of(SIDE, SIDE),
    "PNG with texts": png_texts,
    "PNG with a long chunk": png_long_chunk,
    "JPEG that says it is large": lambda: jpeg_of(8, 8, (65_000, 65_000)),
    "JPEG that says it is as large as may be": lambda: jpeg_of(8, 8, (4000, 3000)),
    "JPEG that says it is small": lambda: jpeg_of(4000, 3000, (8, 8)),
    "JPEG with scans": jpeg_scans,
    "WebP of many pictures": lambda: many("WEBP"),
    "TIFF of many pictures": lambda: many("TIFF"),
    "GIF of many pictures": lambda: many("GIF"),
    "TIFF that says it is large": lambda: tiff_says(SIDE),
}
BOMBS = {
    **{name: ("pictures", make) for name, make in PICTURES.items()},
    "ZIP in a ZIP": ("archives", zip_nested),
    "ZIP that inflates": ("archives", zip_inflating),
    "ZIP that lies": ("archives", zip_lying),
    "ZIP that overlaps": ("archives", zip_overlapping),
    "ZIP of many parts": ("archives", zip_many),
    "archive with a long list": (
        "archives",
        archive_line(b'{"templates":[' + b"1," * 900_000 + b"1]}"),
    ),
    "archive with long fields": (
        "archives",
        archive_line(b"{" + b",".join(b'"%x":1' % n for n in range(150_000)) + b"}"),
    ),
    "archive with a long manifest": ("archives", archive_manifest),
    "message of maps": ("messages", message_of_maps),
}


def main() -> None:
    for name in ("pictures", "archives", "messages"):  # what is used for the first time costs more
        target = TARGETS[name]
        for seed in (*seeds.pictures(), *seeds.archives(), *seeds.client_messages()):
            try:
                target.take(seed)
            except FacestreamError:
                continue
    found = {}
    for name, (kind, make) in BOMBS.items():
        raw = make()
        take = _take_message if kind == "messages" else TARGETS[kind].take
        took_ms, before_mb = float("inf"), resident_mb()
        _forget_highest()
        for _ in range(TRIES):
            begun_s = time.process_time()
            try:
                take(raw)
                outcome = "taken"
            except FacestreamError as error:
                outcome = error.code
            took_ms = min(took_ms, 1e3 * (time.process_time() - begun_s))
        found[name] = {
            "bytes": len(raw),
            "outcome": outcome,
            "ms": took_ms,
            "mb": highest_mb() - before_mb,
        }
    print(json.dumps(found, indent=1))


def _take_message(raw: bytes) -> None:
    """As a session does."""
    wire.refers_to(raw)
    wire.decode_client(raw, 2 << 20)


def _forget_highest() -> None:
    """Linux: VmHWM begins anew."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
