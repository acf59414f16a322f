"""What the documents say: links lead somewhere, and the limits are those of the settings."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from facestream.settings import Settings
from tests.conftest import ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("facestream/**/*.md"))
)
PARSER = MarkdownIt("gfm-like", {"linkify": False})


@cache
def tokens(path: Path) -> list[Token]:
    """All of a document, inline ones included."""
    found = []
    for token in PARSER.parse(path.read_text(encoding="utf-8")):
        found += [token, *(token.children or ())]
    return found


def links(path: Path) -> list[str]:
    return [
        str(token.attrs.get("href") or token.attrs.get("src"))
        for token in tokens(path)
        if token.type in ("link_open", "image")
    ]


@cache
def anchors(path: Path) -> frozenset[str]:
    """Names of the headings, as GitHub makes them: lower case, words joined by hyphens."""
    every = PARSER.parse(path.read_text(encoding="utf-8"))
    headings = [
        every[i + 1].children or [] for i, token in enumerate(every) if token.type == "heading_open"
    ]
    texts = ["".join(part.content for part in heading) for heading in headings]
    return frozenset(re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in links(ROOT / document):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("http", "https"), link
            assert parts.hostname, link
            continue
        target = (ROOT / document).parent / unquote(parts.path) if parts.path else ROOT / document
        assert target.exists(), f"{document} links to {link}, which is not there"
        assert ROOT in (target.resolve(), *target.resolve().parents), link
        if parts.fragment:
            assert parts.fragment in anchors(target), f"{link}: no heading of that name"


def test_a_link_to_nowhere_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A *small* page's: name\n[a](b.md) ![c](d.png) <https://example.org>\n")
    assert links(page) == ["b.md", "d.png", "https://example.org"]
    assert anchors(page) == {"a-small-pages-name"}


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, new = set[Path](), {ROOT / "README.md"}
    while new:
        reached |= new
        targets = {
            (path.parent / unquote(urlsplit(link).path)).resolve()
            for path in new
            for link in links(path)
            if not urlsplit(link).scheme and urlsplit(link).path
        }
        folders = {page for one in targets if one.is_dir() for page in one.glob("*.md")}
        new = {one for one in targets | folders if one.suffix == ".md" and one.exists()} - reached
    assert {ROOT / document for document in DOCUMENTS} - reached == set()


def test_the_table_of_limits_states_every_limit_that_can_be_set_with_its_default() -> None:
    limits = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = limits[limits.index("## Limits") : limits.index("## Start and end")]
    stated = {
        name: (float(number.replace(",", "")), unit.strip())
        for name, number, unit in re.findall(
            r"`(max_\w+)` = (\d[\d.,]*\d|\d)( [KMG]iB| million)?", table
        )
    }
    units = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "million": 10**6}
    for name, field in Settings.model_fields.items():
        if name.startswith("max_"):
            assert name in stated, f"{name} is not in the table"
            number, unit = stated[name]
            if name != "max_batch":  # it follows from the device
                assert number * units[unit] == pytest.approx(field.default, rel=0.01), name
