from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from facestream.engine.batcher import Batcher
from facestream.engine.frame_queue import Entry, FrameQueue
from facestream.engine.ledger import Ledger
from facestream.engine.results import Computed
from facestream.engine.scene import NOTHING_SEEN, View
from facestream.engine.worker import RENEWALS, Worker
from facestream.errors import BadPicture, PictureTooLarge, ShuttingDown, Superseded, WorkerFailed
from facestream.metrics import Metrics
from facestream.records import STAGES, Frame
from tests.engine.fakes import POISON, Clock, FakeRecogniser, decode, picture, turns, until


class Bench:
    """A batcher with all that it needs. Pictures are those of `fakes`."""

    def __init__(self, max_batch: int) -> None:
        self.recogniser = FakeRecogniser()
        self.clock = Clock()
        self.queue = FrameQueue()
        self.worker = Worker(self.recogniser)  # type: ignore[arg-type]
        self.pool = ThreadPoolExecutor(2)
        self.decoded: list[bytes] = []
        self.gallery = SimpleNamespace(revision=0, index=())
        self.find_gallery: Callable[[], Any] = lambda: self.gallery
        self.metrics = Metrics()
        self.batcher = Batcher(
            self.queue,
            self.worker,
            self._decode,
            self.pool,
            lambda: self.find_gallery(),
            lambda: max_batch,
            Ledger(self.metrics),
            self.clock,
        )
        self.running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.worker.start()
        self.running = asyncio.create_task(self.batcher.run())

    async def stop(self) -> None:
        self.recogniser.release()
        if self.running:
            self.running.cancel()
            await asyncio.wait({self.running})
        self.worker.stop()
        self.pool.shutdown()

    def submit(self, session_id: str, jpeg: bytes) -> asyncio.Future[Any]:
        def finish(entry: Entry, computed: Computed) -> Any:
            return computed

        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen
        now = self.clock()
        self.queue.put(Entry(session_id, 0, 0.0, jpeg, now - 0.02, now, self._view, finish, future))
        return future

    async def keep_busy(self) -> asyncio.Future[Any]:
        """Have the worker hold on to a batch of one."""
        self.recogniser.hold()
        future = self.submit("busy", picture(0))
        await until(lambda: self.recogniser.batches == [[0]])
        return future

    def _view(self, entry: Entry, frame: Frame) -> View:
        return View(frame, NOTHING_SEEN, entry.received_s)

    def _decode(self, jpeg: bytes) -> Frame:
        self.decoded.append(jpeg)
        return decode(jpeg, 99)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench(max_batch=4)
    await bench.start()
    yield bench
    await bench.stop()


async def test_frame_is_decoded_computed_and_answered(bench: Bench) -> None:
    computed = await bench.submit("a", picture(2))
    assert computed.size_wh == (200, 120)
    assert len(computed.recognition.faces) == 2
    assert computed.timings.batch == 1


async def test_newest_gallery_is_searched(bench: Bench) -> None:
    busy = await bench.keep_busy()
    answer = bench.submit("a", picture(1))
    await until(lambda: len(bench.decoded) == 2)
    bench.gallery = SimpleNamespace(
        revision=1, index=("Ada",)
    )  # after the frame was decoded, before it runs
    bench.recogniser.release()
    await busy
    assert (await answer).recognition.decisions[0].named.display_name == "Ada"


async def test_gallery_that_changes_while_a_batch_runs_is_searched_before_the_answer(
    bench: Bench,
) -> None:
    bench.recogniser.hold()
    answer = bench.submit("a", picture(1))
    await until(lambda: bench.recogniser.batches == [[1]])
    bench.gallery = SimpleNamespace(revision=1, index=("Ada",))
    bench.recogniser.release()
    assert (await answer).recognition.decisions[0].named.display_name == "Ada"
    assert bench.recogniser.renewals == 1


async def test_gallery_that_never_rests_does_not_hold_an_answer_back(bench: Bench) -> None:
    revisions = count(1)
    bench.find_gallery = lambda: SimpleNamespace(revision=next(revisions), index=())
    assert len((await bench.submit("a", picture(1))).recognition.faces) == 1
    assert bench.recogniser.renewals == RENEWALS


