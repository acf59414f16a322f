"""Clients that misbehave, each in its own way. A process of their own: see abuse.py.

    python benchmarks/abusers.py URL TOKEN SECONDS five|crowd

Reads one picture from stdin (JPEG). Prints JSON: what each of them did, and what it got for it.
All is bounded in time, and what repeats in number.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from rawsocket import RawSocket

from facestream.client.address import Address, parse_address
from facestream.client.connection import Connection, Connector
from facestream.client.errors import ClientError, ConnectionClosed, ConnectionRefused
from facestream.client.trust import client_tls
from facestream.errors import FacestreamError
from facestream.server import protocol as wire

HOUR_MS = 3.6e6
CLOCK_FPS = 12
FLOOD_FPS = 1000
MOST_FRAMES = 100_000
MOST_CONNECTS = 5_000
CROWD = 200
CROWD_STAYS_S = 5.0
HALF_OF = 60_000
HALF_SENT = 1_000
SMALL_BUFFER = 4096
CUT_OFF_S = 45.0
"""So long the one that sends half a frame waits to be cut off: the server's limit is 20 s."""
NOT_READING_S = 150.0
"""The one that never reads is cut off when the kernel's buffers are full, some 4 MB, and 10 s
later; at 50 results a second that takes two minutes."""

Report = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """The server, a picture to send, and when to stop."""

    address: Address
    tls: ssl.SSLContext
    connector: Connector
    jpeg: bytes
    seconds: float


