"""The page as an app: how much it weighs, and that it opens while the server is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from facestream import __version__
from tests.browser.conftest import CHROMIUM_FLAGS, Server, chromium, open_page
from tests.browser.film import film, scene
from tests.browser.test_live import BACK_MS, await_live

MOST_BYTES = 150_000
"""Of all files, compressed."""


@pytest.fixture
def trusting(playwright: Playwright, pictures: dict[str, bytes], tmp_path: Path) -> Browser:
    """A browser for which the certificate is in order: service workers need that."""
    camera = film(tmp_path / "camera.mjpeg", [scene(pictures["obama"])])
    flags = [*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={camera}"]
    return chromium(playwright, [*flags, "--ignore-certificate-errors"])


def received_bytes(page: Page, url: str) -> int:
    """What the files have that come over the network until the page is live."""
    sizes: list[float] = []
    debugger = page.context.new_cdp_session(page)
    debugger.send("Network.enable")
    debugger.on("Network.dataReceived", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url)
    await_live(page)
    return round(sum(sizes))


def test_the_page_is_light(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    browser = phone(scene(pictures["obama"]))
    context = browser.new_context(ignore_https_errors=True, permissions=["camera"])
    assert 0 < received_bytes(context.new_page(), server.url) <= MOST_BYTES


def test_an_installed_page_opens_while_the_server_is_away_and_goes_on_when_it_is_back(
    server: Server, trusting: Browser
) -> None:
    page = open_page(trusting, server.url)
    await_live(page)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    page.reload()  # now every file goes by the worker, which keeps it
    await_live(page)

    server.kill()
    page.reload()
    expect(page.locator("#status-connection")).to_have_attribute("data-state", "reconnecting")
    expect(page.locator("#capture-title")).to_be_attached()
    server.start()
    expect(page.locator("#status-connection")).to_have_attribute(
        "data-state", "live", timeout=BACK_MS
    )
    kept = page.evaluate(
        """async (name) => {
            const cache = await caches.open(name);
            return (await cache.keys()).map(({ url }) => url);
        }""",
        f"facestream-shell-{__version__}",
    )
    assert {urlsplit(url).path for url in kept} >= {"/", "/js/main.js", "/styles/base.css"}
    assert not [url for url in kept if "?" in url or "/api/" in url]


def test_a_browser_would_install_it(server: Server, trusting: Browser) -> None:
    page = open_page(trusting, server.url)
    debugger = page.context.new_cdp_session(page)
    told = debugger.send("Page.getAppManifest")
    assert told["errors"] == []
    for icon in json.loads(told["data"])["icons"]:
        assert page.request.get(f"https://127.0.0.1:{server.port}{icon['src']}").ok
    faults = debugger.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one for one in faults if one["errorId"] != "in-incognito"] == []
