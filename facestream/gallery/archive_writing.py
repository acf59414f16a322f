"""People -> the gallery's export: one ZIP file, sealed. docs/gallery.md describes it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import IO, Any, BinaryIO

import numpy as np

from facestream.gallery.archive_format import (
    CROPS,
    FORMAT,
    MANIFEST,
    PEOPLE,
    SEAL_BYTES,
    VERSION,
    embeddings_name,
)
from facestream.gallery.records import Crop, FullIdentity, FullTemplate
from facestream.records import Float32

__all__ = ["seal", "write_archive"]

CHUNK = 1 << 20
IN_MEMORY = 1 << 22
"""Bytes of a part that wait in memory; more go to a file without a name."""


def write_archive(file: BinaryIO, people: Iterable[FullIdentity]) -> None:
    """Write everybody to `file`, an empty one that can be written, read and sought in.

    One person at a time is in memory. What comes with the pictures, about a tenth of them, waits
    in the system's folder for temporary files.

    Raises:
        OSError: it cannot be written.
    """
    with ExitStack() as stack, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        packed.comment = b"0" * SEAL_BYTES
        with _member(packed, CROPS) as crops:
            spool = _Spool(stack, crops)
            for person in people:
                spool.put(person)
        parts = {CROPS: crops}
        for name, content in spool.contents():
            with _member(packed, name) as part:
                content.seek(0)
                while chunk := content.read(CHUNK):
                    part.write(chunk)
            parts[name] = part
        manifest = spool.counts() | {
            "format": FORMAT,
            "version": VERSION,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "members": {name: part.entry() for name, part in parts.items()},
        }
        packed.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
    seal(file)


def seal(file: BinaryIO) -> None:
    """Put the hash of all that is before the comment into it."""
    digest, left = hashlib.sha256(), file.seek(0, 2) - SEAL_BYTES
    file.seek(0)
    while left:
        chunk = file.read(min(left, CHUNK))
        digest.update(chunk)
        left -= len(chunk)
    file.seek(-SEAL_BYTES, 2)
    file.write(digest.hexdigest().encode())


class _Part:
    """A part while it is written: counts and hashes."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.length = 0

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.length += len(content)

    def entry(self) -> dict[str, Any]:
        return {"bytes": self.length, "sha256": self._digest.hexdigest()}


@contextmanager
def _member(packed: zipfile.ZipFile, name: str) -> Iterator[_Part]:
    """A part, uncompressed: neither JPEGs nor embeddings get smaller, and nothing can be a bomb."""
    with packed.open(name, "w", force_zip64=True) as file:
        yield _Part(file)


class _Spool:
    """Pictures go into the file at once; what is to come after them waits."""

    def __init__(self, stack: ExitStack, crops: _Part) -> None:
        self._stack = stack
        self._crops = crops
        self._lines = self._waiting()
        self._models: dict[str, int] = {}  # fingerprint -> number, which is that of the others, too
        self._dimensions: list[int] = []
        self._embeddings: list[IO[bytes]] = []
        self._rows: list[int] = []
        self._people = self._templates = 0

    def put(self, person: FullIdentity) -> None:
        """Write one person."""
        entry = {
            "identity_id": person.identity_id,
            "display_name": person.display_name,
            "note": person.note,
            "created_at_ms": person.created_at_ms,
            "expires_at_ms": person.expires_at_ms,
            "templates": [self._template(one) for one in person.templates],
        }
        line = json.dumps(entry, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._lines.write(f"{line}\n".encode())
        self._people += 1
        self._templates += len(person.templates)

    def contents(self) -> Iterator[tuple[str, IO[bytes]]]:
        """What waited, with the names of the parts."""
        yield PEOPLE, self._lines
        for number, embeddings in enumerate(self._embeddings):
            yield embeddings_name(number), embeddings

    def counts(self) -> dict[str, Any]:
        """What the manifest says of people and models."""
        models = [
            {"fingerprint": made_by, "dimension": dimension, "embeddings": embeddings_name(number)}
            for (made_by, number), dimension in zip(
                self._models.items(), self._dimensions, strict=True
            )
        ]
        return {"people": self._people, "templates": self._templates, "models": models}

    def _template(self, template: FullTemplate) -> dict[str, Any]:
        return {
            "template_id": template.template_id,
            "kind": template.kind.value,
            "created_at_ms": template.created_at_ms,
            "sharpness": float(template.sharpness),
            "source": template.source.value,
            "embeddings": {
                str(self._model(made_by, row)): self._row(made_by, row)
                for made_by, row in template.embeddings.items()
            },
            "crop": None if template.crop is None else self._crop(template.crop),
        }

    def _model(self, made_by: str, row: Float32) -> int:
        """The model's number, a new one where it is the first embedding that it made."""
        if made_by not in self._models:
            self._models[made_by] = len(self._models)
            self._dimensions.append(len(row))
            self._embeddings.append(self._waiting())
            self._rows.append(0)
        return self._models[made_by]

    def _row(self, made_by: str, row: Float32) -> int:
        number = self._models[made_by]
        self._embeddings[number].write(np.asarray(row, "<f4").tobytes())
        self._rows[number] += 1
        return self._rows[number] - 1

    def _crop(self, crop: Crop) -> dict[str, Any]:
        offset = self._crops.length
        self._crops.write(crop.jpeg)
        return {
            "offset": offset,
            "bytes": len(crop.jpeg),
            "landmarks_xy": None if crop.landmarks_xy is None else crop.landmarks_xy.tolist(),
            "detector": crop.detector,
        }

    def _waiting(self) -> IO[bytes]:
        return self._stack.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
