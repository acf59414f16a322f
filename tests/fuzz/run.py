"""Feeds one target with many inputs, and says in JSON what came of it.

    python -m tests.fuzz.run messages:100000 parcels:1000 pictures:5000 archives:5000
    python -m tests.fuzz.run pictures --input BASE64

Wanted: no error but ours, no input that takes a second, and no more than 50 MB of growth. Each
input is made by the seed and its number alone; one that fails is printed in base64. Times are of
the processor: others may use the machine. An input that takes 30 s of the clock ends the program
with a traceback.
"""

from __future__ import annotations

import argparse
import base64
import faulthandler
import gc
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.fuzz.mutations import rng_of
from tests.fuzz.targets import TARGETS, Target, is_ours

SLOW_S = 1.0
GROWTH_MB = 50.0
PEAK_MB = 200.0
"""For a moment: the largest picture has 38 MB, and is in memory up to three times."""

HUNG_S = 30.0
WARM = 1000
"""Inputs after which memory is looked at first."""

MOST_FAILURES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="+", help="name:count, of: " + ", ".join(TARGETS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input", help="one input in base64, in the place of random ones")
    options = parser.parse_args()
    if options.input is not None:
        print(outcome(TARGETS[options.targets[0]], base64.b64decode(options.input)))
        return
    results = {}
    for one in options.targets:
        name, _, count = one.partition(":")
        results[name] = fuzzed(TARGETS[name], int(count or 10_000), options.seed)
    print(json.dumps({"seed": options.seed, "targets": results}, indent=1))
    sys.exit(any(result["failures"] for result in results.values()))


def fuzzed(target: Target, count: int, seed: int) -> dict[str, Any]:
    """Take `count` inputs."""
    outcomes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    slowest_s, before_mb, most_mb = 0.0, 0.0, 0.0
    for number in range(count):
        raw = target.make(rng_of(seed, number))
        if number % 64 == 0:
            faulthandler.dump_traceback_later(64 * HUNG_S, exit=True)
        begun_s = time.process_time()
        ended = outcome(target, raw)
        took_s = time.process_time() - begun_s
        outcomes[ended] += 1
        slowest_s = max(slowest_s, took_s)
        if (ended.startswith("!") or took_s > SLOW_S) and len(failures) < MOST_FAILURES:
            failures.append(
                {
                    "number": number,
                    "outcome": ended,
                    "seconds": took_s,
                    "input": base64.b64encode(raw).decode(),
                }
            )
        if number == min(WARM, count // 10):
            gc.collect()
            before_mb = resident_mb()
        elif number % WARM == 0:
            most_mb = max(most_mb, resident_mb())
    faulthandler.cancel_dump_traceback_later()
    gc.collect()
    peak_mb = highest_mb() - before_mb
    if peak_mb > PEAK_MB:
        failures.append({"outcome": "!peak", "peak_mb": peak_mb})
    growth_mb = max(most_mb, resident_mb()) - before_mb
    if growth_mb > GROWTH_MB:
        failures.append({"outcome": "!memory", "growth_mb": growth_mb})
    return {
        "inputs": count,
        "outcomes": dict(outcomes.most_common()),
        "slowest_ms": slowest_s * 1e3,
        "growth_mb": growth_mb,
        "peak_mb": peak_mb,
        "failures": failures,
    }


def outcome(target: Target, raw: bytes) -> str:
    """`taken`, the code of our error, or with a ! what should not have come."""
    try:
        target.take(raw)
    except Exception as error:
        code = getattr(error, "code", "")
        return code if is_ours(error) else f"!{type(error).__name__}: {str(error)[:200]}"
    return "taken"


def resident_mb() -> float:
    """Of this process now (Linux); 0 elsewhere."""
    return _status_mb("VmRSS")


def highest_mb() -> float:
    """The most ever. Not of getrusage, which goes on where the parent was."""
    return _status_mb("VmHWM")


def _status_mb(name: str) -> float:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1e3 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
