"""Three good clients among broken ones, while the server is broken again and again.

    python benchmarks/chaos.py --minutes 10 --seed 1

A real server with real models, in a process that `breakable_server.py` can break: its worker thread
is killed, computations fail, its disk is full, it is stopped for seconds (SIGSTOP), and killed
(SIGKILL) and started again. The good clients stream frames, enrol, rename and delete. Wanted: each
of their frames and requests is answered, refused, or its connection ends; no change that was
acknowledged is lost, and none is half there; /healthz answers while the process runs, and where
/readyz says yes, frames are answered. Exits with 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import random
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rawsocket import header

from facestream.client import ClientError, NoAnswer, RequestRefused, Server, connect
from facestream.client.connection import Connector
from facestream.console import say
from facestream.gallery.store import GalleryStore
from facestream.server import protocol as wire

GOOD = 3
ANSWER_S = 30.0
"""After so long something counts as unanswered; more than the longest pause and a slow machine."""

START_S = 240.0
"""To be ready again: longer than it takes to build the models twice on a busy machine."""

CANNOT_START = (1, 2)
"""Statuses of docs/faults.md after which nobody should start it anew."""

FAULT_EVERY_S = (4.0, 9.0)
LAST_LINES = 40
"""Of the server's log, printed if something is wrong."""

PAUSE_S = (0.5, 3.0)
FULL_S = 3.0
FRAME_EVERY_S = 0.2
LOOK_EVERY_S = 0.5
DEAF_S = 10.0
"""/readyz says yes for so long, and no frame was answered: then it lies."""

PHOTOS = Path(__file__).parent.parent / ".venv" / "test-pictures"
FAULTS = ("kill", "raise", "full", "pause", "SIGKILL")

People = dict[str, tuple[str, int]]


@dataclass
class World:
    """What all share. calm: no fault is under way of which an answer may have to wait."""

    folder: Path
    port: int
    rng: random.Random
    photos: list[bytes]
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    log: Any = None
    result_s: float = 0.0
    over: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return (self.folder / "token").read_text(encoding="utf-8").strip()


# --- the server, and what starts it again ---------------------------------------------------------


async def keep_running(world: World) -> None:
    """A small supervisor: whatever the status, another one; but not where it cannot start."""
    script = Path(__file__).with_name("breakable_server.py")
    while not world.over:
        world.process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(script), "serve", "--host", "127.0.0.1", "--no-tls"),
            *("--port", str(world.port), "--data", str(world.folder), "--device", "cpu"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,  # a file would be cut off, too, when the disk is full
            stderr=asyncio.subprocess.STDOUT,
        )
        assert world.process.stdout is not None
        while piece := await world.process.stdout.read(1 << 16):
            world.log.write(piece)
        ended = await world.process.wait()
        world.counts[f"ended with {ended}"] += 1
        if ended in CANNOT_START:
            world.wrong.append(f"the server cannot start: status {ended}, see its log")
            world.over = True


async def tell(world: World, word: str) -> None:
    if world.process is not None and world.process.stdin is not None:
        with suppress(ConnectionError):
            world.process.stdin.write(f"{word}\n".encode())
            await world.process.stdin.drain()


def send(world: World, number: signal.Signals) -> None:
    if world.process is not None:
        with suppress(ProcessLookupError):
            world.process.send_signal(number)


async def break_it(world: World) -> None:
    """One fault after the other, when the server has come up again."""
    while not world.over:
        await until_ready(world)
        await asyncio.sleep(world.rng.uniform(*FAULT_EVERY_S))
        fault = world.rng.choice(FAULTS)
        world.counts[f"fault: {fault}"] += 1
        match fault:
            case "kill":
                await tell(world, "kill")
            case "raise":
                await tell(world, f"raise {world.rng.choice((1, 5, 40))}")
            case "full":
                await tell(world, "full")
                await asyncio.sleep(FULL_S)
                await tell(world, "room")
            case "pause":
                send(world, signal.SIGSTOP)
                await asyncio.sleep(world.rng.uniform(*PAUSE_S))
                send(world, signal.SIGCONT)
            case "SIGKILL":
                send(world, signal.SIGKILL)


async def until_ready(world: World) -> None:
    deadline_s = time.monotonic() + START_S
    while not world.over and (await status(world, "readyz")) != 200:
        if time.monotonic() > deadline_s:
            world.wrong.append("the server did not come up again")
            deadline_s += START_S
        await asyncio.sleep(LOOK_EVERY_S)


