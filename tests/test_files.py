"""Files that are whole or not there, and whose they are."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from facestream.files import make_file, whole_file, write_whole

SERVER, OTHER = 10001, 10002
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder; where root runs the tests, the server's user has it."""
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(made, SERVER, SERVER)
    return made


def test_file_is_whole_or_as_it_was(folder: Path) -> None:
    write_whole(folder / "a", b"before")
    with suppress(ZeroDivisionError), whole_file(folder / "a") as file:
        _ = file.write(b"half") // 0  # raises
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert (folder / "a").read_bytes() == b"before"


@pytest.mark.parametrize("keep_owner", [False, True])
def test_file_is_private_unless_it_is_said(folder: Path, keep_owner: bool) -> None:
    write_whole(folder / "a", b"", keep_owner=keep_owner)
    write_whole(folder / "b", b"", mode=0o644, keep_owner=keep_owner)
    make_file(folder / "c")
    modes = [stat.S_IMODE((folder / name).stat().st_mode) for name in "abc"]
    assert modes == [0o600, 0o644, 0o600]


def test_file_that_is_there_stays_as_it_is(folder: Path) -> None:
    write_whole(folder / "a", b"content", mode=0o644)
    make_file(folder / "a")
    assert (folder / "a").read_bytes() == b"content"
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o644


def test_no_file_is_made_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_file(tmp_path / "none" / "a")
    assert not (tmp_path / "none").exists()


@as_root
def test_new_file_of_root_is_the_folder_s_owner_s(folder: Path) -> None:
    write_whole(folder / "a", b"", keep_owner=True)
    make_file(folder / "b")
    assert owner(folder / "a") == owner(folder / "b") == (SERVER, SERVER)


@as_root
def test_file_that_root_replaces_stays_its_owner_s(folder: Path) -> None:
    write_whole(folder / "a", b"before")
    os.chown(folder / "a", OTHER, SERVER)
    write_whole(folder / "a", b"after", keep_owner=True)
    assert owner(folder / "a") == (OTHER, SERVER)


@as_root
def test_what_root_exports_is_root_s_whoever_has_the_folder_or_had_the_file(folder: Path) -> None:
    write_whole(folder / "a", b"before")
    os.chown(folder / "a", OTHER, OTHER)
    for name in "ab":
        with whole_file(folder / name) as file:
            file.write(b"a gallery")
    assert owner(folder / "a") == owner(folder / "b") == (0, 0)


@as_root
def test_root_gives_away_no_file_that_somebody_linked_to_the_name(
    folder: Path, tmp_path: Path
) -> None:
    write_whole(tmp_path / "secret", b"of root")
    os.link(tmp_path / "secret", folder / "a")
    (folder / "b").symlink_to(tmp_path / "secret")
    for name in "ab":
        make_file(folder / name)
    assert owner(tmp_path / "secret") == (0, 0)
