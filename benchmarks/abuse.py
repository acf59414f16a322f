"""Three good clients alone, and beside clients that misbehave, compared.

    python benchmarks/abuse.py --video STREET.mp4

First while two hundred sessions open at once. Then beside five: a clock an hour off, a thousand
frames a second, half a frame, one that never reads, one that comes and goes. The abusers are a
process of their own, which shares the machine and the address with the good ones. Wanted: the good
ones keep 60 % of their rate, and 95 % of their results come within 500 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from served import STREET, Server, film_of, machine, served

from facestream.client.camera import Film
from facestream.console import progress_bar, table
from facestream.evaluation.load import load_figures
from facestream.evaluation.load_run import LoadPlan, run_load

GOOD = 3
FPS = 12.0
WARM_S = 5.0
LEAD_S = 3.0
"""The abusers start so long before the measured time: their Python takes a second to begin."""
KEPT_WANTED, P95_WANTED_MS = 0.6, 500
WIDTH = 100
ABUSERS = Path(__file__).with_name("abusers.py")
ABUSERS_END_S = 180.0
"""More than the slowest of them takes besides its seconds."""


def main() -> None:
    """Three rounds, and their comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, default=STREET)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    film, around = film_of(options.video), machine()
    with served() as server:
        rounds = {
            name: measured(server, film, who, options.seconds)
            for name, who in (("alone", None), ("crowd", "crowd"), ("five", "five"))
        }
        faults, peak_mb = server.faults(), server.peak_mb()
    result = {
        "machine": around,
        "seconds": options.seconds,
        "rounds": rounds,
        "verdicts": {name: verdict(rounds["alone"], rounds[name]) for name in ("crowd", "five")},
        "server_peak_mb": peak_mb,
        "server_faults": faults,
    }
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        tell(result)


def measured(server: Server, film: Film, who: str | None, seconds: float) -> dict[str, Any]:
    """The good clients' figures, the abusers' reports, and the server's memory on the way."""
    plan = LoadPlan(clients=GOOD, fps=FPS, seconds=seconds, warm_s=WARM_S)
    abusers: list[subprocess.Popen[bytes]] = []
    memory_mb = [server.resident_mb()]
    with progress_bar(who or "alone") as advance:

        def on_progress(done_s: float, total_s: float) -> None:
            advance(int(done_s), int(total_s))
            memory_mb.append(server.resident_mb())
            if who is not None and not abusers and done_s >= WARM_S - LEAD_S:
                abusers.append(start_abusers(server, film, who, seconds + LEAD_S))

        run = asyncio.run(run_load(plan, server.address, server.tls, film, on_progress))
    reports = finished(abusers[0]) if abusers else {}
    figures = load_figures(run.clients, run.period)
    return {
        "fps": figures["fps_total"] / GOOD,
        "latency_ms": figures["latency_ms"],
        "fairness": figures["fairness"],
        "dropped": figures["superseded"] + figures["expired"],
        "errors": figures["error_codes"],
        "stages_ms": figures["stages_ms"],
        "server_mb": {"before": memory_mb[0], "most": max(memory_mb), "end": memory_mb[-1]},
        "abusers": reports,
    }


def start_abusers(server: Server, film: Film, who: str, seconds: float) -> subprocess.Popen[bytes]:
    """Their process; it has its picture already."""
    address = server.address
    process = subprocess.Popen(
        [sys.executable, str(ABUSERS), address.url, str(address.token), str(seconds), who],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(film.jpeg(0, 640, 80))  # less than a pipe holds: it does not wait
    process.stdin.close()
    process.stdin = None
    return process


def finished(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What they report; an error where they come to no end."""
    try:
        out, _ = process.communicate(timeout=ABUSERS_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"error": "the abusers came to no end"}
    reports: dict[str, Any] = json.loads(out) if process.returncode == 0 else {"error": "failed"}
    return reports


def verdict(alone: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """Whether the good clients have what they are promised."""
    kept = beside["fps"] / alone["fps"]
    before_ms, p95_ms = alone["latency_ms"]["p95"], beside["latency_ms"]["p95"]
    return {
        "kept": kept,
        "p95_ms": p95_ms,
        "p95_growth": None if p95_ms is None else p95_ms / before_ms - 1,
        "holds": kept >= KEPT_WANTED and p95_ms is not None and p95_ms <= P95_WANTED_MS,
    }


def tell(result: dict[str, Any]) -> None:
    """The result for people."""
    columns = ("round", "frames/s each", "p50 ms", "p95 ms", "dropped", "errors", "server MB, most")
    Console(width=WIDTH).print(
        table(columns, (row(name, found) for name, found in result["rounds"].items()))
    )
    for name, found in result["verdicts"].items():
        grown = found["p95_growth"]
        print(
            f"beside {name}: {found['kept']:.0%} of the rate kept, p95 "
            f"{'unknown' if grown is None else f'{grown:+.0%}'}: "
            f"{'as wanted' if found['holds'] else 'NOT as wanted'}"
        )
    for found in result["rounds"].values():
        for name, report in found["abusers"].items():
            print(f"{name}: {report}")
    print(f"server: {result['server_peak_mb']:.0f} MB at most")
    for line in result["server_faults"]:
        print(f"server: {line}")


def row(name: str, found: dict[str, Any]) -> tuple[str, ...]:
    latency = found["latency_ms"]
    return (
        name,
        f"{found['fps']:.1f}",
        *("-" if latency[key] is None else f"{latency[key]:.0f}" for key in ("p50", "p95")),
        str(found["dropped"]),
        str(sum(found["errors"].values())),
        f"{found['server_mb']['most']:.0f}",
    )


if __name__ == "__main__":
    main()
