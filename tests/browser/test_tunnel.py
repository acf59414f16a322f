"""A network that lets requests pass and no WebSocket: the page goes by the slower way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, open_page
from tests.browser.film import scene
from tests.browser.proxy import proxy

EXAMPLES = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for the file, because to start it takes long. The last test kills and restarts it."""
    made = Server(tmp_path_factory.mktemp("tunnel") / "data")
    made.start()
    yield made
    made.stop()


def await_live(page: Page, transport: str) -> None:
    status = page.locator("#status-connection")
    expect(status).to_have_attribute("data-state", "live", timeout=20_000)
    expect(status).to_have_attribute("data-transport", transport)


def await_face(page: Page, name: str) -> None:
    """One face is in view and has this name; empty for an unknown one."""
    face = page.locator("#faces-live li")
    expect(face).to_have_count(1, timeout=20_000)
    expect(face).to_have_attribute("data-name", name, timeout=20_000)


def test_a_person_is_enrolled_and_named_where_no_websocket_gets_through(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    browser = phone(scene(pictures["obama"]), scene(pictures["obama2"]))
    with proxy(server.port, tmp_path / "proxy") as blocking:
        page = open_page(browser, server.url_at(blocking.port))
        await_live(page, "tunnel")
        assert blocking.blocked == 2
        status = page.locator("#status-connection")
        expect(status).to_have_text(re.compile("Live.*slower"))
        await_face(page, "")

        page.locator("#capture-start").click()
        examples = page.locator("#capture-thumbnails [data-example-id]")
        expect(examples).to_have_count(EXAMPLES, timeout=60_000)
        page.locator("#capture-name").fill("Person A")
        page.locator("#capture-commit").click()
        person = page.locator("#people-list :text-is('Person A')")
        expect(person).to_have_count(1, timeout=10_000)
        await_face(page, "Person A")

        # A page that goes says good-bye, and the next one tries the socket first.
        blocking.open = True
        page.reload()
        await_live(page, "socket")
        figures = page.request.get(f"https://127.0.0.1:{blocking.port}/metrics").text()
        assert 'facestream_sessions_closed_total{code="1000"} 1.0' in figures
        assert "facestream_parked_sessions 0.0" in figures
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
        expect(status).to_have_attribute("data-state", "reconnecting", timeout=10_000)
        server.start()
        await_live(page, "tunnel")
        expect(page.locator("#faces-live li")).to_have_count(1, timeout=20_000)
        browser.close()
