from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from facestream.engine.scene import NOTHING_SEEN
from facestream.engine.worker import STALLED_S
from facestream.errors import (
    BadName,
    MissingWeights,
    NoEnrolment,
    NoExamples,
    NoSuchIdentity,
    Overloaded,
    ShuttingDown,
    StoreFailed,
    Superseded,
)
from tests.engine.fakes import Clock, Ears, FakeEngine, FakeRecogniser, picture, turns, until


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def engine(clock: Clock) -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(clock, max_batch=4, max_sessions=3, examples_wanted=2, min_examples=1)
    await engine.start()
    yield engine
    engine.recogniser.release()
    engine.gallery_file.release()
    await engine.stop(1.0)


# --- life -----------------------------------------------------------------------------------------


async def test_engine_is_ready_only_after_the_warm_up() -> None:
    engine = FakeEngine(max_batch=4)
    engine.recogniser.hold()
    starting = asyncio.create_task(engine.start())
    await turns()
    assert (engine.ready, engine.healthy) == (False, True)
    engine.recogniser.release()
    await starting
    assert (engine.ready, engine.healthy) == (True, True)
    assert engine.recogniser.warmed
    assert await engine.started() == engine.model_of_gallery
    await engine.stop(1.0)
    assert not engine.ready


async def test_engine_that_cannot_start_says_why_to_all() -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("gone")
    waiting = asyncio.create_task(engine.started())
    with pytest.raises(MissingWeights):
        await engine.start()
    with pytest.raises(MissingWeights):
        await waiting
    assert (engine.ready, engine.healthy) == (False, False)
    await engine.stop(0.0)


async def test_stuck_worker_is_not_healthy(engine: FakeEngine, clock: Clock) -> None:
    engine.recogniser.hold()
    engine.session().submit(0, 0.0, picture())
    await until(lambda: bool(engine.recogniser.batches))
    clock.now += STALLED_S
    assert (engine.ready, engine.healthy) == (False, False)


async def test_stopping_answers_what_is_in_flight_and_refuses_the_rest(engine: FakeEngine) -> None:
    sessions = [engine.session() for _ in range(3)]
    engine.recogniser.hold()
    in_flight = [session.submit(0, 0.0, picture()) for session in sessions]
    await until(lambda: bool(engine.recogniser.batches))
    stopping = asyncio.create_task(engine.stop(5.0))
    await turns()
    refused = sessions[0].submit(1, 0.0, picture())
    with pytest.raises(ShuttingDown):
        await refused
    with pytest.raises(ShuttingDown):
        engine.session()
    engine.recogniser.release()
    await stopping
    assert [(await answer).seq for answer in in_flight] == [0, 0, 0]
    assert engine.gallery_file.events == ["close"]


async def test_stopping_does_not_wait_for_a_stuck_worker(engine: FakeEngine) -> None:
    sessions = [engine.session() for _ in range(2)]
    engine.recogniser.hold()
    answers = [sessions[0].submit(0, 0.0, picture())]
    await until(lambda: bool(engine.recogniser.batches))
    answers.append(sessions[1].submit(0, 0.0, picture()))
    async with asyncio.timeout(1):
        await engine.stop(0.02)
    for answer in answers:
        with pytest.raises(ShuttingDown):
            await answer


async def test_engine_can_be_stopped_before_it_is_ready() -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    starting = asyncio.create_task(engine.start())
    waiting = asyncio.create_task(engine.started())
    await turns()
    starting.cancel()
    await engine.stop(5.0)
    with pytest.raises(ShuttingDown):
        await waiting
    engine.recogniser.release()


# --- frames ---------------------------------------------------------------------------------------


async def test_result_carries_what_the_client_said_of_the_frame(engine: FakeEngine) -> None:
    result = await engine.session().submit(7, 123.5, picture(2))
    assert (result.seq, result.captured_ms, result.size_wh) == (7, 123.5, (200, 120))
    assert [track.track_id for track in result.recognition.tracks] == [0, 1]
    assert result.progress is None


async def test_each_frame_comes_with_what_its_own_session_saw_before(engine: FakeEngine) -> None:
    a, b = engine.session(), engine.session()
    first = await a.submit(0, 0.0, picture(2))
    await a.submit(1, 100.0, picture(1))
    await b.submit(0, 0.0, picture(1))
    scenes = [view.scene for view in engine.recogniser.views]
    assert scenes == [NOTHING_SEEN, first.recognition.scene, NOTHING_SEEN]


async def test_frames_of_a_capture_are_looked_at_thoroughly(engine: FakeEngine) -> None:
    session = engine.session()
    await session.submit(0, 0.0, picture(1))
    session.begin_capture(1)
    await session.submit(1, 100.0, picture(1))
    await session.submit(2, 200.0, picture(1))  # the capture is complete
    assert [view.thorough for view in engine.recogniser.views] == [False, True, False]


async def test_newer_frame_takes_the_place_of_one_that_waits(
    engine: FakeEngine, clock: Clock
) -> None:
    session = engine.session()
    engine.recogniser.hold()
    first = session.submit(0, 0.0, picture())
    await until(lambda: bool(engine.recogniser.batches))
    prepared = session.submit(1, 0.0, picture())
    await turns()
    waiting, newest = (session.submit(seq, 0.0, picture()) for seq in (2, 3))
    engine.recogniser.release()
    with pytest.raises(Superseded):
        await waiting
    assert [(await answer).seq for answer in (first, prepared, newest)] == [0, 1, 3]


