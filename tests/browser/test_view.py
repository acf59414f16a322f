"""The live view and the camera: boxes on faces, labels to be read, and cameras that are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from facestream.records import UInt8
from facestream.vision.images import encode_jpeg
from tests.browser.conftest import Server, hear, open_page
from tests.browser.film import scene, side_by_side

PORTRAIT, LANDSCAPE = (390, 844), (844, 390)
SHAPES = {"4:3": (640, 480), "16:9": (640, 360), "9:16": (360, 640)}
VIOLET = (167, 139, 255)
BACK_CAMERA = """() => {
    const { getSettings } = MediaStreamTrack.prototype;
    MediaStreamTrack.prototype.getSettings = function () {
        return { ...getSettings.call(this), facingMode: 'environment' };
    };
}"""
THREE_CAMERAS_AND_A_LIGHT = """() => {
    const { enumerateDevices } = navigator.mediaDevices;
    navigator.mediaDevices.enumerateDevices = async function () {
        const devices = await enumerateDevices.call(this);
        const [{ deviceId }] = devices.filter(({ kind }) => kind === 'videoinput');
        return ['Built in', 'USB', ''].map((label, number) => {
            return { kind: 'videoinput', deviceId: number ? `${number}` : deviceId, label };
        });
    };
    MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
    window.torch = null;
    MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [{ torch }] }) => {
        window.torch = torch;
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


def await_faces(page: Page, count: int = 1) -> None:
    expect(page.locator("#faces-live li")).to_have_count(count)


def await_notice(page: Page, words: str) -> None:
    expect(page.locator("#notice")).to_contain_text(words)


@pytest.fixture(scope="module")
def cameras(
    pictures: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[UInt8, tuple[float, float]]]:
    """What cameras of three shapes see, and where in it, in parts of it, the middle of the face is.

    `facestream detect` says it.
    """
    shots = {shape: scene(pictures["obama"], size_wh) for shape, size_wh in SHAPES.items()}
    folder = tmp_path_factory.mktemp("cameras")
    paths = [folder / f"{number}.jpg" for number in range(len(shots))]
    for path, pixels in zip(paths, shots.values(), strict=True):
        path.write_bytes(encode_jpeg(pixels, 92))
    command = [sys.executable, "-m", "facestream", "detect", *map(str, paths), "--json"]
    found = json.loads(subprocess.check_output(command, timeout=120))
    middles = []
    for picture in found:
        (face,) = picture["faces"]
        x1, y1, x2, y2 = face["box_xyxy"]
        middles.append(((x1 + x2) / 2 / picture["width"], (y1 + y2) / 2 / picture["height"]))
    return dict(zip(shots, zip(shots.values(), middles, strict=True), strict=True))


def view(page: Page) -> dict[str, Any]:
    """The camera's picture, and how it is shown. Sizes in pixels of either."""
    seen: dict[str, Any] = page.evaluate(
        """() => {
            const video = document.getElementById('video');
            return {
                camera: [video.videoWidth, video.videoHeight],
                view: [video.clientWidth, video.clientHeight],
                fit: getComputedStyle(video).objectFit,
                mirrored: getComputedStyle(video).transform.startsWith('matrix(-1'),
            };
        }"""
    )
    return seen


def shown_boxes(page: Page, results: int = 9) -> dict[int, tuple[float, float, float, float]]:
    """Where the one face is in the view, by the seq of its frame, for so many results."""
    boxes = page.evaluate(
        """results => new Promise((resolve) => {
            const seen = new Map();
            const look = () => {
                const face = document.querySelector('#faces-live li')?.dataset;
                if (face) seen.set(Number(face.seq), face.viewBox.split(',').map(Number));
                if (seen.size > results) resolve([...seen].slice(1));
                else setTimeout(look, 10);
            };
            look();
        })""",
        results,
    )
    return {seq: tuple(box) for seq, box in boxes}


def median_box(page: Page, results: int = 9) -> tuple[float, float, float, float]:
    """The one in the middle of `shown_boxes`: detectors tremble."""
    x1, y1, x2, y2 = np.median(list(shown_boxes(page, results).values()), axis=0).tolist()
    return x1, y1, x2, y2


def collect_middles(page: Page) -> dict[int, tuple[float, float]]:
    """Where the server says that the first face's middle is, by seq, in parts of the frame."""
    middles: dict[int, tuple[float, float]] = {}

    def received(message: dict[str, Any]) -> None:
        if message["type"] == "result" and message["faces"]:
            (x1, y1, x2, y2), (width, height) = message["faces"][0]["box_xyxy"], message["size_wh"]
            middles[message["seq"]] = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height)

    hear(page, received)
    return middles


