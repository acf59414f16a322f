"""Files that were damaged, or made to do harm, are refused."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery.archive_format import CROPS, MANIFEST, PEOPLE, SEAL_BYTES
from facestream.gallery.archive_writing import seal

from .archives import ROWS, WHOLE, edited, packed, parts_of, refused


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
