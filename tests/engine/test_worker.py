from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from facestream.engine.scene import View
from facestream.engine.worker import STALLED_S, START_STALLED_S, Model, Worker
from facestream.errors import MissingWeights, WorkerFailed
from tests.engine.fakes import POISON, TIMINGS, Clock, FakeRecogniser, decode, picture, turns, until

GALLERY: Any = SimpleNamespace(revision=4, index=())


def frames(*contents: int) -> list[View]:
    return [View(decode(picture(content), 0)) for content in contents]


@pytest.fixture
def recogniser() -> FakeRecogniser:
    return FakeRecogniser()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def worker(recogniser: FakeRecogniser, clock: Clock) -> AsyncIterator[Worker]:
    recogniser.threads.clear()
    worker = Worker(recogniser, clock)  # type: ignore[arg-type]
    yield worker
    recogniser.release()
    worker.stop()


async def test_recogniser_is_built_warmed_up_and_run_in_one_thread(
    worker: Worker, recogniser: FakeRecogniser
) -> None:
    assert await worker.start() == Model("fake-fingerprint", 4, 3)
    await worker.run(frames(1), GALLERY)
    assert recogniser.warmed
    assert len(recogniser.threads) == 1
    assert recogniser.threads.pop().startswith("facestream-worker")


async def test_results_come_in_the_order_of_the_frames(worker: Worker) -> None:
    await worker.start()
    outcome = await worker.run(frames(2, 0, 1), GALLERY)
    assert [len(result.faces) for result in outcome.results] == [2, 0, 1]  # type: ignore[union-attr]
    assert outcome.timings == TIMINGS


async def test_bad_frame_fails_alone(worker: Worker, recogniser: FakeRecogniser) -> None:
    await worker.start()
    outcome = await worker.run(frames(2, POISON, 1), GALLERY)
    kinds = [isinstance(result, WorkerFailed) for result in outcome.results]
    assert kinds == [False, True, False]
    assert recogniser.batches == [[2, POISON, 1], [2], [POISON], [1]]
    assert outcome.timings is not None
    assert outcome.timings.detect_ms == 2 * TIMINGS.detect_ms


async def test_worker_goes_on_after_a_failure(worker: Worker) -> None:
    await worker.start()
    failed = await worker.run(frames(POISON), GALLERY)
    assert isinstance(failed.results[0], WorkerFailed)
    assert failed.timings is None
    good = await worker.run(frames(1), GALLERY)
    assert not isinstance(good.results[0], WorkerFailed)


async def test_missing_result_is_a_failure(worker: Worker, recogniser: FakeRecogniser) -> None:
    await worker.start()
    recogniser.forget_one = True
    outcome = await worker.run(frames(1, 1), GALLERY)
    assert [type(result) for result in outcome.results] == [WorkerFailed, WorkerFailed]


async def test_error_of_the_start_is_raised(worker: Worker, recogniser: FakeRecogniser) -> None:
    recogniser.warm_up_error = MissingWeights("gone")
    with pytest.raises(MissingWeights):
        await worker.start()


async def test_event_loop_goes_on_while_the_worker_is_busy(
    worker: Worker, recogniser: FakeRecogniser
) -> None:
    await worker.start()
    recogniser.hold()
    running = asyncio.create_task(worker.run(frames(1), GALLERY))
    await until(lambda: recogniser.batches == [[1]])
    assert not running.done()
    recogniser.release()
    await running


async def test_stuck_batch_makes_it_unhealthy(
    worker: Worker, recogniser: FakeRecogniser, clock: Clock
) -> None:
    await worker.start()
    recogniser.hold()
    running = asyncio.create_task(worker.run(frames(1), GALLERY))
    await turns()
    clock.now += STALLED_S - 1
    assert worker.healthy
    clock.now += 1
    assert not worker.healthy
    recogniser.release()
    await running
    assert worker.healthy


async def test_warming_up_may_take_longer(
    worker: Worker, recogniser: FakeRecogniser, clock: Clock
) -> None:
    recogniser.hold()
    starting = asyncio.create_task(worker.start())
    await turns()
    clock.now += START_STALLED_S - 1
    assert worker.healthy
    clock.now += 1
    assert not worker.healthy
    recogniser.release()
    await starting


async def test_idle_worker_stays_healthy(worker: Worker, clock: Clock) -> None:
    await worker.start()
    clock.now += 10 * START_STALLED_S
    assert worker.healthy
