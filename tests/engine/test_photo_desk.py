from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from facestream.engine.photo_desk import MAX_WAITING, Photo
from facestream.errors import BadMessage, BadName, Overloaded, StoreFailed
from tests.engine.fakes import POISON, FakeEngine, picture, turns


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    engine = FakeEngine()
    await engine.start()
    yield engine
    engine.recogniser.release()
    await engine.stop(1.0)


def photo(content: int, name: str = "a.jpg") -> Photo:
    return Photo(name, picture(content))


async def each(*photos: Photo) -> AsyncIterator[Photo]:
    for one in photos:
        yield one


async def test_each_photo_gets_its_own_verdict_and_the_good_ones_are_stored_at_once(
    engine: FakeEngine,
) -> None:
    photos = [photo(1, "good"), photo(0, "nobody"), photo(2, "two"), Photo("bad", b"bad")]
    verdicts, change = await engine.enrol_photos("Ada", each(*photos, photo(1, "good too")))
    assert [(one.name, one.verdict) for one in verdicts] == [
        ("good", "accepted"),
        ("nobody", "no_face"),
        ("two", "several_faces"),
        ("bad", "bad_picture"),
        ("good too", "accepted"),
    ]
    assert all(one.message for one in verdicts)
    assert change is not None
    assert [(one.display_name, one.templates) for one in change.upserted] == [("Ada", 2)]


async def test_nothing_is_stored_when_no_photo_is_good(engine: FakeEngine) -> None:
    verdicts, change = await engine.enrol_photos("Ada", each(photo(0)))
    assert (len(verdicts), change) == (1, None)
    assert engine.gallery.identities == ()


async def test_a_photo_that_breaks_the_computation_fails_alone(engine: FakeEngine) -> None:
    verdicts, change = await engine.enrol_photos("Ada", each(photo(POISON), photo(1)))
    assert [one.verdict for one in verdicts] == ["worker_failed", "accepted"]
    assert change is not None


async def test_a_bad_name_is_refused_before_anything_is_computed(engine: FakeEngine) -> None:
    with pytest.raises(BadName):
        await engine.enrol_photos("  ", each(photo(POISON)))


async def test_a_full_disk_is_told(engine: FakeEngine) -> None:
    engine.gallery_file.error = StoreFailed("the disk is full")
    with pytest.raises(StoreFailed):
        await engine.enrol_photos("Ada", each(photo(1)))


async def test_more_than_can_wait_are_refused_and_the_others_answered(engine: FakeEngine) -> None:
    engine.recogniser.hold()
    waiting = [
        asyncio.create_task(engine.enrol_photos(f"P{i}", each(photo(1))))
        for i in range(MAX_WAITING)
    ]
    await turns()
    with pytest.raises(Overloaded):
        await engine.enrol_photos("one too many", each(photo(1)))
    engine.recogniser.release()
    await asyncio.gather(*waiting)
    await engine.enrol_photos("now it goes", each(photo(1)))


async def test_photos_do_not_hold_up_frames(engine: FakeEngine) -> None:
    session = engine.session()
    enrolling = asyncio.create_task(engine.enrol_photos("Ada", each(*[photo(1)] * 50)))
    await turns()
    await session.submit(0, 0.0, picture(1))
    assert not enrolling.done()
    await enrolling


async def test_a_photo_is_asked_for_when_the_one_before_is_judged(engine: FakeEngine) -> None:
    asked: list[str] = []

    async def photos() -> AsyncIterator[Photo]:
        for name in ("first", "second"):
            asked.append(name)
            yield photo(1, name)

    engine.recogniser.hold()
    enrolling = asyncio.create_task(engine.enrol_photos("Ada", photos()))
    await turns()
    assert asked == ["first"]
    engine.recogniser.release()
    verdicts, _ = await enrolling
    assert asked == ["first", "second"] == [one.name for one in verdicts]


async def test_photos_that_break_off_store_nothing(engine: FakeEngine) -> None:
    async def breaking_off() -> AsyncIterator[Photo]:
        yield photo(1)
        raise BadMessage("the line broke")

    with pytest.raises(BadMessage):
        await engine.enrol_photos("Ada", breaking_off())
    assert engine.gallery.identities == ()
