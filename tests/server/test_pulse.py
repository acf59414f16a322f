from __future__ import annotations

import asyncio
import struct
from contextlib import nullcontext

import pytest

from facestream.server.pulse import LATEST, Pulse
from tests.engine.fakes import Clock

BEAT_S = 0.001


@pytest.fixture(autouse=True)
def short_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facestream.server.pulse.EVERY_S", BEAT_S)


class Patient:
    """A client whose pings are noted, and a pulse."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pings: list[bytes] = []
        self.measured: list[float] = []
        self.pulse = Pulse(self._ping, self.measured.append, self.clock)

    async def _ping(self, payload: bytes) -> None:
        self.pings.append(payload)

    async def beats(self, number: int, of_s: float = 0, *, listened: bool = True) -> None:
        """Let the pulse beat so many times; `of_s` passes during each."""

        def still_there() -> bool:
            self.clock.now += of_s
            return len(self.pings) < ending

        ending = len(self.pings) + number
        listening = self.pulse.listening() if listened else nullcontext()
        async with asyncio.timeout(5):
            with listening:
                await self.pulse.beat(still_there)

    def answer(self, after_s: float) -> None:
        payload = struct.pack(">d", self.clock.now)
        self.clock.now += after_s
        self.pulse.answered(payload)


def test_the_least_of_the_last_round_trips_counts() -> None:
    patient = Patient()
    for seconds in (0.5, 0.02, 0.3):
        patient.answer(seconds)
    assert patient.measured == pytest.approx([0.5, 0.02, 0.02])
    for _ in range(LATEST):
        patient.answer(0.2)
    assert patient.measured[-1] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "payload", [b"", b"hello", struct.pack(">d", 1e9), struct.pack(">d", float("nan"))]
)
async def test_a_pong_that_answers_no_ping_is_a_sign_of_life_only(payload: bytes) -> None:
    patient = Patient()
    await patient.beats(5)
    patient.pulse.answered(payload)
    assert patient.measured == []
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (0, 0)


async def test_who_sends_but_answers_no_ping_is_deaf_and_not_silent() -> None:
    patient = Patient()
    await patient.beats(7)
    patient.pulse.heard()
    await patient.beats(1)
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (BEAT_S, 8 * BEAT_S)


async def test_nobody_is_silent_while_this_machine_sleeps() -> None:
    patient = Patient()
    await patient.beats(1, of_s=3600)
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (BEAT_S, BEAT_S)


async def test_nobody_is_silent_who_is_not_listened_to() -> None:
    patient = Patient()
    await patient.beats(3, listened=False)
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (0, 0)
    await patient.beats(2)
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (2 * BEAT_S, 2 * BEAT_S)


async def test_it_pings_until_it_is_told_that_nobody_is_there() -> None:
    patient = Patient()
    await patient.beats(1)
    assert patient.pings == [struct.pack(">d", 100.0)]
