from __future__ import annotations

import hashlib
import io
import json
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.errors import BadArchive, BadName, FingerprintMismatch
from facestream.gallery.archive import check_comparable, read_archive, write_archive
from facestream.gallery.archive_format import (
    CROPS,
    MANIFEST,
    MAX_ENTRY_CHARS,
    PEOPLE,
    SEAL_BYTES,
    PersonEntry,
)
from facestream.gallery.archive_people import read_people
from facestream.gallery.archive_writing import seal
from facestream.gallery.gallery import Gallery
from facestream.gallery.names import MAX_DATE_MS, clean_name, clean_note, name_key
from facestream.gallery.records import Crop, FullIdentity, FullTemplate, Kind, Source

from .fakes import DIMENSION, FINGERPRINT, content_of, crop, new_templates, rejection, unit_rows

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


# --- there and back -------------------------------------------------------------------------------


def test_nobody_makes_an_archive_of_nobody() -> None:
    assert imported(exported()) == []


def test_everything_that_is_stored_comes_back() -> None:
    assert imported(exported(*PEOPLE_HERE)) == [content_of(one) for one in PEOPLE_HERE]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fingerprints = st.sampled_from([FINGERPRINT, OLD, "µ-model «3»"])
dates = st.integers(0, MAX_DATE_MS)
points = st.floats(-1e5, 1e5, width=32)
crops = st.builds(
    Crop,
    st.binary(min_size=2, max_size=50).map(lambda raw: b"\xff\xd8" + raw),
    st.none()
    | st.lists(points, min_size=10, max_size=10).map(
        lambda values: np.array(values, np.float32).reshape(5, 2)
    ),
    st.none() | st.text("abc-0123", min_size=1),
)


@st.composite
def templates(draw: st.DrawFn, template_id: int) -> FullTemplate:
    made_by = draw(st.lists(fingerprints, min_size=1, unique=True))
    seeds = draw(st.integers(0, 1000))
    return FullTemplate(
        template_id,
        draw(st.sampled_from(Kind)),
        draw(dates),
        draw(st.floats(0, allow_infinity=False)),
        draw(st.sampled_from(Source)),
        draw(st.none() | crops),
        {one: unit_rows(1, 3 + len(one) % 5, seeds + i)[0] for i, one in enumerate(made_by)},
    )


def names() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
        _is_a_name
    )


def _is_a_name(text: str) -> bool:
    try:
        return clean_name(text) == text
    except BadName:
        return False


@st.composite
def galleries(draw: st.DrawFn) -> list[FullIdentity]:
    people = draw(st.lists(names(), max_size=4, unique_by=name_key))
    ids = iter(range(1, 100))
    return [
        FullIdentity(
            f"id{number}",
            name,
            draw(dates),
            clean_note(draw(st.none() | texts)),
            draw(st.none() | dates),
            tuple(draw(templates(next(ids))) for _ in range(draw(st.integers(0, 3)))),
        )
        for number, name in enumerate(people)
    ]


@given(galleries())
@settings(max_examples=60)
def test_any_gallery_comes_back_as_it_was(people: list[FullIdentity]) -> None:
    assert imported(exported(*people)) == [content_of(one) for one in people]


def of_many(count: int) -> FullIdentity:
    points = np.full((5, 2), np.pi, np.float32)
    one = template(0, crop=Crop(b"\xff\xd8..", points, "detector"))
    many = (replace(one, template_id=10 + n) for n in range(count))
    return person("a1", "Ada", *many)


def test_a_person_of_any_number_of_templates_comes_back() -> None:
    ada, bob = of_many(7000), PEOPLE_HERE[1]
    raw = exported(ada, bob)
    assert len(parts_of(raw)[PEOPLE]) > 2 << 20
    assert imported(raw) == [content_of(ada), content_of(bob)]


def test_a_person_of_many_templates_is_checked_without_being_in_memory() -> None:
    raw = exported(of_many(2000))
    assert len(parts_of(raw)[PEOPLE]) > 500_000
    tracemalloc.start()
    with read_archive(io.BytesIO(raw)):
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2 << 20  # as objects, 8 MB


@pytest.mark.parametrize("size", [1, 7, 100])
def test_it_does_not_matter_where_the_pieces_end(size: int) -> None:
    umlaut = person("d4", "Дж ö 😀", template(4), template(5))
    lines = parts_of(exported(*PEOPLE_HERE, umlaut))[PEOPLE]
    pieces = (lines[at : at + size] for at in range(0, len(lines), size))
    found = list(read_people(pieces))
    assert found == list(read_people(iter([lines])))
    assert [isinstance(one, PersonEntry) for one in found] == [*b"\1\0\0\1\0\1\1\0\0"]


