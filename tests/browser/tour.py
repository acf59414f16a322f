"""A walk through every screen of the page, as somebody would take it who shows it around."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, expect

__all__ = ["SIZES", "tour"]

SIZES = {
    "phone": (390, 844),
    "phone-landscape": (844, 390),
    "tablet": (768, 1024),
    "desktop": (1440, 900),
}
"""Width and height in CSS pixels."""

LEAST = 4
"""Examples that a capture shows on its way: some are there, some are missing."""


def tour(page: Page, photo: Path) -> Iterator[str]:
    """Yields the name of each screen when it is there.

    The page is live, one person is before its camera, and nobody is enrolled. Afterwards two are:
    that one, and who is alone in `photo`.
    """
    yield from _live(page)
    yield from _capture(page, "Eileen Collins")
    yield from _photos(page, photo, "Joe Biden")
    yield from _people(page)
    yield from _phone(page)
    yield from _file(page, photo)
    yield from _face(page)


def _live(page: Page) -> Iterator[str]:
    expect(page.locator("#faces-live li")).to_have_count(1)
    yield "live"
    page.locator("#status-figures").click()
    expect(page.locator("#stages-panel")).to_be_visible()
    expect(page.locator("#stages-panel .stage-ms").first).to_contain_text("ms")
    yield "figures"
    page.keyboard.press("Escape")


def _file(page: Page, photo: Path) -> Iterator[str]:
    page.locator("#file-input").set_input_files(photo)
    expect(page.locator("#file-view")).to_have_attribute("data-phase", "told")
    yield "photo"
    page.locator("#file-close").click()
    expect(page.locator("#faces-live li")).to_have_count(1)


def _capture(page: Page, name: str) -> Iterator[str]:
    page.locator("#capture-start").click()
    examples = page.locator("#capture-thumbnails [data-example-id]")
    expect(examples.nth(LEAST - 1)).to_be_visible()
    yield "capture"
    expect(page.locator("#capture-panel")).to_have_attribute("data-phase", "review")
    yield "review"
    page.locator("#capture-name").fill(name)
    page.locator("#capture-commit").click()
    expect(page.locator(f"#people-list :text-is('{name}')")).to_have_count(1)
    yield "known"


def _photos(page: Page, photo: Path, name: str) -> Iterator[str]:
    _show(page, "capture")
    page.locator("#photo-files").set_input_files(photo)
    page.locator("#photo-name").fill(name)
    yield "photos"
    page.locator("#photo-send").click()
    expect(page.locator("#photo-list li[data-verdict=accepted]")).to_have_count(1)
    page.locator("#photo-close").click()


def _people(page: Page) -> Iterator[str]:
    _show(page, "people")
    expect(page.locator("#people-list .person-name")).to_have_count(2)
    yield "people"
    page.locator("#gallery-file > summary").click()
    page.locator("#gallery-file").scroll_into_view_if_needed()
    yield "save-restore-clear"
    page.locator("#gallery-file > summary").click()
    page.locator("#people-list [data-identity-id] button").first.click()
    expect(page.locator("#person-examples img").first).to_be_visible()
    expect(page.locator("#person-back")).to_be_in_viewport()
    expect(page.locator("#person-examples button").first).to_be_in_viewport(ratio=1)
    yield "person"
    page.locator("#person-examples button").first.click()
    expect(page.locator("#person-selection")).to_be_visible()
    yield "examples"
    page.locator("#person-back").click()


def _phone(page: Page) -> Iterator[str]:
    page.locator("#join-open").click()
    expect(page.locator("#join-qr")).to_be_in_viewport(ratio=1)
    yield "add-a-phone"
    page.locator("#join-back").click()


def _face(page: Page) -> Iterator[str]:
    panel = page.locator("#face-panel")
    for _ in range(3):  # on a busy machine it may just be lost from sight
        page.locator("#faces-live li button").first.press("Enter")
        with suppress(AssertionError):
            expect(panel).to_have_attribute("data-phase", "told")
            break
    expect(panel).to_have_attribute("data-phase", "told")
    yield "why"
    page.locator("#face-close").click()


def _show(page: Page, view: str) -> None:
    """Choose a panel, where there is room for one only."""
    tab = page.locator(f"#tab-{view}")
    if tab.is_visible():
        tab.click()
