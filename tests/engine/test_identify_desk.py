from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from facestream.engine.identify_desk import MAX_WAITING
from facestream.errors import BadMessage, BadPicture, Overloaded, PictureTooLarge, WorkerFailed
from tests.engine.fakes import FRAME_WH, POISON, FakeEngine, picture, turns, until


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    engine = FakeEngine()
    await engine.start()
    yield engine
    engine.recogniser.release()
    await engine.stop(1.0)


def photo(content: bytes) -> Callable[[], Awaitable[bytes]]:
    async def receive() -> bytes:
        return content

    return receive


async def names(engine: FakeEngine, n: int) -> list[str | None]:
    _, recognition = await engine.identify(photo(picture(n)))
    return [d.named and d.named.display_name for d in recognition.decisions]


async def test_everybody_in_a_photo_is_named_by_the_gallery_as_it_is_then(
    engine: FakeEngine,
) -> None:
    size_wh, recognition = await engine.identify(photo(picture(0)))
    assert (size_wh, recognition.decisions) == (FRAME_WH, ())
    assert await names(engine, 2) == [None, None]
    await engine.desk.change(lambda gallery: gallery.add("Ada", []))
    assert await names(engine, 2) == ["Ada", "Ada"]
    assert all("worker" in name for name in engine.recogniser.threads - {"MainThread"})


async def test_who_was_told_of_a_change_sees_no_answer_from_before_it(engine: FakeEngine) -> None:
    engine.recogniser.hold()
    asking = asyncio.create_task(names(engine, 1))
    await until(lambda: bool(engine.recogniser.batches))
    await engine.desk.change(lambda gallery: gallery.add("Ada", []))
    engine.recogniser.release()
    assert await asking == ["Ada"]


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"bad", BadPicture), (b"huge", PictureTooLarge), (picture(POISON), WorkerFailed)],
)
async def test_a_photo_that_cannot_be_used_fails_alone(
    engine: FakeEngine, content: bytes, error: type[Exception]
) -> None:
    good, bad = await asyncio.gather(
        names(engine, 1), engine.identify(photo(content)), return_exceptions=True
    )
    assert good == [None]
    assert isinstance(bad, error)


async def test_more_than_can_wait_are_refused_unread_and_the_others_answered(
    engine: FakeEngine,
) -> None:
    received = 0

    async def receive() -> bytes:
        nonlocal received
        received += 1
        return picture(1)

    engine.recogniser.hold()
    waiting = [asyncio.create_task(engine.identify(receive)) for _ in range(MAX_WAITING)]
    await turns()
    with pytest.raises(Overloaded):
        await engine.identify(receive)
    assert received == MAX_WAITING
    engine.recogniser.release()
    await asyncio.gather(*waiting)
    await engine.identify(receive)


async def test_a_photo_that_does_not_come_gives_its_place_back(engine: FakeEngine) -> None:
    async def lost() -> bytes:
        raise BadMessage("it did not come")

    for _ in range(MAX_WAITING + 1):
        with pytest.raises(BadMessage):
            await engine.identify(lost)
    assert await names(engine, 1) == [None]


async def test_photos_do_not_hold_up_frames(engine: FakeEngine) -> None:
    session = engine.session()
    asking = asyncio.gather(*[names(engine, 1) for _ in range(MAX_WAITING)])
    await turns()
    await session.submit(0, 0.0, picture(1))
    assert not asking.done()
    await asking
