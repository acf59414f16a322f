"""`facestream bench` as a script uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from facestream import cli
from facestream.records import Frame
from tests.evaluation.videos import write_video


class Run(NamedTuple):
    status: int
    out: str
    err: str


Bench = Callable[..., Run]
QUICK = ("--batch", "1,2", "--templates", "10,2000", "--runs", "1")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Bench:
    """Runs the command in this process."""

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr("sys.argv", ["facestream", "bench", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Run(int(ended.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def video(tmp_path: Path, astronaut: Frame) -> Path:
    return write_video(tmp_path / "astronaut.avi", astronaut, 3)


def test_json_has_the_promised_keys(bench: Bench, video: Path) -> None:
    run = bench("--video", video, *QUICK, "--json")
    assert run.status == 0
    result = json.loads(run.out)
    assert [row["batch"] for row in result["detect"]] == [1, 2]
    assert [row["faces_per_frame"] for row in result["detect"]] == [1.0, 1.0]
    assert all(isinstance(row["ms_per_frame"], float) for row in result["detect"])
    assert [row["batch"] for row in result["embed"]] == [1, 2]
    assert all(row["ms_per_face"] > 0 for row in result["embed"])
    assert [row["templates"] for row in result["search"]] == [10, 2000]
    assert all(row["ms_per_probe"] > 0 for row in result["search"])
    assert [row["batch"] for row in result["end_to_end"]] == [1, 2]
    assert (result["frames"], result["min_face"]) == (3, 40)
    assert result["frame_size_wh"] == [512, 512]
    assert result["traces"]["before"] == result["traces"]["after"]
    assert "TensorFlow" in result["machine"]["tensorflow"]
    assert "Measuring" in run.err


def test_faces_smaller_than_asked_for_are_not_found(bench: Bench, video: Path) -> None:
    run = bench("--video", video, *QUICK, "--min-face", "300", "--json")
    result = json.loads(run.out)
    assert result["min_face"] == 300
    assert [row["faces_per_frame"] for row in result["detect"]] == [0.0, 0.0]


def test_the_embedder_can_be_chosen_and_the_text_is_for_people(bench: Bench, video: Path) -> None:
    run = bench("--video", video, *QUICK, "--embedder", "dlib")
    assert run.status == 0
    for heading in ("detector, faces from 40 pixels", "embedder dlib", "search", "JPEG to name"):
        assert heading in run.out
    assert "2,000" in run.out
    assert "crops for R-Net" in run.out


def test_without_a_video_it_says_what_the_figures_lack(bench: Bench) -> None:
    run = bench("--batch", "1", "--templates", "10", "--runs", "1", "--json")
    assert run.status == 0
    assert "Without --video" in run.err
    result = json.loads(run.out)
    assert result["video"] is None
    assert result["detect"][0]["faces_per_frame"] == 0


@pytest.mark.parametrize("content", [b"", b"no video", None], ids=["empty", "text", "missing"])
def test_a_bad_video_is_one_sentence(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    if content is not None:
        path.write_bytes(content)
    # in a process of its own, because FFmpeg's words may come only when that ends
    command = [sys.executable, "-m", "facestream", "bench", "--video", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("error [bad_video] ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--batch", "0"), "numbers from 1 to 64"),
        (("--batch", "x"), "got 'x'"),
        (("--batch", "1,,8"), "got ''"),
        (("--batch", "-1"), "got '-1'"),
        (("--batch", "65"), "got '65'"),
        (("--batch", "²"), "got '²'"),
        (("--templates", "0"), "numbers from 1 to 1,000,000"),
        (("--min-face", "3"), "min_face"),
        (("--runs", "0"), "--runs"),
        (("--embedder", "arcface"), "arcface"),
    ],
)
def test_wrong_usage_has_its_own_status(
    bench: Bench, arguments: tuple[str, str], said: str
) -> None:
    run = bench(*arguments)
    assert (run.status, run.out) == (2, "")
    assert said in " ".join(run.err.replace("│", " ").split())
