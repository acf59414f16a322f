"""One version: `facestream.__version__`, and whatever else names it."""

from __future__ import annotations

import json
import re
import tomllib

from facestream import __version__
from tests.conftest import ROOT


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "facestream/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_changelog_begins_with_it() -> None:
    first = re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert first is not None
    assert first[1] == __version__


def test_the_page_has_it() -> None:
    lock = json.loads(read("web/package-lock.json"))
    assert json.loads(read("web/package.json"))["version"] == __version__
    assert lock["version"] == lock["packages"][""]["version"] == __version__


def test_what_the_page_keeps_in_a_browser_is_kept_under_it() -> None:
    assert f"const VERSION = '{__version__}';" in read("web/service-worker.js")


def test_licences_are_listed_for_the_libraries_that_the_page_asks_for() -> None:
    listed = read("facestream/THIRD_PARTY_LICENSES.md")
    for library, version in json.loads(read("web/package.json"))["dependencies"].items():
        assert f"| npm {library} {version} |" in listed
