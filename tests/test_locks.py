"""Locks of the data folder: who gets them, and what is there where they cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import portalocker
import pytest

from facestream import locks
from facestream.files import make_file
from facestream.locks import locked, take_lock
from tests.conftest import other_process

HOLD = """
import pathlib, sys
from facestream.locks import take_lock
lock = take_lock(pathlib.Path(sys.argv[1]) / "a.lock", 0)
print("ready", flush=True)
sys.stdin.read()
"""


def test_lock_of_another_process_is_had_when_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with other_process(HOLD, tmp_path) as holder:
        with pytest.raises(BlockingIOError, match=r"a\.lock"):
            take_lock(path, 0.05)
        holder.kill()
        holder.wait()
        take_lock(path, 0).release()


def test_lock_is_had_again_after_its_block_failed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "a.lock"):
        _ = 1 // 0
    take_lock(tmp_path / "a.lock", 0).release()


def test_lock_begins_no_new_folder_where_one_was_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, gone = tmp_path / "data", tmp_path / "gone"
    folder.mkdir()

    def lose_folder(path: Path) -> None:
        make_file(path)
        folder.rename(gone)

    monkeypatch.setattr(locks, "make_file", lose_folder)
    with pytest.raises(FileNotFoundError), locked(folder / "a.lock"):
        pass
    assert os.listdir(tmp_path) == ["gone"]


def test_file_system_without_locks_is_an_error_that_names_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise portalocker.LockException("no locks available")

    monkeypatch.setattr(portalocker.Lock, "acquire", refuse)
    with pytest.raises(OSError, match=r"a\.lock cannot be had") as caught:
        take_lock(tmp_path / "a.lock", 0)
    assert not isinstance(caught.value, BlockingIOError)
