"""Asks PyPI's and npm's advisories whether a locked package has a known fault.

Ends with 0: none, or accepted ones only; 1: there is one; 2: an advisory service could not be
asked, which is no clean bill. Sends the names and versions of the packages, and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "gpu")

ACCEPTED: dict[str, str] = {}
"""Advisory -> why it does not concern us. docs/dependencies.md has the same list in prose."""


class CannotAsk(Exception):
    """An advisory service was not reached, or did not know the packages."""


def python_faults(lock: Path) -> list[str]:
    """One line for each advisory about a package of this lock file."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        # strict: a package that the service does not know is an error, and not merely a warning
        options = ["--strict", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
        command = [sys.executable, "-m", "pip_audit", *options, "--format", "json"]
        run = _run([*command, "--output", str(report), "--requirement", str(lock)])
        if not report.is_file() or not (text := report.read_text("utf-8")):
            raise CannotAsk(f"pip-audit: {_last_line(run.stderr)}")
    return python_lines(json.loads(text))


def python_lines(report: dict[str, Any]) -> list[str]:
    """Those of a report of pip-audit which nobody accepted."""
    return [
        f"{package['name']} {package['version']}: {fault['id']}"
        for package in report["dependencies"]
        for fault in package.get("vulns", [])
        if not {fault["id"], *fault.get("aliases", [])} & ACCEPTED.keys()
    ]


def npm_faults() -> list[str]:
    """One line for each advisory about a package of `web/package-lock.json`."""
    run = _run(["npm", "audit", "--json"], cwd=ROOT / "web")
    try:
        report = json.loads(run.stdout)
    except ValueError as error:
        raise CannotAsk(f"npm audit: {_last_line(run.stderr)}") from error
    if "vulnerabilities" not in report:
        raise CannotAsk(f"npm audit: {report.get('message', 'no report came')}")
    return npm_lines(report)


def npm_lines(report: dict[str, Any]) -> list[str]:
    """Those of a report of npm which nobody accepted."""
    return [
        f"{name}: {fault['url']}"
        for name, package in report["vulnerabilities"].items()
        for fault in package["via"]
        # a string names another package of this report, whose fault it is
        if isinstance(fault, dict) and fault["url"].rpartition("/")[2] not in ACCEPTED
    ]


def _run(command: list[str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["said nothing"])[-1]


def main() -> int:
    found = unasked = False
    locks = [ROOT / "scripts" / "lock" / f"{name}.txt" for name in LOCKS]
    for what in [*locks, ROOT / "web" / "package-lock.json"]:
        name = what.relative_to(ROOT)
        try:
            faults = python_faults(what) if what in locks else npm_faults()
        except CannotAsk as error:
            unasked = True
            print(f"{name}: could not be asked about: {error}")
            continue
        found = found or bool(faults)
        print(f"{name}: {len(faults)} known faults", *faults, sep="\n  ")
    return 1 if found else 2 if unasked else 0


if __name__ == "__main__":
    sys.exit(main())
