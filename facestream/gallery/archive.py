"""The whole gallery in one file that explains itself: people -> ZIP, and a checked ZIP -> people.

docs/gallery.md describes the format. Nothing in it can be executed, and it is checked as a whole
before anybody is taken in.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import numpy as np
from pydantic import TypeAdapter, ValidationError

from facestream.errors import BadArchive, BadName, FingerprintMismatch
from facestream.gallery.archive_format import (
    CROPS,
    FORMAT,
    MANIFEST,
    PEOPLE,
    VERSION,
    ExampleEntry,
    Manifest,
    PersonEntry,
    embeddings_name,
)
from facestream.gallery.names import clean_name, name_key
from facestream.gallery.records import (
    Crop,
    FullIdentity,
    FullTemplate,
    Kind,
    Source,
    are_unit_rows,
)
from facestream.records import Float32

__all__ = ["Archive", "check_comparable", "read_archive", "write_archive"]

CHUNK = 1 << 20
MAX_JSON_BYTES = 1 << 28
"""Of people.json, which is held in memory: two million templates."""

MAX_RATIO = 30
"""How many times as long as in the file people.json may be. Ours has 5 to 15."""

JPEG_START = b"\xff\xd8"

_PEOPLE: TypeAdapter[list[PersonEntry]] = TypeAdapter(list[PersonEntry])


# --- writing --------------------------------------------------------------------------------------


def write_archive(file: BinaryIO, people: Iterable[FullIdentity]) -> None:
    """Write everybody to `file`, which can seek. In memory are the metadata only.

    Raises:
        OSError: it cannot be written.
    """
    with ExitStack() as stack, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        spool = _Spool(stack)
        entries = [spool.entry(person) for person in people]
        files: dict[str, dict[str, Any]] = {}
        for name, part in spool.parts():
            files[name] = _copy_in(made, name, part)
        listing = json.dumps(entries, ensure_ascii=False).encode()
        made.writestr(PEOPLE, listing, zipfile.ZIP_DEFLATED)
        files[PEOPLE] = {"bytes": len(listing), "sha256": hashlib.sha256(listing).hexdigest()}
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "people": len(entries),
            "templates": sum(len(entry["templates"]) for entry in entries),
            "models": spool.models(),
            "files": files,
        }
        made.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())


class _Spool:
    """The large parts while they grow, in files without a name."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._crops = _scratch(stack)
        self._models: dict[str, tuple[int, BinaryIO]] = {}  # fingerprint -> dimension, rows

    def entry(self, person: FullIdentity) -> dict[str, Any]:
        """What people.json says of somebody, whose embeddings and crops are put away."""
        return {
            "identity_id": person.identity_id,
            "display_name": person.display_name,
            "note": person.note,
            "created_at_ms": person.created_at_ms,
            "expires_at_ms": person.expires_at_ms,
            "templates": [self._template(one) for one in person.templates],
        }

    def parts(self) -> Iterator[tuple[str, BinaryIO]]:
        """Name and content of each large file."""
        yield CROPS, self._crops
        for number, (_, rows) in enumerate(self._models.values()):
            yield embeddings_name(number), rows

    def models(self) -> list[dict[str, Any]]:
        """Those whose embeddings there are."""
        return [
            {"fingerprint": made_by, "dimension": dimension, "embeddings": embeddings_name(number)}
            for number, (made_by, (dimension, _)) in enumerate(self._models.items())
        ]

    def _template(self, template: FullTemplate) -> dict[str, Any]:
        crop = template.crop
        landmarks = None if crop is None else crop.landmarks_xy
        return {
            "template_id": template.template_id,
            "kind": template.kind.value,
            "created_at_ms": template.created_at_ms,
            "sharpness": template.sharpness,
            "source": template.source.value,
            "embeddings": dict(self._row(*item) for item in template.embeddings.items()),
            "crop": None if crop is None else self._put_crop(crop.jpeg),
            "landmarks_xy": None if landmarks is None else landmarks.tolist(),
            "detector": None if crop is None else crop.detector,
        }

    def _row(self, made_by: str, row: Float32) -> tuple[str, int]:
        if made_by not in self._models:
            rows = _scratch(self._stack)
            self._models[made_by] = (len(row), rows)
        dimension, rows = self._models[made_by]
        at = rows.tell() // (4 * dimension)
        rows.write(row.astype("<f4").tobytes())
        return str(list(self._models).index(made_by)), at

    def _put_crop(self, jpeg: bytes) -> list[int]:
        at = self._crops.tell()
        self._crops.write(jpeg)
        return [at, len(jpeg)]


