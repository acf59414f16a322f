"""The gallery in a real browser: photos, why, not this person, look-alikes, and full control."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, open_page
from tests.browser.film import scene
from tests.browser.test_live import EXAMPLES, await_face, await_live


def send_photos(page: Page, name: str, folder: Path, pictures: dict[str, bytes]) -> None:
    """Enrol somebody by photos, which are chosen as files."""
    files = []
    for file, content in pictures.items():
        path = folder / f"{file}.jpg"
        path.write_bytes(content)
        files.append(path)
    page.locator("#photo-files").set_input_files(files)
    page.locator("#photo-name").fill(name)
    page.locator("#photo-send").click()
    verdicts = page.locator("#photo-list li[data-verdict=accepted]")
    expect(verdicts).to_have_count(len(files))
    page.locator("#photo-close").click()
    expect(page.locator(f"#people-list :text-is('{name}')")).to_have_count(1)


def open_person(page: Page, name: str) -> None:
    row = page.locator("#people-list [data-identity-id]").filter(has_text=name)
    row.locator("button").first.click()
    expect(page.locator("#person-detail")).to_be_visible()
    expect(page.locator("#person-name")).to_have_value(name)


@contextmanager
def looking_into_the_face(page: Page) -> Iterator[None]:
    """The panel that says why a face has its name, opened by a click on the face."""
    box = page.locator("#faces-live li").get_attribute("data-view-box")
    assert box is not None
    x1, y1, x2, y2 = map(float, box.split(","))
    page.locator("#overlay").click(position={"x": (x1 + x2) / 2, "y": (y1 + y2) / 2}, force=True)
    expect(page.locator("#face-panel")).to_have_attribute("data-phase", "told")
    yield
    if page.locator("#face-panel").is_visible():
        page.locator("#face-close").click()
    expect(page.locator("#face-panel")).to_be_hidden()


def test_a_face_is_explained_rejected_and_given_its_name_back(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    page = open_page(phone(scene(pictures["obama"])), server.url, 1280, 800)
    await_live(page)
    await_face(page, "")
    with looking_into_the_face(page):
        expect(page.locator("#face-panel")).to_have_attribute("data-reason", "gallery_empty")
    send_photos(page, "Ada", tmp_path, {"a": pictures["obama2"], "b": pictures["obama3"]})
    send_photos(page, "Bob", tmp_path, {"c": pictures["biden"]})
    await_face(page, "Ada")
    with looking_into_the_face(page):
        expect(page.locator("#face-why")).to_contain_text("Ada")
        examples = page.locator("#face-examples li")
        expect(examples).to_have_count(3)
        assert page.locator("#face-examples img").count() == 3
        page.locator("#face-reject").click()
    await_face(page, "")
    page.locator("#toast .toast-action").click()
    await_face(page, "Ada")


def test_a_capture_of_somebody_known_says_so_and_adds_to_them(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    camera = phone(scene(pictures["obama"]), scene(pictures["obama2"]), restless=True)
    page = open_page(camera, server.url)
    await_live(page)
    send_photos(page, "Ada", tmp_path, {"a": pictures["obama3"]})
    await_face(page, "Ada")
    page.locator("#capture-start").click()
    examples = page.locator("#capture-thumbnails [data-example-id]")
    expect(examples).to_have_count(EXAMPLES)
    expect(page.locator("#capture-poses [data-taken=true]").first).to_be_attached()
    expect(page.locator("#capture-look-alike")).to_contain_text("Ada")

    examples.first.locator("button").click()  # one less than are needed: another one is taken
    expect(page.locator("#capture-commit")).to_be_disabled()
    page.locator("#capture-more").click()
    expect(examples).to_have_count(EXAMPLES)
    page.locator("#capture-join").click()
    count = page.locator("#people-list .person-count")
    expect(count).to_contain_text(str(EXAMPLES + 1))


def test_people_are_renamed_merged_deleted_saved_and_restored(
    server: Server, phone: Callable[..., Browser], pictures: dict[str, bytes], tmp_path: Path
) -> None:
    camera = phone(scene(pictures["obama"]))
    page, other = open_page(camera, server.url, 1280, 800), open_page(camera, server.url)
    for one in (page, other):
        await_live(one)
    send_photos(page, "Ada", tmp_path, {"a": pictures["obama2"]})
    send_photos(page, "Bob", tmp_path, {"b": pictures["biden"]})
    for one in (page, other):
        await_face(one, "Ada")

    open_person(page, "Ada")
    page.locator("#person-name").fill("Barack")
    page.locator("#person-save").click()
    for one in (page, other):
        await_face(one, "Barack")

    page.locator("#person-back").click()
    page.locator("#gallery-file > summary").click()
    with page.expect_download() as download:
        page.locator("#gallery-save").click()
    saved = tmp_path / "saved.zip"
    download.value.save_as(saved)

    open_person(page, "Barack")
    page.locator("#person-delete").click()
    for one in (page, other):
        await_face(one, "")
    page.locator("#toast .toast-action").click()
    for one in (page, other):
        await_face(one, "Barack")

    open_person(page, "Bob")
    page.locator("#person-merge-section > summary").click()
    page.locator("#person-merge-into").select_option(label="Barack")
    page.locator("#person-merge").click()
    for one in (page, other):
        expect(one.locator("#people-list [data-identity-id]")).to_have_count(1)

    if page.locator("#person-back").is_visible():  # the person who was merged is gone
        page.locator("#person-back").click()
    page.locator("#clear-word").fill("clear")
    page.locator("#gallery-clear").click()
    for one in (page, other):
        await_face(one, "")
    page.locator("#gallery-restore-file").set_input_files(saved)
    page.locator(".choice[data-mode=merge] button").click()
    for one in (page, other):
        await_face(one, "Barack")
    expect(page.locator("#people-list")).to_have_text(re.compile("Barack.*Bob", re.S))
