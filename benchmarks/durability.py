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
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photo_films import people_with

from facestream.console import say
from facestream.gallery.store import GalleryStore

CLIENTS, START_S, LIFE_S = 4, 300, (0.2, 3.0)
PORT = 8899
URL = f"http://127.0.0.1:{PORT}"
BOUNDARY = "a-boundary-between-photos"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

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

    def run(self, stop: threading.Event) -> None:
        """Change something, again and again, until the server is gone."""
        while not stop.is_set():
            try:
                self._change()
            except (OSError, urllib.error.URLError, ValueError):
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

    def _change(self) -> None:
        kind = self.rng.choice(["enrol", "enrol", "rename", "delete"]) if self.known else "enrol"
        name = f"c{self.number} person {self.serial}"
        self.serial += 1
        if kind == "enrol":
            self.maybe = [{**self.known, "new": (name, 1)}]
            photo = self.rng.choice(self.photos)
            path = f"photos?name={name.replace(' ', '%20')}"
            answer = ask(
                "POST", path, multipart(photo), f"multipart/form-data; boundary={BOUNDARY}"
            )
            if (identity := answer["identity"]) is not None:
                self.known[identity["identity_id"]] = (name, identity["templates"])
        else:
            key = self.rng.choice(sorted(self.known))
            rest = {one: value for one, value in self.known.items() if one != key}
            if kind == "delete":
                self.maybe = [rest]
                ask("DELETE", f"identities/{key}")
                self.known = rest
            else:
                renamed = {**rest, key: (name, self.known[key][1])}
                self.maybe = [renamed]
                ask("PATCH", f"identities/{key}", json.dumps({"display_name": name}).encode())
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
            one_round(Path(name), clients, rng.uniform(*LIFE_S))
            wrong += check(Path(name), clients)
            if number % 10 == 9:
                say(f"{number + 1} rounds, {len(wrong)} faults")
    counts = sum((client.counts for client in clients), Counter[str]())
    print(json.dumps({"rounds": options.rounds, "faults": wrong, "acknowledged": counts}, indent=1))


def one_round(folder: Path, clients: list[Client], life_s: float) -> None:
    """Start the server, let the clients at it, kill it."""
    serve = [sys.executable, "-m", "facestream", "serve", "--no-tls", "--no-auth"]
    command = [*serve, "--host", "127.0.0.1", "--port", str(PORT), "--data", str(folder)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    stop = threading.Event()
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in clients]
    try:
        await_ready(process)
        for thread in threads:
            thread.start()
        time.sleep(life_s)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        stop.set()
    for thread in threads:
        thread.join(30)


def await_ready(process: subprocess.Popen[bytes]) -> None:
    """Until it answers frames."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended by itself")
        try:
            with urllib.request.urlopen(f"{URL}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the server does not get ready")


def check(folder: Path, clients: list[Client]) -> list[str]:
    """What is wrong with the file, by its own measure and by what was acknowledged."""
    with closing(GalleryStore.open(folder)) as store:
        there = {i.identity_id: (i.display_name, i.templates) for i in store.identities()}
        wrong = store.problems()
    for client in clients:
        wrong += client.settle(there)
    return wrong


def ask(method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    """The server's JSON answer."""
    request = urllib.request.Request(
        f"{URL}/api/gallery/{path}", body, {"Content-Type": kind}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def multipart(photo: bytes) -> bytes:
    """A body with one photo."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n\r\n'
    return head.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()


if __name__ == "__main__":
    main()
