from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from facestream.engine.gallery_desk import MAX_JOBS, GalleryDesk
from facestream.engine.worker import Model
from facestream.errors import BadName, NoSuchIdentity, Overloaded, ShuttingDown, StoreFailed
from facestream.gallery.gallery import GalleryChange
from facestream.gallery.records import Crop, NewTemplate, Source
from tests.engine.fakes import FakeGallery, turns, until

EXAMPLES = [
    NewTemplate(
        np.array([1, 0, 0, 0], np.float32), "fingerprint", 100.0, Source.CAMERA, Crop(b"crop")
    )
]


@pytest.fixture
def gallery() -> FakeGallery:
    return FakeGallery()


@pytest_asyncio.fixture
async def desk(gallery: FakeGallery) -> AsyncIterator[GalleryDesk]:
    desk = GalleryDesk(lambda model: gallery)  # type: ignore[arg-type,return-value]
    await desk.open(Model("fingerprint", 4))
    yield desk
    gallery.release()
    await desk.close()


def names(desk: GalleryDesk) -> list[str]:
    return [identity.display_name for identity in desk.view.identities]


async def test_change_is_on_disk_then_searched_then_told_then_acknowledged(
    desk: GalleryDesk, gallery: FakeGallery
) -> None:
    desk.listen(lambda change: gallery.events.append(f"told {change.revision}"))
    await desk.add("Ada", EXAMPLES)
    gallery.events.append("acknowledged")
    assert gallery.events == ["add on disk", "index swapped", "told 1", "acknowledged"]


async def test_gallery_is_touched_in_one_thread_of_its_own(
    desk: GalleryDesk, gallery: FakeGallery
) -> None:
    await asyncio.gather(*(desk.add(f"P{i}", EXAMPLES) for i in range(5)))
    assert len(gallery.threads) == 1
    assert gallery.threads.pop().startswith("facestream-store")


async def test_view_follows_the_changes(desk: GalleryDesk) -> None:
    await desk.add("Ada", EXAMPLES)
    await desk.add("Bob", EXAMPLES)
    await desk.add("Ada", EXAMPLES)
    assert [(i.display_name, i.templates) for i in desk.view.identities] == [("Ada", 2), ("Bob", 1)]
    await desk.change(lambda g: g.delete("id-0"))
    assert (names(desk), desk.view.revision) == (["Bob"], 4)
    await desk.change(lambda g: g.clear())
    assert (names(desk), desk.view.revision) == ([], 5)


async def test_all_listeners_are_told_in_the_order_of_the_changes(desk: GalleryDesk) -> None:
    heard: tuple[list[GalleryChange], ...] = ([], [])
    for own in heard:
        desk.listen(own.append)
    await asyncio.gather(*(desk.add(f"P{i}", EXAMPLES) for i in range(5)))
    assert [[change.revision for change in own] for own in heard] == [[1, 2, 3, 4, 5]] * 2


async def test_who_stopped_listening_is_not_told(desk: GalleryDesk) -> None:
    heard: list[GalleryChange] = []
    stop = desk.listen(heard.append)
    stop()
    await desk.add("Ada", EXAMPLES)
    assert heard == []


async def test_listener_that_fails_keeps_the_news_from_nobody(desk: GalleryDesk) -> None:
    def fail(change: GalleryChange) -> None:
        raise ZeroDivisionError

    heard: list[GalleryChange] = []
    desk.listen(fail)
    desk.listen(heard.append)
    await desk.add("Ada", EXAMPLES)
    assert len(heard) == 1


async def test_refused_change_is_told_to_nobody(desk: GalleryDesk, gallery: FakeGallery) -> None:
    heard: list[GalleryChange] = []
    desk.listen(heard.append)
    gallery.error = StoreFailed("the disk is full")
    with pytest.raises(StoreFailed):
        await desk.add("Ada", EXAMPLES)
    with pytest.raises(BadName):
        await desk.add(" ", EXAMPLES)
    with pytest.raises(NoSuchIdentity):
        await desk.change(lambda g: g.delete("nobody"))
    assert heard == []
    assert desk.view.revision == 0


async def test_change_goes_on_and_is_told_when_the_one_who_asked_left(
    desk: GalleryDesk, gallery: FakeGallery
) -> None:
    heard: list[GalleryChange] = []
    desk.listen(heard.append)
    gallery.hold()
    asking = asyncio.create_task(desk.add("Ada", EXAMPLES))
    await until(lambda: bool(gallery.threads))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gallery.release()
    await until(lambda: len(heard) == 1)
    assert names(desk) == ["Ada"]


async def test_more_changes_than_can_wait_are_refused(
    desk: GalleryDesk, gallery: FakeGallery
) -> None:
    gallery.hold()
    waiting = [asyncio.create_task(desk.add(f"P{i}", EXAMPLES)) for i in range(MAX_JOBS)]
    await turns()
    with pytest.raises(Overloaded):
        await desk.add("one too many", EXAMPLES)
    gallery.release()
    await asyncio.gather(*waiting)
    await desk.add("now it goes", EXAMPLES)


async def test_closing_finishes_what_waits_and_refuses_what_comes(
    desk: GalleryDesk, gallery: FakeGallery
) -> None:
    gallery.hold()
    waiting = asyncio.create_task(desk.add("Ada", EXAMPLES))
    await turns()
    closing = asyncio.create_task(desk.close())
    await turns()
    with pytest.raises(ShuttingDown):
        await desk.add("Bob", EXAMPLES)
    gallery.release()
    await closing
    assert (await waiting).revision == 1
    assert gallery.events == ["add on disk", "index swapped", "close"]


async def test_nothing_can_be_changed_before_it_is_open() -> None:
    desk = GalleryDesk(lambda model: FakeGallery())  # type: ignore[arg-type,return-value]
    with pytest.raises(Overloaded):
        await desk.change(lambda g: g.clear())
    await desk.close()
