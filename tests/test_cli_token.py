"""`facestream token` and `facestream audit`, and the lines that other commands leave."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from facestream.gallery.lock import FolderLock
from facestream.gallery.store import FILE_NAME
from facestream.server.access import read_or_create_token
from facestream.server.devices import Devices
from facestream.server.roles import Role
from facestream.server.tokens import DAY_MS
from tests.test_cli import Facestream, facestream
from tests.test_cli_gallery import examples, opened

assert facestream  # the fixture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of `facestream`."""
    return tmp_path / "data"


def listed(facestream: Facestream) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(facestream("token", "list", "--json").out)
    return rows


def audited(facestream: Facestream) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(facestream("audit", "--json").out)
    return rows


def test_folder_without_tokens_lists_none(facestream: Facestream, folder: Path) -> None:
    assert listed(facestream) == []
    assert not folder.exists()


def test_token_is_printed_alone_and_the_link_beside_it(
    facestream: Facestream, folder: Path
) -> None:
    run = facestream("token", "create", "--role", "operator", "--name", "Anna's phone")
    assert (run.status, re.fullmatch(r"[\w-]{22}\n", run.out) is not None) == (0, True)
    assert f"/?token={run.out.strip()}" in run.err
    devices = Devices(folder, lambda: 0.0, "the-main-token-of-it")
    assert devices.role_of(run.out.strip()) is Role.OPERATOR
    devices.close()
    (row,) = listed(facestream)
    assert (row["name"], row["role"], row["by"]) == ("Anna's phone", "operator", "hand")
    assert row["expires_at_ms"] - row["created_at_ms"] == 30 * DAY_MS
    assert run.out.strip() not in "".join(one.read_text() for one in folder.iterdir())


def test_token_lasts_as_long_as_is_said(facestream: Facestream) -> None:
    facestream("token", "create", "--days", "2")
    facestream("token", "create", "--never", "--role", "admin")
    assert facestream("token", "create", "--never", "--days", "2").status == 2
    short, ever = listed(facestream)
    assert short["expires_at_ms"] - short["created_at_ms"] == 2 * DAY_MS
    assert (short["role"], ever["role"], ever["expires_at_ms"]) == ("viewer", "admin", None)


def test_token_is_revoked_by_its_id_and_by_its_name(facestream: Facestream) -> None:
    for name in ("one", "two", "twin", "Twin"):
        facestream("token", "create", "--name", name)
    assert facestream("token", "revoke", listed(facestream)[0]["token_id"]).status == 0
    assert facestream("token", "revoke", "TWO").status == 0
    for wrong in ("two", "twin"):
        refused = facestream("token", "revoke", wrong)
        assert (refused.status, "[no_such_token]" in refused.err) == (1, True)
    assert [row["name"] for row in listed(facestream)] == ["twin", "Twin"]


@pytest.mark.parametrize("command", [("renew",), ("revoke", "main")])
def test_main_token_is_renewed(
    facestream: Facestream, folder: Path, command: tuple[str, ...]
) -> None:
    old = read_or_create_token(folder)
    (main,) = listed(facestream)
    assert (main["token_id"], main["name"]) == ("main", "the link printed at start")
    new = facestream("token", *command).out.strip()
    assert old != new == read_or_create_token(folder)
    assert re.search(r"^main +", facestream("token", "list").out, re.M)
    (line,) = audited(facestream)
    assert (line["what"], line["target"]) == (
        "facestream token renew",
        {"token_id": "main"},
    )


def test_damaged_register_is_told(facestream: Facestream, folder: Path) -> None:
    folder.mkdir()
    (folder / "devices.json").write_text("{")
    run = facestream("token", "list")
    assert (run.status, "[store_failed]" in run.err) == (1, True)


