"""Four clients enrol, rename and delete; the server is killed at a random moment. Is anything lost.

    python benchmarks/durability.py --rounds 200

Each round starts `facestream serve`, lets the clients go on where they were, and ends it by SIGKILL
after a random time. Then the gallery's file is compared with what was acknowledged: each client has
people of its own, and of each client one change may be under way, which must be there as a whole or
not at all. Enrolling sends a real photo. The file is checked as by `facestream gallery verify`.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from photo_films import people_with

from facestream.client import ClientError, Server, connect
from facestream.console import say
from facestream.gallery.store import GalleryStore

CLIENTS, START_S, LIFE_S = 4, 300, (0.2, 3.0)
PORT = 8899
URL = f"http://127.0.0.1:{PORT}"
ANSWER_S = 30.0

People = dict[str, tuple[str, int]]
"""Identity id -> name and number of examples."""


@dataclass
class Client:
    """What it was told is stored, and what it asked for last, without an answer so far.

    known: its people. maybe: how they would be, had the change under way been made; None: none is.
    """

    number: int
    rng: random.Random
    photos: list[bytes]
    known: People = field(default_factory=dict)
    maybe: list[People] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    serial: int = 0

    async def run(self, server: Server) -> None:
        """Change something, again and again, until the server is gone."""
        while True:
            try:
                await self._change(server)
            except ClientError:
                return

    def settle(self, there: People) -> list[str]:
        """What is wrong with the gallery, in sentences; then go on from what is there."""
        mine = {key: one for key, one in there.items() if one[0].startswith(f"c{self.number} ")}
        fine = mine == self.known or any(self._same(mine, one) for one in self.maybe)
        wrong = [] if fine else [f"client {self.number}: {self.known} or {self.maybe}, got {mine}"]
        self.known, self.maybe = mine, []
        return wrong

    def _same(self, mine: People, maybe: People) -> bool:
        """A new person's id is not known before the answer."""
        return sorted(mine.values()) == sorted(maybe.values())

    async def _change(self, server: Server) -> None:
        kind = self.rng.choice(["enrol", "enrol", "rename", "delete"]) if self.known else "enrol"
        name = f"c{self.number} person {self.serial}"
        self.serial += 1
        if kind == "enrol":
            self.maybe = [{**self.known, "new": (name, 1)}]
            answer = await server.enrol(name, [self.rng.choice(self.photos)])
            if (identity := answer.identity) is not None:
                self.known[identity.identity_id] = (name, identity.templates)
        else:
            key = self.rng.choice(sorted(self.known))
            rest = {one: value for one, value in self.known.items() if one != key}
            if kind == "delete":
                self.maybe = [rest]
                await server.delete(key)
                self.known = rest
            else:
                renamed = {**rest, key: (name, self.known[key][1])}
                self.maybe = [renamed]
                await server.rename(key, name)
                self.known = renamed
        self.maybe = []
        self.counts[kind] += 1


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    photos = [paths[0].read_bytes() for paths in people_with(4).values()][:20]
    clients = [Client(i, random.Random(rng.random()), photos) for i in range(CLIENTS)]
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.rounds):
            asyncio.run(one_round(Path(name), clients, rng.uniform(*LIFE_S)))
            wrong += check(Path(name), clients)
            if number % 10 == 9:
                say(f"{number + 1} rounds, {len(wrong)} faults")
    counts = sum((client.counts for client in clients), Counter[str]())
    print(json.dumps({"rounds": options.rounds, "faults": wrong, "acknowledged": counts}, indent=1))


async def one_round(folder: Path, clients: list[Client], life_s: float) -> None:
    """Start the server, let the clients at it, kill it."""
    serve = [sys.executable, "-m", "facestream", "serve", "--no-tls", "--no-auth"]
    command = [*serve, "--host", "127.0.0.1", "--port", str(PORT), "--data", str(folder)]
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    async with connect(URL, answer_s=ANSWER_S) as server:
        try:
            await server.until_ready(START_S)
            tasks = [asyncio.create_task(one.run(server)) for one in clients]
            await asyncio.sleep(life_s)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
        async with asyncio.timeout(ANSWER_S):
            await asyncio.gather(*tasks)  # they see that it is gone


def check(folder: Path, clients: list[Client]) -> list[str]:
    """What is wrong with the file, by its own measure and by what was acknowledged."""
    with closing(GalleryStore.open(folder)) as store:
        there = {i.identity_id: (i.display_name, i.templates) for i in store.identities()}
        wrong = store.problems()
    for client in clients:
        wrong += client.settle(there)
    return wrong


if __name__ == "__main__":
    main()