def test_the_longest_that_may_be_stored_is_no_longer_than_what_is_read() -> None:
    many = {f"model {n}": unit_rows(1)[0] for n in range(100)}
    longest = Crop(b"\xff\xd8..", np.full((5, 2), -np.pi * 1e4, np.float32), "\1" * 200)
    one = template(2**53 - 1, crop=longest, embeddings=many, sharpness=np.pi / 1e300)
    raw = exported(person("a" * 64, '"' * 100, one, note="x" + "\1" * 998 + "x"))
    [found] = imported(raw)
    assert (found[1], len(found[-1])) == ('"' * 100, 1)
    assert len(parts_of(raw)[PEOPLE]) < MAX_ENTRY_CHARS


@pytest.mark.parametrize("name", ['","templates":[', '"templates":[]}', "\\", '\\"', "templates"])
def test_a_name_that_looks_like_the_list_of_templates_is_a_name(name: str) -> None:
    [found] = imported(exported(person("a1", name, template(1), note=name)))
    assert (found[1], found[3], len(found[-1])) == (name, name, 1)


def test_a_gallery_comes_back_after_it_was_cleared(gallery: Gallery) -> None:
    ada = gallery.add("Ada", new_templates(3, crop=crop())).upserted[0]
    gallery.add("Bob", new_templates(2, seed=1))
    gallery.reject(ada.identity_id, rejection(5))
    gallery.edit(ada.identity_id, {"note": "on paper", "expires_at_ms": 4 * 10**12})
    before = [content_of(one, ids=False) for one in gallery.store.everybody()]
    file = io.BytesIO()
    write_archive(file, gallery.store.everybody())
    gallery.clear()
    with read_archive(file) as archive:
        check_comparable(archive, FINGERPRINT)
        absorbed, _ = gallery.absorb(archive.people())
    assert (absorbed.new, absorbed.new_templates) == (("Ada", "Bob"), 6)
    assert [content_of(one, ids=False) for one in gallery.store.everybody()] == before


def test_the_archive_describes_itself_and_any_zip_program_can_open_it() -> None:
    parts = parts_of(exported(*PEOPLE_HERE))
    assert list(parts) == [CROPS, PEOPLE, ROWS, MANIFEST]
    manifest = json.loads(parts[MANIFEST])
    assert (manifest["format"], manifest["version"]) == ("facestream gallery", 1)
    assert (manifest["people"], manifest["templates"]) == (3, 3)
    assert manifest["models"] == [
        {"fingerprint": FINGERPRINT, "dimension": DIMENSION, "embeddings": ROWS}
    ]
    [first, _, _] = (json.loads(line) for line in parts[PEOPLE].splitlines())
    picture = first["templates"][1]["crop"]
    jpeg = parts[CROPS][picture["offset"] :][: picture["bytes"]]
    assert jpeg == crop(3).jpeg
    rows = np.frombuffer(parts[ROWS], "<f4").reshape(-1, DIMENSION)
    assert np.array_equal(rows, np.concatenate([unit_rows(1, seed=i) for i in (1, 3, 2)]))


def test_writing_holds_one_person_in_memory_and_reading_too(tmp_path: Path) -> None:
    size = 200_000

    def everybody() -> Iterator[FullIdentity]:
        for i in range(200):
            yield person(f"p{i}", f"P{i}", template(i, crop=crop(i, size)))

    path = tmp_path / "gallery.zip"
    with path.open("w+b") as file:
        tracemalloc.start()
        write_archive(file, everybody())
        with read_archive(file) as archive:
            count = sum(1 for _ in archive.people())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 200
    assert path.stat().st_size > 200 * size
    assert peak < 8 << 20


# --- damage ---------------------------------------------------------------------------------------

WHOLE = exported(*PEOPLE_HERE)


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=300)
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    refused(WHOLE[:length])


