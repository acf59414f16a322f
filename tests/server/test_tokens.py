from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facestream import locks
from facestream.errors import BadName, NoSuchToken, Overloaded, StoreFailed
from facestream.server import tokens
from facestream.server.roles import Role
from facestream.server.tokens import DAY_MS, Grant, RegisterFile, find_grant, new_grant, with_grant

NOW_MS = 1_800_000_000_000


def grant(name: str = "", *, by: str = "hand", expires_at_ms: int | None = None) -> Grant:
    made = new_grant(Role.VIEWER, name, "link", NOW_MS, expires_at_ms)[1]
    return made.model_copy(update={"by": by})


def add(folder: Path, added: Grant, now_ms: int = NOW_MS) -> tuple[Grant, ...]:
    return RegisterFile(folder).change(lambda grants: with_grant(grants, added), now_ms)


def test_folder_without_a_register_has_no_tokens(tmp_path: Path) -> None:
    file = RegisterFile(tmp_path)
    assert file.look() == ()
    assert file.look() is None
    with pytest.raises(FileNotFoundError):
        file.read()


def test_register_of_before_names_keeps_its_devices(tmp_path: Path) -> None:
    old = {"sha256": "ab" * 32, "role": "viewer", "created_at_ms": NOW_MS}
    content = {"devices": [{**old, "expires_at_ms": NOW_MS + DAY_MS}]}
    (tmp_path / "devices.json").write_text(json.dumps(content))
    (device,) = RegisterFile(tmp_path).read()
    assert (device.token_id, device.shown_name) == ("abababab", "viewer of 2027-01-15")
    assert (device.by, device.last_used_at_ms) == ("link", None)
    kept = add(tmp_path, grant("Anna"))
    assert [one.shown_name for one in kept] == ["viewer of 2027-01-15", "Anna"]


def test_change_of_somebody_else_is_seen_once(tmp_path: Path) -> None:
    server = RegisterFile(tmp_path)
    server.look()
    added = grant("Anna's phone")
    add(tmp_path, added)
    assert server.look() == (added,)
    assert server.look() is None
    os.remove(tmp_path / "devices.json")
    assert server.look() == ()


def test_own_change_is_not_seen_as_somebody_elses(tmp_path: Path) -> None:
    server = RegisterFile(tmp_path)
    server.change(lambda grants: [*grants, grant()], NOW_MS)
    assert server.look() is None


def test_folder_that_is_away_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    server = RegisterFile(folder)
    server.change(lambda grants: [*grants, grant()], NOW_MS)
    os.rename(folder, tmp_path / "away")
    assert server.look() is None
    with pytest.raises(StoreFailed):
        add(folder, grant())
    assert not folder.exists()


def test_broken_file_lets_nobody_in_and_says_so_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "devices.json").write_bytes(b"{")
    file = RegisterFile(tmp_path)
    assert file.look() == ()
    with pytest.raises(StoreFailed, match="damaged"):
        file.read()


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from facestream.server.roles import Role\n"
        "from facestream.server.tokens import RegisterFile, new_grant, with_grant\n"
        "file = RegisterFile(Path(sys.argv[1]))\n"
        "for number in range(10):\n"
        "    added = new_grant(Role.VIEWER, f'{sys.argv[2]}{number}', 'hand', 1, None)[1]\n"
        "    file.change(lambda grants: with_grant(grants, added), 1)\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name]) for name in "abc"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    names = {one.name for one in RegisterFile(tmp_path).read()}
    assert names == {f"{name}{number}" for name in "abc" for number in range(10)}


def test_lock_that_another_process_keeps_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.01)
    with locks.locked(tmp_path / tokens.LOCK_FILE), pytest.raises(StoreFailed, match="lock"):
        add(tmp_path, grant())


def test_expired_token_goes_with_the_next_change(tmp_path: Path) -> None:
    add(tmp_path, grant("short", expires_at_ms=NOW_MS + 1))
    kept = add(tmp_path, grant("long"), NOW_MS + 1)
    assert [one.name for one in kept] == ["long"]


def test_joined_device_makes_room_and_a_token_by_hand_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    hand, joined, new = grant("hand"), grant("joined", by="link"), grant("new")
    assert with_grant([hand, joined], new) == [hand, new]
    with pytest.raises(Overloaded):
        with_grant([hand, new], joined)


def test_token_is_found_by_its_id_and_by_its_name() -> None:
    anna, twin, other = grant("Anna's phone"), grant("Door"), grant("door")
    assert find_grant([anna, twin], anna.token_id) is anna
    assert find_grant([anna, twin], "anna's  PHONE") is anna
    for unknown in ("", "nobody", anna.sha256):
        with pytest.raises(NoSuchToken):
            find_grant([anna, twin], unknown)
    with pytest.raises(NoSuchToken, match=f"{twin.token_id}, {other.token_id}"):
        find_grant([anna, twin, other], "Door")


def test_name_that_cannot_be_shown_is_refused() -> None:
    for name in ("\x00", " ", "x" * 101):
        with pytest.raises(BadName):
            grant(name)


def test_what_is_told_of_a_token_does_not_give_it_away() -> None:
    token, made = new_grant(Role.ADMIN, "x", "hand", NOW_MS, None)
    told = json.dumps(made.as_json())
    assert token not in told
    assert made.sha256 not in told
