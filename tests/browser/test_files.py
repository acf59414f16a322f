"""Photos and videos in the place of the camera: recognised, saved with names, and closed again."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from facestream.records import UInt8
from facestream.vision.images import decode_picture, encode_jpeg
from tests.browser.conftest import Server, open_page
from tests.browser.film import HEIGHT, WIDTH, film, scene, side_by_side
from tests.browser.test_gallery import send_photos
from tests.browser.test_live import await_face, await_live

NEAR = 0.02
"""Of the picture's width: so far a drawn box may be from the one that was found."""


def choose(page: Page, path: Path) -> None:
    """Show a file through the button."""
    with page.expect_file_chooser() as chooser:
        page.locator("#file-choose").click()
    chooser.value.set_files(path)


def drop(page: Page, selector: str, path: Path, kind: str) -> None:
    """Let a file fall on an element."""
    transfer = page.evaluate_handle(
        """([bytes, name, type]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
            return transfer;
        }""",
        [list(path.read_bytes()), path.name, kind],
    )
    page.dispatch_event(selector, "dragover", {"dataTransfer": transfer})
    page.dispatch_event(selector, "drop", {"dataTransfer": transfer})


def identify(page: Page, path: Path) -> list[dict[str, Any]]:
    """What the server says of the photo, asked by the page's cookie."""
    answer = page.request.post(f"{page.url}api/identify", data=path.read_bytes())
    assert answer.ok, answer.text()
    faces: list[dict[str, Any]] = answer.json()["faces"]
    return faces


def centre(box_xyxy: list[float]) -> np.ndarray[Any, Any]:
    return np.array([box_xyxy[0] + box_xyxy[2], box_xyxy[1] + box_xyxy[3]]) / 2


def drawn(page: Page) -> list[tuple[str, list[float]]]:
    """Name and box of each face of a photo as drawn, in CSS pixels of the canvas over it."""
    faces = page.locator("#file-faces li").all()
    return [(face.get_attribute("data-name") or "", box(face, "data-view-box")) for face in faces]


def box(face: Locator, attribute: str) -> list[float]:
    edges = face.get_attribute(attribute)
    assert edges is not None
    return [*map(float, edges.split(","))]


def painted(page: Page, x: float, y: float) -> bool:
    """Whether the canvas over the photo is painted near that point."""
    alphas: list[int] = page.evaluate(
        """([x, y]) => {
            const canvas = document.getElementById('file-overlay');
            const ratio = window.devicePixelRatio;
            const { data } = canvas.getContext('2d').getImageData(
                (x - 4) * ratio, (y - 4) * ratio, 8 * ratio, 8 * ratio);
            return [...data].filter((_, index) => index % 4 === 3);
        }""",
        [x, y],
    )
    return max(alphas) > 200


