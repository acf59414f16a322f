"""Draws the icons of the page from web/icons/facestream.svg, by the browser of the tests."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path

ICONS = Path(__file__).resolve().parent.parent / "web" / "icons"

# What phones cut a maskable icon to is a circle of 80 % of its side at the least.
DRAWN = {
    "192": (192, 0.72),
    "512": (512, 0.72),
    "maskable-512": (512, 0.56),
    "apple-180": (180, 0.62),
}
"""Name -> side in pixels, and the part of it that the drawing takes."""

GROUND = "#0b0e12"


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=list(CHROMIUM_FLAGS)
        )
        page = browser.new_page()
        for name, (side, part) in DRAWN.items():
            draw(page, name, side, part)
        browser.close()


def draw(page: Page, name: str, side: int, part: float) -> None:
    svg = (ICONS / "facestream.svg").read_text(encoding="utf-8")
    page.set_viewport_size({"width": side, "height": side})
    style = f"margin: 0; height: 100vh; display: grid; place-items: center; background: {GROUND}"
    page.set_content(f'<body style="{style}"><div style="width: {100 * part}vw">{svg}</div></body>')
    page.screenshot(path=ICONS / f"{name}.png")


if __name__ == "__main__":
    main()
