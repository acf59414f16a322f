"""Somebody else steps in during a capture: does a commit ever contain both people.

    python benchmarks/stepped_in.py --trials 50

Films made of photos: the first person until five examples are taken, then another one for forty
frames, then the first one again until it is complete. Each photo is shown for four frames, which
sway a little and have noise. The faces go through the pipeline and the real capture. `own_film_s`
is the film that the first person had to sit through.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np
from photo_films import pasted, people_with

from facestream.engine.enrolment import Capture
from facestream.engine.likeness import Likeness
from facestream.gallery.calibration import load_calibration
from facestream.records import Frame
from facestream.vision.images import encode_jpeg
from facestream.vision.pipeline import Pipeline, load_pipeline
from facestream.vision.quality import frame_light

BEFORE, STEPPED_IN, MOST = 5, 40, 400
FRAME_S = 1 / 12
SHOWN = 4  # frames of one photo


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--embedder", default="mobilefacenet")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pipeline = load_pipeline(options.embedder)
    likeness = Likeness.of(load_calibration(options.embedder))
    people = people_with(6)
    rng = random.Random(options.seed)
    counts: Counter[str] = Counter()
    frames = []
    for _ in range(options.trials):
        one, other = rng.sample(sorted(people), 2)
        counted = trial(pipeline, likeness, people[one], people[other], rng)
        counts.update(counted)  # `+` would leave out what is 0
        frames.append(sum(n for what, n in counted.items() if what.startswith("own: ")))
    film_s = {
        name: round(FRAME_S * float(np.percentile(frames, percent)), 2)
        for name, percent in (("least", 0), ("median", 50), ("p90", 90), ("most", 100))
    }
    result = {"embedder": options.embedder, "trials": options.trials, "own_film_s": film_s}
    print(json.dumps({**result, **counts}, indent=1))


def trial(
    pipeline: Pipeline, likeness: Likeness, own: list[Path], strange: list[Path], rng: random.Random
) -> Counter[str]:
    """What happened, counted."""
    capture = Capture(10, encode_jpeg, likeness)
    counts: Counter[str] = Counter(mixed=0, complete=0)
    whose: dict[str, str] = {}
    mine, theirs = film(own, rng), film(strange, rng)
    left = STEPPED_IN
    for number in range(MOST):
        stranger = len(capture.examples()) >= BEFORE and left > 0
        left -= stranger
        frame = next(theirs if stranger else mine)
        [found] = pipeline.detect([frame])
        [faces] = pipeline.describe([frame], [found])
        portraits = pipeline.portraits(frame, found)
        light = frame_light(frame.pixels_rgb)
        step = capture.offer(faces, portraits, frame.size_wh, light, number * FRAME_S)
        who = "stranger" if stranger else "own"
        counts[f"{who}: {step.verdict}"] += 1
        if step.example is not None:
            whose[step.example.example_id] = who
        if capture.complete:
            counts["complete"] += 1
            break
    kept = {whose[example.example_id] for example in capture.examples()}
    counts["mixed"] += len(kept) > 1
    return counts


def film(photos: list[Path], rng: random.Random) -> Iterator[Frame]:
    """For ever; each photo a few frames, with a little movement and noise."""
    noise = np.random.default_rng(rng.randrange(2**32))
    for path in cycle(photos):
        pixels = pasted(path).pixels_rgb
        height, width, _ = pixels.shape
        for _ in range(SHOWN):
            turned = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-6, 6), 1)
            matrix = np.asarray(turned, np.float64)
            matrix[:, 2] += rng.uniform(-8, 8)
            moved = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
            noisy = moved + noise.normal(0, 2, moved.shape)
            yield Frame(np.clip(noisy, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