async def test_session_that_leaves_takes_its_frames_along(engine: FakeEngine) -> None:
    session, other = engine.session(), engine.session()
    engine.recogniser.hold()
    answers = [session.submit(0, 0.0, picture())]
    await until(lambda: bool(engine.recogniser.batches))
    answers.append(session.submit(1, 0.0, picture()))
    session.close()
    session.close()
    engine.recogniser.release()
    await asyncio.wait(answers)
    assert all(answer.cancelled() for answer in answers)
    assert (await other.submit(0, 0.0, picture())).seq == 0


async def test_more_sessions_than_allowed_are_refused(engine: FakeEngine) -> None:
    sessions = [engine.session() for _ in range(3)]
    assert len({session.session_id for session in sessions}) == 3
    with pytest.raises(Overloaded):
        engine.session()
    sessions[0].close()
    engine.session()


# --- enrolment ------------------------------------------------------------------------------------


async def show(session: Any, clock: Clock, *contents: int) -> list[Any]:
    """Frames one second apart; what each meant to the capture."""
    said = []
    for content in contents:
        clock.now += 1.0
        said.append((await session.submit(0, 1e3 * clock.now, picture(content))).progress)
    return said


async def test_person_is_captured_stored_and_named(engine: FakeEngine, clock: Clock) -> None:
    session = engine.session()
    assert session.begin_capture().wanted == 2
    said = await show(session, clock, 1, 0, 2, 1, 1)
    verdicts = [progress and progress.verdict for progress in said]
    assert verdicts == ["accepted", "no_face", "several_faces", "complete", None]
    enrolled = await session.commit("Ada")
    assert (enrolled.revision, enrolled.identity.display_name) == (1, "Ada")
    assert enrolled.identity.templates == 2
    result = await session.submit(9, 0.0, picture(1))
    assert result.recognition.decisions[0].named.display_name == "Ada"  # type: ignore[union-attr]


async def test_pause_between_examples_is_that_of_the_frames_arrival(
    engine: FakeEngine, clock: Clock
) -> None:
    session = engine.session()
    session.begin_capture()
    await show(session, clock, 1)
    assert (await session.submit(1, 0.0, picture(1))).progress.verdict == "wait"  # type: ignore[union-attr]


async def test_only_kept_examples_are_stored(engine: FakeEngine, clock: Clock) -> None:
    session = engine.session()
    session.begin_capture(3)
    said = await show(session, clock, 1, 1, 1)
    enrolled = await session.commit("Ada", [said[1].example.example_id])
    assert enrolled.identity.templates == 1


async def test_commit_and_cancel_need_a_capture(engine: FakeEngine) -> None:
    session = engine.session()
    with pytest.raises(NoEnrolment):
        await session.commit("Ada")
    with pytest.raises(NoEnrolment):
        session.cancel_capture()
    session.begin_capture()
    session.cancel_capture()
    with pytest.raises(NoEnrolment):
        await session.commit("Ada")


async def test_capture_goes_on_when_the_commit_is_refused(engine: FakeEngine, clock: Clock) -> None:
    session = engine.session()
    session.begin_capture()
    with pytest.raises(NoExamples):
        await session.commit("Ada")
    await show(session, clock, 1)
    with pytest.raises(NoExamples):
        await session.commit("Ada", [])
    with pytest.raises(BadName):
        await session.commit(" ")
    engine.gallery_file.error = StoreFailed("the disk is full")
    with pytest.raises(StoreFailed):
        await session.commit("Ada")
    engine.gallery_file.error = None
    assert (await session.commit("Ada")).identity.templates == 1
    with pytest.raises(NoEnrolment):
        await session.commit("Ada")


async def test_two_commits_at_once_store_the_examples_once(
    engine: FakeEngine, clock: Clock
) -> None:
    session = engine.session()
    session.begin_capture()
    await show(session, clock, 1)
    outcomes = await asyncio.gather(
        session.commit("Ada"), session.commit("Ada"), return_exceptions=True
    )
    assert isinstance(outcomes[1], NoEnrolment)
    assert engine.gallery.identities[0].templates == 1


async def test_all_sessions_hear_of_a_change_before_it_is_acknowledged(
    engine: FakeEngine, clock: Clock
) -> None:
    ears = [Ears() for _ in range(3)]
    a, _, gone = (engine.open_session(ear.listeners)[0] for ear in ears)
    gone.close()
    a.begin_capture()
    await show(a, clock, 1)
    await a.commit("Ada")
    assert [[change.revision for change in ear.changes] for ear in ears] == [[1], [1], []]
    with pytest.raises(NoSuchIdentity):
        await engine.desk.change(lambda gallery: gallery.delete("nobody"))
    await engine.desk.change(lambda gallery: gallery.delete("id-0"))
    await engine.desk.change(lambda gallery: gallery.clear())
    heard = [[change.revision for change in ear.changes] for ear in ears]
    assert heard == [[1, 2, 3], [1, 2, 3], []]
    assert (a.gallery.revision, a.gallery.identities) == (3, ())


@pytest.mark.parametrize(("max_batch", "most"), [(None, FakeRecogniser.frames_at_once), (2, 2)])
async def test_as_many_frames_are_computed_together_as_pay_unless_it_is_set(
    max_batch: int | None, most: int
) -> None:
    engine = FakeEngine(max_batch=max_batch)
    await engine.start()
    engine.recogniser.hold()
    answers = [engine.session().submit(0, 0.0, picture(1)) for _ in range(9)]
    await turns()
    engine.recogniser.release()
    await asyncio.gather(*answers)
    assert max(map(len, engine.recogniser.batches)) == most
    await engine.stop(1.0)
