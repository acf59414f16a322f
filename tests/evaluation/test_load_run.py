from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from facestream.client.camera import Film
from facestream.client.errors import ConnectionClosed, ConnectionRefused
from facestream.evaluation.load import load_figures
from facestream.evaluation.load_run import LoadPlan, run_load
from facestream.evaluation.video import frames_without_faces
from facestream.server import protocol as wire
from tests.client.conftest import address
from tests.client.fake_server import FakeServer, face, hello, result, usual
from tests.engine.fakes import until

PLAN = LoadPlan(clients=3, fps=20, seconds=1.0, warm_s=0.2, camera_fps=100, stagger_s=0.01)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeServer]:
    made = FakeServer()
    await made.http.start_server()
    yield made
    await made.http.close()


@pytest.fixture(scope="module")
def film() -> Film:
    return Film(frames_without_faces(6, (64, 36)))


async def test_clients_stream_and_are_counted(server: FakeServer, film: Film) -> None:
    def with_a_face(message: Any) -> Sequence[wire.Message | int]:
        if isinstance(message, wire.FrameMessage):
            return [result(message.seq, [face()], "tracks")]
        return usual(message)

    server.answers = with_a_face
    told: list[tuple[float, float]] = []
    run = await run_load(PLAN, address(server), None, film, lambda *of: told.append(of))
    figures = load_figures(run.clients, run.period)
    assert figures["clients"] == 3
    # How many there are says more of the machine; but no client sends more than it was told to.
    assert figures["seconds"] == run.period.seconds > 0
    assert 0 < figures["fps_total"] < 1.35 * PLAN.clients * PLAN.fps
    assert figures["errors"] == figures["superseded"] == figures["lost"] == 0
    assert figures["fairness"] > 0.3
    assert figures["latency_ms"]["p50"] > 0
    assert figures["embeddings_computed"] == figures["answered"]
    assert figures["scans_full"] == 0
    assert run.cpu_seconds > 0
    assert told[-1] == (PLAN.warm_s + PLAN.seconds, PLAN.warm_s + PLAN.seconds)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


async def test_warm_up_does_not_count(server: FakeServer, film: Film) -> None:
    plan = LoadPlan(clients=1, fps=20, seconds=0.2, warm_s=2.0, camera_fps=100)
    run = await run_load(plan, address(server), None, film)
    assert load_figures(run.clients, run.period)["sent"] < len(server.frames) / 2


async def test_all_take_their_leave(server: FakeServer, film: Film) -> None:
    await run_load(PLAN, address(server), None, film)
    assert server.closed == [1000] * 3


async def test_each_client_starts_at_another_place_of_the_film(
    server: FakeServer, film: Film
) -> None:
    server.answers = lambda m: [hello()] if isinstance(m, wire.ClientHello) else []
    await run_load(replace(PLAN, camera_fps=1), address(server), None, film)
    assert len({frame.jpeg for frame in server.frames if frame.seq == 0}) == 3


async def test_refusal_of_one_ends_it_and_the_others_leave(film: Film) -> None:
    server = FakeServer()
    await server.http.start_server()
    with pytest.raises(ConnectionRefused):
        await run_load(PLAN, address(server, "wrong"), None, film)
    hellos: Iterator[list[wire.Message | int]] = iter([[hello()], [hello()], [1013]])
    server.answers = lambda message: next(hellos)
    with pytest.raises(ConnectionClosed, match="1013"):
        await run_load(PLAN, address(server), None, film)
    assert len(server.closed) == 3
    await server.http.close()


async def test_client_that_is_sent_away_is_an_error_of_its_own(
    server: FakeServer, film: Film
) -> None:
    gone: list[Any] = []

    def one_goes(message: Any) -> Sequence[wire.Message | int]:
        if isinstance(message, wire.FrameMessage) and message.seq == 3 and not gone:
            gone.append(message)
            return [4408]
        return usual(message)

    server.answers = one_goes
    run = await run_load(replace(PLAN, seconds=2.0), address(server), None, film)
    figures = load_figures(run.clients, run.period)
    assert figures["error_codes"] == {"connection_closed": 1}
    assert sorted(row["errors"] for row in figures["per_client"]) == [0, 0, 1]
    assert figures["fairness"] < 0.5


async def test_server_that_sends_all_away_ends_the_run(server: FakeServer, film: Film) -> None:
    server.answers = lambda m: [hello()] if isinstance(m, wire.ClientHello) else [1001]
    plan = LoadPlan(clients=2, seconds=60)
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionClosed, match="1001"):
            await run_load(plan, address(server), None, film)


async def test_cancelled_run_leaves_nobody_behind(server: FakeServer, film: Film) -> None:
    before = asyncio.all_tasks()
    running = asyncio.create_task(run_load(LoadPlan(2, seconds=60), address(server), None, film))
    await until(lambda: sum(frame.seq == 0 for frame in server.frames) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await server.left()
    await asyncio.sleep(0.05)
    assert server.closed == [1000, 1000]
    assert asyncio.all_tasks() <= before | {asyncio.current_task()}
