"""Tracking on against off: what it saves, and whether the same is said.

    python benchmarks/tracking.py --video street.mp4 --lfw lfw/images

On the street video at its own frame rate and at half of it, whose people are enrolled from their
five clearest faces in it; and on videos made of labelled photos, in which people come, go and take
each other's place, half of them enrolled with five other photos. Several seeds: the constants of
tracking were chosen with the first.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from facestream.console import say, table
from facestream.engine.attention import Attention
from facestream.engine.recogniser import Recogniser
from facestream.evaluation.crowd import crowd_video, figures_of, photos_of_a_crowd
from facestream.evaluation.dataset import find_photos
from facestream.evaluation.tracking import (
    agreement,
    enrolled_from_photos,
    enrolled_from_video,
    longest_wrong,
    watch,
)
from facestream.evaluation.video import read_video, video_fps
from facestream.gallery.decision import load_policy
from facestream.gallery.gallery import GallerySnapshot
from facestream.records import Frame
from facestream.vision.pipeline import load_pipeline

SIZE_WH = (640, 360)
CROWD_FPS = 12.0
DATA = Path("../shared/data")
COLUMNS = (
    *("video", "frames", "scanned", "embedded", "without", "times fewer", "same names"),
    *("faces only with", "only without", "longest wrong name"),
)


def main() -> None:
    """Print a table, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--video", type=Path, default=DATA / "video" / "street-1080p25.mp4")
    parser.add_argument("--lfw", type=Path, default=DATA / "lfw-dev" / "images")
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    pipeline = load_pipeline()
    policy = load_policy("mobilefacenet", 0.004, pipeline.fingerprint)
    on, off = Recogniser(pipeline, policy, Attention()), Recogniser(pipeline, policy)
    on.warm_up()
    rows = []

    def compare(name: str, frames: Sequence[Frame], known: GallerySnapshot, fps: float) -> Any:
        say(f"{name}: {len(frames)} frames")
        tracked, untracked = (watch(one, frames, known, fps) for one in (on, off))
        rows.append({"video": name, "fps": fps, **asdict(agreement(tracked, untracked))})
        return tracked

    street, fps = read_video(given.video, 1000), video_fps(given.video) or 25.0
    known = enrolled_from_video(off, street, fps)
    for step in (1, 2):
        compare(f"street, {fps / step:g} a second", street[::step], known, fps / step)
    photos = find_photos(given.lfw)
    for seed in range(given.seeds):
        enrolled, shown = photos_of_a_crowd(photos, given.people, seed)
        crowd = crowd_video(figures_of(shown, SIZE_WH, seed), SIZE_WH, seed)
        known = enrolled_from_photos(pipeline, enrolled)
        seen = compare(f"crowd {seed}", [one.frame for one in crowd], known, CROWD_FPS)
        truth = [one.persons for one in crowd], [one.centres_xy for one in crowd]
        rows[-1]["longest_wrong"] = longest_wrong(seen, *truth)
    Console(width=150).print(table(COLUMNS, map(_row, rows)))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    wrong = row.get("longest_wrong")
    return (
        row["video"],
        *(str(row[key]) for key in ("frames", "scanned", "embedded", "embedded_without")),
        f"{row['embedded_without'] / row['embedded']:.1f}",
        f"{100 * row['same_names'] / row['face_frames']:.2f} % of {row['face_frames']}",
        *(str(row[key]) for key in ("only_with", "only_without")),
        "" if wrong is None else f"{wrong} frames",
    )


if __name__ == "__main__":
    main()
