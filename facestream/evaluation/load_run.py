"""Many phones at one server for a while. Runs them and keeps their logs; `load` makes the figures.

One process and one event loop, in which all phones share the TLS context and the JPEG files.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from facestream.client.address import Address
from facestream.client.camera import CAMERA_FPS, Camera, Film
from facestream.client.connection import Connection, Connector
from facestream.client.frame_log import FrameLog
from facestream.client.phone import Phone
from facestream.errors import FacestreamError
from facestream.evaluation.load import ClientLoad, Period

__all__ = ["LoadPlan", "LoadRun", "run_load"]

OnProgress = Callable[[float, float], None]
"""Told how many seconds have passed, and of how many."""

PROGRESS_S = 0.25


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """fps: what each client wants; the server may ask for less.

    warm_s: seconds before the measured period, in which flow and batches settle.
    camera_fps: pictures a second. stagger_s: from one client's connection to the next.
    """

    clients: int = 8
    fps: float = 10.0
    seconds: float = 30.0
    warm_s: float = 2.0
    camera_fps: float = CAMERA_FPS
    stagger_s: float = 0.02


@dataclass(frozen=True, slots=True)
class LoadRun:
    """What was seen. cpu_seconds: processor time that the clients themselves took, in `period`."""

    clients: Sequence[ClientLoad]
    period: Period
    cpu_seconds: float


async def run_load(
    plan: LoadPlan,
    address: Address,
    tls: ssl.SSLContext | None,
    film: Film,
    on_progress: OnProgress = lambda done_s, total_s: None,
) -> LoadRun:
    """Connect all, warm up, measure, and close all, also when it is cancelled.

    A client whose connection ends early stays away, and the end is among its errors.

    Raises:
        ClientError: a client could not connect; or no client is connected any more.
    """
    async with Connector(address, tls) as connector:
        connections: list[Connection] = []
        try:
            members = [
                await _member(plan, number, film, connector, connections)
                for number in range(plan.clients)
            ]
            return await _measure(plan, members, on_progress)
        finally:
            await asyncio.gather(*(connection.close() for connection in connections))


class _Member:
    """One client of the run."""

    def __init__(self, phone: Phone, log: FrameLog) -> None:
        self._phone = phone
        self._log = log
        self.ended: FacestreamError | None = None

    async def run(self) -> None:
        try:
            await self._phone.run()
        except FacestreamError as error:
            self.ended = error

    def load(self) -> ClientLoad:
        errors = self._log.errors.copy()
        if self.ended is not None:
            errors[self.ended.code] += 1
        return ClientLoad(
            self._log.frames, errors, self._log.flow.model_dump(), self._log.flow_changes
        )


async def _member(
    plan: LoadPlan, number: int, film: Film, connector: Connector, connections: list[Connection]
) -> _Member:
    connection = await connector.connect()
    connections.append(connection)
    flow = connection.hello.flow
    if number == 0:  # in another thread: the server's pings want to be answered
        await asyncio.to_thread(film.prepare, flow.width, flow.quality)
    await asyncio.sleep(plan.stagger_s)
    log = FrameLog(flow)
    camera = Camera(
        film,
        start=number * len(film) // plan.clients,
        fps=plan.camera_fps,
        started_s=time.monotonic(),
    )
    return _Member(Phone(connection, camera, listener=log, fps=plan.fps), log)


async def _measure(plan: LoadPlan, members: Sequence[_Member], on_progress: OnProgress) -> LoadRun:
    tasks = [asyncio.create_task(member.run()) for member in members]
    total_s, started_s = plan.warm_s + plan.seconds, time.monotonic()

    async def reach(seconds: float) -> float:
        while (left_s := started_s + seconds - time.monotonic()) > 0:
            on_progress(seconds - left_s, total_s)
            await asyncio.sleep(min(PROGRESS_S, left_s))
            _raise_if_over(members)
        return time.monotonic()

    try:
        began_s, cpu_s = await reach(plan.warm_s), time.process_time()
        ended_s, cpu_s = await reach(total_s), time.process_time() - cpu_s
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    on_progress(total_s, total_s)
    for task in tasks:
        if not task.cancelled():
            task.result()
    return LoadRun([member.load() for member in members], Period(began_s, ended_s), cpu_s)


def _raise_if_over(members: Sequence[_Member]) -> None:
    ends = [member.ended for member in members]
    if all(ends) and ends[0] is not None:
        raise ends[0]
