"""How many good photos the quality gate refuses, and whether it says why of spoilt ones.

    python benchmarks/quality_gate.py --photos 1000

All photos of LFW as they are, and a seeded choice of them spoilt in one way at a time: the verdict
has to be the one that names what was done. Faces are found as in a photo that is to be enrolled.
Photos and thresholds were met before: the figures in engine/quality_gate.py come from here.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from photo_films import GREY, LFW
from rich.console import Console

from facestream.console import say, table
from facestream.engine.quality_gate import fault, subject
from facestream.evaluation.dataset import find_photos
from facestream.records import Detections, Faces, Float32, Frame, UInt8
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline, load_pipeline
from facestream.vision.quality import frame_light, sharpness
from facestream.vision.second_look import detect_in_photos

BATCH = 16
NOISE_SIGMA, NOISE_QUALITY = 2.5, 80
"""Grey levels, and of the JPEG: a webcam indoors."""
WANTED = 95.0
"""Per cent of the spoilt photos of a kind that are to be refused with the right reason."""

Spoil = Callable[[UInt8, Float32], UInt8]
"""Pixels and the box of the face in them -> spoilt pixels."""


@dataclass(frozen=True)
class Spoiling:
    """One way to spoil a photo. expected: the verdict that names it; None: the photo is good."""

    name: str
    expected: str | None
    spoil: Spoil


@dataclass(frozen=True)
class Outcome:
    """verdicts: of the gate, `good` where it has no fault to find. right: without a lucky no_face.

    no_face_is_right: so where the face was cut in two, which nobody needs to recognise as a face.
    """

    name: str
    expected: str
    photos: int
    right: int
    no_face_is_right: bool
    verdicts: dict[str, int]

    @property
    def percent(self) -> float:
        """Of the photos whose verdict is right."""
        lucky = self.verdicts.get("no_face", 0) if self.no_face_is_right else 0
        return 100 * (self.right + lucky) / max(self.photos, 1)


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lfw", type=Path, default=LFW)
    parser.add_argument("--photos", type=int, default=1000, help="to be spoilt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--embedder", default="mobilefacenet")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    pipeline = load_pipeline(options.embedder)
    paths = [photo.path for photo in find_photos(options.lfw / "images").values()]
    chosen = random.Random(options.seed).sample(paths, min(options.photos, len(paths)))
    outcomes = []
    for spoiling in spoilings(options.seed):
        shown = paths if spoiling.expected is None else chosen
        outcomes.append(outcome(spoiling, verdicts(pipeline, shown, spoiling.spoil)))
        say(f"{spoiling.name}: {outcomes[-1].percent:.1f} %")
    if options.json:
        print(json.dumps([{**asdict(o), "percent": o.percent} for o in outcomes], indent=1))
    else:
        Console(width=150).print(table(COLUMNS, map(_row, outcomes)))


# --- ways to spoil a photo ------------------------------------------------------------------------


def spoilings(seed: int) -> Iterator[Spoiling]:
    """All of them, the photo as it is first."""
    rng = np.random.default_rng(seed)
    yield Spoiling("as it is", None, lambda pixels, box: pixels)
    for sigma in (2, 3, 4):
        blur = _blurred(sigma)
        yield Spoiling(f"blur, sigma {sigma}", "blurred", blur)
        yield Spoiling(
            f"blur, sigma {sigma}, then noise and JPEG", "blurred", _by_camera(blur, rng)
        )
    for part in (1 / 2, 1 / 3):
        yield Spoiling(f"{part:.2f} of its size", "too_small", _shrunk(part))
        yield Spoiling(f"{part:.2f} of its size, on grey", "too_small", _on_grey(part))
    for factor in (0.25, 0.15):
        yield Spoiling(f"{factor} of its light", "too_dark", _lit(factor))
        yield Spoiling(f"{factor} of its light, noise", "too_dark", _by_camera(_lit(factor), rng))
    for gamma in (3, 4):
        yield Spoiling(f"gamma {gamma}", "too_dark", _gamma(gamma))
    yield Spoiling("2.5 of its light", "too_bright", _lit(2.5))
    for part, name in ((1 / 3, "third"), (1 / 2, "half")):
        for edge in ("left", "top", "right", "bottom"):
            yield Spoiling(f"{name} of the face cut off, {edge}", "cut_off", _cut(edge, part))


def _blurred(sigma: float) -> Spoil:
    return lambda pixels, box: _uint8(cv2.GaussianBlur(pixels, (0, 0), sigma))


def _by_camera(spoil: Spoil, rng: np.random.Generator) -> Spoil:
    def spoilt(pixels: UInt8, box_xyxy: Float32) -> UInt8:
        noisy = spoil(pixels, box_xyxy) + rng.normal(0, NOISE_SIGMA, pixels.shape)
        quality = [cv2.IMWRITE_JPEG_QUALITY, NOISE_QUALITY]
        _, jpeg = cv2.imencode(".jpg", _uint8(noisy), quality)
        seen = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert seen is not None
        return np.asarray(seen, np.uint8)  # the order of colours is wrong both ways, and so right

    return spoilt


def _shrunk(part: float) -> Spoil:
    return lambda pixels, box: _uint8(
        cv2.resize(pixels, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    )


def _on_grey(part: float) -> Spoil:
    def spoilt(pixels: UInt8, box_xyxy: Float32) -> UInt8:
        small, ground = _shrunk(part)(pixels, box_xyxy), np.full_like(pixels, GREY)
        top, left = ((np.array(pixels.shape[:2]) - small.shape[:2]) // 2).tolist()
        ground[top : top + small.shape[0], left : left + small.shape[1]] = small
        return ground

    return spoilt


def _lit(factor: float) -> Spoil:
    return lambda pixels, box: _uint8(pixels.astype(np.float32) * factor)


def _gamma(gamma: float) -> Spoil:
    return lambda pixels, box: _uint8(255 * (pixels.astype(np.float32) / 255) ** gamma)


def _cut(edge: str, part: float) -> Spoil:
    """The picture ends where this part of the face's box is missing."""

    def spoilt(pixels: UInt8, box_xyxy: Float32) -> UInt8:
        x1, y1, x2, y2 = box_xyxy.tolist()
        x, y = part * (x2 - x1), part * (y2 - y1)
        match edge:
            case "left":
                return pixels[:, round(x1 + x) :]
            case "right":
                return pixels[:, : round(x2 - x)]
            case "top":
                return pixels[round(y1 + y) :]
            case _:
                return pixels[: round(y2 - y)]

    return spoilt


