"""`facestream evaluate calibrate`: the file that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facestream import cli_evaluate
from facestream.cli import app

TABLE: dict[str, object] = {"comparisons": [{"templates": 1, "non_mated": 7, "mated": 2}]}


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders of photos asked for; nothing is measured."""
    folders: list[Path] = []

    def calibrate(pipeline: None, images: Path, progress: object) -> dict[str, object]:
        folders.append(images)
        return TABLE

    monkeypatch.setattr(cli_evaluate, "pipeline_of", lambda settings: None)
    monkeypatch.setattr("facestream.evaluation.calibration.calibrate", calibrate)
    return folders


def calibrate_to(output: Path) -> tuple[int, str]:
    arguments = ["evaluate", "calibrate", "--images", "photos", "--output", str(output)]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})
    return result.exit_code, result.output


def test_the_table_replaces_the_old_file_as_a_whole(tmp_path: Path, measured: list[Path]) -> None:
    output = tmp_path / "some.json"
    output.write_text("an older table")
    status, said = calibrate_to(output)
    assert status == 0
    assert "with 1 templates a person 7 non-mated and 2 mated comparisons" in said
    assert json.loads(output.read_text()) == TABLE
    assert [path.name for path in tmp_path.iterdir()] == ["some.json"]
    assert measured == [Path("photos")]


@pytest.mark.parametrize(("output", "why"), [("no/x.json", "does not exist"), (".", "is a folder")])
def test_where_no_file_can_be_written_nothing_is_measured(
    tmp_path: Path, measured: list[Path], output: str, why: str
) -> None:
    status, said = calibrate_to(tmp_path / output)
    assert (status, measured) == (2, [])
    assert why in said
