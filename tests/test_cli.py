"""The command line as a script uses it: JSON on stdout, errors with a code on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from facestream import cli
from facestream.gallery.lock import FolderLock
from facestream.vision import weights
from tests.conftest import PICTURES


class Run(NamedTuple):
    status: int
    out: str
    err: str


Facestream = Callable[..., Run]


@pytest.fixture
def facestream(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Facestream:
    """Runs a command in this process, with a data folder of its own."""
    monkeypatch.setenv("FACESTREAM_DATA", str(tmp_path / "data"))

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr("sys.argv", ["facestream", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return Run(int(ended.value.code or 0), out, err)

    return run


def photo(name: str) -> Path:
    return PICTURES / f"{name}.jpg"


def test_detect_prints_the_promised_keys(facestream: Facestream) -> None:
    run = facestream("detect", photo("obama"), "--width", "640", "--json")
    [result] = json.loads(run.out)
    assert run.status == 0
    with Image.open(photo("obama")) as picture:
        assert (result["width"], result["height"]) == picture.size
    assert result["image"].endswith("obama.jpg")
    [face] = result["faces"]
    assert len(face["box_xyxy"]) == 4
    assert len(face["landmarks_xy"]) == 5
    assert 0.9 < face["score"] <= 1


def test_detect_at_a_width_answers_in_the_pictures_own_pixels(facestream: Facestream) -> None:
    runs = (
        facestream("detect", photo("obama"), "--json"),
        facestream("detect", photo("obama"), "--width", "320", "--json"),
    )
    whole, small = (json.loads(run.out)[0]["faces"][0]["box_xyxy"] for run in runs)
    assert small == pytest.approx(whole, abs=25)
    assert small != whole


def test_detect_goes_on_after_a_broken_picture(facestream: Facestream, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo("obama").read_bytes()[:5000])
    run = facestream("detect", broken, tmp_path / "missing.jpg", photo("biden"), "--json")
    assert run.status == 1
    assert len(json.loads(run.out)) == 1
    assert "broken.jpg: [bad_picture]" in run.err
    assert "missing.jpg: [bad_picture]" in run.err


def test_who_is_enrolled_is_identified_and_a_stranger_is_not(facestream: Facestream) -> None:
    enrolled = facestream("enrol", "Barack", photo("obama"), photo("obama2"))
    assert enrolled[:2] == (0, "Barack: 2 added, 2 in all\n")
    assert [line.rpartition(": ")[2] for line in enrolled.err.splitlines()] == ["accepted"] * 2
    run = facestream("identify", photo("obama3"), photo("biden"), "--json")
    known, stranger = (result["faces"][0] for result in json.loads(run.out))
    assert known["name"] == "Barack"
    assert known["reason"] is None
    assert known["similarity"] > 0.5
    assert known["confidence"] > 0.9
    assert known["candidates"][0]["name"] == "Barack"
    assert stranger["name"] is None
    assert stranger["reason"] == "too_far"


def test_identify_with_an_empty_gallery_says_so(facestream: Facestream) -> None:
    run = facestream("identify", photo("biden"))
    assert "unknown (gallery_empty)" in run.out


def test_a_photo_of_nobody_or_of_two_is_refused_and_the_others_are_kept(
    facestream: Facestream, tmp_path: Path
) -> None:
    nobody, two = tmp_path / "nobody.png", tmp_path / "two.png"
    Image.new("RGB", (200, 200), (90, 90, 90)).save(nobody)
    faces = [np.asarray(Image.open(photo(name)).resize((500, 600))) for name in ("obama", "biden")]
    Image.fromarray(np.hstack(faces)).save(two)
    run = facestream("enrol", "Barack", nobody, photo("obama"), two)
    assert run.status == 1
    assert "nobody.png: [no_face]" in run.err
    assert "two.png: [several_faces]" in run.err
    assert "Barack: 1 added" in run.out


@pytest.mark.parametrize("name", ["", "   ", "x" * 300, "a\x00b"])
def test_a_bad_name_is_refused(facestream: Facestream, name: str) -> None:
    run = facestream("enrol", name, photo("obama"))
    assert run.status == 1
    assert "[bad_name]" in run.err


def test_people_are_listed_deleted_and_cleared(facestream: Facestream) -> None:
    facestream("enrol", "Barack", photo("obama"))
    facestream("enrol", "Joe", photo("biden"))
    rows = json.loads(facestream("gallery", "list", "--json").out)
    assert [(row["name"], row["templates"]) for row in rows] == [("Barack", 1), ("Joe", 1)]

    assert "[not_confirmed]" in facestream("gallery", "delete", "Joe").err
    assert facestream("gallery", "delete", "JOE", "--yes").out == "Joe is deleted\n"
    assert "[no_such_identity]" in facestream("gallery", "delete", "Joe", "--yes").err
    assert facestream("gallery", "clear", "--yes").out == "1 people are deleted\n"
    assert json.loads(facestream("gallery", "list", "--json").out) == []


def test_a_data_folder_in_use_can_be_read_but_not_changed(
    facestream: Facestream, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    lock = FolderLock.acquire(tmp_path / "data")
    try:
        changing = facestream("gallery", "clear", "--yes")
        reading = facestream("gallery", "list", "--json")
    finally:
        lock.release()
    assert changing.status == 1
    assert "[data_folder_in_use]" in changing.err
    assert (reading.status, reading.out) == (0, "[]\n")


def test_a_name_in_another_unicode_form_is_deleted(facestream: Facestream) -> None:
    facestream("enrol", "Zo\u00eb", photo("obama"))
    assert facestream("gallery", "delete", "zoe\u0308", "--yes").out == "Zo\u00eb is deleted\n"


def test_missing_weights_are_one_clear_error(
    facestream: Facestream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(weights.read_weights, "__defaults__", (tmp_path,))
    run = facestream("detect", photo("obama"))
    assert run.status == 1
    assert "[missing_weights]" in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["detect"], 2, "Missing argument"),
        (["detect", "x.jpg", "--min-face", "3"], 2, "min_face"),
        (["evaluate", "verification", "--images", "nowhere", "--pairs", "no"], 1, "bad_dataset"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_wrong_usage_has_its_own_status(
    facestream: Facestream, arguments: list[str], status: int, said: str
) -> None:
    run = facestream(*arguments)
    assert run.status == status
    assert said in run.err


@pytest.mark.parametrize(
    "command",
    [
        *([], ["serve"], ["detect"], ["enrol"], ["identify"]),
        *(["gallery"], ["evaluate"], ["models"], ["bench"]),
    ],
)
def test_every_command_explains_itself(facestream: Facestream, command: list[str]) -> None:
    run = facestream(*command, "--help")
    assert run.status == 0
    assert "Usage: facestream" in run.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_status_is_the_same_where_nothing_can_be_printed() -> None:
    command = [sys.executable, "-m", "facestream", "token", "list"]
    environment = {**os.environ, "FACESTREAM_PORT": "-1"}
    with open("/dev/full", "wb") as full:
        assert subprocess.run(command, env=environment, stderr=full).returncode == 2
