from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from facestream import audit, locks
from facestream.audit import AuditFile, Entry, ids_in, read_entries

MIB = 1 << 20


def entry(number: int = 0) -> Entry:
    return Entry(1_800_000_000.5 + number, {"name": "x"}, f"what {number}")


def whats(folder: Path, last: int | None = None) -> list[str]:
    return [fields["what"] for fields in read_entries(folder, last)]


def test_folder_without_a_file_has_no_entries(tmp_path: Path) -> None:
    assert read_entries(tmp_path) == []


def test_line_says_when_who_what_to_whom_and_what_came_of_it(tmp_path: Path) -> None:
    who = {"token": "main", "name": "the link", "role": "admin", "address": "::1"}
    one = Entry(1_800_000_000.5, who, "gallery_delete", "store_failed", {"identity_id": "ab" * 8})
    AuditFile(tmp_path, MIB).append([one])
    assert json.loads((tmp_path / "audit.jsonl").read_text()) == {
        "when": "2027-01-15T08:00:00.500Z",
        "who": who,
        "what": "gallery_delete",
        "target": {"identity_id": "ab" * 8},
        "outcome": "store_failed",
    }
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


def test_full_file_becomes_the_older_one(tmp_path: Path) -> None:
    file = AuditFile(tmp_path, 3 * len(entry().line()))
    for number in range(8):
        file.append([entry(number)])
    assert whats(tmp_path) == [f"what {number}" for number in range(3, 8)]
    assert whats(tmp_path, 2) == ["what 6", "what 7"]
    assert sorted(os.listdir(tmp_path)) == ["audit.1.jsonl", "audit.jsonl", "audit.lock"]


def test_line_that_was_cut_off_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_bytes(entry(1).line() + entry(2).line()[:20])
    AuditFile(tmp_path, MIB).append([entry(3)])
    assert whats(tmp_path) == ["what 1", "what 3"]


def test_lines_that_do_not_fit_on_the_disk_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = AuditFile(tmp_path, MIB)
    file.append([entry(1)])
    before = (tmp_path / "audit.jsonl").read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda to, content: write(to, content[:10]))
    with pytest.raises(OSError, match="full"):
        file.append([entry(2)])
    assert (tmp_path / "audit.jsonl").read_bytes() == before


def test_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        AuditFile(tmp_path / "none", MIB).append([entry()])
    assert os.listdir(tmp_path) == []


def test_lock_that_another_process_keeps_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.01)
    file = AuditFile(tmp_path, MIB)
    with locks.locked(tmp_path / audit.LOCK_FILE), pytest.raises(OSError, match="lock"):
        file.append([entry()])


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, {}),
        ({"identity_id": "0123456789abcdef", "into": "fedcba9876543210"}, None),
        ({"template_id": 7, "token_id": "0123abcd"}, None),
        ({"template_ids": [1, 2, 3]}, {"templates": 3}),
        ({"identity_id": "Anna Thal", "into": "Bob", "undo_id": None}, {}),
        ({"display_name": "0123456789abcdef", "note": "x", "name": "y", "jpeg": b""}, {}),
        ({"token_id": True, "identity_id": b"0123456789abcdef", "a_id": "é" * 8}, {}),
    ],
)
def test_only_what_has_the_form_of_an_id_gets_into_a_line(
    fields: dict[str, Any], ids: dict[str, Any] | None
) -> None:
    assert ids_in(fields) == (fields if ids is None else ids)
