from __future__ import annotations

import asyncio
import struct

import pytest

from facestream.server.pulse import LATEST, Pulse
from tests.engine.fakes import Clock, turns


class Patient:
    """A client whose pings are noted, and a pulse."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pings: list[bytes] = []
        self.measured: list[float] = []
        self.pulse = Pulse(self._ping, self.measured.append, self.clock)

    async def _ping(self, payload: bytes) -> None:
        self.pings.append(payload)

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
def test_a_pong_that_answers_no_ping_is_a_sign_of_life_only(payload: bytes) -> None:
    patient = Patient()
    patient.clock.now += 5
    patient.pulse.answered(payload)
    assert patient.measured == []
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (0, 0)


def test_who_sends_but_answers_no_ping_is_deaf_and_not_silent() -> None:
    patient = Patient()
    patient.clock.now += 7
    patient.pulse.heard()
    patient.clock.now += 1
    assert (patient.pulse.silent_s(), patient.pulse.deaf_s()) == (1, 8)


async def test_it_pings_until_it_is_told_that_nobody_is_there() -> None:
    patient, there = Patient(), [False, True]
    await asyncio.wait_for(patient.pulse.beat(lambda: there.pop()), 5)
    await turns()
    assert patient.pings == [struct.pack(">d", 100.0)]
