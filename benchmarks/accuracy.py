"""Measures accuracy on LFW: makes calibration files, and tables and pictures of docs/accuracy.md.

    python benchmarks/accuracy.py --lfw ../shared/data/lfw-dev --embedder mobilefacenet

LFW: a folder with images/ and pairs.txt. Takes about two minutes for each embedder.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from facestream.evaluation.calibration import calibration_of
from facestream.evaluation.dataset import Pair, Photo, find_photos, read_pairs
from facestream.evaluation.embedding import embed_photos
from facestream.evaluation.held_out import identify_held_out, sureness_held_out
from facestream.evaluation.identification import (
    Identification,
    OpenSet,
    are_named,
    are_right,
    decisions,
    enrolled_index,
    identify_embedded,
    open_set,
)
from facestream.evaluation.intervals import interval_over_people
from facestream.evaluation.rates import threshold_at_fmr
from facestream.evaluation.verification import similarities_of, verify_embedded
from facestream.gallery.calibration import CALIBRATIONS, parse_calibration
from facestream.gallery.decision import DecisionPolicy
from facestream.records import Float32
from facestream.settings import Settings
from facestream.vision.pipeline import load_pipeline
from facestream.vision.runtime import start_tensorflow

DOCS = Path(__file__).parent.parent / "docs"
ASKED = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02)
SPLITS = 10
ENROL = 5
DRAWS = 20

Embeddings = dict[Path, Float32]
Bools = NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lfw", type=Path, required=True)
    parser.add_argument("--embedder", action="append")
    arguments = parser.parse_args()
    start_tensorflow("cpu")
    mpl.use("Agg")
    for embedder in arguments.embedder or ["mobilefacenet"]:
        measure(embedder, arguments.lfw)


def measure(embedder: str, lfw: Path) -> None:
    """All that docs/accuracy.md says of one embedder."""
    pipeline = load_pipeline(embedder)
    photos = find_photos(lfw / "images")
    folds = read_pairs(lfw / "pairs.txt", photos)
    everything = list(photos.values())
    paths = [photo.path for photo in everything]
    embeddings = embed_photos(
        pipeline, paths, lambda done, total: print(f"\r{done} of {total} photos", end="")
    )
    print()
    people = np.unique([photo.person for photo in everything if photo.path in embeddings], True)[-1]
    table = calibration_of(
        np.stack(list(embeddings.values())), people, embedder, pipeline.fingerprint
    )
    calibration_file = CALIBRATIONS / f"{embedder}.json"
    calibration_file.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")

    calibration = parse_calibration(table)
    parts = open_set(everything, ENROL)
    in_sample = [
        identify_embedded(parts, embeddings, DecisionPolicy.from_calibration(calibration, fmr))
        for fmr in ASKED
    ]
    held_out = identify_held_out(everything, embeddings, ASKED, ENROL, SPLITS)
    default = DecisionPolicy.from_calibration(calibration, Settings().fmr)
    write_table(f"{embedder} verification", verification_table(folds, embeddings))
    write_table(f"{embedder} identification", identification_table(parts, embeddings, default))
    write_table(f"{embedder} asked", asked_table(in_sample, held_out))
    write_table(f"{embedder} confidence", confidence_table(everything, embeddings))
    write_table(f"{embedder} similarity", similarity_table(everything, embeddings))
    draw(embedder, folds, embeddings, in_sample, held_out)
    print(f"{embedder}: wrote {calibration_file.name}, the tables and the picture")


def verification_table(folds: list[list[Pair]], embeddings: Embeddings) -> list[list[str]]:
    result = verify_embedded(folds, embeddings)
    pairs = [pair for fold in folds for pair in fold]
    similarities = similarities_of(pairs, embeddings)
    mated = np.array([pair.mated for pair in pairs])
    people = np.array([pair.first.person for pair in pairs])
    right = (similarities >= result.threshold) == mated
    at_one_threshold = said(interval_over_people(right, people))
    rows = [
        [
            "accuracy, LFW protocol",
            f"{result.accuracy:.4f}",
            f"± {result.accuracy_std:.4f} (folds)",
        ],
        ["accuracy at the best threshold for all", f"{np.mean(right):.4f}", at_one_threshold],
        ["that threshold", f"{result.threshold:.3f}", ""],
    ]
    for fmr, tar in result.tar_at_fmr.items():
        accepted = similarities[mated] >= threshold_at_fmr(similarities[~mated], float(fmr))
        rows.append(
            [
                f"TAR at FMR {float(fmr):.1%}",
                f"{tar:.4f}",
                said(interval_over_people(accepted, people[mated])),
            ]
        )
    rows.append(["photos without a face", str(result.failure_to_acquire), ""])
    return [["", "measured", "95 % interval"], *rows]


def identification_table(
    parts: OpenSet, embeddings: Embeddings, policy: DecisionPolicy
) -> list[list[str]]:
    result = identify_embedded(parts, embeddings, policy)
    index = enrolled_index(parts.enrolled, embeddings)
    mated = decisions(index, parts.mated, embeddings, policy)
    right = are_right(parts.mated, mated)
    found = right & are_named(mated)
    named = are_named(decisions(index, parts.strangers, embeddings, policy))
    known = [photo.person for photo in parts.mated]
    strangers = [photo.person for photo in parts.strangers]
    return [
        ["", "measured", "95 % interval"],
        ["people enrolled", str(result.identities), ""],
        ["searches for strangers", str(result.strangers), ""],
        [
            "FPIR: of them, named",
            f"{result.fpir:.2%}",
            said(interval_over_people(named, strangers), "%"),
        ],
        ["searches for enrolled people", str(result.probes), ""],
        [
            "FNIR: of them, not named rightly",
            f"{result.fnir:.2%}",
            said(interval_over_people(~found, known), "%"),
        ],
        [
            "best candidate right",
            f"{result.rank1:.2%}",
            said(interval_over_people(right, known), "%"),
        ],
        ["similarity needed", f"{result.threshold:.3f}", ""],
    ]


def asked_table(
    in_sample: Sequence[Identification], held_out: dict[float, list[Identification]]
) -> list[list[str]]:
    rows = [["asked for", "FPIR", "FNIR", "held out: FPIR", "held out: FNIR"]]
    for fmr, result in zip(ASKED, in_sample, strict=True):
        runs = held_out[fmr]
        rows.append(
            [
                f"{fmr:.2%}",
                f"{result.fpir:.2%}",
                f"{result.fnir:.2%}",
                spread([run.fpir for run in runs]),
                spread([run.fnir for run in runs]),
            ]
        )
    return rows


def confidence_table(photos: list[Photo], embeddings: Embeddings) -> list[list[str]]:
    sureness = sureness_held_out(photos, embeddings, ENROL, SPLITS)
    rows = [["confidence shown", "on average", "of them right", "searches"]]
    for low, high in ((0, 0.05), (0.05, 0.5), (0.5, 0.95), (0.95, 1.01)):
        said_so, was_so, searches = sureness.share_right(low, high)
        rows.append(
            [f"{low:.0%} to {min(high, 1):.0%}", f"{said_so:.1%}", f"{was_so:.1%}", f"{searches:,}"]
        )
    return rows


def similarity_table(photos: list[Photo], embeddings: Embeddings) -> list[list[str]]:
    """FNIR at equal FPIR of ways to tell how similar a probe is to somebody with five templates."""
    found = [photo for photo in photos if photo.path in embeddings]
    rows = np.stack([embeddings[photo.path] for photo in found])
    similarities = rows @ rows.T
    people = np.unique([photo.person for photo in found], return_inverse=True)[1]
    enough = np.flatnonzero(np.bincount(people) > ENROL)
    missed: dict[str, list[list[float]]] = {}
    for seed in range(DRAWS):
        random = np.random.default_rng(seed)
        drawn = [random.permutation(np.flatnonzero(people == p))[:ENROL] for p in enough]
        gallery = np.array(drawn)
        stranger = ~np.isin(people, enough)
        mated = np.isin(people, enough) & ~np.isin(np.arange(len(people)), gallery)
        descending = -np.sort(-similarities[:, gallery], axis=2)
        length = [np.sqrt(similarities[np.ix_(rows, rows)].mean()) for rows in gallery]
        to_mean = descending.mean(axis=2) / length
        for way, scores in {
            "the nearest template": descending[..., 0],
            "the mean of the nearest three": descending[..., :3].mean(axis=2),
            "the mean of all five": descending.mean(axis=2),
            "the mean template": to_mean,
            "**halfway between the nearest and the mean template**": (descending[..., 0] + to_mean)
            / 2,
        }.items():
            missed.setdefault(way, []).append(missed_at(scores, enough, people, mated, stranger))
    return [
        ["a person's similarity is", *(f"FNIR at FPIR {fpir:.1%}" for fpir in SIMILARITY_FPIRS)],
        *(
            [way, *(f"{share:.2%}" for share in np.mean(runs, axis=0))]
            for way, runs in missed.items()
        ),
    ]


SIMILARITY_FPIRS = (0.001, 0.003, 0.005, 0.01)


def missed_at(
    scores: Float32,
    identities: NDArray[np.intp],
    people: NDArray[np.intp],
    mated: Bools,
    stranger: Bools,
) -> list[float]:
    """The FNIR at each of `SIMILARITY_FPIRS`. scores: (photos, identities)."""
    best, right = scores.max(axis=1), identities[scores.argmax(axis=1)] == people
    return [
        1 - float(np.mean((right & (best >= threshold_at_fmr(best[stranger], fpir)))[mated]))
        for fpir in SIMILARITY_FPIRS
    ]


def draw(
    embedder: str,
    folds: list[list[Pair]],
    embeddings: Embeddings,
    in_sample: Sequence[Identification],
    held_out: dict[float, list[Identification]],
) -> None:
    """One picture of four panels."""
    figure, panels = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    mated, non_mated = all_similarities(embeddings, folds)
    draw_histograms(panels[0, 0], mated, non_mated)
    draw_rates(panels[0, 1], mated, non_mated)
    draw_trade_off(panels[1, 0], mated, non_mated)
    draw_asked(panels[1, 1], in_sample, held_out)
    for panel in panels.flat:
        panel.grid(alpha=0.25)
        panel.legend(frameon=False)
    figure.savefig(DOCS / "images" / f"accuracy-{embedder}.png", dpi=110, metadata={"Software": ""})
    plt.close(figure)


MATED, NON_MATED = {"color": "#1b7837"}, {"color": "#b2182b"}


def draw_histograms(panel: Axes, mated: Float32, non_mated: Float32) -> None:
    edges = np.linspace(-0.4, 1, 71)
    for values, colour, name in (
        (non_mated, NON_MATED, "of different people"),
        (mated, MATED, "of one person"),
    ):
        share = np.histogram(values, edges)[0] / len(values)
        panel.stairs(
            share, edges, fill=True, alpha=0.55, label=f"{len(values):,} pairs {name}", **colour
        )
    panel.set(
        title="Similarity of two photos", xlabel="cosine", ylabel="share of pairs in a bin of 0.02"
    )


def draw_rates(panel: Axes, mated: Float32, non_mated: Float32) -> None:
    thresholds = np.linspace(-0.1, 0.8, 181)
    panel.semilogy(thresholds, at_or_above(non_mated, thresholds), label="FMR", **NON_MATED)
    panel.semilogy(thresholds, 1 - at_or_above(mated, thresholds), label="FNMR", **MATED)
    panel.set(title="Errors of a comparison", xlabel="threshold", ylabel="rate", ylim=(1e-6, 1))


def draw_trade_off(panel: Axes, mated: Float32, non_mated: Float32) -> None:
    fmrs = np.logspace(-6, -1, 60)
    thresholds = np.array([threshold_at_fmr(non_mated, fmr) for fmr in fmrs])
    panel.loglog(fmrs, 1 - at_or_above(mated, thresholds), label="two photos", **MATED)
    panel.set(
        title="Trade-off at low false match rates", xlabel="FMR", ylabel="FNMR", ylim=(5e-3, 0.3)
    )


def draw_asked(
    panel: Axes,
    in_sample: Sequence[Identification],
    held_out: dict[float, list[Identification]],
) -> None:
    for name, colour in (("fpir", NON_MATED), ("fnir", MATED)):
        runs = [[getattr(run, name) for run in held_out[fmr]] for fmr in ASKED]
        mean, deviation = np.mean(runs, axis=1), np.std(runs, axis=1)
        panel.plot(ASKED, mean, label=f"{name.upper()}, people held out", **colour)
        panel.fill_between(
            ASKED, np.maximum(mean - deviation, 1e-5), mean + deviation, alpha=0.15, **colour
        )
        panel.plot(
            ASKED,
            [getattr(run, name) for run in in_sample],
            "--",
            label=f"{name.upper()}, 91 people",
            **colour,
        )
    panel.plot(ASKED, ASKED, ":", color="grey", label="FPIR asked for")
    panel.set(
        title="Searches: what is asked for and what comes of it",
        xlabel="--fmr",
        ylabel="rate",
        ylim=(1e-4, 0.1),
    )
    panel.set(xscale="log", yscale="log")


def all_similarities(embeddings: Embeddings, folds: list[list[Pair]]) -> tuple[Float32, Float32]:
    """Of every pair of the photos, not only of the protocol's: mated, non-mated."""
    photos = {
        photo.path: photo.person for f in folds for pair in f for photo in (pair.first, pair.second)
    }
    paths = [path for path in photos if path in embeddings]
    people = np.unique([photos[path] for path in paths], return_inverse=True)[1]
    rows = np.stack([embeddings[path] for path in paths])
    one, other = np.triu_indices(len(rows), 1)
    similarities, same = (rows @ rows.T)[one, other], people[one] == people[other]
    return similarities[same], similarities[~same]


def at_or_above(similarities: Float32, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    below = np.searchsorted(np.sort(similarities), thresholds)
    return 1 - below / len(similarities)


def said(bounds: tuple[float, float], unit: str = "") -> str:
    low, high = bounds
    return f"{low:.2%} to {high:.2%}" if unit else f"{low:.4f} to {high:.4f}"


def spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2%} ± {np.std(values):.2%}"


def write_table(name: str, rows: list[list[str]]) -> None:
    """Put a table where docs/accuracy.md has `<!-- table NAME -->` ... `<!-- end -->`."""
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    lines = [head, "|" + "---|" * len(rows[0]), *body]
    document = DOCS / "accuracy.md"
    text, found = re.subn(
        rf"(<!-- table {re.escape(name)} -->\n).*?(<!-- end -->)",
        lambda match: match[1] + "\n".join(lines) + "\n" + match[2],
        document.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    if not found:
        raise SystemExit(f"{document} has no place for the table '{name}'")
    document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