async def test_batches_ages_and_traces_are_counted(bench: Bench) -> None:
    await bench.submit("a", picture(1))
    bench.recogniser.traces += 2
    await bench.submit("a", picture(1))
    sample = bench.metrics.registry.get_sample_value
    assert sample("facestream_batch_frames_count") == 2
    assert sample("facestream_queue_age_seconds_sum") == pytest.approx(0.04)
    assert sample("facestream_traces") == 5
    assert sample("facestream_retracings_total") == 2


async def test_next_batch_is_decoded_while_the_worker_runs(bench: Bench) -> None:
    await bench.keep_busy()
    bench.submit("a", picture(1))
    await until(lambda: picture(1) in bench.decoded)
    assert bench.recogniser.batches == [[0]]


async def test_just_one_batch_is_prepared_ahead(bench: Bench) -> None:
    await bench.keep_busy()
    first = [bench.submit(name, picture(1)) for name in "abcd"]
    await until(lambda: len(bench.decoded) == 5)
    later = [bench.submit(name, picture(2)) for name in "abcd"]
    await asyncio.sleep(0.02)
    assert len(bench.decoded) == 5
    assert not any(answer.done() for answer in first + later)
    bench.recogniser.release()
    await asyncio.gather(*first, *later)
    assert bench.recogniser.batches == [[0], [1] * 4, [2] * 4]


async def test_frames_that_arrive_while_the_worker_is_busy_make_one_batch(bench: Bench) -> None:
    await teach(bench, seconds=5.0)
    busy = await bench.keep_busy()
    answers = []
    for name in "abc":
        answers.append(bench.submit(name, picture(1)))
        await asyncio.sleep(0.005)
    bench.recogniser.release()
    await asyncio.gather(busy, *answers)
    assert bench.recogniser.batches == [[0], [1, 1, 1]]


async def test_frame_that_waits_can_still_be_replaced_while_the_worker_is_busy(
    bench: Bench,
) -> None:
    await teach(bench, seconds=5.0)
    await bench.keep_busy()
    older = bench.submit("a", picture(1))
    await asyncio.sleep(0.01)
    newer = bench.submit("a", picture(2))
    bench.recogniser.release()
    assert len((await newer).recognition.faces) == 2
    assert isinstance(older.exception(), Superseded)
    assert picture(1) not in bench.decoded  # what nobody waits for costs nothing


async def test_next_batch_is_chosen_before_the_worker_is_expected_to_be_free(bench: Bench) -> None:
    await teach(bench, seconds=0.03)
    await bench.keep_busy()
    bench.submit("a", picture(1))
    await turns()
    assert picture(1) not in bench.decoded
    await until(lambda: picture(1) in bench.decoded)
    assert bench.recogniser.batches == [[0]]


async def teach(bench: Bench, seconds: float) -> None:
    """Let the batcher see that a batch of one takes so long."""
    bench.recogniser.hold()
    answer = bench.submit("teacher", picture(0))
    await until(lambda: len(bench.recogniser.batches) == 1)
    bench.clock.now += seconds
    bench.recogniser.release()
    await answer
    bench.recogniser.batches.clear()
    bench.decoded.clear()


async def test_no_batch_is_larger_than_allowed(bench: Bench) -> None:
    await bench.keep_busy()
    answers = [bench.submit(f"s{i}", picture(1)) for i in range(10)]
    bench.recogniser.release()
    await asyncio.gather(*answers)
    sizes = [len(batch) for batch in bench.recogniser.batches[1:]]
    assert sum(sizes) == 10
    assert max(sizes) <= 4


async def test_broken_picture_fails_alone(bench: Bench) -> None:
    await bench.keep_busy()
    jpegs = {"a": picture(1), "b": b"bad", "c": b"huge", "d": picture(2)}
    answers = {name: bench.submit(name, jpeg) for name, jpeg in jpegs.items()}
    bench.recogniser.release()
    await asyncio.wait(answers.values())
    assert isinstance(answers["b"].exception(), BadPicture)
    assert isinstance(answers["c"].exception(), PictureTooLarge)
    assert len(answers["a"].result().recognition.faces) == 1
    assert len(answers["d"].result().recognition.faces) == 2


async def test_batch_of_broken_pictures_does_not_reach_the_worker(bench: Bench) -> None:
    assert isinstance(await failure(bench.submit("a", b"bad")), BadPicture)
    await bench.submit("a", picture(1))
    assert bench.recogniser.batches == [[1]]