async def status(world: World, path: str) -> int:
    """Of an HTTP answer; 0: there is nobody."""

    def get() -> int:
        try:
            with urllib.request.urlopen(f"{world.url}/{path}", timeout=ANSWER_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except TimeoutError:
            world.wrong.append(f"/{path} was not answered")
            return 0
        except (OSError, http.client.HTTPException):
            return 0

    return await asyncio.to_thread(get)


async def watch(world: World) -> None:
    """Whether /readyz tells the truth."""
    ready_since_s: float | None = None
    while True:
        health, ready = await status(world, "healthz"), await status(world, "readyz")
        now_s = time.monotonic()
        world.counts[f"healthz {health}, readyz {ready}"] += 1
        if ready != 200:
            ready_since_s = None
        elif ready_since_s is None:
            ready_since_s = now_s
        elif now_s - max(ready_since_s, world.result_s) > DEAF_S:
            world.wrong.append(f"readyz says yes, but no frame was answered for {DEAF_S:.0f} s")
            ready_since_s = now_s
        await asyncio.sleep(LOOK_EVERY_S)


# --- good clients ---------------------------------------------------------------------------------


async def stream(world: World, connector: Connector, jpeg: bytes) -> None:
    """Frame after frame; a lost connection is opened again, and its session resumed."""
    session_id, seq = None, 0
    while True:
        try:
            connection = await connector.connect(resume=session_id, answer_s=START_S)
        except ClientError:
            await asyncio.sleep(0.3)
            continue
        world.counts["resumed" if connection.hello.resumed else "connected"] += 1
        session_id = connection.hello.session_id
        try:
            while True:
                await connection.send_frame(seq, time.monotonic() * 1e3, jpeg)
                async with asyncio.timeout(ANSWER_S):
                    while getattr(message := await connection.receive(), "seq", None) != seq:
                        pass
                kind = getattr(message, "code", None) or message.type
                world.counts[f"frame: {kind}"] += 1
                if kind == "result":
                    world.result_s = time.monotonic()
                seq += 1
                await asyncio.sleep(FRAME_EVERY_S)
        except TimeoutError:
            world.wrong.append(f"frame {seq} was not answered")
        except ClientError:
            world.counts["frame: connection ended"] += 1
        finally:
            await connection.close()
        seq += 1


@dataclass
class Changer:
    """known: what it was told is stored. maybe: the same after a change without an answer."""

    number: int
    world: World
    rng: random.Random
    known: People = field(default_factory=dict)
    maybe: list[People] = field(default_factory=list)
    serial: int = 0

    async def run(self, server: Server) -> None:
        """Change something, again and again; where it is not known what is there, look."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_S):  # the client itself gives photos longer
                    await self._step(server)
            except RequestRefused as error:
                self.world.counts[f"change: {error.code}"] += 1
            except (TimeoutError, NoAnswer):
                self.world.wrong.append(f"a request of client {self.number} was not answered")
            except ClientError:
                self.world.counts["change: connection ended"] += 1
                await asyncio.sleep(0.3)
            await asyncio.sleep(0.1)

    def settle(self, there: People) -> None:
        """Compare with what is there, and go on from it."""
        mine = {key: one for key, one in there.items() if one[0].startswith(f"c{self.number} ")}
        same = any(sorted(mine.values()) == sorted(one.values()) for one in self.maybe)
        if mine != self.known and not same:
            self.world.wrong.append(
                f"client {self.number}: {self.known} or {self.maybe} expected, {mine} found"
            )
        self.known, self.maybe = mine, []

    async def _step(self, server: Server) -> None:
        if self.maybe:
            there = (await server.gallery()).identities
            self.settle({one.identity_id: (one.display_name, one.templates) for one in there})
        else:
            await self._change(server)

    async def _change(self, server: Server) -> None:
        kind = self.rng.choice(["enrol", "enrol", "rename", "delete"]) if self.known else "enrol"
        name = f"c{self.number} person {self.serial}"
        self.serial += 1
        if kind == "enrol":
            self.maybe = [{**self.known, "new": (name, 1)}]
            enrolled = await server.enrol(name, [self.rng.choice(self.world.photos)])
            if (identity := enrolled.identity) is not None:
                self.known[identity.identity_id] = (name, identity.templates)
        else:
            key = self.rng.choice(sorted(self.known))
            rest = {one: value for one, value in self.known.items() if one != key}
            after = rest if kind == "delete" else {**rest, key: (name, self.known[key][1])}
            self.maybe = [after]
            if kind == "delete":
                await server.delete(key)
            else:
                await server.rename(key, name)
            self.known = after
        self.maybe = []
        self.world.counts[f"change: {kind} acknowledged"] += 1


# --- broken clients -------------------------------------------------------------------------------

Broken = Callable[[World], Awaitable[None]]


async def raw_socket(
    world: World, token: str | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """After the upgrade was asked for, and hello said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    lines = (
        "GET /ws HTTP/1.1",
        f"Host: 127.0.0.1:{world.port}",
        f"Authorization: Bearer {token or world.token}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {wire.SUBPROTOCOL}",
    )
    hello = wire.encode(wire.ClientHello(client="broken"))
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + header(len(hello)) + hello)
    await writer.drain()
    return reader, writer