def _scratch(stack: ExitStack) -> BinaryIO:
    """A file without a name, which goes when `stack` ends."""
    return stack.enter_context(cast(BinaryIO, tempfile.TemporaryFile()))


def _copy_in(made: zipfile.ZipFile, name: str, part: BinaryIO) -> dict[str, Any]:
    """Store a file uncompressed, as embeddings and JPEGs do not get smaller."""
    digest, length = hashlib.sha256(), part.tell()
    part.seek(0)
    with made.open(name, "w", force_zip64=True) as member:
        while chunk := part.read(CHUNK):
            digest.update(chunk)
            member.write(chunk)
    return {"bytes": length, "sha256": digest.hexdigest()}


# --- reading --------------------------------------------------------------------------------------


class Archive:
    """A checked archive; usable as long as `read_archive` lasts."""

    def __init__(
        self,
        manifest: Manifest,
        entries: list[PersonEntry],
        embeddings: list[Float32],
        crops: BinaryIO,
    ) -> None:
        self._manifest = manifest
        self._entries = entries
        self._embeddings = embeddings
        self._crops = crops

    @property
    def fingerprints(self) -> dict[str, int]:
        """How many templates each model has embedded."""
        return {
            model.fingerprint: len(rows)
            for model, rows in zip(self._manifest.models, self._embeddings, strict=True)
        }

    @property
    def templates(self) -> int:
        """How many there are."""
        return self._manifest.templates

    def people(self) -> Iterator[FullIdentity]:
        """Everybody, one after the other."""
        for person in self._entries:
            yield FullIdentity(
                person.identity_id,
                person.display_name,
                person.created_at_ms,
                person.note,
                person.expires_at_ms,
                tuple(self._template(entry) for entry in person.templates),
            )

    def _template(self, entry: ExampleEntry) -> FullTemplate:
        return FullTemplate(
            entry.template_id,
            Kind(entry.kind),
            entry.created_at_ms,
            entry.sharpness,
            Source(entry.source),
            self._crop(entry),
            {
                self._manifest.models[int(model)].fingerprint: self._embeddings[int(model)][row]
                for model, row in entry.embeddings.items()
            },
        )

    def _crop(self, entry: ExampleEntry) -> Crop | None:
        if entry.crop is None:
            return None
        at, length = entry.crop
        self._crops.seek(at)
        jpeg = self._crops.read(length)
        points = None
        if entry.landmarks_xy is not None:
            points = np.array(entry.landmarks_xy, np.float32)
        return Crop(jpeg, points, entry.detector)


@contextmanager
def read_archive(file: BinaryIO) -> Iterator[Archive]:
    """Open an archive and check all of it: structure, sizes, hashes and each value.

    Raises:
        BadArchive: it is not an export of facestream, or truncated, edited, damaged, a bomb, or of
            a newer version. The sentence says which.
    """
    with ExitStack() as stack:
        try:
            archive = _read(file, stack)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            raise BadArchive(f"The file is no ZIP file, or a damaged one: {error}.") from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadArchive(
                f"The file is not as it should be: {where}: {first['msg']}."
            ) from error
        except (UnicodeDecodeError, json.JSONDecodeError, OverflowError, RecursionError) as error:
            raise BadArchive("The file holds what cannot be read.") from error
        yield archive


def check_comparable(archive: Archive, fingerprint: str) -> None:
    """Refuse people whom the model in use could not recognise.

    Raises:
        FingerprintMismatch: some templates have no embedding by the model.
    """
    there = archive.fingerprints
    missing = archive.templates - there.get(fingerprint, 0)
    if missing:
        made_by = ", ".join(sorted(there)) or "no model"
        raise FingerprintMismatch(
            f"{missing} of {archive.templates} examples in the file were made by {made_by}, not by "
            f"{fingerprint}, which is in use. Import the file with a server of that model, and "
            "embed the gallery anew here."
        )


