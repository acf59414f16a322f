"""The helper page before real Chromium: one that does not trust the server, and one that does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from facestream.server.authority import read_authority
from tests.browser.conftest import CHROMIUM_FLAGS, Server, chromium

TARGET = 48
"""CSS pixels that a finger needs."""


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = chromium(playwright, CHROMIUM_FLAGS)
    yield launched
    launched.close()


def device(playwright: Playwright, name: str) -> dict[str, Any]:
    """How playwright describes a device, but for which browser it has."""
    return {key: value for key, value in playwright.devices[name].items() if "browser" not in key}


def visit(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def expect_lines(page: Page, state: str) -> None:
    for line in ("#reach-page", "#reach-live"):
        expect(page.locator(line)).to_have_attribute("data-state", state)


def test_device_that_does_not_trust_the_server_is_told_so_and_what_to_do(
    server: Server, browser: Browser
) -> None:
    page = visit(browser.new_context(), server.helper_url)
    expect_lines(page, "not-yet")
    expect(page.locator("#reach-page")).to_have_text("Secure page: not yet")
    expect(page.locator("#open")).to_be_hidden()
    expect(page.locator("[data-platform=linux] ol")).to_be_visible()
    authority = read_authority(server.ca)
    shown = page.locator("#fingerprint").inner_text()
    assert shown.replace(" ", "") == authority.fingerprint.replace(":", "")
    expect(page.locator("[data-platform=linux] .remove")).to_contain_text(authority.name)
    with page.expect_download() as download:
        page.locator("[data-platform=linux] .primary").click()
    assert download.value.suggested_filename == "facestream-ca.pem"
    assert download.value.path().read_bytes() == authority.pem


def test_device_that_trusts_the_server_opens_the_app(server: Server, browser: Browser) -> None:
    page = visit(browser.new_context(ignore_https_errors=True), server.helper_url)
    expect_lines(page, "works")
    assert page.url == server.helper_url  # somebody may have come to read
    page.locator("#open").click()
    expect(page).to_have_url(f"https://127.0.0.1:{server.port}/")
    expect(page.locator("#stage")).to_be_attached()


def test_page_goes_to_the_app_by_itself_as_soon_as_the_device_trusts_the_server(
    server: Server, browser: Browser
) -> None:
    context = browser.new_context(ignore_https_errors=True)
    context.route("**/reach", lambda route: route.abort())
    page = visit(context, server.helper_url)
    expect_lines(page, "not-yet")
    context.unroute_all()
    expect(page).to_have_url(f"https://127.0.0.1:{server.port}/")


def test_who_was_invited_gets_to_the_door(server: Server, browser: Browser) -> None:
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.goto(f"{server.helper_url}#an-Invitation_1")
    door = f"https://127.0.0.1:{server.port}/join?code=an-Invitation_1"
    page.wait_for_url(door, wait_until="commit")


def test_live_connection_that_fails_is_told_and_the_app_can_be_opened(
    server: Server, browser: Browser
) -> None:
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.route_web_socket("**/reach", lambda socket: socket.close())
    page.goto(server.helper_url)
    expect(page.locator("#reach-live")).to_contain_text("slower way")
    expect(page.locator("#reach-page")).to_have_attribute("data-state", "works")
    expect(page.locator("#open")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("iPhone 14", "ios"),
        ("Pixel 7", "android"),
        ("Desktop Safari", "macos"),
        ("Desktop Edge", "windows"),
        ("Desktop Firefox", "firefox"),
    ],
)
def test_each_device_gets_its_own_steps_first(
    server: Server, browser: Browser, playwright: Playwright, name: str, platform: str
) -> None:
    page = visit(browser.new_context(**device(playwright, name)), server.helper_url)
    expect(page.locator(f"#own-steps [data-platform={platform}] ol")).to_be_visible()
    expect(page.locator("ol:visible")).to_have_count(1)
    page.locator("#other-steps > summary").click()
    expect(page.locator("#other-steps > .steps:visible")).to_have_count(5)


@pytest.mark.parametrize(
    ("width", "height"), [(320, 568), (390, 844), (844, 390), (768, 1024), (1440, 900)]
)
def test_nothing_is_cut_off_and_all_that_is_to_be_pressed_is_large_enough(
    server: Server, browser: Browser, playwright: Playwright, width: int, height: int
) -> None:
    iphone = device(playwright, "iPhone 14") | {"viewport": {"width": width, "height": height}}
    page = visit(browser.new_context(**iphone), server.helper_url)
    expect_lines(page, "not-yet")
    page.locator("#other-steps > summary").click()
    for steps in page.locator("#other-steps > .steps > summary").all():
        steps.click()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for pressed in page.locator("summary, .button:visible").all():
        box = pressed.bounding_box()
        assert box
        assert box["height"] >= TARGET, pressed.inner_text()
    bar = page.locator(".reach").bounding_box()
    assert bar
    assert bar["y"] + bar["height"] == pytest.approx(height, abs=1)
    assert bar["height"] < 0.4 * height


def test_page_breaks_none_of_its_own_rules(server: Server, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(server.helper_url)
    expect_lines(page, "works")
    assert [line for line in said if re.search("Security|Error|Refused", line)] == []
