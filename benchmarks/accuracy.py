"""Measures accuracy on LFW: writes the tables and pictures of docs/accuracy.md.

    python benchmarks/accuracy.py --lfw ../shared/data/lfw-dev

LFW: a folder with images/ and pairs.txt. Takes about two minutes for each embedder. Thresholds are
those of the calibration files in the program; `facestream evaluate calibrate` makes them anew.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from accuracy_pictures import draw
from numpy.typing import ArrayLike, NDArray

from facestream.evaluation.dataset import Pair, Photo, find_photos, read_pairs
from facestream.evaluation.embedding import embed_photos
from facestream.evaluation.held_out import Sureness, identify_held_out, sureness_held_out
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
from facestream.gallery.decision import DecisionPolicy, load_policy
from facestream.records import Float32
from facestream.settings import Settings
from facestream.vision.pipeline import load_pipeline
from facestream.vision.runtime import start_tensorflow

EMBEDDERS = ("mobilefacenet", "dlib")
"""Those whose weights are installed with the program."""
DOCS = Path(__file__).parent.parent / "docs"
ASKED = (0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.01, 0.02)
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
    for embedder in arguments.embedder or EMBEDDERS:
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
    parts = open_set(everything, ENROL)
    policies = [load_policy(embedder, fmr, pipeline.fingerprint) for fmr in ASKED]
    in_sample = [identify_embedded(parts, embeddings, policy) for policy in policies]
    held_out = identify_held_out(everything, embeddings, ASKED, ENROL, SPLITS)
    sureness = sureness_held_out(everything, embeddings, ENROL, SPLITS)
    default = load_policy(embedder, Settings().fmr, pipeline.fingerprint)
    for name, rows in {
        "verification": verification_table(folds, embeddings),
        "identification": identification_table(parts, embeddings, default),
        "asked": asked_table(in_sample, held_out),
        "confidence": confidence_table(sureness),
        "similarity": similarity_table(everything, embeddings),
    }.items():
        write_table(f"{embedder} {name}", rows)
    mated, non_mated = all_similarities(everything, embeddings)
    draw(
        DOCS / "images" / f"accuracy-{embedder}.png",
        mated,
        non_mated,
        sureness,
        dict(zip(ASKED, in_sample, strict=True)),
        held_out,
    )
    print(f"{embedder}: wrote the tables and the picture")


def verification_table(folds: list[list[Pair]], embeddings: Embeddings) -> list[list[str]]:
    result = verify_embedded(folds, embeddings)
    pairs = [pair for fold in folds for pair in fold]
    similarities = similarities_of(pairs, embeddings)
    mated = np.array([pair.mated for pair in pairs])
    people = np.array([pair.first.person for pair in pairs])
    right = (similarities >= result.threshold) == mated
    at_one_threshold = interval(right, people)
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
                interval(accepted, people[mated]),
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
            interval(named, strangers, "%"),
        ],
        ["searches for enrolled people", str(result.probes), ""],
        [
            "FNIR: of them, not named rightly",
            f"{result.fnir:.2%}",
            interval(~found, known, "%"),
        ],
        [
            "best candidate right",
            f"{result.rank1:.2%}",
            interval(right, known, "%"),
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


def confidence_table(sureness: Sureness) -> list[list[str]]:
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


def all_similarities(photos: list[Photo], embeddings: Embeddings) -> tuple[Float32, Float32]:
    """Of every pair of the photos, not only of the protocol's: mated, non-mated."""
    found = [photo for photo in photos if photo.path in embeddings]
    people = np.unique([photo.person for photo in found], return_inverse=True)[1]
    rows = np.stack([embeddings[photo.path] for photo in found])
    one, other = np.triu_indices(len(rows), 1)
    similarities, same = (rows @ rows.T)[one, other], people[one] == people[other]
    return similarities[same], similarities[~same]


def interval(values: Bools, people: ArrayLike, unit: str = "") -> str:
    """The 95 % interval of a share, in words."""
    low, high = interval_over_people(values, np.asarray(people).tolist())
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
