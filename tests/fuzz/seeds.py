"""What the fuzzers start from: valid messages, bodies, pictures and archives, small ones.

Imports nothing that would bring TensorFlow in, which takes longer than a small run.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facestream.gallery.archive import write_archive
from facestream.gallery.archive_format import MANIFEST, SEAL_BYTES
from facestream.gallery.archive_writing import seal
from facestream.gallery.records import Crop, FullIdentity, FullTemplate, Kind, Source
from facestream.server import protocol as wire
from facestream.server.parcels import packed

__all__ = [
    "MODEL",
    "archives",
    "bodies",
    "client_messages",
    "hashed",
    "parts_of",
    "pictures",
    "sealed",
    "server_messages",
]

GOLDEN = Path(__file__).parent.parent / "golden" / "protocol_v1.json"
SIDE = 40
MODEL = "fuzzed-model"


def client_messages() -> list[bytes]:
    made = (
        wire.ClientHello(client="fuzz", resume="a" * 32),
        wire.FrameMessage(seq=7, captured_ms=7.5, jpeg=pictures()[0]),
        wire.FrameMessage(seq=8, captured_ms=8.5, jpeg=b"\xff\xd8"),
        wire.EnrolBegin(request=1, wanted=5),
        wire.EnrolCommit(request=2, display_name="Ada", keep=["e1", "e2"]),
        wire.EnrolMore(request=3, keep=["e1"]),
        wire.EnrolCancel(request=4),
        wire.FaceWhy(request=5, track=0),
        wire.FaceReject(request=6, track=0, identity_id="a1"),
        wire.GalleryDelete(request=7, identity_id="a1"),
        wire.GalleryClear(request=8),
        wire.GalleryUndo(request=9, undo_id="u1"),
    )
    return [wire.encode(one) for one in made]


def server_messages() -> list[bytes]:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return [bytes.fromhex(one["hex"]) for one in golden if one["direction"] == "server"]


def bodies() -> list[bytes]:
    messages = client_messages()
    return [packed(messages), packed(messages[:1]), packed([]), packed([b"", b"", messages[3]])]


def pictures() -> list[bytes]:
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8))
    smooth = picture.resize((8, 8)).resize((SIDE, SIDE))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a" * 50
    files = [
        _file(picture, "JPEG"),
        _file(smooth, "JPEG", exif=exif),
        _file(smooth, "JPEG", progressive=True),
        _file(smooth.convert("L"), "JPEG"),
        _file(smooth.convert("CMYK"), "JPEG"),
        _file(smooth, "PNG"),
        _file(smooth.convert("P"), "PNG"),
        _file(smooth.convert("RGBA"), "PNG", exif=exif),
        _file(smooth, "WEBP"),
        _file(smooth, "WEBP", lossless=True, exif=exif),
        _file(smooth, "WEBP", save_all=True, append_images=[picture]),
        _file(smooth, "BMP"),
        _file(smooth.convert("P"), "BMP"),
    ]
    for how in (None, "tiff_lzw", "tiff_deflate", "packbits"):
        files.append(_file(smooth, "TIFF", compression=how))
    files.append(_file(smooth.convert("1"), "TIFF", compression="group4"))
    files.append(_file(smooth, "TIFF", save_all=True, append_images=[picture]))
    return files


def archives() -> list[bytes]:
    people = [_person(1, 3), _person(2, 0), _person(3, 1)]
    return [_exported(people), _exported([]), _exported(people[1:2])]


def parts_of(raw: bytes) -> dict[str, bytes]:
    """Of an archive, by name."""
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        return {name: file.read(name) for name in file.namelist()}


def sealed(parts: dict[str, bytes]) -> bytes:
    """An archive of these parts with the right hash over it, whatever is in them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name twice
        made.comment = b"0" * SEAL_BYTES
        for name, content in parts.items():
            made.writestr(name, content)
    seal(file)
    return file.getvalue()


def hashed(parts: dict[str, bytes]) -> bytes:
    """The same with the right hash of each part in its manifest."""
    fields = json.loads(parts[MANIFEST])
    fields["members"] = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in parts.items()
        if name != MANIFEST
    }
    return sealed({**parts, MANIFEST: json.dumps(fields).encode()})


def _person(number: int, templates: int) -> FullIdentity:
    row = np.zeros(4, np.float32)
    row[0] = 1
    crop = Crop(b"\xff\xd8 a crop", np.ones((5, 2), np.float32), "detector")
    made = tuple(
        FullTemplate(
            10 * number + n, Kind.EXAMPLE, 1_700_000_000_000, 9.5, Source.CAMERA, crop, {MODEL: row}
        )
        for n in range(templates)
    )
    return FullIdentity(f"id{number}", f"Person {number}", 1_700_000_000_000, "note", None, made)


def _exported(people: list[FullIdentity]) -> bytes:
    file = io.BytesIO()
    write_archive(file, people)
    return file.getvalue()


def _file(picture: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    picture.copy().save(file, kind, **how)  # a JPEG leaves its own settings in the picture
    return file.getvalue()
