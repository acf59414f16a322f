"""Clients come and go at random for a while: does the server come back to what it was.

    python benchmarks/soak.py --minutes 20 --json soak.json

Two to twelve at a time, seeded. Each streams for some seconds; some enrol the person before their
camera, and delete one; then they say goodbye, or drop the connection, and of these some resume.
The server's memory is read every ten seconds. Asserts nothing: it reports memory after two minutes
and at the end, sessions, tasks and TensorFlow traces as /metrics tells them, and all errors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from photo_films import LFW, pasted, people_with
from served import STREET, Server, film_of, machine, served

from facestream.client.camera import Camera, Film
from facestream.client.connection import Connection, Connector
from facestream.client.errors import ConnectionClosed
from facestream.client.phone import Phone
from facestream.console import progress_bar, say
from facestream.errors import FacestreamError
from facestream.server import protocol as wire

FEWEST, MOST = 2, 12
STAY_S = (3.0, 45.0)
AWAY_S = (0.2, 8.0)
"""Between a lost connection and its resuming; the server keeps a session for ten seconds."""
SAMPLE_S = 10.0
EARLY_S = 120.0
SETTLE_S = 15.0
"""At the end, so that the sessions which were kept for a resume are gone."""
ENROL, DELETE, GOODBYE, RESUME = 0.15, 0.15, 0.5, 0.6
"""Chances: that a visitor enrols, or deletes; says goodbye; and resumes where it did not."""
PEOPLE = 20
CAPTURE_S = 10.0
WATCHED = ("facestream_sessions", "facestream_tasks", "facestream_traces")
COUNTED = "facestream_retracings_total"


@dataclass(frozen=True)
class Sample:
    """One reading. `metrics`: those of `WATCHED` and `COUNTED` that the server has."""

    at_s: float
    resident_mb: float
    visitors: int
    metrics: dict[str, float]


class Visit:
    """One client from its coming to its last going; `counts` and `films` are shared by all."""

    def __init__(
        self, connector: Connector, films: list[Film], counts: Counter[str], seed: int
    ) -> None:
        self._connector = connector
        self._counts = counts
        self._random = random.Random(seed)
        self._film = self._random.choice(films)
        self._name = f"Visitor {seed % PEOPLE}"
        self._capture = asyncio.Event()
        self._known: dict[str, str] = {}
        self._next_seq = 0

    async def run(self) -> None:
        """What ends it early is counted."""
        session: str | None = None
        try:
            while True:
                connection = await self._connector.connect(resume=session)
                self._arrived(connection, session)
                session = connection.hello.session_id
                try:
                    await self._stay(connection)
                finally:
                    goodbye = self._random.random() < GOODBYE
                    await self._leave(connection, goodbye)
                if goodbye or self._random.random() >= RESUME:
                    return
                await asyncio.sleep(self._random.uniform(*AWAY_S))
        except ConnectionClosed as error:
            self._counts[f"closed {error.close_code} {error.said}"] += 1
        except FacestreamError as error:
            self._counts[f"error {error.code}"] += 1

    def sent(self, seq: int, now_s: float) -> None:
        """As a listener to its own phone."""
        self._counts["frames"] += 1

    def received(self, message: wire.ServerMessage, now_s: float) -> None:
        match message:
            case wire.Result():
                self._counts["results"] += 1
            case wire.Dropped():
                self._counts[message.reason] += 1
            case wire.ErrorMessage():
                self._counts[f"error {message.code}"] += 1
            case wire.EnrolProgress(verdict="complete"):
                self._capture.set()
            case wire.GalleryEvent():
                self._known.update({i.identity_id: i.display_name for i in message.upserted})
                for identity_id in message.removed:
                    self._known.pop(identity_id, None)

    def _arrived(self, connection: Connection, session: str | None) -> None:
        self._known = {i.identity_id: i.display_name for i in connection.hello.gallery.identities}
        if session is None:
            self._counts["came"] += 1
        else:
            self._counts["resumed" if connection.hello.resumed else "not resumed"] += 1

    async def _stay(self, connection: Connection) -> None:
        camera = Camera(self._film, start=self._random.randrange(1000), started_s=time.monotonic())
        phone = Phone(connection, camera, listener=self, fps=12, first_seq=self._next_seq)
        running = asyncio.create_task(phone.run())
        acting = asyncio.create_task(self._act(phone))
        try:
            await asyncio.wait({running}, timeout=self._random.uniform(*STAY_S))
        finally:
            for task in (running, acting):
                task.cancel()
            await asyncio.wait({running, acting})
            self._next_seq = phone.streamer.next_seq
        for task in (running, acting):
            if not task.cancelled():
                task.result()

    async def _act(self, phone: Phone) -> None:
        """Enrol, and delete, each now and then."""
        await asyncio.sleep(self._random.uniform(0.5, 3.0))
        if self._random.random() < ENROL:
            await self._enrol(phone)
        if self._random.random() < DELETE and self._known:
            await phone.requests.delete(self._random.choice(sorted(self._known)))
            self._counts["deleted"] += 1

    async def _enrol(self, phone: Phone) -> None:
        self._capture.clear()
        await phone.requests.begin_capture(2)
        try:
            async with asyncio.timeout(CAPTURE_S):
                await self._capture.wait()
        except TimeoutError:
            await phone.requests.cancel_capture()
            self._counts["captures cancelled"] += 1
            return
        await phone.requests.commit_capture(self._name)
        self._counts["enrolled"] += 1

    async def _leave(self, connection: Connection, goodbye: bool) -> None:
        self._counts["goodbyes" if goodbye else "drops"] += 1
        if not goodbye:
            connection.drop()
        await connection.close()


class Soak:
    """The visitors that are there, and how the server does. Owned by `run`."""

    def __init__(self, server: Server, films: list[Film], seed: int) -> None:
        self._server = server
        self._films = films
        self._random = random.Random(seed)
        self._visits: set[asyncio.Task[None]] = set()
        self._came = 0
        self._started_s = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.samples: list[Sample] = []

    async def run(self, seconds: float) -> None:
        """Let them come and go, then wait until all have gone and are forgotten."""
        self.samples.append(await self._sample())
        async with Connector(self._server.address, self._server.tls) as connector:
            with progress_bar("seconds") as advance:
                while (passed_s := self._passed_s()) < seconds:
                    advance(int(passed_s), int(seconds))
                    if passed_s >= SAMPLE_S * len(self.samples):
                        self.samples.append(await self._sample())
                    self._let_in(connector)
                    await asyncio.sleep(0.25)
            for visit in self._visits:
                visit.cancel()
            await asyncio.gather(*self._visits, return_exceptions=True)
        await asyncio.sleep(SETTLE_S)
        self.samples.append(await self._sample())

    def _let_in(self, connector: Connector) -> None:
        """Somebody, when there are too few, or by chance."""
        for visit in [visit for visit in self._visits if visit.done()]:
            self._visits.discard(visit)
            visit.result()
        few = len(self._visits) < FEWEST
        if few or (len(self._visits) < MOST and self._random.random() < 0.1):
            self._came += 1
            newcomer = Visit(connector, self._films, self.counts, self._came)
            self._visits.add(asyncio.create_task(newcomer.run()))

    async def _sample(self) -> Sample:
        metrics = await asyncio.to_thread(self._server.metrics)  # clients go on meanwhile
        watched = {name: metrics[name] for name in (*WATCHED, COUNTED) if name in metrics}
        resident_mb = self._server.resident_mb()
        return Sample(self._passed_s(), resident_mb, len(self._visits), watched)

    def _passed_s(self) -> float:
        return time.monotonic() - self._started_s


def main() -> None:
    """Run it, and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--video", type=Path, default=STREET)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    films, around = [film_of(options.video), *portraits()], machine()
    with served() as server:
        soak = Soak(server, films, options.seed)
        asyncio.run(soak.run(60 * options.minutes))
        faults = server.faults()
    result = {
        **figures(soak.samples),
        "minutes": options.minutes,
        "counts": dict(sorted(soak.counts.items())),
        "server_faults": faults,
        "machine": around,
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    if options.json is not None:
        samples = [asdict(sample) for sample in soak.samples]
        options.json.write_text(json.dumps({**result, "samples": samples}, indent=1) + "\n")


def portraits() -> list[Film]:
    """Of people who can be enrolled."""
    if not LFW.is_dir():
        say(f"without {LFW} everybody sees the street, where faces are small: few are enrolled")
        return []
    chosen = list(people_with(2).values())[:PEOPLE]
    return [Film([pasted(path) for path in paths], fps=2) for paths in chosen]


def figures(samples: list[Sample]) -> dict[str, Any]:
    """Memory in MB, and each metric at first, after two minutes and when all had gone."""
    early = next((s for s in samples if s.at_s >= EARLY_S), samples[0])
    first, last = samples[0], samples[-1]
    return {
        "resident_mb": {
            "first": first.resident_mb,
            "early": early.resident_mb,
            "most": max(sample.resident_mb for sample in samples),
            "end": last.resident_mb,
            "growth_since_early": last.resident_mb - early.resident_mb,
        },
        "metrics": {
            name: {
                "first": first.metrics.get(name),
                "early": early.metrics.get(name),
                "most": max(s.metrics.get(name, 0.0) for s in samples),
                "end": last.metrics.get(name),
            }
            for name in last.metrics
        },
    }


if __name__ == "__main__":
    main()
