"""Ten thousand frames of fifty sizes through the detector: nothing is traced, no memory is lost.

    python benchmarks/endurance.py --video STREET.mp4

Frames are cut out of the video's and resized, from 1 x 1 to 1920 x 1080 pixels, upright and lying,
one to eight at a time, all seeded. Resident memory is read after every 500 frames from
/proc/self/statm (Linux), after a garbage collection; the free memory that reading the video left
behind is given back to the system before, so that nothing can grow unseen in it.

The first 500 frames warm up: each size is among them, and what the detector keeps, for sizes and
batches seen and in its networks' memory, is made there. Ends with status 1 when a network was
traced after that, or when memory was ever more than 30 MB above what it was then.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
from memory import resident_mb
from quiet_tensorflow import RUNNING

from facestream.records import Frame, UInt8
from facestream.vision.mtcnn import Mtcnn
from facestream.vision.runtime import release_free_memory

VIDEO = Path(__file__).parent.parent.parent / "shared" / "data" / "video" / "street-1080p25.mp4"
FRAMES = 10_000
EVERY = 500
MOST_GROWTH_MB = 30
LARGEST_BATCH = 8
PICTURE_EVERY = 10

EDGES = [(1, 1), (1, 1080), (1920, 1), (12, 12), (39, 41), (1920, 1080), (1080, 1920)]
USUAL = [(640, 360), (360, 640), (640, 480), (480, 640), (320, 240), (1280, 720), (720, 1280)]
SIZES = 50


@dataclass(frozen=True)
class Reading:
    """After so many frames. `traces`: how often TensorFlow had traced a network by then."""

    frames: int
    resident_mb: float
    traces: int
    faces: int


def main() -> None:
    """Run, print the curve, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--frames", type=int, default=FRAMES)
    options = parser.parse_args()
    pictures = whole_pictures(options.video)
    release_free_memory()  # else a leak could hide in what reading the video left behind
    print(f"{RUNNING}; frames, resident MB, growth MB, traces, faces found, seconds")
    detector, started = Mtcnn(), perf_counter()
    detector.warm_up()
    readings: list[Reading] = []
    for reading in watched(detector, pictures, options.frames):
        readings.append(reading)
        growth = reading.resident_mb - readings[0].resident_mb
        print(
            f"{reading.frames:6} {reading.resident_mb:8.1f} {growth:+7.1f} {reading.traces:3} "
            f"{reading.faces:7} {perf_counter() - started:6.0f}",
            flush=True,
        )
    if found := broken(readings):
        sys.exit(f"endurance: {' and '.join(found)}")
    print("no bound was broken")


def broken(readings: list[Reading]) -> list[str]:
    """Which bounds were, in words."""
    first = readings[0]
    growth = max(reading.resident_mb for reading in readings) - first.resident_mb
    found = []
    if growth > MOST_GROWTH_MB:
        found.append(f"memory grew by {growth:.1f} MB, {MOST_GROWTH_MB} are allowed")
    if any(reading.traces != first.traces for reading in readings):
        found.append("a network was traced after the first frames")
    return found


def watched(detector: Mtcnn, pictures: list[UInt8], count: int) -> Iterator[Reading]:
    """A reading after every `EVERY` frames."""
    random, sizes_wh = np.random.default_rng(0), fifty_sizes_wh()
    done = faces = 0
    while done < count:
        # the first 50 frames are one of each size; then as they come
        batch = int(random.integers(1, LARGEST_BATCH + 1))
        batch = min(batch, EVERY - done % EVERY, count - done)
        numbers = [
            done + i if done + i < SIZES else int(random.integers(SIZES)) for i in range(batch)
        ]
        frames = [cutting(pictures, sizes_wh[number], random) for number in numbers]
        faces += sum(map(len, detector.detect(frames)))
        done += batch
        if done % EVERY == 0 or done == count:
            gc.collect()
            yield Reading(done, resident_mb(), detector.traces, faces)


def fifty_sizes_wh() -> list[tuple[int, int]]:
    """Edge cases, what cameras send, and others in between; each once."""
    random, sizes_wh = np.random.default_rng(1), [*EDGES, *USUAL]
    while len(sizes_wh) < SIZES:
        # as many small ones as large ones
        long, short = np.exp(random.uniform(np.log(16), np.log((1920, 1080)))).astype(int).tolist()
        size_wh = (long, short) if random.integers(2) else (short, long)
        if size_wh not in sizes_wh:
            sizes_wh.append(size_wh)
    return sizes_wh


def cutting(pictures: list[UInt8], size_wh: tuple[int, int], random: np.random.Generator) -> Frame:
    """A part of one picture in the frame's proportions, as large as fits or half that, resized."""
    picture = pictures[random.integers(len(pictures))]
    height, width, _ = picture.shape
    zoom = min(width / size_wh[0], height / size_wh[1]) * random.choice((0.5, 1.0))
    wide, high = (
        max(1, min(int(zoom * side), room))
        for side, room in zip(size_wh, (width, height), strict=True)
    )
    x, y = random.integers(width - wide + 1), random.integers(height - high + 1)
    part = picture[y : y + high, x : x + wide]
    return Frame(np.asarray(cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA), np.uint8))


def whole_pictures(path: Path) -> list[UInt8]:
    """Every tenth frame of the video in its own size."""
    video, pictures = cv2.VideoCapture(str(path)), []
    while video.grab():
        if video.get(cv2.CAP_PROP_POS_FRAMES) % PICTURE_EVERY == 1:
            pixels = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
            pictures.append(np.asarray(pixels, np.uint8))
    if not pictures:
        sys.exit(f"endurance: {path} is not a video that can be read")
    return pictures


if __name__ == "__main__":
    main()
