"""How many phones one machine carries: answered frames and waiting, by the number of clients.

    python benchmarks/capacity.py --video STREET.mp4

Starts a server of its own, with TLS, and lets 1 to 48 clients stream to it, one number after the
other. Server and clients share the machine. Writes docs/capacity.json and the picture
docs/images/capacity.png.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from capacity_picture import draw
from rich.console import Console
from served import STREET, Server, film_of, machine, served

from facestream.client.camera import Film
from facestream.console import progress_bar, table
from facestream.evaluation.load import load_figures
from facestream.evaluation.load_run import LoadPlan, run_load

DOCS = Path(__file__).parent.parent / "docs"
CLIENTS = "1,2,4,8,12,16,24,32,48"
WARM_S = 4.0
"""The regulator judges twice a second, and takes some judgements to settle."""
PAUSE_S = 3.0
"""Between two numbers of clients: what the last ones left behind is done with."""

WIDTH = 130
COLUMNS = (
    *("clients", "sent/s", "answered/s", "dropped", "errors", "p50 ms", "p95 ms"),
    *("fairness", "batch", "rate", "server MB", "server CPU", "client CPU"),
)


def main() -> None:
    """Measure, print the table, write JSON and picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, default=STREET)
    parser.add_argument("--clients", default=CLIENTS)
    parser.add_argument("--fps", type=float, default=12.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path, default=DOCS / "capacity.json")
    parser.add_argument("--picture", type=Path, default=DOCS / "images" / "capacity.png")
    options = parser.parse_args()
    numbers = [int(number) for number in options.clients.split(",")]
    film, around = film_of(options.video), machine()
    with served() as server:
        rows = [step(server, film, number, options.fps, options.seconds) for number in numbers]
        faults = server.faults()
    result = {
        "fps": options.fps,
        "seconds": options.seconds,
        "video": options.video.name,
        "machine": around,
        "steps": rows,
        "server_faults": faults,
    }
    options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draw(options.picture, rows, options.fps)
    Console(width=WIDTH).print(table(COLUMNS, map(cells, rows)))
    print(f"wrote {options.json} and {options.picture}")


def step(server: Server, film: Film, clients: int, fps: float, seconds: float) -> dict[str, Any]:
    """The figures of `facestream loadtest`, less the lines of each client, and what it cost."""
    plan = LoadPlan(clients=clients, fps=fps, seconds=seconds, warm_s=WARM_S)
    cpu: list[tuple[float, float]] = []
    """Seconds passed, and the server's processor time by then."""
    with progress_bar(f"{clients:2} clients") as advance:

        def on_progress(done_s: float, total_s: float) -> None:
            advance(int(done_s), int(total_s))
            if done_s >= WARM_S:
                cpu.append((done_s, server.cpu_seconds()))

        run = asyncio.run(_run(plan, server, film, on_progress))
    figures = load_figures(run.clients, run.period)
    del figures["per_client"]
    (first_s, cpu_before), (last_s, cpu_after) = cpu[0], cpu[-1]
    return {
        **figures,
        "server_mb": server.resident_mb(),
        "server_cores": (cpu_after - cpu_before) / (last_s - first_s),
        "client_cores": run.cpu_seconds / run.period.seconds,
    }


async def _run(plan: LoadPlan, server: Server, film: Film, on_progress: Any) -> Any:
    run = await run_load(plan, server.address, server.tls, film, on_progress)
    await asyncio.sleep(PAUSE_S)
    return run


def cells(row: dict[str, Any]) -> list[str]:
    """One row of the table."""
    latency = row["latency_ms"]
    return [
        str(row["clients"]),
        f"{row['sent'] / row['seconds']:.1f}",
        f"{row['fps_total']:.1f}",
        f"{(row['superseded'] + row['expired']) / max(1, row['sent']):.1%}",
        str(row["errors"]),
        *("-" if latency[name] is None else f"{latency[name]:.0f}" for name in ("p50", "p95")),
        f"{row['fairness']:.2f}",
        "-" if row["batch"] is None else f"{row['batch']:.1f}",
        f"{row['flow']['rate']:.1f}",
        f"{row['server_mb']:.0f}",
        f"{row['server_cores']:.2f}",
        f"{row['client_cores']:.2f}",
    ]


if __name__ == "__main__":
    main()
