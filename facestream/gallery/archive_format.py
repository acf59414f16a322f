"""What may stand in the gallery's export: its parts, their fields and limits. Performs no I/O.

docs/gallery.md says the same in words.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic_core
from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, model_validator

from facestream.errors import BadArchive
from facestream.gallery.names import MAX_DATE_MS
from facestream.gallery.records import Kind, Source

__all__ = [
    "CROPS",
    "FORMAT",
    "MANIFEST",
    "MAX_ENTRY_CHARS",
    "MAX_MANIFEST_BYTES",
    "PEOPLE",
    "SEAL_BYTES",
    "VERSION",
    "CropEntry",
    "Manifest",
    "MemberEntry",
    "ModelEntry",
    "PersonEntry",
    "TemplateEntry",
    "embeddings_name",
    "parse_manifest",
]

FORMAT, VERSION = "facestream gallery", 1
MANIFEST, PEOPLE, CROPS = "manifest.json", "people.jsonl", "crops.bin"

SEAL_BYTES = 64
"""The SHA-256 of all that comes before it, in hexadecimal digits: the ZIP file's comment."""

MAX_MODELS = 100
MAX_MANIFEST_BYTES = 1 << 18
"""Of manifest.json, and of the ZIP file's directory. With `MAX_MODELS` models both have 40 kB."""

MAX_ENTRY_CHARS = 1 << 14
"""Of JSON that is validated at once: a template, or a person without any. Both have 7,000 at the
most, where every character is one that JSON writes as six, and with `MAX_MODELS` models. Pydantic
remembers each thing that is wrong, in some 300 bytes and a microsecond."""

MAX_CROP_BYTES = 1 << 24

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Date = Annotated[int, Field(ge=0, le=MAX_DATE_MS)]
_NOT_SO = "The file has something in it that does not belong there."
Fingerprint = Annotated[str, Field(min_length=1, max_length=200)]
Pixels = Annotated[float, Field(ge=-1e5, le=1e5)]
Model = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]?)$")]


def embeddings_name(model: int) -> str:
    """The part with what a model made."""
    return f"embeddings/{model}.f32"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class MemberEntry(_Entry):
    """What a part has to be."""

    bytes: Count
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ModelEntry(_Entry):
    """A model. Its part holds float32 numbers, little endian, `dimension` an embedding."""

    fingerprint: Fingerprint
    dimension: Annotated[int, Field(ge=1, le=4096)]
    embeddings: str


class Manifest(_Entry):
    """manifest.json. members: all other parts of the file."""

    format: Literal["facestream gallery"]
    version: Literal[1]
    created_at: AwareDatetime
    people: Count
    templates: Count
    models: Annotated[list[ModelEntry], FailFast(), Field(max_length=MAX_MODELS)]
    members: dict[str, MemberEntry]

    @model_validator(mode="after")
    def _one_part_each(self) -> Manifest:
        named = [model.embeddings for model in self.models]
        if named != [embeddings_name(i) for i in range(len(self.models))]:
            raise ValueError("models and their embeddings are not in one order")
        if set(self.members) != {PEOPLE, CROPS, *named}:
            raise ValueError("members are not those that belong to it")
        if len({model.fingerprint for model in self.models}) < len(self.models):
            raise ValueError("a model is named twice")
        return self


class CropEntry(_Entry):
    """A picture in crops.bin. landmarks_xy: five points in its pixels."""

    offset: Count
    bytes: Annotated[int, Field(ge=4, le=MAX_CROP_BYTES)]
    landmarks_xy: Annotated[list[tuple[Pixels, Pixels]], Field(min_length=5, max_length=5)] | None
    detector: Fingerprint | None


class TemplateEntry(_Entry):
    """A template. embeddings: the model's place in the manifest -> which of its embeddings."""

    template_id: Count
    kind: Annotated[Kind, Field(strict=False)]
    created_at_ms: Date
    sharpness: Annotated[float, Field(ge=0)]
    source: Annotated[Source, Field(strict=False)]
    embeddings: Annotated[dict[Model, Count], Field(min_length=1)]
    crop: CropEntry | None


class PersonEntry(_Entry):
    """A line of people.jsonl, without the templates, which stand last."""

    identity_id: Annotated[str, Field(pattern="^[0-9A-Za-z]{1,64}$")]
    display_name: str
    note: str | None
    created_at_ms: Date
    expires_at_ms: Date | None


def parse_manifest(content: bytes) -> Manifest:
    """The manifest of a file that this facestream can read.

    Raises:
        BadArchive: it is of another format, or of a newer version.
        ValidationError: it is not as it should be.
    """
    fields = _json(content)
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise BadArchive("The file is a ZIP file, but not a gallery that facestream has exported.")
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BadArchive(
            f"The file was written by a newer facestream: its version is {version}, and this one "
            f"reads {VERSION}. Update facestream."
        )
    if len(content) > MAX_ENTRY_CHARS:
        members = _has_fields(fields, Manifest)["members"]
        if not isinstance(members, dict) or len(members) > MAX_MODELS + 2:
            raise BadArchive(_NOT_SO)
        for member in members.values():
            _has_fields(member, MemberEntry)
        for model in fields["models"] if isinstance(fields["models"], list) else ():
            _has_fields(model, ModelEntry)
    return Manifest.model_validate_json(content)


def _json(content: bytes) -> Any:
    """None where it is no JSON."""
    try:
        return pydantic_core.from_json(content)
    except ValueError:
        return None


def _has_fields(fields: Any, entry: type[_Entry]) -> dict[str, Any]:
    """Whether these are the entry's fields, and no others. Raises BadArchive."""
    if not isinstance(fields, dict) or fields.keys() != entry.model_fields.keys():
        raise BadArchive(_NOT_SO)
    return fields
