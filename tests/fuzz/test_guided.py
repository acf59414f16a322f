"""A moment of what `python -m tests.fuzz.guided` does for minutes: five targets, each by itself."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzz.guided import NAMES

pytestmark = pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris is for Linux on x86-64 only"
)
RUNS = "500"
"""Of an input each; most of the time goes into starting."""


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


@pytest.mark.parametrize("name", NAMES)
def test_no_input_that_atheris_finds_brings_a_target_down(name: str) -> None:
    status, said = run("-m", "tests.fuzz.guided", name, f"-runs={RUNS}", "-seed=1")
    assert status == 0, said[-3000:]
    assert f"Done {RUNS} runs" in said


def test_an_error_that_is_not_ours_ends_it_and_is_shown(tmp_path: Path) -> None:
    planted = (
        "from tests.fuzz.guided import fuzz\n"
        "def take(raw): raw[5:6] == b'x' and [][0]\n"
        f"fuzz(take, [b'aaaaaaaa'], ['-runs=100000', '-artifact_prefix={tmp_path}/'])\n"
    )
    status, said = run("-c", planted)
    assert status != 0
    assert "IndexError" in said
    [crash] = tmp_path.iterdir()
    assert crash.read_bytes()[5:6] == b"x"