def drawn_sides(page: Page, top: float, bottom: float) -> tuple[float, float]:
    """The sides of an unknown face as they are drawn between two heights, in CSS pixels."""
    left, right = page.evaluate(
        """([top, bottom]) => {
            const canvas = document.getElementById('overlay');
            const ratio = devicePixelRatio;
            const { width } = canvas;
            const rows = [Math.round(top * ratio), Math.round((bottom - top) * ratio)];
            const { data } = canvas.getContext('2d').getImageData(0, rows[0], width, rows[1]);
            const found = [];
            for (let at = 0; at < data.length; at += 4) {
                const amber = [255, 194, 71];
                const off = amber.map((value, index) => Math.abs(value - data[at + index]));
                if (Math.max(...off) < 12 && data[at + 3] > 240) found.push((at / 4) % width);
            }
            return [Math.min(...found) / ratio, (Math.max(...found) + 1) / ratio];
        }""",
        [top, bottom],
    )
    return left, right


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
    """How often the overlay was drawn while so many results came, all with the same one face.

    When answers are late a box fades and comes back: counted anew a second after it did.
    """
    count: int = page.evaluate(
        """results => new Promise((resolve) => {
            const list = document.getElementById('faces-live');
            let [track, changedMs, came, before] = [null, 0, 0, 0];
            // It is called after each animation frame in which a result was placed, then drawn.
            new MutationObserver((_, observer) => {
                const now = list.firstElementChild?.dataset.track;
                if (now !== track) [track, changedMs] = [now, performance.now()];
                if (performance.now() < changedMs + 1000) [came, before] = [0, window.drawings];
                else came += 1;
                if (came < results) return;
                observer.disconnect();
                resolve(window.drawings - before);
            }).observe(list, { attributeFilter: ['data-seq'], childList: true, subtree: true });
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


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_sit_on_the_face_mirrored_or_not_upright_or_not(
    server: Server,
    phone: Callable[..., Browser],
    cameras: dict[str, tuple[UInt8, tuple[float, float]]],
    shape: str,
) -> None:
    picture, truth = cameras[shape]
    browser = phone(picture, still=True)
    for mirrored in (True, False):
        page = browser.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
        if not mirrored:
            page.add_init_script(f"({BACK_CAMERA})()")
        detected = collect_middles(page)
        page.goto(server.url)
        await_faces(page)
        for size in (PORTRAIT, LANDSCAPE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.wait_for_timeout(300)  # until it is laid out, and what is drawn has come to rest
            boxes = shown_boxes(page)
            seen = view(page)
            assert tuple(seen["camera"]) == SHAPES[shape]
            assert seen["mirrored"] == mirrored
            (width, height), (view_w, view_h) = seen["camera"], seen["view"]
            pick = max if seen["fit"] == "cover" else min
            scale = pick(view_w / width, view_h / height)
            near = 0.02 * width * scale
            for seq, (x1, y1, x2, y2) in boxes.items():
                part_x, part_y = detected[seq]
                right = (1 - part_x if mirrored else part_x) - 0.5
                x = view_w / 2 + right * width * scale
                y = view_h / 2 + (part_y - 0.5) * height * scale
                assert (x1 + x2) / 2 == pytest.approx(x, abs=near)
                assert (y1 + y2) / 2 == pytest.approx(y, abs=near)
            middle = np.median([detected[seq] for seq in boxes], axis=0)
            # As a program finds it in the picture as a file; detectors tremble.
            assert middle == pytest.approx(truth, abs=0.04)
            x1, y1, x2, y2 = np.median(list(boxes.values()), axis=0).tolist()
            x = (x1 + x2) / 2
            left, right = drawn_sides(page, y2 - 22, y2 - 10)
            assert (left + right) / 2 == pytest.approx(x, abs=near)
            assert right - left == pytest.approx(x2 - x1, rel=0.2)  # detectors tremble


def test_a_still_picture_is_not_drawn_again_and_a_moving_one_more_often_than_results_come(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    picture, results = scene(pictures["obama"]), 20
    # To and fro, 6 pixels from one picture to the next: at a walking pace.
    walk = [np.roll(picture, 6 * min(step, 40 - step) - 60, axis=1) for step in range(40)]
    drawn = {}
    for what, browser, motion in (
        ("still", phone(picture, still=True), "no-preference"),
        ("moving", phone(*walk), "no-preference"),
        ("reduced", phone(*walk), "reduce"),
    ):
        page = browser.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
        page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
        page.add_init_script(f"({COUNT_DRAWINGS})()")
        page.goto(server.url)
        await_faces(page)
        # About once a minute a detector trembles by more than a still face is allowed to.
        spells = 5 if what == "still" else 1
        drawn[what] = median(drawings_in(page, results) for _ in range(spells))
        browser.close()
    assert drawn["still"] <= 2
    assert drawn["moving"] > 1.5 * results
    assert drawn["reduced"] <= results


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
    page.locator("#capture-thumbnails [data-example-id]").nth(4).wait_for()
    x1, y1, x2, y2 = median_box(page, 3)
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


def test_three_cameras_are_offered_by_name_and_a_light_has_a_switch(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes]
) -> None:
    browser = phone(scene(pictures["obama"]))
    page = browser.new_context(ignore_https_errors=True, permissions=["camera"]).new_page()
    page.add_init_script(f"({THREE_CAMERAS_AND_A_LIGHT})()")
    page.goto(server.url)
    await_faces(page)
    choice = page.get_by_label("Camera", exact=True)
    expect(choice.locator("option")).to_have_text(["Built in", "USB", "Camera 3"])
    expect(choice.locator("option:checked")).to_have_text("Built in")
    expect(page.locator("#camera-flip")).to_be_hidden()

    light = page.get_by_role("button", name="Light")
    expect(light).to_have_attribute("aria-pressed", "false")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("() => window.torch") is True

    # One that does not start: back to the one before.
    choice.select_option("USB")
    expect(choice.locator("option:checked")).to_have_text("Built in")
    await_faces(page)


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