def _read(file: BinaryIO, stack: ExitStack) -> Archive:
    packed = stack.enter_context(zipfile.ZipFile(file))
    members = {info.filename: info for info in packed.infolist()}
    if len(members) != len(packed.infolist()) or MANIFEST not in members:
        raise BadArchive("The file is a ZIP file, but not an export of facestream.")
    manifest = _manifest(_small(packed, members[MANIFEST]))
    expected = {PEOPLE, CROPS, *(embeddings_name(i) for i in range(len(manifest.models)))}
    if set(manifest.files) != expected or set(members) != {MANIFEST, *expected}:
        raise BadArchive("The file has parts that do not belong to it, or lacks some.")
    for name, entry in manifest.files.items():
        if members[name].file_size != entry.bytes:
            raise BadArchive(f"{name} in the file does not have the size that it should have.")
        if name != PEOPLE and members[name].compress_type != zipfile.ZIP_STORED:
            raise BadArchive(f"{name} in the file is compressed, which ours never is.")
    listing = _small(packed, members[PEOPLE])
    _check_hash(PEOPLE, hashlib.sha256(listing).hexdigest(), manifest)
    entries = _PEOPLE.validate_json(listing)
    parts = {name: _extracted(packed, name, manifest, stack) for name in expected - {PEOPLE}}
    embeddings = [
        _matrix(parts[embeddings_name(number)], model.dimension)
        for number, model in enumerate(manifest.models)
    ]
    _check_entries(manifest, entries, [len(rows) for rows in embeddings], parts[CROPS])
    return Archive(manifest, entries, embeddings, parts[CROPS])


def _manifest(raw: bytes) -> Manifest:
    fields = json.loads(raw)
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise BadArchive("The file is a ZIP file, but not an export of facestream.")
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BadArchive(
            f"The file was written by a newer facestream (its version is {version}, this one "
            f"reads {VERSION}): update facestream."
        )
    return Manifest.model_validate_json(raw)


def _small(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A JSON part, which is inflated only if that can be no bomb."""
    allowed = min(MAX_JSON_BYTES, MAX_RATIO * max(info.compress_size, 1000))
    if info.file_size > allowed:
        raise BadArchive(f"{info.filename} in the file would unpack to too much.")
    with packed.open(info) as member:
        content = member.read(info.file_size + 1)
        if len(content) != info.file_size or member.read(1):
            raise BadArchive(f"{info.filename} in the file does not have the size that it states.")
    return content


def _extracted(
    packed: zipfile.ZipFile, name: str, manifest: Manifest, stack: ExitStack
) -> BinaryIO:
    """A large part in a file without a name, its hash checked."""
    part = _scratch(stack)
    digest = hashlib.sha256()
    with packed.open(name) as member:
        while chunk := member.read(CHUNK):
            digest.update(chunk)
            part.write(chunk)
    _check_hash(name, digest.hexdigest(), manifest)
    return part


def _check_hash(name: str, found: str, manifest: Manifest) -> None:
    if found != manifest.files[name].sha256:
        raise BadArchive(f"{name} in the file was changed after it was written, or is damaged.")


def _matrix(part: BinaryIO, dimension: int) -> Float32:
    part.seek(0)
    content = part.read()
    if len(content) % (4 * dimension):
        raise BadArchive("The file ends in the middle of an embedding.")
    rows = np.frombuffer(content, "<f4").reshape(-1, dimension).astype(np.float32)
    if not are_unit_rows(rows).all():
        raise BadArchive("An embedding in the file does not have unit length.")
    return rows


def _check_entries(
    manifest: Manifest, entries: list[PersonEntry], rows: list[int], crops: BinaryIO
) -> None:
    """What no field alone can tell: counts, names, and that everything belongs to one template."""
    templates = [one for person in entries for one in person.templates]
    if (len(entries), len(templates)) != (manifest.people, manifest.templates):
        raise BadArchive("The file does not hold as many people and examples as it says.")
    _check_unique("person", [person.identity_id for person in entries])
    _check_unique("name", [name_key(_clean(person.display_name)) for person in entries])
    _check_unique("example", [one.template_id for one in templates])
    used = [(int(model), row) for one in templates for model, row in one.embeddings.items()]
    _check_unique("embedding", used)
    if any(model >= len(rows) or row >= rows[model] for model, row in used):
        raise BadArchive("An example in the file has an embedding that is not there.")
    if len(used) != sum(rows):
        raise BadArchive("An embedding in the file belongs to nobody.")
    if any(not one.embeddings for one in templates):
        raise BadArchive("An example in the file has no embedding.")
    end = crops.seek(0, 2)
    for one in templates:
        if one.crop is not None:
            at, length = one.crop
            crops.seek(min(at, end))
            if at + length > end or crops.read(2) != JPEG_START:
                raise BadArchive("A picture in the file is not a JPEG.")


def _clean(name: str) -> str:
    try:
        return clean_name(name)
    except BadName as error:
        raise BadArchive(f"A name in the file cannot be used: {error}") from error


def _check_unique(what: str, values: list[Any]) -> None:
    if len(set(values)) != len(values):
        raise BadArchive(f"The file has the same {what} twice.")
