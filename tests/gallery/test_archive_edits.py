"""Files that are whole, but do not say what a gallery says, are refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from facestream.errors import BadArchive
from facestream.gallery.archive import read_archive
from facestream.gallery.archive_format import CROPS, MANIFEST, PEOPLE
from facestream.gallery.gallery import Gallery
from facestream.gallery.names import MAX_DATE_MS

from .archives import (
    PEOPLE_HERE,
    ROWS,
    WHOLE,
    Json,
    edited,
    imported,
    packed,
    parts_of,
    refused,
    with_people,
)
from .fakes import DIMENSION, FINGERPRINT, content_of, new_templates


def test_a_newer_version_is_told_as_such_whatever_else_it_has() -> None:
    parts = parts_of(WHOLE)
    newer = {"format": "facestream gallery", "version": 2, "new": True}
    refused(packed({**parts, MANIFEST: json.dumps(newer).encode()}), "newer facestream", "is 2")


def other_manifests() -> Iterator[Any]:
    def change(name: str, **fields: Any) -> Any:
        return pytest.param(lambda manifest: manifest.update(fields), id=name)

    model = {"fingerprint": FINGERPRINT, "dimension": DIMENSION, "embeddings": ROWS}
    yield change("version 0", version=0)
    yield change("version as text", version="1")
    yield change("more", more=1)
    yield change("no date", created_at="yesterday")
    yield change("too few people", people=2)
    yield change("too many people", people=4)
    yield change("people as a fraction", people=3.5)
    yield change("too many templates", templates=4)
    yield change("no models", models=[])
    yield change("a model twice", models=[model, {**model, "embeddings": "embeddings/1.f32"}])
    yield change("another dimension", models=[{**model, "dimension": 5}])
    yield change("half the dimension", models=[{**model, "dimension": DIMENSION // 2}])
    yield change("no dimension", models=[{**model, "dimension": 0}])
    yield change("another part", models=[{**model, "embeddings": "../0.f32"}])
    yield change("no fingerprint", models=[{**model, "fingerprint": ""}])
    yield change("no members", members={})
    yield pytest.param(lambda manifest: manifest["members"].pop(CROPS), id="a member less")
    yield pytest.param(
        lambda manifest: manifest["members"].update({"x": manifest["members"][CROPS]}), id="x"
    )
    yield pytest.param(lambda manifest: manifest["members"][CROPS].update(bytes=-1), id="size")
    yield pytest.param(lambda manifest: manifest["members"][CROPS].update(sha256="0"), id="hash")


@pytest.mark.parametrize("change", list(other_manifests()))
def test_a_manifest_that_does_not_fit_is_refused(change: Callable[[Json], None]) -> None:
    refused(edited(parts_of(WHOLE), change))


def test_parts_that_do_not_belong_to_it_are_refused() -> None:
    parts = parts_of(WHOLE)
    refused(packed({**parts, "notes.txt": b""}), "do not belong")
    refused(packed({key: value for key, value in parts.items() if key != CROPS}), "lacks some")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_there_twice_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in [*parts_of(WHOLE).items(), (CROPS, b"other")]:
            made.writestr(name, content)
    refused(file.getvalue(), "twice")


def first(change: Callable[[Json], object]) -> Callable[[list[Json]], object]:
    return lambda people: change(people[0])


def example(**fields: Any) -> Callable[[list[Json]], object]:
    return lambda people: people[0]["templates"][0].update(fields)


def picture(**fields: Any) -> Callable[[list[Json]], object]:
    return lambda people: people[0]["templates"][0]["crop"].update(fields)


@pytest.mark.parametrize(
    "change",
    [
        first(lambda one: one.update(identity_id="b2")),
        first(lambda one: one.update(identity_id="")),
        first(lambda one: one.update(identity_id="a/../b")),
        first(lambda one: one.update(identity_id="ä")),
        first(lambda one: one.update(identity_id="a\n")),
        first(lambda one: one.update(identity_id="a" * 65)),
        first(lambda one: one.update(identity_id=1)),
        first(lambda one: one.update(display_name="BOB")),
        first(lambda one: one.update(display_name="  ")),
        first(lambda one: one.update(display_name="x" * 101)),
        first(lambda one: one.update(display_name="a\0b")),
        first(lambda one: one.update(display_name="\ud800")),
        first(lambda one: one.update(note="x" * 1001)),
        first(lambda one: one.update(created_at_ms=-1)),
        first(lambda one: one.update(created_at_ms=1.5)),
        first(lambda one: one.update(created_at_ms=10**30)),
        first(lambda one: one.update(expires_at_ms=MAX_DATE_MS + 1)),
        first(lambda one: one.update(expires_at_ms="never")),
        first(lambda one: one.update(more=1)),
        first(lambda one: one.pop("note")),
        first(lambda one: one.update(templates=None)),
        first(lambda one: one["templates"].pop()),
        lambda people: people.pop(),
        lambda people: people.append(people[0]),
        lambda people: people.append([]),
        lambda people: people.reverse(),
        example(template_id=2),
        example(template_id=-1),
        example(template_id="1"),
        example(kind="portrait"),
        example(kind=1),
        example(source="scanner"),
        example(sharpness=-1.0),
        example(sharpness=float("nan")),
        example(sharpness=float("inf")),
        example(sharpness="sharp"),
        example(embeddings={}),
        example(embeddings={"0": 1}),
        example(embeddings={"0": -1}),
        example(embeddings={"1": 0}),
        example(embeddings={"00": 0}),
        example(embeddings={"0": 0, "1": 0}),
        example(embeddings=[0]),
        example(crop=None),
        example(crop=[0, 300]),
        picture(offset=1),
        picture(offset=2**52),
        picture(bytes=299),
        picture(bytes=10**6),
        picture(bytes=0),
        picture(landmarks_xy=[[1, 2]]),
        picture(landmarks_xy=[[1, 2, 3]] * 5),
        picture(landmarks_xy=[[1, float("inf")]] * 5),
        picture(landmarks_xy=[[1, 1e30]] * 5),
        picture(detector=7),
    ],
)
def test_values_that_are_wrong_are_refused_though_every_hash_is_right(
    change: Callable[[list[Json]], object],
) -> None:
    refused(with_people(change))


def test_the_edits_are_refused_for_their_values_alone() -> None:
    assert imported(with_people(lambda people: None)) == [content_of(one) for one in PEOPLE_HERE]
    people = imported(with_people(first(lambda one: one.update(display_name=" Eva ", note=" "))))
    assert (people[0][1], people[0][3]) == ("Eva", None)


@pytest.mark.parametrize("value", [0.0, 0.5, 2.0, 3e38, np.nan, np.inf])
def test_an_embedding_that_does_not_have_unit_length_is_refused(value: float) -> None:
    parts = parts_of(WHOLE)
    rows = np.frombuffer(parts[ROWS], "<f4").copy()
    rows[DIMENSION : 2 * DIMENSION] = value
    refused(edited({**parts, ROWS: rows.tobytes()}), "unit length")


def test_embeddings_that_are_cut_off_or_nobodys_are_refused() -> None:
    parts = parts_of(WHOLE)
    refused(edited({**parts, ROWS: parts[ROWS][:-4]}), "cut off")
    refused(edited({**parts, ROWS: parts[ROWS] + parts[ROWS][: 4 * DIMENSION]}), "nobody's")
    refused(edited({**parts, ROWS: parts[ROWS][: -4 * DIMENSION]}), "lacks some")


def test_pictures_that_are_none_or_nobodys_are_refused() -> None:
    parts = parts_of(WHOLE)
    refused(edited({**parts, CROPS: b"GIF89a" + parts[CROPS][6:]}), "example 1 is no JPEG")
    refused(edited({**parts, CROPS: parts[CROPS] + b"\xff\xd8"}), "nobody's")
    refused(edited({**parts, CROPS: parts[CROPS][:-1]}), "not its own")


def test_lines_that_are_no_json_are_refused() -> None:
    parts = parts_of(WHOLE)
    for line in (b"\n", b"{}\n", b"[" * 100_000 + b"\n", b"\xff\n", b"null\n"):
        refused(edited({**parts, PEOPLE: line + parts[PEOPLE]}))
    begin = parts[PEOPLE].splitlines()[2][: -len(b"]}")]
    assert begin.endswith(b"[")
    for rest in (b"]", b"]}}", b"],}", b"1]}", b"{}]}", b",]}", b"[" * 9000, b"1" * 9000, b'"'):
        refused(edited({**parts, PEOPLE: parts[PEOPLE] + begin + rest + b"\n"}))
    first = parts[PEOPLE].replace(b"]}\n", b",]}\n", 1)
    refused(edited({**parts, PEOPLE: first}), "cut off")
    long = parts[PEOPLE].replace(b'"template_id"', b" " * (1 << 14) + b'"template_id"', 1)
    refused(edited({**parts, PEOPLE: long}), "cut off")


def test_a_refused_file_leaves_the_gallery_as_it_is(gallery: Gallery) -> None:
    gallery.add("Bob", new_templates(2))
    before = [content_of(one) for one in gallery.store.everybody()]
    for raw in (WHOLE[:-1], with_people(example(sharpness=-1)), packed({}), b""):
        with pytest.raises(BadArchive), read_archive(io.BytesIO(raw)) as archive:
            gallery.absorb(archive.people(), replace=True)
    assert [content_of(one) for one in gallery.store.everybody()] == before
    assert gallery.revision == 1
