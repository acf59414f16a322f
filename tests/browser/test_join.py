"""Adding a phone in a real browser: an admin makes a link, another browser opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Server, open_page
from tests.browser.film import scene
from tests.browser.test_gallery import looking_into_the_face, open_person, send_photos
from tests.browser.test_live import await_face, await_live

ADMIN_PATHS = ("/api/gallery/clear", "/api/gallery/import", "/api/join")


def new_link(page: Page, role: str) -> str:
    """What the QR code of the panel holds."""
    page.locator(f"#join-roles [data-role={role}]").click()
    expect(page.locator(f"#join-roles [data-role={role}]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("#join-panel")).to_have_attribute("data-phase", "ready")
    expect(page.locator("#join-qr")).to_be_visible()
    return page.locator("#join-link").input_value()


def what_a_camera_reads(page: Page) -> str:
    """The text of the QR code that is seen. OpenCV's reader is choosy about sizes: try some."""
    png = np.frombuffer(page.locator("#join-code > .qr").screenshot(), np.uint8)
    seen = cv2.imdecode(png, cv2.IMREAD_COLOR)
    assert seen is not None
    for factor in (1.0, 1.5, 2.0, 3.0):
        sized = cv2.resize(seen, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        if text := cv2.QRCodeDetector().detectAndDecode(sized)[0]:
            return text
    return ""


def strange_phone(browser: Browser) -> BrowserContext:
    """A browser that was never here."""
    return browser.new_context(
        ignore_https_errors=True,
        viewport={"width": 390, "height": 844},
        permissions=["camera"],
        color_scheme="dark",
    )


def join(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button").click()
    await_live(page)
    assert "code" not in page.url
    return page


def opens_by_a_tap(page: Page) -> bool:
    """Whether a tap on the face opens its panel, before the server could say anything."""
    opened: bool = page.evaluate(
        """() => {
            const [face] = document.getElementById('faces-live').children;
            const [x1, y1, x2, y2] = face.dataset.viewBox.split(',').map(Number);
            const overlay = document.getElementById('overlay');
            const { x, y } = overlay.getBoundingClientRect();
            const at = { clientX: x + (x1 + x2) / 2, clientY: y + (y1 + y2) / 2 };
            overlay.dispatchEvent(new MouseEvent('click', at));
            return !document.getElementById('face-panel').hidden;
        }"""
    )
    return opened


def status_of(page: Page, method: str, path: str) -> int:
    """What the page's own requests are answered with."""
    status: int = page.evaluate(
        "([path, method]) => fetch(path, {method}).then((answer) => answer.status)", [path, method]
    )
    return status


def test_a_phone_that_joins_may_do_what_its_link_says_and_no_more(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    browser = phone(scene(pictures["obama"]))
    admin = open_page(browser, server.url, 1280, 800)
    await_live(admin)
    send_photos(admin, "Ada", tmp_path, {"a": pictures["obama2"]})
    admin.locator("#join-open").click()

    link = new_link(admin, "viewer")
    viewer = join(strange_phone(browser), link)
    await_face(viewer, "Ada")
    expect(viewer.locator("#people-list .person-name")).to_have_text("Ada")
    for hidden in ("#capture-panel", "#tab-capture", "#join-open", "#gallery-file"):
        expect(viewer.locator(hidden)).to_be_hidden()
    expect(viewer.locator("#people-list button")).to_be_disabled()
    expect(viewer.locator("#faces-live button")).to_be_disabled()
    assert not opens_by_a_tap(viewer)
    assert {status_of(viewer, "POST", path) for path in ADMIN_PATHS} == {403}
    assert status_of(viewer, "POST", "/api/gallery/photos?name=Eve") == 403
    assert status_of(viewer, "GET", "/api/gallery") == 200

    late = strange_phone(browser).new_page()
    answer = late.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(late.get_by_role("heading")).to_contain_text("does not work any more")
    expect(late.locator("main")).to_contain_text("Add a phone")

    operator = join(strange_phone(browser), new_link(admin, "operator"))
    await_face(operator, "Ada")
    expect(operator.locator("#capture-start")).to_be_enabled()
    assert opens_by_a_tap(operator)
    with looking_into_the_face(operator):
        expect(operator.locator("#face-reject")).to_be_visible()
        operator.locator("#face-person").click()
    expect(operator.locator("#person-examples [data-template-id]")).to_have_count(1)
    expect(operator.locator("#person-examples img")).to_be_visible()
    for hidden in ("#person-form", "#person-merge-section", "#person-delete"):
        expect(operator.locator(hidden)).to_be_hidden()
    assert {status_of(operator, "POST", path) for path in ADMIN_PATHS} == {403}

    rows = admin.locator("#access .holder")
    expect(rows).to_have_count(3)  # the link printed at start, and the two
    expect(rows.nth(0).get_by_role("button")).to_be_hidden()
    row = rows.filter(has_text="viewer of")
    expect(row).to_contain_text("here now")
    revoke = row.get_by_role("button", name="evoke")
    revoke.focus()
    for asked in ("Really revoke?", None):
        admin.keyboard.press("Enter")
        if asked is not None:
            expect(revoke).to_have_text(asked)
    expect(rows).to_have_count(2)
    expect(viewer.locator("#notice .notice-title")).to_have_text("No access", timeout=4000)
    assert status_of(viewer, "GET", "/api/gallery") == 401
    assert status_of(operator, "GET", "/api/gallery") == 200
    assert status_of(operator, "GET", "/api/tokens") == 403

    admin.locator("#join-back").click()
    expect(admin.locator("#join-open")).to_be_focused()
    open_person(admin, "Ada")


def test_joining_needs_no_more_than_the_button(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    """No script, no access before; and whoever only looks at the link uses nothing up."""
    browser = phone(scene(pictures["obama"]))
    admin = open_page(browser, server.url)
    await_live(admin)
    admin.locator("#tab-people").click()
    admin.locator("#join-open").click()
    for scheme in ("light", "dark"):
        admin.emulate_media(color_scheme=scheme)
        link = new_link(admin, "viewer")
        assert what_a_camera_reads(admin) == link
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    page = context.new_page()
    for _ in range(2):
        page.goto(link)
    with page.expect_response(lambda answer: answer.request.method == "POST") as pressed:
        page.get_by_role("button").click()
    assert pressed.value.status == 303
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