@pytest.mark.parametrize("n", [1, SEAL_BYTES, SEAL_BYTES + 1, SEAL_BYTES + 22, len(WHOLE) // 2])
def test_a_file_without_its_end_is_refused(n: int) -> None:
    refused(WHOLE[:-n])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=1000)
def test_any_other_byte_anywhere_is_refused(at: int, flip: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] ^= flip
    refused(bytes(changed))


@pytest.mark.parametrize("byte", range(8))
def test_a_directory_that_says_it_stands_elsewhere_is_refused(byte: int) -> None:
    """Its size, then its place: with some of them the parts would begin before the file."""
    changed = bytearray(WHOLE)
    changed[WHOLE.rindex(b"PK\x05\x06") + 12 + byte] ^= 1
    refused(bytes(changed))


@pytest.mark.parametrize("more", [b"x", b"PK\x05\x06", WHOLE])
def test_a_file_with_more_before_or_after_it_is_refused(more: bytes) -> None:
    refused(more + WHOLE)
    if more != WHOLE:
        refused(WHOLE + more)


@given(st.binary(max_size=300))
def test_anything_else_is_refused(raw: bytes) -> None:
    refused(raw)
    refused(b"PK\x05\x06" + raw)


def test_a_file_that_is_no_zip_is_told_from_one_that_is_no_gallery() -> None:
    refused(b"", "no ZIP file")
    refused(packed({"hello.txt": b"hello"}), "not a gallery")
    refused(packed({MANIFEST: b"{}"}), "not a gallery")
    refused(packed({MANIFEST: b"[1"}), "not a gallery")
    refused(
        packed({MANIFEST: json.dumps({"format": "of somebody else"}).encode()}), "not a gallery"
    )


def test_an_edited_member_is_refused_though_the_seal_was_made_anew() -> None:
    parts = parts_of(WHOLE)
    for name in (CROPS, PEOPLE, ROWS):
        content = bytearray(parts[name])
        content[len(content) // 2] ^= 1
        refused(packed({**parts, name: bytes(content)}), f"{name} in the file is not what was")
        refused(packed({**parts, name: parts[name] + b"\0"}), f"{name} in the file is not what was")


# --- bombs ----------------------------------------------------------------------------------------


def quickly(raw: bytes, *words: str) -> None:
    """It is refused at once, and nothing is unpacked."""
    tracemalloc.start()
    began_s = time.perf_counter()
    refused(raw, *words)
    took_s = time.perf_counter() - began_s
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took_s < 2
    assert peak < 6 << 20


@pytest.mark.parametrize("name", [MANIFEST, PEOPLE, CROPS, ROWS])
def test_a_bomb_is_not_unpacked(name: str) -> None:
    bomb = packed({**parts_of(WHOLE), name: b" " * (64 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1 << 20
    quickly(bomb, "compressed")


def test_a_size_that_is_not_that_of_the_content_is_refused() -> None:
    for size in (0, 1, 2**31, 2**32 - 2):
        changed = bytearray(packed(parts_of(WHOLE)))
        at = changed.index(b"PK\x01\x02")  # the first part, in the directory
        changed[at + 20 : at + 28] = size.to_bytes(4, "little") * 2
        file = io.BytesIO(changed)
        seal(file)
        quickly(file.getvalue())


def test_a_file_of_countless_parts_is_refused_before_they_are_listed() -> None:
    raw = packed({f"{i:0200}": b"" for i in range(6000)})
    quickly(raw, "more parts")


def test_a_manifest_or_a_line_without_an_end_is_refused() -> None:
    quickly(packed({**parts_of(WHOLE), MANIFEST: b" " * (3 << 20)}), "larger than it can be")
    parts = parts_of(WHOLE)
    refused(edited({**parts, PEOPLE: parts[PEOPLE][:-1]}), "cut off")
    quickly(edited({**parts, PEOPLE: parts[PEOPLE][:-1] + b" " * (3 << 20)}), "cut off")


# --- of another kind ------------------------------------------------------------------------------


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


# --- edited by hand, with all hashes made anew ----------------------------------------------------


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


# --- another model --------------------------------------------------------------------------------


def test_people_of_another_model_are_refused_with_what_to_do() -> None:
    rows = unit_rows(2)
    both = template(1, embeddings={OLD: rows[0], FINGERPRINT: rows[1]})
    old = template(2, embeddings={OLD: rows[0]})
    with read_archive(io.BytesIO(exported(person("a", "Ada", both, old)))) as archive:
        assert archive.fingerprints == {OLD: 2, FINGERPRINT: 1}
        check_comparable(archive, OLD)
        with pytest.raises(FingerprintMismatch) as caught:
            check_comparable(archive, FINGERPRINT)
    for words in ("1 of the 2 examples", OLD, FINGERPRINT, "embed the gallery anew"):
        assert words in str(caught.value)


def test_people_without_examples_are_comparable_with_any_model() -> None:
    with read_archive(io.BytesIO(exported(person("a", "Ada")))) as archive:
        check_comparable(archive, FINGERPRINT)


# --- writing --------------------------------------------------------------------------------------


def test_an_error_while_people_are_read_comes_out_as_it_is() -> None:
    def everybody() -> Iterator[FullIdentity]:
        yield PEOPLE_HERE[0]
        raise RuntimeError("the gallery is damaged")

    with pytest.raises(RuntimeError, match="damaged"):
        write_archive(io.BytesIO(), everybody())


def test_a_full_disk_is_an_error_of_the_system(small_disk: Path) -> None:
    people = [person(f"p{i}", f"P{i}", template(i, crop=crop(i, 200_000))) for i in range(20)]
    with pytest.raises(OSError, match="No space"), (small_disk / "x.zip").open("w+b") as file:
        write_archive(file, people)
