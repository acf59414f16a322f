"""The live view and the camera: boxes on faces, labels to be read, and cameras that are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from facestream.records import UInt8
from facestream.vision.images import encode_jpeg
from tests.browser.conftest import Server, open_page
from tests.browser.film import scene, side_by_side

PORTRAIT, LANDSCAPE = (390, 844), (844, 390)
AMBER, GREEN, VIOLET = (255, 194, 71), (47, 209, 140), (167, 139, 255)
BACK_CAMERA = """() => {
    const { getSettings } = MediaStreamTrack.prototype;
    MediaStreamTrack.prototype.getSettings = function () {
        return { ...getSettings.call(this), facingMode: 'environment' };
    };
}"""
COUNT_DRAWINGS = """() => {
    window.drawings = 0;
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...args) {
        if (this.canvas.id === 'overlay') window.drawings += 1;
        return clearRect.apply(this, args);
    };
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for the file, because to start it takes long. Nobody is enrolled."""
    made = Server(tmp_path_factory.mktemp("view") / "data")
    made.start()
    yield made
    made.stop()


def await_faces(page: Page, count: int = 1) -> None:
    expect(page.locator("#faces-live li")).to_have_count(count, timeout=20_000)


def await_notice(page: Page, words: str) -> None:
    expect(page.locator("#notice")).to_contain_text(words, timeout=10_000)


def camera_centre(path: Path, pixels: UInt8) -> tuple[float, float]:
    """Where the middle of the one face is, in parts of the picture: `facestream detect` says it."""
    path.write_bytes(encode_jpeg(pixels, 92))
    height, width, _ = pixels.shape
    command = [sys.executable, "-m", "facestream", "detect", str(path), "--json"]
    ((found,),) = (
        picture["faces"] for picture in json.loads(subprocess.check_output(command, timeout=120))
    )
    x1, y1, x2, y2 = found["box_xyxy"]
    return (x1 + x2) / 2 / width, (y1 + y2) / 2 / height


def view(page: Page) -> dict[str, Any]:
    """The video and the one face over it, at one moment."""
    seen: dict[str, Any] = page.evaluate(
        """() => {
            const video = document.getElementById('video');
            const face = document.querySelector('#faces-live li');
            return {
                camera: [video.videoWidth, video.videoHeight],
                view: [video.clientWidth, video.clientHeight],
                fit: getComputedStyle(video).objectFit,
                mirrored: getComputedStyle(video).transform.startsWith('matrix(-1'),
                box: face.dataset.viewBox.split(',').map(Number),
            };
        }"""
    )
    return seen


def await_fit(page: Page, size: tuple[int, int]) -> None:
    """A result was placed in a view of this size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate(
        """() => new Promise((resolve) => {
            const seq = () => Number(document.querySelector('#faces-live li')?.dataset.seq ?? 0);
            const before = seq();
            const look = () => (seq() > before + 1 ? resolve() : setTimeout(look, 20));
            look();
        })"""
    )


def has_colour(page: Page, x: float, y: float, rgb: tuple[int, int, int], reach: int = 4) -> bool:
    """Whether the overlay has that colour near a place, in CSS pixels."""
    return bool(
        page.evaluate(
            """([x, y, rgb, reach]) => {
                const canvas = document.getElementById('overlay');
                const ratio = devicePixelRatio;
                const side = (2 * reach + 1) * ratio;
                const from = [(x - reach) * ratio, (y - reach) * ratio];
                const { data } = canvas.getContext('2d').getImageData(...from, side, side);
                for (let at = 0; at < data.length; at += 4) {
                    const off = rgb.map((value, index) => Math.abs(value - data[at + index]));
                    if (Math.max(...off) < 12 && data[at + 3] > 240) return true;
                }
                return false;
            }""",
            [x, y, rgb, reach],
        )
    )


def drawings_in(page: Page, results: int) -> int:
    """How often the overlay was drawn while so many results came."""
    count: int = page.evaluate(
        """results => new Promise((resolve) => {
            const list = document.getElementById('faces-live');
            const before = window.drawings;
            const seen = new Set();
            const look = () => {
                if (list.firstElementChild) seen.add(list.firstElementChild.dataset.seq);
                if (seen.size > results) resolve(window.drawings - before);
                else setTimeout(look, 10);
            };
            look();
        })""",
        results,
    )
    return count