def test_commands_that_change_the_gallery_leave_a_line_without_names(
    facestream: Facestream, folder: Path, tmp_path: Path
) -> None:
    with opened(folder) as store:
        store.add("Anna Thal", examples(2, 1))
        store.add("Bob", examples(2, 2))
        anna, bob = (one.identity_id for one in store.identities())
    export = tmp_path / "all.zip"
    for command in (
        ("rename", "Anna Thal", "Anna Berg"),
        ("consent", "Anna Berg", "--note", "Signed form"),
        ("export", export),
        ("merge", "Bob", "Anna Berg", "--yes"),
        ("delete", "Bob", "--yes"),
        ("delete", "Anna Berg"),
        ("delete", "Anna Berg", "--yes"),
        ("import", export, "--yes"),
        ("clear", "--yes"),
    ):
        facestream("gallery", *command)
    lines = [(one["what"], one["target"], one["outcome"]) for one in audited(facestream)]
    assert lines == [
        ("facestream gallery rename", {"identity_id": anna}, "ok"),
        ("facestream gallery consent", {"identity_id": anna}, "ok"),
        ("facestream gallery export", {"identities": 2}, "ok"),
        ("facestream gallery merge", {"identity_id": bob, "into": anna}, "ok"),
        ("facestream gallery delete", {}, "no_such_identity"),
        ("facestream gallery delete", {"identity_id": anna}, "not_done"),
        ("facestream gallery delete", {"identity_id": anna}, "ok"),
        ("facestream gallery import", {"templates": 4}, "ok"),
        ("facestream gallery clear", {"identities": 2}, "ok"),
    ]
    (who,) = {json.dumps(one["who"], sort_keys=True) for one in audited(facestream)}
    assert json.loads(who)["name"] == "command line"
    text = (folder / "audit.jsonl").read_text()
    assert not [name for name in ("Anna", "Bob", "Thal", "Berg", "form", "all.zip") if name in text]


def test_looking_leaves_no_line(facestream: Facestream, folder: Path) -> None:
    with opened(folder):
        pass
    for command in (("gallery", "list"), ("gallery", "verify"), ("token", "list")):
        assert facestream(*command).status == 0
    assert audited(facestream) == []


def test_change_that_a_running_server_prevents_is_audited(
    facestream: Facestream, folder: Path
) -> None:
    folder.mkdir()
    lock = FolderLock.acquire(folder)
    facestream("gallery", "clear", "--yes")
    lock.release()
    (line,) = audited(facestream)
    assert line["outcome"] == "data_folder_in_use"


def test_audit_file_that_cannot_be_written_stops_no_command(
    facestream: Facestream, folder: Path
) -> None:
    with opened(folder) as store:
        store.add("Anna", examples(2, 1))
    (folder / "audit.jsonl").mkdir()
    run = facestream("gallery", "delete", "Anna", "--yes")
    assert (run.status, "audit file" in run.err) == (0, True)
    assert (folder / FILE_NAME).exists()


def test_audit_shows_the_newest_lines_readably(facestream: Facestream) -> None:
    for name in ("one", "two", "three"):
        facestream("token", "create", "--name", name)
    shown = facestream("audit", "--last", "2").out
    assert shown.count("facestream token create") == 2
    assert len(json.loads(facestream("audit", "--last", "2", "--json").out)) == 2
    assert "command line" in shown


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_types_locks_out_no_server_of_another_user(
    facestream: Facestream, folder: Path
) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, 10001, 10002)
    with opened(folder) as store:
        store.add("Anna", examples(2, 1))
    for command in (
        ("token", "create", "--name", "Anna's phone"),
        ("token", "create"),
        ("token", "renew"),
        ("gallery", "rename", "Anna", "Bea"),
        ("gallery", "list"),
        ("token", "revoke", "Anna's phone"),
    ):
        assert facestream(*command).status == 0
    found = {path.name: (path.stat().st_uid, path.stat().st_gid) for path in folder.rglob("*")}
    assert {"audit.jsonl", "devices.json", "devices.lock", FILE_NAME, "token"} <= found.keys()
    assert set(found.values()) == {(10001, 10002)}, found
