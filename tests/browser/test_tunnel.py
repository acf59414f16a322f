"""A network that lets requests pass and no WebSocket: the page goes by the slower way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, open_page
from tests.browser.film import scene
from tests.browser.proxy import proxy
from tests.browser.test_live import EXAMPLES, await_face

ENDED = 'facestream_sessions_closed_total{code="1000"}'
PARKED = "facestream_parked_sessions"


def await_live(page: Page, transport: str) -> None:
    status = page.locator("#status-connection")
    expect(status).to_have_attribute("data-state", "live")
    expect(status).to_have_attribute("data-transport", transport)


def figure(page: Page, name: str) -> float:
    """Of the server's metrics; 0 where it has nothing to tell yet."""
    lines = page.evaluate("async () => (await fetch('/metrics')).text()").splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)


def test_a_person_is_enrolled_and_named_where_no_websocket_gets_through(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    browser = phone(scene(pictures["obama"]), scene(pictures["obama2"]), restless=True)
    with proxy(server.port, tmp_path / "proxy") as blocking:
        page = open_page(browser, server.url_at(blocking.port))
        await_live(page, "tunnel")
        assert blocking.blocked == 2
        status = page.locator("#status-connection")
        expect(status).to_have_text(re.compile("Live.*slower"))
        await_face(page, "")

        page.locator("#capture-start").click()
        examples = page.locator("#capture-thumbnails [data-example-id]")
        expect(examples).to_have_count(EXAMPLES)
        page.locator("#capture-name").fill("Person A")
        page.locator("#capture-commit").click()
        person = page.locator("#people-list :text-is('Person A')")
        expect(person).to_have_count(1)
        await_face(page, "Person A")

        # A page that goes says good-bye, and the next one tries the socket first.
        ended, parked = figure(page, ENDED), figure(page, PARKED)
        blocking.open = True
        page.reload()
        await_live(page, "socket")
        assert figure(page, ENDED) == ended + 1
        assert figure(page, PARKED) <= parked  # those of others come to their end
        expect(status).to_have_text("Live")
        await_face(page, "Person A")

        other = open_page(browser, server.url)  # the same server without the proxy
        await_live(other, "socket")
        await_face(other, "Person A")
        browser.close()


def test_a_server_that_is_started_again_is_found_by_the_slower_way(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    browser = phone(scene(pictures["obama"]))
    with proxy(server.port, tmp_path / "proxy") as blocking:
        page = open_page(browser, server.url_at(blocking.port))
        await_live(page, "tunnel")
        server.kill()
        status = page.locator("#status-connection")
        expect(status).to_have_attribute("data-state", "reconnecting")
        server.start()
        await_live(page, "tunnel")
        expect(page.locator("#faces-live li")).to_have_count(1)
        browser.close()
