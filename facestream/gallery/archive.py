"""The gallery's export, checked as a whole -> people. docs/gallery.md describes it.

Nothing of it can be executed, nothing is unpacked, and nobody is taken in before all is checked.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import BinaryIO

import numpy as np
from pydantic import ValidationError

from facestream.errors import BadArchive, FingerprintMismatch, InputError
from facestream.gallery.archive_format import (
    CROPS,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    PEOPLE,
    SEAL_BYTES,
    CropEntry,
    Manifest,
    PersonEntry,
    TemplateEntry,
    embeddings_name,
    parse_manifest,
)
from facestream.gallery.archive_people import read_people
from facestream.gallery.archive_writing import write_archive
from facestream.gallery.names import clean_name, clean_note, name_key
from facestream.gallery.records import Crop, FullIdentity, FullTemplate, are_unit_rows
from facestream.records import Float32
from facestream.validation import first_fault

__all__ = ["Archive", "check_comparable", "read_archive", "write_archive"]

CHUNK = 1 << 20
PIECE = 1 << 16
"""Of people.jsonl, in bytes: some 100 templates."""
LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, lengths of the name and of what is extra
JPEG_START = b"\xff\xd8"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an open file: bytes that stand in it as they are."""

    file: BinaryIO
    start: int
    length: int

    def read(self, offset: int, length: int) -> bytes:
        """Some bytes; fewer only where the part ends."""
        self.file.seek(self.start + offset)
        return self.file.read(max(0, min(length, self.length - offset)))

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        for offset in range(0, self.length, size):
            yield self.read(offset, size)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()


class Archive:
    """A file that was checked; usable as long as `read_archive` lasts."""

    def __init__(self, manifest: Manifest, parts: dict[str, _Part]) -> None:
        self._manifest = manifest
        self._parts = parts

    @property
    def templates(self) -> int:
        """How many there are, of both kinds."""
        return self._manifest.templates

    @property
    def fingerprints(self) -> dict[str, int]:
        """How many templates each model has embedded."""
        return {
            model.fingerprint: self._parts[model.embeddings].length // (4 * model.dimension)
            for model in self._manifest.models
        }

    def people(self) -> Iterator[FullIdentity]:
        """Everybody, one after the other. Can be asked for again."""
        person: PersonEntry | None = None
        templates: list[FullTemplate] = []
        for entry in read_people(self._parts[PEOPLE].chunks(PIECE)):
            if isinstance(entry, TemplateEntry):
                templates.append(self._template(entry))
                continue
            if person is not None:
                yield _identity(person, templates)
            person, templates = entry, []
        if person is not None:
            yield _identity(person, templates)

    def _template(self, entry: TemplateEntry) -> FullTemplate:
        return FullTemplate(
            entry.template_id,
            entry.kind,
            entry.created_at_ms,
            entry.sharpness,
            entry.source,
            None if entry.crop is None else self._crop(entry.crop),
            dict(self._embedding(int(model), row) for model, row in entry.embeddings.items()),
        )

    def _embedding(self, number: int, row: int) -> tuple[str, Float32]:
        model = self._manifest.models[number]
        size = 4 * model.dimension
        content = self._parts[model.embeddings].read(row * size, size)
        return model.fingerprint, np.frombuffer(content, "<f4").astype(np.float32)

    def _crop(self, entry: CropEntry) -> Crop:
        points_xy = entry.landmarks_xy
        return Crop(
            self._parts[CROPS].read(entry.offset, entry.bytes),
            None if points_xy is None else np.array(points_xy, np.float32),
            entry.detector,
        )


def _identity(person: PersonEntry, templates: Sequence[FullTemplate]) -> FullIdentity:
    return FullIdentity(
        person.identity_id,
        clean_name(person.display_name),
        person.created_at_ms,
        clean_note(person.note),
        person.expires_at_ms,
        tuple(templates),
    )


@contextmanager
def read_archive(file: BinaryIO) -> Iterator[Archive]:
    """Open an export and check all of it: structure, hashes, and each value.

    Raises:
        BadArchive: it is none, or a newer facestream's, or it was damaged, cut off or edited. The
            sentence says which.
    """
    try:
        archive = _checked(file)
    except ValidationError as error:
        raise BadArchive(f"The file is not as it should be: {first_fault(error)}.") from error
    yield archive


def check_comparable(archive: Archive, fingerprint: str) -> None:
    """Refuse people whom the model in use could not recognise.

    Raises:
        FingerprintMismatch: it has not embedded all templates.
    """
    there = archive.fingerprints
    missing = archive.templates - there.get(fingerprint, 0)
    if missing:
        made_by = " and ".join(there)
        raise FingerprintMismatch(
            f"{missing} of the {archive.templates} examples in the file were made by {made_by}, "
            f"not by {fingerprint}, which is in use. Start facestream with the embedder that made "
            "them, import the file there, and then embed the gallery anew with the other."
        )


# --- checking -------------------------------------------------------------------------------------


def _checked(file: BinaryIO) -> Archive:
    infos = _infos(file)
    if MANIFEST not in infos:
        raise BadArchive("The file is a ZIP file, but not a gallery that facestream has exported.")
    listing = _part(file, infos[MANIFEST])
    if listing.length > MAX_MANIFEST_BYTES:
        raise BadArchive("manifest.json in the file is larger than it can be.")
    manifest = parse_manifest(listing.read(0, listing.length))
    _check_seal(file)
    if set(infos) != {MANIFEST, *manifest.members}:
        raise BadArchive("The file has parts that do not belong to it, or lacks some.")
    parts = {name: _part(file, infos[name]) for name in manifest.members}
    _check_apart([listing, *parts.values()])
    for name, part in parts.items():
        stated = manifest.members[name]
        if (part.length, part.sha256()) != (stated.bytes, stated.sha256):
            raise BadArchive(f"{name} in the file is not what was exported.")
    for model in manifest.models:
        _check_embeddings(parts[model.embeddings], model.dimension)
    _check_people(manifest, parts)
    return Archive(manifest, parts)