def test_a_photo_shows_who_is_in_it_is_saved_with_names_and_gives_way_to_the_camera(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    page = open_page(phone(scene(pictures["biden"])), server.url)
    await_live(page)
    send_photos(page, "Ada", tmp_path, {"a": pictures["obama2"], "b": pictures["obama3"]})
    party = tmp_path / "party.jpg"
    couple = side_by_side(scene(pictures["obama"]), scene(pictures["biden"]))
    party.write_bytes(encode_jpeg(couple, 92))

    choose(page, party)
    view = page.locator("#file-view")
    expect(view).to_have_attribute("data-phase", "told")
    expect(page.locator("#file-status")).to_have_text("2 faces: Ada, unknown.")
    expect(page.locator("#file-title")).to_be_focused()
    expect(page.locator("#faces-live li")).to_have_count(0)
    expect(page.locator("#capture-start")).to_be_disabled()
    page.screenshot(path=tmp_path / "photo-phone.png")

    found = {face["name"] or "": face["box_xyxy"] for face in identify(page, party)}
    shown = dict(drawn(page))
    assert found.keys() == shown.keys() == {"Ada", ""}
    photo = page.locator("#file-photo").bounding_box()
    canvas = page.locator("#file-overlay").bounding_box()
    assert photo is not None
    assert photo == canvas
    scale = min(photo["width"] / WIDTH, photo["height"] / HEIGHT)
    corner = (photo["width"] - WIDTH * scale) / 2, (photo["height"] - HEIGHT * scale) / 2
    for name, edges in shown.items():
        expected = np.array(corner) + centre(found[name]) * scale
        assert np.linalg.norm(centre(edges) - expected) < NEAR * WIDTH * scale
        assert painted(page, edges[0], edges[1] + 12)
        assert not painted(page, *centre(edges))

    with page.expect_download() as download:
        page.locator("#file-download").click()
    assert download.value.suggested_filename == "party-named.jpg"
    saved = tmp_path / "saved.jpg"
    download.value.save_as(saved)
    named = decode_picture(saved.read_bytes(), 10**8).pixels_rgb
    assert named.shape == couple.shape
    difference = np.abs(named.astype(int) - couple).max(axis=2)
    for x1, y1, x2, y2 in (map(round, edges) for edges in found.values()):
        assert difference[y1 : y1 + 10, x1 - 3 : x1 + 4].max() > 60
        middle = difference[(y1 + y2) // 2 - 10 :, (x1 + x2) // 2 - 10 :][:20, :20]
        assert middle.max() < 40

    page.locator("#file-close").click()
    expect(view).to_be_hidden()
    expect(page.locator("#file-choose")).to_be_focused()
    await_face(page, "")


def test_a_photo_that_is_larger_than_what_is_sent_is_saved_in_its_own_size(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    page = open_page(phone(scene(pictures["biden"])), server.url, 1440, 900)
    await_live(page)
    large = tmp_path / "large.jpg"
    pixels = cv2.resize(scene(pictures["obama"]), (3200, 2400))
    large.write_bytes(encode_jpeg(np.asarray(pixels, np.uint8)))
    choose(page, large)
    expect(page.locator("#file-status")).to_have_text("1 face: unknown.")
    [face] = identify(page, large)
    shown = box(page.locator("#file-faces li"), "data-box")
    assert np.linalg.norm(centre(shown) - centre(face["box_xyxy"])) < NEAR * 3200
    with page.expect_download() as download:
        page.locator("#file-download").click()
    saved = tmp_path / "saved.jpg"
    download.value.save_as(saved)
    assert decode_picture(saved.read_bytes(), 10**8).size_wh == (3200, 2400)
    page.keyboard.press("Escape")
    await_face(page, "")


def webm(path: Path, shot: UInt8) -> Path:
    """A video of two seconds in which the scene sways."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("no ffmpeg on this machine: scripts/install_test_tools.sh installs it")
    pictures = film(path.with_suffix(".mjpeg"), [shot])
    source = ("-f", "mjpeg", "-r", "20", "-i", str(pictures))
    codec = ("-c:v", "libvpx", "-b:v", "2M")
    subprocess.run([ffmpeg, "-v", "error", *source, *codec, str(path)], check=True)
    return path


def test_a_video_file_plays_in_the_place_of_the_camera(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    page = open_page(phone(scene(pictures["biden"])), server.url, 1440, 900)
    await_live(page)
    send_photos(page, "Ada", tmp_path, {"a": pictures["obama2"], "b": pictures["obama3"]})
    await_face(page, "")
    holiday = webm(tmp_path / "holiday.webm", scene(pictures["obama"]))
    choose(page, holiday)
    await_face(page, "Ada")
    video = page.locator("#video")
    expect(video).to_have_attribute("data-mirrored", "false")
    expect(page.locator("#file-view")).to_have_attribute("data-phase", "playing")
    page.screenshot(path=tmp_path / "video-desktop.png")
    video.evaluate(
        "video => new Promise(done => video.addEventListener('seeked', done, { once: true }))"
    )  # from its end to its beginning
    await_face(page, "Ada")

    with page.expect_download() as download:
        page.locator("#file-download").click()
    assert download.value.suggested_filename == "holiday-named.jpg"
    saved = tmp_path / "saved.jpg"
    download.value.save_as(saved)
    named = decode_picture(saved.read_bytes(), 10**8)
    assert named.size_wh == (WIDTH, HEIGHT)
    green = np.abs(named.pixels_rgb.astype(int) - (47, 209, 140)).max(axis=2) < 30
    assert green.sum() > 500  # the line and the label of somebody known

    page.locator("#file-close").click()
    expect(video).to_have_attribute("data-mirrored", "true")
    await_face(page, "")


def test_what_cannot_be_shown_is_one_sentence_and_the_camera_goes_on(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    page = open_page(phone(scene(pictures["biden"])), server.url, 1440, 900)
    await_live(page)
    toast = page.locator("#toast .toast-text")
    for name, kind, sentence in (
        ("broken.jpg", "image/jpeg", "This browser cannot read this photo."),
        ("broken.webm", "video/webm", "This browser cannot play this video."),
        ("letter.pdf", "application/pdf", "Only photos and videos can be shown here."),
    ):
        path = tmp_path / name
        path.write_bytes(b"no such thing")
        drop(page, "#overlay", path, kind)
        expect(toast).to_have_text(sentence)
        await_face(page, "")
        expect(page.locator("#file-view")).to_be_hidden()

    page.locator("#capture-start").click()
    expect(page.locator("#capture-discard")).to_be_visible()
    late = tmp_path / "late.jpg"
    late.write_bytes(encode_jpeg(scene(pictures["obama"])))
    drop(page, "#overlay", late, "image/jpeg")
    page.locator("#file-choose").click()
    expect(toast).to_have_text(re.compile("capture is under way"))
    expect(page.locator("#file-view")).to_be_hidden()
