from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import NoReturn

import pytest

from facestream.engine.job_thread import JobThread
from facestream.errors import WorkerFailed


@pytest.fixture
def jobs() -> Iterator[JobThread]:
    thread = JobThread("jobs", lambda: WorkerFailed("it died"))
    yield thread
    thread.stop()
    assert thread.join(5)


def die() -> NoReturn:
    raise SystemExit(0)


def test_thread_that_never_had_a_job_is_alive_and_ends(jobs: JobThread) -> None:
    assert jobs.alive


def test_jobs_are_done_in_turn_in_one_thread(jobs: JobThread) -> None:
    def named(n: int) -> tuple[int, str]:
        return n, threading.current_thread().name

    names = [jobs.submit(partial(named, n)) for n in range(9)]
    assert [name.result(5) for name in names] == [(n, "jobs") for n in range(9)]


def test_job_that_raises_fails_alone(jobs: JobThread) -> None:
    with pytest.raises(ZeroDivisionError):
        jobs.submit(lambda: 1 // 0).result(5)
    with pytest.raises(MemoryError):
        jobs.submit(lambda: bytearray(1 << 62)).result(5)
    assert jobs.submit(lambda: 7).result(5) == 7


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_ends_the_thread_and_every_job(
    jobs: JobThread, kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    go = threading.Event()

    def die() -> NoReturn:
        assert go.wait(5)
        raise kind

    futures: list[Future[int]] = [jobs.submit(die), *(jobs.submit(lambda: 7) for _ in range(5))]
    go.set()
    for future in futures:
        with pytest.raises(WorkerFailed, match="it died"):
            future.result(5)
    assert jobs.join(5)
    assert not jobs.alive
    assert "died" in caplog.text


def test_dead_thread_refuses_what_comes_later(jobs: JobThread) -> None:
    with pytest.raises(WorkerFailed):
        jobs.submit(die).result(5)
    assert jobs.join(5)
    with pytest.raises(WorkerFailed):
        jobs.submit(lambda: 7).result(5)


def test_every_job_ends_however_many_hand_in_while_it_dies() -> None:
    for _ in range(50):
        thread = JobThread("jobs", lambda: WorkerFailed("it died"))
        ended: list[Future[int]] = []

        def hand_in(thread: JobThread = thread, ended: list[Future[int]] = ended) -> None:
            ended.extend(thread.submit(lambda: 7) for _ in range(40))

        handing = threading.Thread(target=hand_in)
        thread.submit(lambda: 7)
        handing.start()
        thread.submit(die)
        handing.join()
        assert {type(future.exception(5)) for future in ended} <= {type(None), WorkerFailed}


def test_stop_cancels_what_waits_and_lets_what_runs_end(jobs: JobThread) -> None:
    begun, go = threading.Event(), threading.Event()

    def run() -> int:
        begun.set()
        assert go.wait(5)
        return 7

    running, waiting = jobs.submit(run), jobs.submit(lambda: 8)
    assert begun.wait(5)
    jobs.stop()
    assert not jobs.join(0.01)
    go.set()
    assert running.result(5) == 7
    with pytest.raises(CancelledError):
        waiting.result(5)