def open_asking(browser: Browser, url: str, setting: str = "prompt") -> Page:
    """A page in a context in which the camera's permission is `setting`."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    set_permission(page, setting)
    page.goto(url)
    return page


def set_permission(page: Page, setting: str) -> None:
    session = page.context.new_cdp_session(page)
    target = session.send("Target.getTargetInfo")["targetInfo"]
    session.send(
        "Browser.setPermission",
        {
            "permission": {"name": "camera"},
            "setting": setting,
            "browserContextId": target["browserContextId"],
        },
    )


@pytest.mark.parametrize("camera_wh", [(640, 480), (640, 360), (360, 640)])
def test_boxes_sit_on_the_face_mirrored_or_not_upright_or_not(
    server: Server,
    phone: Callable[..., Browser],
    pictures: dict[str, bytes],
    tmp_path: Path,
    camera_wh: tuple[int, int],
) -> None:
    picture = scene(pictures["obama"], camera_wh)
    part_x, part_y = camera_centre(tmp_path / "camera.jpg", picture)
    browser = phone(picture, still=True)
    for mirrored in (True, False):
        page = browser.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
        if not mirrored:
            page.add_init_script(f"({BACK_CAMERA})()")
        page.goto(server.url)
        await_faces(page)
        for size in (PORTRAIT, LANDSCAPE):
            await_fit(page, size)
            seen = view(page)
            assert tuple(seen["camera"]) == camera_wh
            assert seen["mirrored"] == mirrored
            (width, height), (view_w, view_h) = seen["camera"], seen["view"]
            pick = max if seen["fit"] == "cover" else min
            scale = pick(view_w / width, view_h / height)
            right = (1 - part_x if mirrored else part_x) - 0.5
            x = view_w / 2 + right * width * scale
            y = view_h / 2 + (part_y - 0.5) * height * scale
            x1, y1, x2, y2 = seen["box"]
            assert (x1 + x2) / 2 == pytest.approx(x, abs=0.02 * width * scale)
            assert (y1 + y2) / 2 == pytest.approx(y, abs=0.02 * width * scale)
            # What is drawn is where the list says: the four corners, and nothing between them.
            page.wait_for_timeout(300)  # until it has come to rest
            for corner_x, corner_y, inwards, downwards in (
                (x1, y1, 1, 1),
                (x2, y1, -1, 1),
                (x2, y2, -1, -1),
                (x1, y2, 1, -1),
            ):
                if not 8 < corner_x < view_w - 8 or not 8 < corner_y < view_h - 8:
                    continue
                assert has_colour(page, corner_x + 14 * inwards, corner_y, AMBER)
                assert has_colour(page, corner_x, corner_y + 14 * downwards, AMBER)
            assert not has_colour(page, (x1 + x2) / 2, (y1 + y2) / 2, AMBER)


def test_a_still_picture_is_not_drawn_again_and_a_moving_one_more_often_than_results_come(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    picture, results = scene(pictures["obama"]), 20
    drawn = {}
    for what, browser, motion in (
        ("still", phone(picture, still=True), "no-preference"),
        ("moving", phone(picture), "no-preference"),
        ("reduced", phone(picture), "reduce"),
    ):
        page = browser.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
        page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
        page.add_init_script(f"({COUNT_DRAWINGS})()")
        page.goto(server.url)
        await_faces(page)
        drawings_in(page, 5)
        drawn[what] = drawings_in(page, results)
        browser.close()
    assert drawn["still"] <= 2
    assert drawn["moving"] > 1.5 * results
    assert drawn["reduced"] <= results + 2


def test_no_label_lies_under_the_chips_of_a_phone_on_its_side(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    both = side_by_side(scene(pictures["biden"]), scene(pictures["obama"]))
    page = open_page(phone(both, still=True), server.url, *LANDSCAPE)
    await_faces(page, 2)
    page.wait_for_timeout(500)
    plates = page.evaluate(
        """() => {
            const canvas = document.getElementById('overlay');
            const ratio = devicePixelRatio;
            const context = canvas.getContext('2d');
            const view = canvas.getBoundingClientRect();
            // The ground of an unknown face's label: dark, and seen through a little.
            const count = (left, top, width, height) => {
                const box = [left - view.left, top - view.top, width, height].map((n) => n * ratio);
                const { data } = context.getImageData(...box);
                let plates = 0;
                for (let at = 0; at < data.length; at += 4) {
                    const dark = data[at] < 30 && data[at + 1] < 30 && data[at + 2] < 30;
                    if (dark && data[at + 3] > 190 && data[at + 3] < 210) plates += 1;
                }
                return plates;
            };
            const under = ['status-connection', 'status-figures'].map((id) => {
                const chip = document.getElementById(id).getBoundingClientRect();
                return count(chip.left, chip.top, chip.width, chip.height);
            });
            return { under, all: count(view.left, view.top, view.width, view.height) };
        }"""
    )
    assert plates["under"] == [0, 0]
    assert plates["all"] > 2000


def test_who_is_being_captured_has_a_ring_that_fills(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_page(phone(scene(pictures["obama"])), server.url)
    await_faces(page)
    face = page.locator("#faces-live li")
    expect(face).to_have_attribute("data-captured", "false")
    page.locator("#capture-start").click()
    expect(face).to_have_attribute("data-captured", "true")
    page.locator("#capture-thumbnails [data-example-id]").nth(4).wait_for(timeout=30_000)
    x1, y1, x2, y2 = view(page)["box"]
    # A quarter round, beside the middle of the face. The film sways by some pixels.
    right = (x1 + x2) / 2 + 0.62 * (x2 - x1)
    assert has_colour(page, right, (y1 + y2) / 2, VIOLET, reach=14)
    page.locator("#capture-discard").click()
    expect(face).to_have_attribute("data-captured", "false")


def test_the_page_says_what_the_camera_is_for_before_the_browser_asks(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_asking(phone(scene(pictures["obama"])), server.url)
    await_notice(page, "no frame is stored")
    expect(page.locator("#video")).not_to_have_attribute("data-running", "true")
    page.get_by_role("button", name="Start the camera").click()
    await_faces(page)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_refused_camera_gets_help_and_starts_when_it_is_allowed_later(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_asking(phone(scene(pictures["obama"]), refuses=True), server.url, "denied")
    await_notice(page, "not allowed")
    for browser_name in ("Chrome", "Safari", "Firefox"):
        await_notice(page, browser_name)
    set_permission(page, "granted")
    await_faces(page)

    set_permission(page, "denied")
    await_notice(page, "not allowed")
    expect(page.locator("#faces-live li")).to_have_count(0)


def test_a_question_that_is_answered_with_no_gets_help(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_asking(phone(scene(pictures["obama"]), refuses=True), server.url)
    page.get_by_role("button", name="Start the camera").click()
    await_notice(page, "not allowed")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_camera_that_was_unplugged_goes_on_when_it_is_back(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_page(phone(scene(pictures["obama"])), server.url)
    await_faces(page)
    page.evaluate(
        "() => document.getElementById('video').srcObject.getTracks()[0]"
        ".dispatchEvent(new Event('ended'))"
    )
    await_notice(page, "The camera has stopped")
    expect(page.locator("#faces-live li")).to_have_count(0)
    page.evaluate("() => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    await_faces(page)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_small_camera_of_five_pictures_a_second_is_live_and_good(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_page(phone(scene(pictures["obama"], (320, 240)), fps=5), server.url)
    await_faces(page)
    page.wait_for_timeout(4000)  # longer than it takes to be called slow
    assert view(page)["camera"] == [320, 240]
    chip = page.locator("#status-connection")
    expect(chip).to_have_attribute("data-state", "live")
    expect(chip).to_have_attribute("data-quality", "good")


def test_a_4k_camera_is_sent_as_small_as_any(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    page = open_page(phone(scene(pictures["obama"], (3840, 2160)), still=True), server.url)
    await_faces(page)
    expect(page.locator("#status-connection")).to_have_attribute("data-state", "live")
