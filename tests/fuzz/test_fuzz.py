"""A tenth of what `python -m tests.fuzz.run` does before a release, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import random
import sys

import pytest

from tests.fuzz.mutations import mutated, rng_of
from tests.fuzz.run import outcome
from tests.fuzz.targets import TARGETS, Target

TENTH = ("messages:90000", "parcels:5000", "pictures:6000", "archives:4000")


async def test_nothing_that_is_sent_brings_it_down() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fuzz.run", *TENTH, "--seed", "1"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # libpng and OpenCV talk
    )
    out, _ = await process.communicate()
    found = json.loads(out)
    assert [one["failures"] for one in found["targets"].values()] == [[], [], [], []]
    for one in found["targets"].values():  # else nothing behind the first check was met
        assert one["outcomes"]["taken"] > 0.01 * one["inputs"]
    assert process.returncode == 0


@pytest.mark.parametrize("name", TARGETS)
def test_each_input_is_made_by_its_seed_and_number_alone(name: str) -> None:
    first = [TARGETS[name].make(rng_of(7, number)) for number in range(20)]
    assert TARGETS[name].make(rng_of(7, 13)) == first[13]
    assert len(set(first)) > 10


def test_an_error_that_is_not_ours_is_a_failure() -> None:
    def take(raw: bytes) -> object:
        return raw[99]

    target = Target(lambda rng: mutated(rng, [b"x"]), take)
    assert outcome(target, mutated(random.Random(0), [b"x"])).startswith("!IndexError")