class Tally:
    """Counts what the server says to one client."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.end: str | None = None

    async def read(self, connection: Connection) -> None:
        """Until the connection is over."""
        try:
            while True:
                self.count(await connection.receive())
        except ConnectionClosed as closed:
            self.end = ended(closed)

    def count(self, message: wire.ServerMessage) -> None:
        match message:
            case wire.Dropped():
                self.got[message.reason] += 1
            case wire.ErrorMessage():
                self.got[f"error {message.code}"] += 1
            case _:
                self.got[message.type] += 1


def ended(error: FacestreamError) -> str:
    """How a connection ended, or why there was none."""
    if isinstance(error, ConnectionRefused):
        after_s = error.retry_after_s
        return f"HTTP {error.status}" + ("" if after_s is None else f", Retry-After {after_s:g}")
    if isinstance(error, ConnectionClosed):
        how = "lost" if error.close_code is None else f"closed with {error.close_code}"
        return how + (f", {error.said}" if error.said else "")
    return error.code


async def wrong_clock(target: Target) -> Report:
    """Sends as it should, but its clock is an hour off, and now and then jumps by an hour."""
    connection, tally, jumps = await target.connector.connect(), Tally(), random.Random(0)
    reading = asyncio.create_task(tally.read(connection))
    off_ms, sent = -HOUR_MS, 0
    with suppress(ConnectionClosed):
        for seq in range(int(target.seconds * CLOCK_FPS)):
            if seq % 25 == 24:
                off_ms = jumps.choice((-2, -1, 0, 1, 2)) * HOUR_MS
            captured_ms = time.monotonic() * 1e3 + off_ms
            await connection.send_frame(seq, captured_ms, target.jpeg)
            sent += 1
            await asyncio.sleep(1 / CLOCK_FPS)
    return await _done(connection, reading, tally, sent=sent)


async def flood(target: Target) -> Report:
    """A thousand frames a second, whatever the window; waits only while the network is full."""
    connection, tally = await target.connector.connect(), Tally()
    reading = asyncio.create_task(tally.read(connection))
    sent, started_s = 0, time.monotonic()
    with suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(target.seconds):
            while sent < MOST_FRAMES:
                await connection.send_frame(sent, time.monotonic() * 1e3, target.jpeg)
                sent += 1
                late_s = time.monotonic() - started_s - sent / FLOOD_FPS
                await asyncio.sleep(max(0.0, -late_s))
    return await _done(connection, reading, tally, sent=sent)


async def half_a_frame(target: Target) -> Report:
    """Says hello and begins a frame, of which the rest never comes."""
    return await asyncio.to_thread(_half_a_frame, target)


def _half_a_frame(target: Target) -> Report:
    raw, started_s = RawSocket(target.address, target.tls), time.monotonic()
    raw.send_part(HALF_OF, bytes(HALF_SENT))
    end, after_s = raw.end(CUT_OFF_S), time.monotonic() - started_s
    raw.drop()
    return {"status": raw.status, "end": end, "after_s": after_s}


async def never_reads(target: Target) -> Report:
    """Sends fifty frames a second, and reads none of the answers."""
    return await asyncio.to_thread(_never_reads, target)


def _never_reads(target: Target) -> Report:
    raw, started_s = RawSocket(target.address, target.tls, SMALL_BUFFER), time.monotonic()
    sent, cut_off = 0, False
    while time.monotonic() - started_s < NOT_READING_S and not cut_off:
        captured_ms = time.monotonic() * 1e3
        frame = wire.FrameMessage(seq=sent, captured_ms=captured_ms, jpeg=target.jpeg)
        try:
            raw.send(wire.encode(frame))
        except OSError:  # one of them is that the server takes nothing for ten seconds
            cut_off = True
        else:
            sent += 1
            time.sleep(0.02)
    after_s = time.monotonic() - started_s
    raw.drop()
    return {"sent": sent, "end": "cut off" if cut_off else "still open", "after_s": after_s}


async def comes_and_goes(target: Target) -> Report:
    """Connects, says hello, and drops the connection; at once again."""
    ends: Counter[str] = Counter()
    tries = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(target.seconds):
            while tries < MOST_CONNECTS:
                tries += 1
                try:
                    connection = await target.connector.connect()
                except ClientError as error:
                    ends[ended(error)] += 1
                    await asyncio.sleep(0.01)
                else:
                    ends["hello"] += 1
                    connection.drop()
                    await connection.close()
    return {"tries": tries, "got": dict(ends)}


async def crowd(target: Target) -> Report:
    """Two hundred sessions at once."""
    ends: Counter[str] = Counter()

    async def one() -> None:
        try:
            connection = await target.connector.connect(answer_s=30)
        except FacestreamError as error:
            ends[ended(error)] += 1
            return
        ends["hello"] += 1
        await asyncio.sleep(CROWD_STAYS_S)
        await connection.close()

    started_s = time.monotonic()
    await asyncio.gather(*(one() for _ in range(CROWD)))
    return {"tries": CROWD, "got": dict(ends), "after_s": time.monotonic() - started_s}


FIVE = (wrong_clock, flood, half_a_frame, never_reads, comes_and_goes)


async def _done(
    connection: Connection, reading: asyncio.Task[None], tally: Tally, *, sent: int
) -> Report:
    """Take in the last answers, leave, and tell."""
    await asyncio.wait({reading}, timeout=2)
    end = tally.end or "still open"
    reading.cancel()
    await asyncio.wait({reading})
    await connection.close()
    return {"sent": sent, "got": dict(tally.got), "end": end}


async def _reported(abuser: Callable[[Target], Awaitable[Report]], target: Target) -> Report:
    try:
        return await abuser(target)
    except (FacestreamError, OSError) as error:
        end = ended(error) if isinstance(error, FacestreamError) else repr(error)
        return {"end": f"did not begin: {end}"}


async def run(url: str, token: str, seconds: float, who: str, jpeg: bytes) -> dict[str, Report]:
    """All of them side by side; their reports by name."""
    address = replace(parse_address(url), token=token)
    tls = client_tls(address) or ssl.create_default_context()
    abusers = (crowd,) if who == "crowd" else FIVE
    async with Connector(address, tls) as connector:
        target = Target(address, tls, connector, jpeg, seconds)
        reports = await asyncio.gather(*(_reported(abuser, target) for abuser in abusers))
    named = {abuser.__name__: report for abuser, report in zip(abusers, reports, strict=True)}
    return {**named, "all": {"cpu_seconds": time.process_time()}}


def main() -> None:
    url, token, seconds, who = sys.argv[1:]
    jpeg = sys.stdin.buffer.read()
    print(json.dumps(asyncio.run(run(url, token, float(seconds), who, jpeg))))


if __name__ == "__main__":
    main()
