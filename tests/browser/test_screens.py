"""Every screen at four sizes: nothing overlaps, nobody is shut out, no mouse is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, open_page
from tests.browser.film import scene
from tests.browser.layout import axe_findings, layout_faults
from tests.browser.test_live import EXAMPLES, await_face, await_live
from tests.browser.tour import SIZES, tour


@pytest.fixture
def photo(tmp_path: Path, pictures: dict[str, bytes]) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures["biden"])
    return path


@pytest.mark.parametrize("size", SIZES)
def test_on_every_screen_nothing_overlaps_and_axe_finds_nothing_serious(
    server: Server,
    phone: Callable[..., Browser],
    pictures: dict[str, bytes],
    photo: Path,
    size: str,
) -> None:
    # On one size the schemes of light and dark both: they differ in colours alone.
    schemes: tuple[Literal["light", "dark"], ...]
    schemes = ("light", "dark") if size == "phone" else ("light",)
    page = open_page(phone(scene(pictures["obama"]), restless=True), server.url, *SIZES[size])
    page.emulate_media(reduced_motion="reduce")  # no colour on its way to another one
    await_live(page)
    wrong = []
    for screen in tour(page, photo):
        wrong += [f"{screen}: {fault}" for fault in layout_faults(page)]
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{screen}, {scheme}: {finding}" for finding in axe_findings(page)]
    assert not wrong, "\n".join(wrong)


def test_somebody_is_captured_named_and_deleted_by_keyboard_alone(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    camera = phone(scene(pictures["obama"]), scene(pictures["obama2"]), restless=True)
    page = open_page(camera, server.url)
    await_live(page)

    tab_to(page, "#capture-start")
    page.keyboard.press("Enter")
    expect(page.locator("#capture-thumbnails [data-example-id]")).to_have_count(EXAMPLES)
    if not has_focus(page, "#capture-name"):
        tab_to(page, "#capture-name")
    page.keyboard.type("Barack")
    page.keyboard.press("Enter")
    await_face(page, "Barack")

    if not has_focus(page, "#people-list button"):
        tab_to(page, "#people-list button")
    page.keyboard.press("Enter")
    expect(page.locator("#person-detail")).to_be_visible()
    tab_to(page, "#person-delete")
    page.keyboard.press("Enter")
    await_face(page, "")

    tab_to(page, "#toast .toast-action")  # and it can be taken back
    page.keyboard.press("Enter")
    await_face(page, "Barack")


def tab_to(page: Page, selector: str, at_most: int = 60) -> None:
    """Press Tab until the focus is on that, which must be seen then."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if has_focus(page, selector):
            expect(page.locator(":focus")).to_be_in_viewport()
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def has_focus(page: Page, selector: str) -> bool:
    return bool(page.evaluate("(s) => document.activeElement?.matches(s) ?? false", selector))


def test_what_is_wrong_with_a_screen_would_be_seen(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_page(phone(scene(pictures["obama"])), server.url)
    page.emulate_media(reduced_motion="reduce")  # no colour on its way to another one
    await_live(page)
    assert (layout_faults(page), axe_findings(page)) == ([], [])
    page.evaluate(
        """() => {
            const photos = document.getElementById('capture-photos');
            photos.style.marginLeft = '-80px'; // over its neighbour
            document.getElementById('tab-people').style.color = '#dddddd';
            const verdict = document.getElementById('capture-verdict');
            verdict.style.cssText = 'position: relative; top: 60px'; // over the button below it
        }"""
    )
    faults = "\n".join(layout_faults(page))
    assert re.search("capture-start.* overlap", faults)
    assert re.search("lies under p#capture-verdict", faults)
    assert any("color-contrast" in finding for finding in axe_findings(page))


def test_what_is_shown_before_the_live_view_shuts_nobody_out_either(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    """Who is asked for the camera, joins or comes too late, or does not trust the server yet."""
    browser = phone(scene(pictures["obama"]), refuses=True)
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#notice")).to_be_visible()
    address = f"https://127.0.0.1:{server.port}"
    answer = page.request.post(f"{address}/api/join", data={"role": "viewer"})
    link = answer.json()["url"]
    wrong = []
    for url in (None, link, f"{link}x", f"{server.url}x", server.helper_url):
        if url is not None:
            page.goto(url)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wrong += [f"{page.url}, {scheme}: {finding}" for finding in axe_findings(page)]
        width: int = page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
        assert width <= 0
    assert not wrong, "\n".join(wrong)
