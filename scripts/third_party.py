"""Writes the generated half of `facestream/THIRD_PARTY_LICENSES.md`: the Python packages.

Names and versions come from `scripts/lock/run.txt`, licences from the metadata of what is
installed. What a machine does not install, such as another system's build, keeps the licence that
the file has for it. The other half, what is inside the wheel, is written by hand; a test compares
it with the wheel. `--check` writes nothing, and ends with 1 where something would change.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "facestream" / "THIRD_PARTY_LICENSES.md"
LOCK = ROOT / "scripts" / "lock" / "run.txt"

BEGIN = "<!-- written by scripts/third_party.py -->\n"
HEADING = "| package | version | licence |\n|---|---|---|\n"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
ROW = re.compile(r"^\| (\S+) \| (\S+) \| (.+) \|$", re.MULTILINE)
CLASSIFIER = "License :: OSI Approved :: "
LONGEST = 60
"""Of the field `License`: some packages put the whole text there."""

ELSEWHERE = {"colorama": "BSD-3-Clause", "namex": "Apache-2.0", "tensorflow": "Apache-2.0"}
"""Of those that not every machine installs, by their pages on PyPI, and of one whose metadata do
not name it, by its text."""

Licence = Callable[[str, str], str | None]
"""Of a package by name and version; None: it is not installed here."""


def pins(lock: str) -> list[tuple[str, str]]:
    """Name and version of each package in the text of a lock file."""
    return PIN.findall(lock)


def installed_licence(name: str, version: str) -> str | None:
    """As the metadata of the installed package say it, in their best field."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return None
    if found["Version"] != version:
        return None
    if "License-Expression" in found:
        return str(found["License-Expression"])
    classifiers = [line for line in found.get_all("Classifier") or [] if "License ::" in line]
    named = sorted(line.removeprefix(CLASSIFIER) for line in classifiers if CLASSIFIER in line)
    said = str(found["License"]).strip() if "License" in found else ""
    short = said if 0 < len(said) <= LONGEST and "\n" not in said else ""
    return short or " AND ".join(named) or None


def with_packages(text: str, lock: str, licence: Licence = installed_licence) -> str:
    """The text of the file, its table written anew."""
    by_hand, _, before = text.partition(BEGIN)
    kept = {(name, version): said for name, version, said in ROW.findall(before)}
    of_name = {name: said for (name, _), said in kept.items()}
    rows = []
    for name, version in pins(lock):
        said = licence(name, version) or kept.get((name, version))
        said = said or ELSEWHERE.get(name) or of_name.get(name) or "not known"
        of_name[name] = said
        rows.append(f"| {name} | {version} | {said} |\n")
    return by_hand + BEGIN + "\n" + HEADING + "".join(rows)


def main() -> int:
    before = FILE.read_text("utf-8")
    after = with_packages(before, LOCK.read_text("utf-8"))
    if before == after:
        return 0
    if "--check" in sys.argv:
        print(f"{FILE.relative_to(ROOT)} is out of date: run python scripts/third_party.py")
        return 1
    FILE.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
