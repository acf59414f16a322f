"""Draws the picture of docs/capacity.md. Measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, ScalarFormatter

BLUE, ORANGE = "#2166ac", "#d95f02"  # told apart by everybody; the markers differ, too
GREY = "#666666"


def draw(path: Path, rows: Sequence[dict[str, Any]], fps: float) -> None:
    """Answered frames above, waiting below; rows as of `capacity.step`, by clients."""
    mpl.use("Agg")
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 7), sharex=True, layout="constrained")
    clients = [row["clients"] for row in rows]
    draw_frames(above, clients, rows, fps)
    draw_waiting(below, clients, rows)
    below.set_xscale("log", base=2)
    below.set_xticks(clients)
    below.xaxis.set_major_formatter(ScalarFormatter())
    below.xaxis.set_minor_locator(NullLocator())
    below.set_xlabel(f"clients, each wants {fps:g} frames a second")
    for panel in (above, below):
        panel.set_ylim(bottom=0)
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    # metadata: the same figures give the same bytes, whatever the version of matplotlib
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)


def draw_frames(
    panel: Axes, clients: Sequence[int], rows: Sequence[dict[str, Any]], fps: float
) -> None:
    answered = [row["fps_total"] for row in rows]
    wanted = [fps * number for number in clients]
    panel.plot(clients, wanted, ":", color=GREY, label="wanted")
    panel.plot(clients, answered, "o-", color=BLUE, label="answered, all clients together")
    each = [total / number for total, number in zip(answered, clients, strict=True)]
    panel.plot(clients, each, "s--", color=ORANGE, label="answered, each client")
    for x, y in zip(clients, answered, strict=True):
        panel.annotate(
            f"{y:.0f}", (x, y), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=9
        )
    panel.set_ylim(top=1.35 * max(answered))  # what is wanted goes on rising
    panel.set_ylabel("frames a second")
    panel.set_title("Frames answered")


def draw_waiting(panel: Axes, clients: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    for name, style, colour, label in (
        ("p95", "o-", ORANGE, "95 % within"),
        ("p50", "s--", BLUE, "half within"),
    ):
        # nothing is drawn where nobody was answered
        values = [
            float("nan") if row["latency_ms"][name] is None else row["latency_ms"][name]
            for row in rows
        ]
        panel.plot(clients, values, style, color=colour, label=label)
    panel.set_ylabel("milliseconds")
    panel.set_title("From sending a frame to its result")