def _uint8(pixels: np.ndarray) -> UInt8:
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


# --- what the gate says of them -------------------------------------------------------------------


def verdicts(pipeline: Pipeline, paths: Sequence[Path], spoil: Spoil) -> Counter[str]:
    """How many of the photos, spoilt, get which verdict; those without a face are left out."""
    counts: Counter[str] = Counter()
    for some in _batches(paths):
        frames = [decode_picture(path.read_bytes(), 10**8) for path in some]
        whole = list(_described(pipeline, frames))
        spoilt = [
            Frame(np.ascontiguousarray(spoil(frame.pixels_rgb, _box(faces))))
            for frame, faces in zip(frames, whole, strict=True)
            if len(faces)
        ]
        for frame, faces in zip(spoilt, _described(pipeline, spoilt), strict=True):
            counts[fault(faces, frame.size_wh, frame_light(frame.pixels_rgb)) or "good"] += 1
    return counts


def outcome(spoiling: Spoiling, counts: Counter[str]) -> Outcome:
    """What the verdicts say of the gate."""
    expected = spoiling.expected or "good"
    return Outcome(
        spoiling.name,
        expected,
        counts.total(),
        counts[expected],
        expected == "cut_off",
        dict(counts.most_common()),
    )


def _described(pipeline: Pipeline, frames: Sequence[Frame]) -> Iterator[Faces]:
    """The faces without embeddings, which the gate does not read."""
    found: list[Detections] = detect_in_photos(pipeline.detect, frames)
    for one, crops in zip(found, pipeline.align(frames, found), strict=True):
        yield Faces(one, sharpness(crops), crops, np.zeros((len(one), 1), np.float32))


def _box(faces: Faces) -> Float32:
    box: Float32 = faces.detections.boxes_xyxy[subject(faces)]
    return box


def _batches(paths: Iterable[Path]) -> Iterator[list[Path]]:
    left = iter(paths)
    while some := list(islice(left, BATCH)):
        yield some


COLUMNS = ("photo", "verdict wanted", "photos", "right", "no face", "right %", "", "other verdicts")


def _row(one: Outcome) -> tuple[str, ...]:
    known = (one.expected, "no_face")
    others = [f"{name} {n}" for name, n in one.verdicts.items() if name not in known]
    wanted = 97.0 if one.expected == "good" else WANTED
    return (
        one.name,
        one.expected,
        *(str(n) for n in (one.photos, one.right, one.verdicts.get("no_face", 0))),
        f"{one.percent:.1f}",
        "" if one.percent >= wanted else "below",
        ", ".join(others),
    )


if __name__ == "__main__":
    main()
