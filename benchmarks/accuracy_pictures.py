"""Draws the pictures of docs/accuracy.md. Measures nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from facestream.evaluation.held_out import Sureness
from facestream.evaluation.identification import Identification
from facestream.records import Float32

MATED, NON_MATED = "#2166ac", "#d95f02"  # blue and orange: told apart by everybody
BINS = (0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.01)
"""Of the confidence; the last one includes 1."""
FEWEST_SEARCHES = 20
"""Below this a bin is not drawn: its share says nothing."""


def draw(
    path: Path,
    mated: Float32,
    non_mated: Float32,
    sureness: Sureness,
    in_sample: Mapping[float, Identification],
    held_out: Mapping[float, Sequence[Identification]],
) -> None:
    """One picture of four panels.

    mated, non_mated: (n,) similarities of pairs of photos.
    in_sample, held_out: by the rate asked for; of the latter one a split.
    """
    mpl.use("Agg")
    figure, panels = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    draw_histograms(panels[0, 0], mated, non_mated)
    draw_rates(panels[0, 1], mated, non_mated)
    draw_reliability(panels[1, 0], sureness)
    draw_asked(panels[1, 1], in_sample, held_out)
    for panel in panels.flat:
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, loc="upper left")
    # metadata: the same figures give the same bytes, whatever the version of matplotlib
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)


def draw_histograms(panel: Axes, mated: Float32, non_mated: Float32) -> None:
    edges = np.linspace(np.floor(non_mated.min() * 10) / 10, 1, 71)
    for values, colour, name in (
        (non_mated, NON_MATED, "of different people"),
        (mated, MATED, "of one person"),
    ):
        share = np.histogram(values, edges)[0] / len(values)
        label = f"{len(values):,} pairs {name}"
        panel.stairs(share, edges, fill=True, alpha=0.55, label=label, color=colour)
    panel.set(title="Similarity of two photos", xlabel="cosine", ylabel="share of the pairs")


def draw_rates(panel: Axes, mated: Float32, non_mated: Float32) -> None:
    thresholds = np.linspace(np.median(non_mated), 1, 201)
    for values, colour, name in (
        (at_or_above(non_mated, thresholds), NON_MATED, "FMR: strangers taken for each other"),
        (1 - at_or_above(mated, thresholds), MATED, "FNMR: one person taken for two"),
    ):
        seen = values > 0  # the logarithm has no place for none at all
        panel.semilogy(thresholds[seen], values[seen], label=name, color=colour)
    panel.set(
        title="Errors in comparing two photos",
        xlabel="similarity needed",
        ylabel="share of the pairs",
        ylim=(1e-6, 50),  # with room for the legend
    )


def draw_reliability(panel: Axes, sureness: Sureness) -> None:
    panel.plot([0, 1], [0, 1], ":", color="grey", label="as it should be")
    bins = [sureness.share_right(low, high) for low, high in pairwise(BINS)]
    drawn = [found for found in bins if found[2] >= FEWEST_SEARCHES]
    said, was, searches = zip(*drawn, strict=True)
    panel.plot(said, was, "o-", label="people held out", color=MATED)
    for x, y, count in zip(said, was, searches, strict=True):
        right = x > 0.5
        panel.annotate(
            f"{count:,}",
            (x, y),
            xytext=(-8 if right else 8, 8 if right else -10),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=8,
        )
    panel.set(
        title="Confidence (numbers: searches)",
        xlabel="confidence shown",
        ylabel="share of right candidates",
        xlim=(-0.03, 1.03),
        ylim=(-0.06, 1.08),
    )


def draw_asked(
    panel: Axes,
    in_sample: Mapping[float, Identification],
    held_out: Mapping[float, Sequence[Identification]],
) -> None:
    asked = list(in_sample)
    for name, colour, meaning in (
        ("fpir", NON_MATED, "FPIR: strangers named"),
        ("fnir", MATED, "FNIR: enrolled people missed"),
    ):
        runs = np.array([[getattr(run, name) for run in held_out[fmr]] for fmr in asked])
        mean, deviation = runs.mean(axis=1), runs.std(axis=1)
        low = np.maximum(mean - deviation, 1e-5)
        panel.plot(
            asked, mean, "o-", markersize=3, label=f"{meaning}; people held out", color=colour
        )
        panel.fill_between(asked, low, mean + deviation, alpha=0.15, linewidth=0, color=colour)
        everybody = [getattr(in_sample[fmr], name) for fmr in asked]
        panel.plot(asked, everybody, "--", label=f"{name.upper()}, all people", color=colour)
    panel.plot(asked, asked, ":", color="grey", label="FPIR asked for")
    panel.set(title="Searches, by the rate asked for", xlabel="--fmr", ylabel="share of searches")
    panel.set_xscale("log")
    panel.set_yscale("log", nonpositive="mask")  # no line where nobody was named
    panel.set_ylim(1e-4, 100)


def at_or_above(
    similarities: Float32, thresholds: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    below = np.searchsorted(np.sort(similarities), thresholds)
    return 1 - below / len(similarities)