class _Careful:
    """A file of which no large piece is read: what zipfile reads at once is the ZIP's directory.

    That is in the file, not packed, and yet it would take a hundred times its size in memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tell = file.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if size > MAX_MANIFEST_BYTES:
            raise BadArchive("The file has more parts than a gallery has.")
        return self._file.read(size if size >= 0 else MAX_MANIFEST_BYTES)


def _infos(file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    """What the file says of its parts. Raises BadArchive."""
    try:
        with zipfile.ZipFile(_Careful(file)) as packed:
            infos = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise BadArchive("The file is no ZIP file, or it was cut off or damaged.") from error
    if any(info.compress_type or info.compress_size != info.file_size for info in infos):
        raise BadArchive("The file is compressed, which no export of facestream is.")
    if len({info.filename for info in infos}) < len(infos):
        raise BadArchive("The file has a part twice.")
    return {info.filename: info for info in infos}


def _part(file: BinaryIO, info: zipfile.ZipInfo) -> _Part:
    """Where a part stands. Its name and size in its own header are sealed, and do not matter."""
    end = file.seek(0, 2)
    at = info.header_offset  # negative, where the file's own directory says it is longer
    file.seek(min(max(at, 0), end))
    header = file.read(LOCAL_HEADER.size)
    if len(header) == LOCAL_HEADER.size:
        signature, name, extra = LOCAL_HEADER.unpack(header)
        start = at + LOCAL_HEADER.size + name + extra
        if at >= 0 and signature == b"PK\x03\x04" and start + info.file_size <= end:
            return _Part(file, start, info.file_size)
    raise BadArchive(f"{info.filename} in the file was cut off or damaged.")


def _check_apart(parts: Sequence[_Part]) -> None:
    """No two may share bytes: a hundred models' embeddings would be hashed a hundred times."""
    in_order = sorted(parts, key=lambda part: (part.start, part.length))
    if any(one.start + one.length > next_.start for one, next_ in pairwise(in_order)):
        raise BadArchive("The file has parts that lie one over the other.")


def _check_seal(file: BinaryIO) -> None:
    """Whether any byte is another than when it was written."""
    content = _Part(file, 0, file.seek(0, 2) - SEAL_BYTES)
    if content.sha256().encode() != file.read(SEAL_BYTES):
        raise BadArchive("The file was cut off, damaged or edited: its hash is another one.")


def _check_embeddings(part: _Part, dimension: int) -> None:
    size = 4 * dimension
    if part.length % size:
        raise BadArchive("The file has an embedding that is cut off.")
    for chunk in part.chunks(size * (CHUNK // size)):
        rows = np.frombuffer(chunk, "<f4").reshape(-1, dimension)
        if not are_unit_rows(rows).all():
            raise BadArchive("The file has an embedding that does not have unit length.")


@dataclass(slots=True)
class _Seen:
    """What of the file has been named so far: each thing once, in the order in which it stands.

    embeddings, crops_end: the next that can be named.
    """

    embeddings: list[int]
    crops_end: int = 0
    identity_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    template_ids: set[int] = field(default_factory=set)


def _check_people(manifest: Manifest, parts: dict[str, _Part]) -> None:
    seen = _Seen([0] * len(manifest.models))
    for entry in read_people(parts[PEOPLE].chunks(PIECE)):
        if isinstance(entry, TemplateEntry):
            _check_template(entry, seen, parts[CROPS])
        else:
            _check_person(entry, seen)
    if (len(seen.identity_ids), len(seen.template_ids)) != (manifest.people, manifest.templates):
        raise BadArchive("The file does not have as many people and examples as it says.")
    there = [
        parts[embeddings_name(i)].length // (4 * model.dimension)
        for i, model in enumerate(manifest.models)
    ]
    if seen.embeddings != there or seen.crops_end != parts[CROPS].length:
        raise BadArchive("The file has embeddings or pictures that are nobody's, or lacks some.")


def _check_person(person: PersonEntry, seen: _Seen) -> None:
    try:
        key = name_key(clean_name(person.display_name))
        clean_note(person.note)
    except InputError as error:
        raise BadArchive(f"The file has somebody who cannot be stored. {error}") from error
    if person.identity_id in seen.identity_ids or key in seen.names:
        raise BadArchive(f"The file has {clean_name(person.display_name)} twice.")
    seen.identity_ids.add(person.identity_id)
    seen.names.add(key)


def _check_template(template: TemplateEntry, seen: _Seen, crops: _Part) -> None:
    if template.template_id in seen.template_ids:
        raise BadArchive(f"The file has example {template.template_id} twice.")
    seen.template_ids.add(template.template_id)
    for model, row in template.embeddings.items():
        if int(model) >= len(seen.embeddings) or row != seen.embeddings[int(model)]:
            raise BadArchive(
                f"Example {template.template_id} has an embedding that is not its own."
            )
        seen.embeddings[int(model)] += 1
    if template.crop is not None:
        offset, length = template.crop.offset, template.crop.bytes
        if offset != seen.crops_end or offset + length > crops.length:
            raise BadArchive(f"Example {template.template_id} has a picture that is not its own.")
        if crops.read(offset, len(JPEG_START)) != JPEG_START:
            raise BadArchive(f"The picture of example {template.template_id} is no JPEG.")
        seen.crops_end += length
