"""Somebody is enrolled on phone A: how many frames later does phone B say the name.

    python benchmarks/enrolled_elsewhere.py --trials 50

B looks at a photo of a stranger all the time. A enrols that person with other photos of them. From
the moment in which B hears of the new person, its answered frames are counted until one carries
the name: 0 is the first. Photos are of LFW; who is not recognised by their photos at all, whatever
the time, is reported apart: that is accuracy, not delay.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from photo_films import LFW, pasted, people_with
from served import Server, machine, served

from facestream.client.camera import Camera, Film
from facestream.client.connection import Connector
from facestream.client.phone import Phone
from facestream.console import progress_bar
from facestream.records import Frame
from facestream.server import protocol as wire

PHOTOS = 4
"""Of a person: three to enrol, the last one for the other phone."""
STEADY_FRAMES = 8
"""B answers so many before the enrolment, all without a name: its tracks are old by then."""
MOST_FRAMES = 40
"""After so many answered frames without the name the photos are of people too unlike."""
WAIT_S = 20.0


@dataclass(frozen=True)
class Trial:
    """frames: answered ones of B from the news to the name, None: never. ms: likewise, in time.

    acknowledged_ms: from A's acknowledgement to B's first frame with the name.
    outcome: named, not_recognised, or why the person could not be enrolled.
    """

    person: str
    outcome: str
    frames: int | None = None
    ms: float | None = None
    acknowledged_ms: float | None = None


class Watcher:
    """Listens to B: counts answered frames since the news of a person, until one has the name."""

    def __init__(self) -> None:
        self.answered = 0
        self.name: str | None = None
        self.news_s: float | None = None
        self.since_news = 0
        self.named_s: float | None = None
        self.named_before = 0
        self._changed = asyncio.Event()

    def sent(self, seq: int, now_s: float) -> None:
        pass

    def received(self, message: wire.ServerMessage, now_s: float) -> None:
        match message:
            case wire.GalleryEvent(upserted=[_, *_]):
                self.news_s = now_s
            case wire.Result():
                self._answered([face.name for face in message.faces], now_s)
        self._changed.set()

    def _answered(self, names: list[str | None], now_s: float) -> None:
        self.answered += 1
        if self.named_s is not None:
            return
        named = self.name is not None and self.name in names
        if self.news_s is None:
            self.named_before += named
        elif named:
            self.named_s = now_s
        else:
            self.since_news += 1

    async def until_answered(self, count: int) -> None:
        """Until so many frames were answered."""
        while self.answered < count:
            await self._next()

    async def until_named(self) -> bool:
        """Until the name came; False: it does not come."""
        while self.named_s is None and self.since_news < MOST_FRAMES:
            await self._next()
        return self.named_s is not None

    async def _next(self) -> None:
        self._changed.clear()
        async with asyncio.timeout(WAIT_S):
            await self._changed.wait()


class Taking:
    """Listens to A: whether the capture is complete, and what was said of its frames."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.complete = asyncio.Event()

    def sent(self, seq: int, now_s: float) -> None:
        pass

    def received(self, message: wire.ServerMessage, now_s: float) -> None:
        if isinstance(message, wire.EnrolProgress):
            self.verdicts[message.verdict] += 1
            if message.verdict == "complete":
                self.complete.set()


def main() -> None:
    """Trials until so many named somebody, or there are no more people."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--lfw", type=Path, default=LFW)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    people = people_with(PHOTOS, options.lfw)
    around = machine()
    with served() as server:
        trials = asyncio.run(run(server, people, options.trials))
        faults = server.faults()
    result = {**figures(trials), "machine": around, "server_faults": faults}
    if options.json:
        print(json.dumps({**result, "trials": [asdict(trial) for trial in trials]}, indent=1))
    else:
        for name, value in result.items():
            print(f"{name}: {value}")


def figures(trials: list[Trial]) -> dict[str, Any]:
    """What all trials together say."""
    named = [trial for trial in trials if trial.outcome == "named"]
    frames = Counter(trial.frames for trial in named)
    waits = sorted(trial.ms for trial in named if trial.ms is not None)
    return {
        "named": len(named),
        "outcomes": dict(Counter(trial.outcome for trial in trials)),
        "frames_until_named": {str(key): frames[key] for key in sorted(frames, key=str)},
        "on_the_next_answered_frame": frames[0],
        "ms_from_the_news": {"median": waits[len(waits) // 2], "most": waits[-1]} if waits else {},
    }


async def run(server: Server, people: dict[str, list[Path]], wanted: int) -> list[Trial]:
    """One person after the other, until `wanted` of them were named."""
    trials: list[Trial] = []
    named = 0
    with progress_bar("trials") as advance:
        async with Connector(server.address, server.tls) as connector:
            for person, paths in people.items():
                if named == wanted:
                    break
                trials.append(await trial(connector, person, [pasted(path) for path in paths]))
                named += trials[-1].outcome == "named"
                advance(named, wanted)
    return trials


async def trial(connector: Connector, person: str, photos: list[Frame]) -> Trial:
    """Enrol with all photos but the last, which B sees."""
    taking, watcher = Taking(), Watcher()
    watcher.name = person
    async with (
        streaming(connector, photos[:-1], taking) as a,
        streaming(connector, photos[-1:], watcher),
    ):
        await watcher.until_answered(STEADY_FRAMES)
        await a.requests.begin_capture(len(photos) - 1)
        if not await within(taking.complete.wait(), WAIT_S):
            await a.requests.cancel_capture()
            refused = {name: n for name, n in taking.verdicts.items() if name != "started"}
            return Trial(person, f"not enrolled: {max(refused, key=lambda name: refused[name])}")
        committed = await a.requests.commit_capture(person)
        acknowledged_s = time.monotonic()
        try:
            found = await watcher.until_named()
        finally:
            await a.requests.delete(committed.identity.identity_id)
    if watcher.named_before:
        return Trial(person, "named before the news")
    if not found or watcher.named_s is None or watcher.news_s is None:
        return Trial(person, "not_recognised")
    return Trial(
        person,
        "named",
        watcher.since_news,
        (watcher.named_s - watcher.news_s) * 1e3,
        (watcher.named_s - acknowledged_s) * 1e3,
    )


@asynccontextmanager
async def streaming(
    connector: Connector, photos: list[Frame], listener: Taking | Watcher
) -> AsyncIterator[Phone]:
    """A phone which sees these photos in turn, half a second each."""
    connection = await connector.connect()
    phone = Phone(
        connection,
        Camera(Film(photos, fps=2), started_s=time.monotonic()),
        listener=listener,
        fps=12,
    )
    running = asyncio.create_task(phone.run())
    try:
        yield phone
    finally:
        running.cancel()
        await asyncio.wait({running})
        await connection.close()


async def within(waiting: Awaitable[Any], seconds: float) -> bool:
    """Whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        return False
    return True


if __name__ == "__main__":
    main()
