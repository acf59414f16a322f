"""Where the time goes, and what becomes of a page whose connection is lost."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.cable import cable
from tests.browser.conftest import Server, hear, open_page
from tests.browser.film import scene
from tests.browser.test_live import await_live

STAGES = ["upload", "queued", "decode", "wait", "detect", "embed", "search", "answer", "back"]


@pytest.fixture
def portrait(phone: Callable[..., Browser], pictures: dict[str, bytes]) -> Browser:
    """A browser whose camera sees one person."""
    return phone(scene(pictures["obama"]))


def record(page: Page) -> None:
    """From now on, note in the page what is seen of the connection, whenever that changes.

    What is seen for half a second only could be missed from here.
    """
    page.evaluate(
        """() => {
            const byId = (id) => document.getElementById(id);
            window.story = [];
            const note = () => {
                const seen = {
                    state: byId('status-connection').dataset.state,
                    status: byId('status-connection').innerText.trim(),
                    toast: byId('toast').innerText.trim(),
                    canDiscard: !byId('capture-discard').disabled,
                };
                if (JSON.stringify(seen) === JSON.stringify(window.story.at(-1))) return;
                window.story.push(seen);
            };
            note();
            new MutationObserver(note).observe(document.body, {
                subtree: true, childList: true, attributes: true, characterData: true,
            });
        }"""
    )


def story(page: Page) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = page.evaluate("() => window.story")
    return seen


def collect_hellos(page: Page) -> list[dict[str, Any]]:
    """The hellos of the server, of now and of later, for sockets that are opened from now on."""
    hellos: list[dict[str, Any]] = []

    def received(message: dict[str, Any]) -> None:
        if message["type"] == "hello":
            hellos.append(message)

    hear(page, received)
    return hellos


def test_the_figures_open_by_keyboard_and_show_every_stage(
    server: Server, portrait: Browser
) -> None:
    page = open_page(portrait, server.url)
    await_live(page)
    expect(page.locator("#faces-live li")).to_have_count(1)
    button, panel = page.locator("#status-figures"), page.locator("#stages-panel")
    expect(panel).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")

    button.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    rows = panel.locator("[data-stage]")
    assert [row.get_attribute("data-stage") for row in rows.all()] == STAGES
    for row in rows.all():
        expect(row.locator(".stage-ms")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    for fact, shape in {
        "batch": r"^\d+(\.\d)? frames?$",
        "scan": r"^\d+ %$",
        "embedding": r"^\d+ %$",
        "superseded": r"^\d+ frames?$",
        "expired": r"^\d+ frames?$",
        "asked-rate": r"^\d+(\.\d)? fps, \d+ in flight$",
        "asked-picture": r"^\d+ px, quality \d+$",
    }.items():
        expect(panel.locator(f"[data-fact='{fact}']")).to_have_text(re.compile(shape))

    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("size", [(390, 844), (844, 390), (1440, 900)])
def test_the_figures_lie_over_the_picture_and_close_by_a_tap_beside_them(
    server: Server, portrait: Browser, size: tuple[int, int]
) -> None:
    page = open_page(portrait, server.url, *size)
    await_live(page)
    button, panel = page.locator("#status-figures"), page.locator("#stages-panel")
    button.click()
    expect(panel.locator("[data-stage]")).to_have_count(len(STAGES))
    assert lies_within(page, "#stages-panel", "#stage")
    assert panel.evaluate("(panel) => panel.scrollHeight <= panel.clientHeight")
    assert not overlap(page, "#stages-panel", "#sheet")
    assert not overlap(page, "#stages-panel", "#status-bar")

    stage = page.locator("#stage").bounding_box()
    assert stage is not None
    page.mouse.click(stage["x"] + 20, stage["y"] + stage["height"] - 40)
    expect(panel).to_be_hidden()
    button.click()
    expect(panel).to_be_visible()
    button.click()
    expect(panel).to_be_hidden()


def test_a_lost_connection_comes_back_with_its_session_and_its_capture(
    server: Server, portrait: Browser
) -> None:
    with cable(server.port) as way:
        page = portrait.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
        hellos = collect_hellos(page)
        page.goto(server.url_at(way.port))
        await_live(page)
        face = page.locator("#faces-live li")
        expect(face).to_have_count(1)
        examples = page.locator("#capture-thumbnails [data-example-id]")
        page.locator("#capture-start").click()
        examples.nth(1).wait_for()
        track = face.get_attribute("data-track")
        before = example_ids(page)
        record(page)

        way.cut()
        page.wait_for_function("() => window.story.some(({ state }) => state !== 'live')")
        await_live(page)
        expect(face).to_have_attribute("data-track", track or "")
        expect(page.locator("#capture-panel")).to_have_attribute("data-phase", "review")
        assert example_ids(page)[: len(before)] == before

    away = [seen for seen in story(page) if seen["state"] != "live"]
    assert not any(seen["canDiscard"] for seen in away)
    first, second = hellos
    assert not first["resumed"]
    assert second["resumed"]
    assert second["session_id"] == first["session_id"]


def test_when_the_network_is_back_the_page_is_live_within_three_seconds(
    server: Server, portrait: Browser
) -> None:
    with cable(server.port) as way:
        page = portrait.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
        page.goto(server.url_at(way.port))
        await_live(page)
        expect(page.locator("#faces-live li")).to_have_count(1)
        way.hold()
        status = page.locator("#status-connection")
        expect(status).to_have_attribute("data-state", "reconnecting")
        page.wait_for_timeout(1000 * float(os.environ.get("FACESTREAM_TEST_OUTAGE_S", "5")))
        way.release()
        expect(status).to_have_attribute("data-state", "live", timeout=3000)
        expect(page.locator("#faces-live li")).to_have_count(1, timeout=3000)


def test_a_server_that_is_stopped_says_so_and_is_waited_for(
    server: Server, portrait: Browser
) -> None:
    page = open_page(portrait, server.url)
    await_live(page)
    record(page)
    server.stop()
    page.wait_for_function("() => window.story.some(({ status }) => /\\d+ s/.test(status))")
    told = [seen for seen in story(page) if "being stopped" in seen["toast"]]
    assert told
    assert any(seen["state"] == "reconnecting" for seen in told)  # and it is still to be read


def example_ids(page: Page) -> list[str]:
    rows = page.locator("#capture-thumbnails [data-example-id]").all()
    return [row.get_attribute("data-example-id") or "" for row in rows]


def lies_within(page: Page, inner: str, outer: str) -> bool:
    a, b = page.locator(inner).bounding_box(), page.locator(outer).bounding_box()
    assert a is not None
    assert b is not None
    across = b["x"] <= a["x"] and a["x"] + a["width"] <= b["x"] + b["width"]
    return across and b["y"] <= a["y"] and a["y"] + a["height"] <= b["y"] + b["height"]


def overlap(page: Page, one: str, other: str) -> bool:
    a, b = page.locator(one).bounding_box(), page.locator(other).bounding_box()
    assert a is not None
    assert b is not None
    across = a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
    return across and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]
