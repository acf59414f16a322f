"""Archives as they are written, and as somebody else might have made them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from facestream.errors import BadArchive
from facestream.gallery.archive import read_archive, write_archive
from facestream.gallery.archive_format import MANIFEST, PEOPLE, SEAL_BYTES
from facestream.gallery.archive_writing import seal
from facestream.gallery.names import MAX_DATE_MS
from facestream.gallery.records import FullIdentity, FullTemplate, Kind, Source

from .fakes import FINGERPRINT, content_of, crop, unit_rows

ROWS = "embeddings/0.f32"
OLD = "an-old-model"

Json = dict[str, Any]


def template(template_id: int, **fields: Any) -> FullTemplate:
    own: Json = {
        "kind": Kind.EXAMPLE,
        "created_at_ms": 1_700_000_000_000,
        "sharpness": 12.5,
        "source": Source.CAMERA,
        "crop": crop(template_id),
        "embeddings": {FINGERPRINT: unit_rows(1, seed=template_id)[0]},
    }
    return FullTemplate(template_id, **own | fields)


def person(identity_id: str, name: str, *templates: FullTemplate, **fields: Any) -> FullIdentity:
    own: Json = {"created_at_ms": 1_700_000_000_000, "note": None, "expires_at_ms": None}
    return FullIdentity(identity_id, name, templates=templates, **own | fields)


PEOPLE_HERE = (
    person("a1", "Ada", template(1), template(3, kind=Kind.REJECTION, source=Source.PHOTO)),
    person("b2", "Bob", template(2, crop=None), note="on paper", expires_at_ms=MAX_DATE_MS),
    person("c3", "Cleo"),
)


def exported(*people: FullIdentity) -> bytes:
    file = io.BytesIO()
    write_archive(file, people)
    return file.getvalue()


def imported(raw: bytes) -> list[tuple[Any, ...]]:
    with read_archive(io.BytesIO(raw)) as archive:
        people = [content_of(one) for one in archive.people()]
        assert people == [content_of(one) for one in archive.people()]  # and once more
        assert archive.templates == sum(len(one[-1]) for one in people)
        return people


def parts_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(parts: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    """An export made by hand, sealed, whatever is in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as made:
        made.comment = b"0" * SEAL_BYTES
        for name, content in parts.items():
            made.writestr(name, content)
    seal(file)
    return file.getvalue()


def edited(
    parts: dict[str, bytes], manifest: Callable[[Json], None] = lambda fields: None
) -> bytes:
    """The parts with all hashes made anew, then with a change to the manifest."""
    fields = json.loads(parts[MANIFEST])
    fields["members"] = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in parts.items()
        if name != MANIFEST
    }
    manifest(fields)
    return packed({**parts, MANIFEST: json.dumps(fields).encode()})


def with_people(change: Callable[[list[Json]], object]) -> bytes:
    """An export with a change to its people."""
    parts = parts_of(exported(*PEOPLE_HERE))
    people = [json.loads(line) for line in parts[PEOPLE].splitlines()]
    change(people)
    lines = [json.dumps(one).encode() + b"\n" for one in people]
    return edited({**parts, PEOPLE: b"".join(lines)})


def refused(raw: bytes, *words: str) -> None:
    with pytest.raises(BadArchive) as caught, read_archive(io.BytesIO(raw)):
        pass
    assert all(word in str(caught.value) for word in words), caught.value


WHOLE = exported(*PEOPLE_HERE)
