"""Fuzzed messages go through a real socket, while a good client beside them is answered.

`FACESTREAM_TEST_FUZZED=100000` sends as many; without it, a tenth.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from facestream.server import protocol as wire
from tests.engine.fakes import FakeEngine, picture
from tests.fuzz import seeds
from tests.fuzz.mutations import message, rng_of
from tests.server.conftest import Serve, Serving

MESSAGES = int(os.environ.get("FACESTREAM_TEST_FUZZED", "10000"))
A_CONNECTION = 250
SENDERS = 3
LAST = wire.MAX_SAFE_INTEGER - 1
"""The number of the request after which all of a connection's messages have been read."""

GOOD_S = 2.0
"""For the good client's answer, of the processor's time, as others may use the machine: everybody
here is in one process. It takes some 10 ms."""

PATIENCE_S = 60.0


async def send(serving: Serving, numbers: range, got: Counter[str]) -> None:
    """One connection's messages; whatever comes back is read, and closing is no failure."""
    client = await serving.client()
    valid = seeds.client_messages()

    async def read() -> None:
        with suppress(TypeError):  # of the close frame
            while True:
                answer = wire.decode_server(await client.socket.receive_bytes())
                got[getattr(answer, "code", answer.type)] += 1
                if getattr(answer, "request", None) == LAST:
                    return

    reading = asyncio.create_task(read())
    for number in numbers:
        with suppress(ConnectionError, aiohttp.ClientError):
            await client.socket.send_bytes(message(rng_of(2, number), valid))
            got["sent"] += 1
    await client.send(wire.FaceWhy(request=LAST, track=0))
    async with asyncio.timeout(PATIENCE_S):
        await reading
    await client.socket.close()


async def stream(serving: Serving, waits_s: list[float]) -> None:
    client = await serving.client()
    try:
        for seq in range(1_000_000):
            begun_s = time.process_time()
            await client.frame(seq, picture(1))
            async with asyncio.timeout(PATIENCE_S):
                answered = None
                while answered != seq:  # others change the gallery
                    raw = await client.socket.receive_bytes()
                    answered = getattr(wire.decode_server(raw), "seq", None)
            waits_s.append(time.process_time() - begun_s)
            await asyncio.sleep(0.02)
    finally:
        await client.socket.close()


@pytest.mark.timeout(300 + MESSAGES / 50)
async def test_good_client_is_answered_among_fuzzed_messages(serve: Serve, tmp_path: Path) -> None:
    limits: dict[str, Any] = {"max_messages_per_second": 1e6, "max_connects_per_second": 1e6}
    engine = FakeEngine(folder=tmp_path / "gallery", max_batch=4, **limits)
    serving = await serve(engine, **limits)
    waits_s: list[float] = []
    got: Counter[str] = Counter()
    streaming = asyncio.create_task(stream(serving, waits_s))
    batches = [range(n, n + A_CONNECTION) for n in range(0, MESSAGES, A_CONNECTION)]

    async def sender(own: list[range]) -> None:
        for numbers in own:
            await send(serving, numbers, got)

    await asyncio.gather(*(sender(batches[n::SENDERS]) for n in range(SENDERS)))
    assert not streaming.done()  # else it was not answered
    streaming.cancel()
    await asyncio.wait({streaming})
    print(f"{got['sent']} messages, {len(waits_s)} good frames, {max(waits_s):.3f} s; {got}")
    assert got["sent"] > 0.9 * MESSAGES
    assert got["bad_message"] > 0.5 * MESSAGES
    assert got["internal"] == 0
    assert len(waits_s) > 10
    assert sorted(waits_s)[int(0.99 * len(waits_s))] < GOOD_S
    assert engine.ready
