"""What breaks is begun anew, or given up; by a real engine around a fake recogniser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from facestream.engine import gallery_desk
from facestream.engine import supervisor as supervising
from facestream.engine.restarts import MOST_RESTARTS, WINDOW_S, Restarts
from facestream.engine.worker import STALLED_S, START_STALLED_S, SUSPICIOUS
from facestream.errors import (
    BadWeights,
    FacestreamError,
    ShuttingDown,
    StoreFailed,
    WorkerFailed,
)
from tests.engine.fakes import POISON, Clock, FakeEngine, picture, until


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """`give_up_seconds` are as many looks as ever, which take no time."""
    monkeypatch.setattr(supervising, "LOOK_EVERY_S", 0.01)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def engine(clock: Clock) -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(clock, max_batch=4, max_sessions=3, give_up_seconds=1)
    await engine.start()
    yield engine
    engine.recogniser.release()
    engine.gallery_file.release()
    await engine.stop(0.1)


def die() -> None:
    raise SystemExit(0)


async def answered(engine: FakeEngine, seq: int = 0) -> bool:
    session = engine.session()
    try:
        return (await session.submit(seq, seq + 0.5, picture(1))) is not None
    finally:
        session.close()


async def kill(engine: FakeEngine) -> None:
    """Let the worker thread end in the midst of a frame."""
    engine.recogniser.fatal = SystemExit(0)
    session = engine.session()
    with pytest.raises(WorkerFailed):
        await session.submit(0, 0.5, picture(1))
    session.close()


# --- restarts -------------------------------------------------------------------------------------


def test_restarts_are_allowed_a_few_times_in_a_while() -> None:
    restarts = Restarts()
    assert [restarts.allowed(n) for n in range(MOST_RESTARTS + 2)] == [
        *[True] * MOST_RESTARTS,
        False,
        False,
    ]
    assert restarts.allowed(WINDOW_S)
    assert not restarts.allowed(WINDOW_S + 0.5)
    assert restarts.allowed(WINDOW_S + 1)


async def test_worker_that_died_is_begun_anew_and_answers(engine: FakeEngine) -> None:
    before = engine.recogniser.built
    await kill(engine)
    assert not engine.ready
    assert engine.healthy  # it mends itself
    await until(lambda: engine.ready)
    assert engine.recogniser.built == before + 1
    assert await answered(engine)
    assert b"facestream_restarts_total 1.0" in engine.metrics.exposition()


async def test_frames_during_a_restart_are_answered_at_once(engine: FakeEngine) -> None:
    await kill(engine)
    engine.recogniser.hold()
    await until(lambda: engine.recogniser.starting == 2)
    assert not engine.ready
    async with asyncio.timeout(1):
        with pytest.raises(WorkerFailed, match="anew"):
            await answered(engine)
    engine.recogniser.release()
    await until(lambda: engine.ready)
    assert await answered(engine)


async def test_worker_that_dies_again_and_again_is_given_up(engine: FakeEngine) -> None:
    for _ in range(MOST_RESTARTS):
        await until(lambda: engine.ready)
        await kill(engine)
    await until(lambda: engine.ready)
    await kill(engine)
    async with asyncio.timeout(2):
        assert "3 restarts" in str(await engine.lost())
    assert (engine.ready, engine.healthy) == (False, False)


async def test_worker_that_dies_now_and_then_goes_on(engine: FakeEngine, clock: Clock) -> None:
    for _ in range(MOST_RESTARTS + 2):
        await kill(engine)
        await until(lambda: engine.ready)
        clock.now += WINDOW_S / MOST_RESTARTS
    assert engine.healthy


async def test_worker_that_cannot_be_begun_anew_is_given_up(engine: FakeEngine) -> None:
    engine.recogniser.warm_up_error = BadWeights("gone")
    await kill(engine)
    async with asyncio.timeout(2):
        assert "3 restarts" in str(await engine.lost())


async def test_worker_with_other_weights_than_before_is_not_used(engine: FakeEngine) -> None:
    engine.recogniser.fingerprint = "another"
    await kill(engine)
    async with asyncio.timeout(2):
        await engine.lost()
    with pytest.raises(WorkerFailed):
        await answered(engine)


async def test_recogniser_that_fails_over_an_empty_picture_is_built_anew(
    engine: FakeEngine,
) -> None:
    engine.recogniser.broken = True
    for _ in range(SUSPICIOUS):
        with pytest.raises(WorkerFailed):
            await answered(engine)
    await until(lambda: engine.recogniser.built == 2 and engine.ready)
    assert await answered(engine)


async def test_bad_frames_are_no_reason_to_build_it_anew(engine: FakeEngine) -> None:
    session = engine.session()
    for seq in range(3 * SUSPICIOUS):
        with pytest.raises(WorkerFailed):
            await session.submit(seq, seq + 0.5, picture(POISON))
    assert engine.recogniser.built == 1
    assert await answered(engine)


# --- what cannot be begun anew --------------------------------------------------------------------


async def test_stuck_computation_is_given_up(engine: FakeEngine, clock: Clock) -> None:
    engine.recogniser.hold()
    future = engine.session().submit(0, 0.5, picture(1))
    await until(lambda: bool(engine.recogniser.batches))
    clock.now += STALLED_S
    assert not engine.healthy
    async with asyncio.timeout(3):
        assert "stuck" in str(await engine.lost())
    await engine.stop(0.0)
    with pytest.raises(ShuttingDown):
        await future


async def test_computation_that_was_stuck_for_a_moment_goes_on(
    engine: FakeEngine, clock: Clock
) -> None:
    """As after SIGSTOP and SIGCONT: the clock went on, the thread did not."""
    engine.recogniser.hold()
    future = engine.session().submit(0, 0.5, picture(1))
    await until(lambda: bool(engine.recogniser.batches))
    clock.now += 100 * STALLED_S
    await asyncio.sleep(0.05)
    engine.recogniser.release()
    await future
    assert engine.ready


async def test_stuck_start_is_given_up(clock: Clock) -> None:
    engine = FakeEngine(clock, give_up_seconds=1)
    engine.recogniser.hold()
    starting = asyncio.create_task(engine.start())
    await asyncio.sleep(0.02)
    clock.now += START_STALLED_S
    async with asyncio.timeout(3):
        assert "stuck" in str(await engine.lost())
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting
    engine.recogniser.release()
    await engine.stop(0.0)


async def test_worker_that_dies_while_it_starts_fails_the_start() -> None:
    engine = FakeEngine()
    engine.recogniser.fatal = SystemExit(0)
    with pytest.raises(WorkerFailed):
        await engine.start()
    assert (engine.ready, engine.healthy) == (False, False)
    assert engine.recogniser.built == 1
    await engine.stop(0.0)


async def test_dead_thread_of_the_gallery_ends_every_change_and_the_engine(
    engine: FakeEngine,
) -> None:
    engine.gallery_file.hold()
    changes = [
        asyncio.create_task(engine.desk.change(lambda gallery: gallery.clear())) for _ in range(3)
    ]
    dying = asyncio.create_task(engine.desk.read(lambda gallery: die()))
    late = asyncio.create_task(engine.desk.change(lambda gallery: gallery.clear()))
    await asyncio.sleep(0.01)
    engine.gallery_file.release()
    await asyncio.gather(*changes)  # they came before
    for failing in (dying, late):
        with pytest.raises(StoreFailed):
            await failing
    async with asyncio.timeout(2):
        assert "gallery" in str(await engine.lost())
    with pytest.raises(StoreFailed):
        await engine.desk.change(lambda gallery: gallery.clear())
    assert not engine.healthy


async def test_disk_that_does_not_answer_is_given_up(engine: FakeEngine, clock: Clock) -> None:
    engine.gallery_file.hold()
    change = asyncio.create_task(engine.desk.change(lambda gallery: gallery.clear()))
    await asyncio.sleep(0.01)
    clock.now += gallery_desk.STALLED_S
    async with asyncio.timeout(3):
        assert "gallery is stuck" in str(await engine.lost())
    engine.gallery_file.release()
    await change


async def test_closing_does_not_wait_for_ever_for_a_disk(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_desk, "CLOSING_S", 0.05)
    engine.gallery_file.hold()
    change = asyncio.create_task(engine.desk.change(lambda gallery: gallery.clear()))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(2):
        await engine.stop(0.0)
    assert not engine.join(0.01)
    engine.gallery_file.release()
    with suppress(FacestreamError, asyncio.CancelledError):
        await change
    assert engine.join(5)


@pytest.mark.parametrize("name", ["batcher", "regulator", "housekeeping"])
async def test_task_that_ends_is_given_up(engine: FakeEngine, name: str) -> None:
    [task] = [one for one in asyncio.all_tasks() if one.get_name() == f"facestream-{name}"]
    task.cancel()
    async with asyncio.timeout(2):
        assert name in str(await engine.lost())
    assert not engine.healthy


async def test_system_exit_in_the_decoder_fails_the_picture_alone(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = engine.session()
    with pytest.raises(WorkerFailed):
        await session.submit(0, 0.5, b"exit")
    assert await session.submit(1, 1.5, picture(1))
    assert engine.ready
