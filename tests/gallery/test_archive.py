"""What is exported comes back, and is no more in memory than it must."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.errors import BadName, FingerprintMismatch
from facestream.gallery.archive import check_comparable, read_archive, write_archive
from facestream.gallery.archive_format import CROPS, MANIFEST, MAX_ENTRY_CHARS, PEOPLE, PersonEntry
from facestream.gallery.archive_people import read_people
from facestream.gallery.gallery import Gallery
from facestream.gallery.names import MAX_DATE_MS, clean_name, clean_note, name_key
from facestream.gallery.records import Crop, FullIdentity, FullTemplate, Kind, Source

from .archives import OLD, PEOPLE_HERE, ROWS, exported, imported, parts_of, person, template
from .fakes import DIMENSION, FINGERPRINT, content_of, crop, new_templates, rejection, unit_rows


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
