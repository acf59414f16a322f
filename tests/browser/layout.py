"""What is wrong with a screen: its layout, and for whom it cannot be used. Only looks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

__all__ = ["axe_findings", "layout_faults"]

LAYOUT = Path(__file__).with_name("layout.js")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

GRAVE = ("serious", "critical")


def layout_faults(page: Page) -> list[str]:
    """In sentences; none for a screen on which nothing overlaps and nothing is cut off."""
    found: list[str] = page.evaluate(_source(LAYOUT))
    return found


def axe_findings(page: Page) -> list[str]:
    """The serious and critical findings of axe-core, in sentences."""
    page.evaluate(_source(AXE))
    result: dict[str, Any] = page.evaluate(
        "() => axe.run(document, { resultTypes: ['violations'], elementRef: false })"
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


@cache
def _source(path: Path) -> str:
    """For the debugger, which the page's Content-Security-Policy does not concern."""
    return path.read_text(encoding="utf-8")
