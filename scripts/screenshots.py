"""Takes the pictures of README and docs from the running product: real server, browser and faces.

The camera shows two portraits that are in the public domain: the astronaut Eileen Collins, who is
enrolled in the page, and a stranger.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright
from skimage import data

from facestream.records import UInt8
from facestream.vision.images import decode_picture, encode_jpeg
from tests.browser.conftest import CHROMIUM_FLAGS, Server, chromium_path, open_page
from tests.browser.film import HEIGHT, WIDTH, film, scene
from tests.browser.test_live import await_live
from tests.browser.tour import SIZES, tour

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
STRANGER = ROOT / ".venv" / "test-pictures" / "biden.jpg"
PHONE, DESKTOP = SIZES["phone"], SIZES["desktop"]

SHEET_WIDTH, GAP, GROUND = 1600, 16, 236
"""Pixels, pixels, grey level: all screens of one size, side by side."""
UPRIGHT_COLUMNS, WIDE_COLUMNS = 7, 4


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "data")
        server.start()
        try:
            alone = film(Path(folder) / "alone.mjpeg", [scene(astronaut())])
            both = film(Path(folder) / "both.mjpeg", [side_by_side()])
            browsers = [
                playwright.chromium.launch(
                    executable_path=chromium_path(),
                    args=[*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={path}"],
                )
                for path in (alone, both)
            ]
            take(server.url, *browsers)
            for size in SIZES:
                server.forget()
                show_all(server.url, browsers[0], size)
        finally:
            server.stop()


def take(url: str, alone: Browser, both: Browser) -> None:
    """Enrol, with a picture of each step; then show known and unknown together."""
    page = open_page(alone, url, *PHONE)
    expect(page.locator("#faces-live li")).to_have_count(1, timeout=30_000)
    page.locator("#capture-start").click()
    page.locator("#capture-thumbnails [data-example-id]").nth(3).wait_for()
    shoot(page, "phone-capturing")
    expect(page.locator("#capture-thumbnails [data-example-id]")).to_have_count(10, timeout=30_000)
    page.locator("#capture-name").fill("Eileen Collins")
    shoot(page, "phone-naming")
    page.locator("#capture-commit").click()
    expect(page.locator("#people-list .person-name")).to_have_count(1, timeout=30_000)
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page = open_page(both, url, *size)
        expect(page.locator("#faces-live li")).to_have_count(2, timeout=30_000)
        expect(page.locator("#faces-live li[data-name='Eileen Collins']")).to_have_count(1)
        page.wait_for_timeout(2500)  # until rate and latency are medians of something
        shoot(page, name)


def show_all(url: str, browser: Browser, size: str) -> None:
    """Every screen of that size in one picture."""
    page = open_page(browser, url, *SIZES[size])
    await_live(page)
    shots = []
    for _ in tour(page, STRANGER):
        page.wait_for_timeout(500)
        shots.append(decode_picture(page.screenshot(type="png"), 10**8).pixels_rgb)
    page.close()
    path = IMAGES / f"screens-{size}.jpg"
    path.write_bytes(encode_jpeg(in_rows(shots), 82))
    print(path.relative_to(ROOT))


def in_rows(shots: Sequence[UInt8]) -> UInt8:
    """In rows, on a ground that is of neither the light nor the dark scheme."""
    height, width, _ = shots[0].shape
    columns = UPRIGHT_COLUMNS if height > width else WIDE_COLUMNS
    rows = -(-len(shots) // columns)
    small_width = (SHEET_WIDTH - GAP) // columns - GAP
    small_wh = small_width, round(height * small_width / width)
    sheet = np.full((rows * (small_wh[1] + GAP) + GAP, SHEET_WIDTH, 3), GROUND, np.uint8)
    for number, shot in enumerate(shots):
        x = GAP + number % columns * (small_wh[0] + GAP)
        y = GAP + number // columns * (small_wh[1] + GAP)
        small = cv2.resize(shot, small_wh, interpolation=cv2.INTER_AREA)
        sheet[y : y + small_wh[1], x : x + small_wh[0]] = small
    return sheet


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(500)  # until colours have faded in
    path = IMAGES / f"{name}.jpg"
    page.screenshot(path=path, type="jpeg", quality=88)
    print(path.relative_to(ROOT))


def astronaut() -> bytes:
    return encode_jpeg(np.ascontiguousarray(data.astronaut()[:384]))


def side_by_side() -> UInt8:
    """Two portraits, each in half of a camera picture."""
    halves = [decode_picture(astronaut(), 10**8), decode_picture(STRANGER.read_bytes(), 10**8)]
    crops = [halves[0].pixels_rgb[:384, 70:390], halves[1].pixels_rgb[:1000, 160:990]]
    return np.hstack([cv2.resize(crop, (WIDTH // 2, HEIGHT)) for crop in crops])


if __name__ == "__main__":
    main()
