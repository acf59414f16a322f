"""What is made of the reports of pip-audit and npm."""

from __future__ import annotations

import pytest

from scripts import audit

PYTHON = {
    "dependencies": [
        {"name": "attrs", "version": "1.0", "vulns": []},
        {"name": "pillow", "version": "9.0", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"]}]},
    ]
}
NPM = {
    "vulnerabilities": {
        "a": {"via": [{"url": "https://example.test/advisories/GHSA-1"}]},
        "b": {"via": ["a"]},
    }
}


def test_nothing_known_is_no_line() -> None:
    assert audit.python_lines({"dependencies": []}) == []
    assert audit.npm_lines({"vulnerabilities": {}}) == []


def test_each_advisory_is_one_line() -> None:
    assert audit.python_lines(PYTHON) == ["pillow 9.0: PYSEC-1"]
    assert audit.npm_lines(NPM) == ["a: https://example.test/advisories/GHSA-1"]


def test_an_accepted_advisory_is_none_under_any_of_its_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "ACCEPTED", {"CVE-1": "we open no such file", "GHSA-1": "as well"})
    assert audit.python_lines(PYTHON) == []
    assert audit.npm_lines(NPM) == []


@pytest.mark.parametrize(
    ("faults", "status"), [([[], []], 0), ([["x"], []], 1), ([None, []], 2), ([["x"], None], 1)]
)
def test_a_service_that_cannot_be_asked_is_no_clean_bill(
    faults: list[list[str] | None], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(said: list[str] | None) -> list[str]:
        if said is None:
            raise audit.CannotAsk("no name of that kind")
        return said

    monkeypatch.setattr(audit, "python_faults", lambda lock: answer(faults[0]))
    monkeypatch.setattr(audit, "npm_faults", lambda: answer(faults[1]))
    assert audit.main() == status
