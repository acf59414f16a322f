"""The export's files as models: what may stand in them. Performs no I/O."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "CROPS",
    "FORMAT",
    "MANIFEST",
    "PEOPLE",
    "VERSION",
    "ExampleEntry",
    "FileEntry",
    "Manifest",
    "ModelEntry",
    "PersonEntry",
    "embeddings_name",
]

FORMAT, VERSION = "facestream gallery", 1
MANIFEST, PEOPLE, CROPS = "manifest.json", "people.json", "crops.bin"

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, Field(max_length=4096)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Pixels = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]


def embeddings_name(number: int) -> str:
    """The file with the embeddings of a model."""
    return f"embeddings/{number}.f32"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class FileEntry(_Entry):
    bytes: Count
    sha256: Hash


class ModelEntry(_Entry):
    """embeddings: name of the file with its rows, float32, little endian, one after the other."""

    fingerprint: Annotated[str, Field(min_length=1, max_length=200)]
    dimension: Annotated[int, Field(ge=1, le=4096)]
    embeddings: Annotated[str, Field(max_length=64)]


class Manifest(_Entry):
    format: Literal["facestream gallery"]
    version: Literal[1]
    created_at: Annotated[str, Field(max_length=64)]
    people: Count
    templates: Count
    models: Annotated[list[ModelEntry], Field(max_length=64)]
    files: Annotated[dict[str, FileEntry], Field(max_length=80)]


class ExampleEntry(_Entry):
    """embeddings: number of the model in the manifest -> number of the row in its file.

    crop: offset and length in crops.bin. landmarks_xy: in the crop's pixels.
    """

    template_id: Count
    kind: Literal["example", "rejection"]
    created_at_ms: Count
    sharpness: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    source: Literal["camera", "photo"]
    embeddings: Annotated[dict[Annotated[str, Field(pattern="^[0-9]{1,2}$")], Count], Field()]
    crop: Annotated[list[Count], Field(min_length=2, max_length=2)] | None
    landmarks_xy: (
        Annotated[
            list[Annotated[list[Pixels], Field(min_length=2, max_length=2)]],
            Field(min_length=5, max_length=5),
        ]
        | None
    )
    detector: Annotated[str, Field(max_length=200)] | None


class PersonEntry(_Entry):
    identity_id: Id
    display_name: Text
    note: Text | None
    created_at_ms: Count
    expires_at_ms: Count | None
    templates: list[ExampleEntry]