async def test_frame_that_the_worker_fails_over_fails_alone(bench: Bench) -> None:
    await bench.keep_busy()
    bad, good = bench.submit("a", picture(POISON)), bench.submit("b", picture(1))
    bench.recogniser.release()
    assert isinstance(await failure(bad), WorkerFailed)
    assert len((await good).recognition.faces) == 1


async def test_session_that_left_is_skipped(bench: Bench) -> None:
    await bench.keep_busy()
    gone, stays = bench.submit("a", picture(1)), bench.submit("b", picture(2))
    await until(lambda: len(bench.decoded) == 3)
    gone.cancel()
    bench.recogniser.release()
    await stays
    assert bench.recogniser.batches == [[0], [2]]


async def test_session_that_leaves_during_its_batch_harms_nobody(bench: Bench) -> None:
    busy = await bench.keep_busy()
    busy.cancel()
    bench.recogniser.release()
    assert len((await bench.submit("a", picture(1))).recognition.faces) == 1


async def test_batch_equals_its_frames_one_by_one(bench: Bench) -> None:
    contents = [2, 0, 1, 1]
    single = [len((await bench.submit("a", picture(n))).recognition.faces) for n in contents]
    await bench.submit("a", picture(0))
    bench.recogniser.batches.clear()
    busy = await bench.keep_busy()
    answers = [bench.submit(f"s{i}", picture(n)) for i, n in enumerate(contents)]
    bench.recogniser.release()
    await busy
    assert [len((await answer).recognition.faces) for answer in answers] == single
    assert bench.recogniser.batches[1] == contents


async def test_timings_are_milliseconds(bench: Bench) -> None:
    bench.recogniser.hold()
    answer = bench.submit("a", picture(1))
    await until(lambda: bool(bench.recogniser.batches))
    bench.clock.now += 0.25
    bench.recogniser.release()
    timings = (await answer).timings
    stages_ms = timings.milliseconds(sent_s=bench.clock.now + 0.001)
    assert stages_ms == pytest.approx(
        {
            **{"upload": 20.0, "queued": 0.0, "decode": 0.0, "wait": 0.0},
            **{"detect": 1.0, "embed": 2.0, "search": 3.0},
            **{"answer": 251.0 - 6.0, "total": 271.0},
        }
    )
    assert set(stages_ms) == set(STAGES)


async def test_what_is_in_hand_ends_when_it_stops(bench: Bench) -> None:
    running = await bench.keep_busy()
    prepared = bench.submit("a", picture(1))
    await until(lambda: len(bench.decoded) == 2)
    assert len(bench.batcher.in_hand()) == 2
    assert bench.running
    bench.running.cancel()
    assert isinstance(await failure(running), ShuttingDown)
    assert isinstance(await failure(prepared), ShuttingDown)
    assert bench.batcher.in_hand() == []


async def test_what_is_being_decoded_ends_when_it_stops(bench: Bench) -> None:
    go = threading.Event()
    bench.pool.submit(go.wait), bench.pool.submit(go.wait)  # both threads are busy
    answer = bench.submit("a", picture(1))
    await turns()
    assert bench.running
    bench.running.cancel()
    assert isinstance(await failure(answer), ShuttingDown)
    go.set()


async def test_fault_of_the_batcher_itself_ends_the_batch_and_not_the_service(
    bench: Bench,
) -> None:
    def broken() -> Any:
        raise RuntimeError("a bug")

    bench.find_gallery = broken
    assert isinstance(await failure(bench.submit("a", picture(1))), WorkerFailed)
    bench.find_gallery = lambda: bench.gallery
    assert len((await bench.submit("a", picture(1))).recognition.faces) == 1


async def test_fault_while_choosing_ends_the_batch_and_not_the_service(bench: Bench) -> None:
    broken = ThreadPoolExecutor(1)
    broken.shutdown()
    bench.batcher._pool = broken
    assert isinstance(await failure(bench.submit("a", picture(1))), WorkerFailed)
    bench.batcher._pool = bench.pool
    assert len((await bench.submit("a", picture(1))).recognition.faces) == 1


async def failure(answer: asyncio.Future[Any]) -> BaseException | None:
    async with asyncio.timeout(2):
        await asyncio.wait({answer})
    return answer.exception()