async def garbage(world: World) -> None:
    """Messages of noise, some of them huge maps."""
    reader, writer = await raw_socket(world)
    for _ in range(200):
        noise = world.rng.randbytes(world.rng.randrange(1, 400))
        if world.rng.random() < 0.1:
            noise = b"\x81\xa1a\xdd\x00\x00\xea\x60" + b"\x80" * 60_000
        writer.write(header(len(noise)) + noise)
        await writer.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):  # Python 3.11's wait_for may swallow the cancellation
                await reader.read(1 << 16)
    writer.close()


async def half(world: World) -> None:
    """Half a message, then nothing, then the end."""
    _, writer = await raw_socket(world)
    writer.write(header(60_000) + bytes(30_000))
    await writer.drain()
    await asyncio.sleep(world.rng.uniform(0, 3))
    writer.transport.abort()


async def slow_reader(world: World) -> None:
    """Asks and asks, and reads nothing."""
    _, writer = await raw_socket(world)
    ask = wire.encode(wire.EnrolCancel(request=1))
    for _ in range(300):
        writer.write(header(len(ask)) + ask)
        if writer.is_closing():
            break
        await asyncio.sleep(0.01)
    writer.transport.abort()


async def flood(world: World) -> None:
    """Frames as fast as they leave, each a JPEG that says it is huge."""
    _, writer = await raw_socket(world)
    huge = world.photos[0][:20_000].replace(
        b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x08\xff\xff"
    )
    for seq in range(300):
        raw = wire.encode(wire.FrameMessage(seq=seq, captured_ms=float(seq), jpeg=huge))
        writer.write(header(len(raw)) + raw)
        async with asyncio.timeout(2):
            await writer.drain()
    writer.transport.abort()


async def stranger(world: World) -> None:
    """A wrong token, and HTTP that is none."""
    _, writer = await raw_socket(world, "wrong")
    writer.close()
    _, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(world.rng.randbytes(300) + b"\r\n\r\n")
    await writer.drain()
    writer.close()


async def again_and_again(world: World, broken: Broken) -> None:
    while True:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await broken(world)
            world.counts[f"broken: {broken.__name__}"] += 1
        await asyncio.sleep(world.rng.uniform(0.5, 3))


# --- the run --------------------------------------------------------------------------------------


async def run(world: World, seconds: float) -> list[Changer]:
    keeping = asyncio.create_task(keep_running(world))
    await until_ready(world)
    if world.over:
        sys.exit(world.wrong[-1])
    changers = [Changer(n, world, random.Random(world.rng.random())) for n in range(GOOD)]
    async with (
        connect(world.url, token=world.token, answer_s=ANSWER_S) as server,
        Connector(server.address, None) as connector,
    ):
        good = [stream(world, connector, world.photos[n % len(world.photos)]) for n in range(GOOD)]
        bad = [again_and_again(world, one) for one in (garbage, half, slow_reader, flood, stranger)]
        tasks = [
            asyncio.create_task(one)
            for one in (
                *good,
                *(c.run(server) for c in changers),
                *bad,
                watch(world),
                break_it(world),
            )
        ]
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        world.wrong += [f"the benchmark itself failed: {task.exception()!r}" for task in done]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    world.over = True
    send(world, signal.SIGCONT)
    send(world, signal.SIGKILL)
    await keeping
    return changers


def free_port() -> int:
    """Below those that the system gives to clients.

    A client that tries such a port again and again while nobody listens may get it for its own end
    of the connection, and then the server cannot have it.
    """
    for port in range(8900, 9900):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise SystemExit("there is no free port")


def main() -> None:
    """Print JSON, and in a sentence on stderr what it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="Folder of JPEG photos.")
    parser.add_argument("--log", type=Path, help="Where the server's log is to be kept.")
    options = parser.parse_args()
    photos = [path.read_bytes() for path in sorted(options.photos.glob("*.jpg"))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        world = World(folder, free_port(), random.Random(options.seed), photos)
        log = options.log or Path(name) / "log"
        with log.open("ab") as world.log:
            changers = asyncio.run(run(world, options.minutes * 60))
        if world.wrong:
            say("\n".join(log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]))
        with closing(GalleryStore.open(folder)) as store:
            there = {i.identity_id: (i.display_name, i.templates) for i in store.identities()}
            world.wrong += store.problems()
        for changer in changers:
            changer.settle(there)
    counts = dict(sorted(world.counts.items()))
    print(json.dumps({"seed": options.seed, "counts": counts, "wrong": world.wrong}, indent=1))
    answers = sum(n for name, n in counts.items() if name.startswith(("frame", "change")))
    faults = sum(n for name, n in counts.items() if name.startswith("fault"))
    say(f"{faults} faults, {answers} answers to good clients, {len(world.wrong)} things wrong")
    sys.exit(bool(world.wrong))


if __name__ == "__main__":
    main()
