"""The whole main job: enrolled in a real browser, named on the next frames, on every phone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Browser, Page, expect

from facestream.records import UInt8
from tests.browser.conftest import Server, open_page
from tests.browser.film import HEIGHT, WIDTH, blurred, far_away, scene, side_by_side

EXAMPLES = 10
BACK_MS = 5000
"""After so long at the most a page is live again when the server is ready."""
FRAMES_TO_A_NAME = 3
"""Two may have been under way when the person was stored; see the setting `window`."""


def await_live(page: Page, restarted: bool = False) -> None:
    status = page.locator("#status-connection")
    expect(status).to_have_attribute("data-state", "live", timeout=BACK_MS if restarted else None)


def await_face(page: Page, name: str) -> None:
    """One face is in view and has this name; empty for an unknown one."""
    face = page.locator("#faces-live li")
    expect(face).to_have_count(1)
    expect(face).to_have_attribute("data-name", name)


def stays_unknown(page: Page, frames: int) -> bool:
    """Whether no face gets a name in the next `frames` answered frames."""
    return bool(
        page.evaluate(
            """frames => new Promise((resolve) => {
                const list = document.getElementById('faces-live');
                const seen = new Set();
                const look = () => {
                    for (const face of list.children) {
                        if (face.dataset.name) return resolve(false);
                        seen.add(face.dataset.seq);
                    }
                    if (seen.size >= frames) return resolve(true);
                    setTimeout(look, 10);
                };
                look();
            })""",
            frames,
        )
    )


def watch_for_name(page: Page) -> None:
    """From now on, count in the page the answered frames until one has a name.

    Counted are those shown after the person stood in the list. Frames that were superseded are
    not: on a busy machine there are some, and nobody sees them.
    """
    page.evaluate(
        """() => {
            window.framesToName = new Promise((resolve) => {
                const list = document.getElementById('faces-live');
                const people = document.getElementById('people-list');
                let before = null;
                const since = new Set();
                new MutationObserver(() => {
                    const face = list.firstElementChild;
                    if (!face || !people.children.length) return;
                    const { seq, name } = face.dataset;
                    before ??= seq;
                    if (seq !== before) since.add(seq);
                    if (name) resolve(since.size);
                }).observe(document.body, { subtree: true, childList: true, attributes: true });
            });
        }"""
    )


def capture(page: Page, name: str) -> None:
    """Ten examples, a name, and the answer that they are stored."""
    page.locator("#capture-start").click()
    expect(page.locator("#capture-thumbnails [data-example-id]")).to_have_count(EXAMPLES)
    page.locator("#capture-name").fill(name)
    page.locator("#capture-commit").click()
    expect(page.locator(f"#people-list :text-is('{name}')")).to_have_count(1)


def test_enrolled_on_one_phone_named_on_every_phone_and_after_a_crash(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    camera_a = phone(scene(pictures["obama"]), scene(pictures["obama2"]), restless=True)
    camera_b = phone(scene(pictures["biden"]))
    first, second = open_page(camera_a, server.url), open_page(camera_a, server.url, 1280, 800)
    other = open_page(camera_b, server.url)
    for page in (first, second, other):
        await_live(page)
        await_face(page, "")  # nobody is known yet

    watch_for_name(second)
    watch_for_name(first)
    capture(first, "Person A")
    for page in (first, second):
        assert page.evaluate("() => window.framesToName") <= FRAMES_TO_A_NAME
        await_face(page, "Person A")
    expect(second.locator("#people-list .person-count")).to_contain_text(str(EXAMPLES))
    expect(other.locator("#people-list .person-name")).to_have_text("Person A")
    assert stays_unknown(other, frames=20)

    server.kill()
    expect(first.locator("#status-connection")).to_have_attribute("data-state", "reconnecting")
    server.start()
    for page in (first, second):
        await_live(page, restarted=True)
        await_face(page, "Person A")
    await_live(other, restarted=True)
    assert stays_unknown(other, frames=20)


def test_capture_says_why_it_takes_no_example(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    one, other = scene(pictures["obama"]), scene(pictures["biden"])
    views: dict[str, UInt8] = {
        "no_face": np.full((HEIGHT, WIDTH, 3), 128, np.uint8),
        "several_faces": side_by_side(one, other),
        "too_small": far_away(one),
        "blurred": blurred(one),
    }
    said = set()
    for verdict, view in views.items():
        browser = phone(view)
        page = open_page(browser, server.url)
        await_live(page)
        page.locator("#capture-start").click()
        shown = page.locator("#capture-verdict")
        expect(shown).to_have_attribute("data-verdict", verdict)
        expect(shown).not_to_have_text("Look at the camera.")  # the first words stay for a moment
        said.add(shown.inner_text())
        expect(page.locator("#capture-thumbnails [data-example-id]")).to_have_count(0)
        browser.close()
    assert len(said) == len(views)
