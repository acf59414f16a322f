"""How many frames a second: detector, embedder, and a frame's whole way but the network.

All calls of a run alternate, and medians are taken: a busy moment of the machine hits all alike.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from facestream.engine.recogniser import Recogniser
from facestream.engine.scene import View
from facestream.evaluation.floors import MatrixProduct, Work, detector_mflop, work_of
from facestream.evaluation.search_speed import (
    alternating_medians_ms,
    gallery_of,
    synthetic_templates,
)
from facestream.evaluation.stages import Stages, WatchedMtcnn, measure_stages
from facestream.gallery.decision import load_policy
from facestream.gallery.gallery import GallerySnapshot
from facestream.gallery.people import NOBODY
from facestream.records import Frame, UInt8
from facestream.vision.embedders import Embedder
from facestream.vision.images import decode_picture, encode_jpeg
from facestream.vision.pipeline import Pipeline

__all__ = [
    "DetectSpeed",
    "EmbedSpeed",
    "EndToEndSpeed",
    "Throughput",
    "in_batches",
    "machine",
    "measure_throughput",
]

KNOWN = 1000
"""Templates in the gallery of the whole way: 200 people with five each."""
JPEG_QUALITY = 80  # the page's


@dataclass(frozen=True, slots=True)
class DetectSpeed:
    """`batch` frames at a time. `floor_ms`: a frame's arithmetic at the rate of a matrix product.

    stages: of another pass over the same frames, so that their sum is not quite `ms_per_frame`.
    """

    batch: int
    ms_per_frame: float
    faces_per_frame: float
    floor_ms: float
    stages: Stages


@dataclass(frozen=True, slots=True)
class EmbedSpeed:
    """`batch` aligned faces at a time. `floor_ms`: as of `DetectSpeed`, of a face."""

    batch: int
    ms_per_face: float
    floor_ms: float


@dataclass(frozen=True, slots=True)
class EndToEndSpeed:
    """`batch` JPEG files at a time: decode, detect, align, embed, search and decide.

    One after the other in one thread. The server decodes in other threads meanwhile.
    """

    batch: int
    ms_per_frame: float

    @property
    def frames_per_second(self) -> float:
        """Of all clients together."""
        return 1e3 / self.ms_per_frame


@dataclass(frozen=True, slots=True)
class Throughput:
    """Figures of one run.

    matrix_gflops: the best that TensorFlow's matrix product reached between the other calls.
    traces: how often TensorFlow had traced the networks before and after.
    """

    detect: list[DetectSpeed]
    embed: list[EmbedSpeed]
    end_to_end: list[EndToEndSpeed]
    work: Work
    matrix_gflops: float
    traces: tuple[int, int]

    def as_json(self) -> dict[str, Any]:
        """By the names that `facestream bench --json` prints."""
        return {
            "detect": [asdict(speed) for speed in self.detect],
            "embed": [asdict(speed) for speed in self.embed],
            "end_to_end": [
                {**asdict(speed), "frames_per_second": speed.frames_per_second}
                for speed in self.end_to_end
            ],
            "floor": {"matrix_gflops": self.matrix_gflops, **asdict(self.work)},
            "traces": dict(zip(("before", "after"), self.traces, strict=True)),
        }


def measure_throughput(
    detector: WatchedMtcnn,
    embedder: Embedder,
    frames: Sequence[Frame],
    batches: Sequence[int],
    runs: int,
) -> Throughput:
    """Medians over `runs` passes of the video `frames`, in batches of each of the sizes."""
    pipeline = Pipeline(detector, embedder)
    pipeline.warm_up()
    traces = pipeline.trace_count()
    groups = [in_batches(frames, batch) for batch in batches]
    counts = [sum(map(len, parts)) for parts in groups]
    product = MatrixProduct()
    *times_ms, _ = alternating_medians_ms(
        [
            *(_for_each(detector.detect, parts) for parts in groups),
            *(_embedding(embedder, batch) for batch in batches),
            *(_whole_way(pipeline, parts) for parts in groups),
            product,
        ],
        runs,
    )
    detect_ms, embed_ms, end_to_end_ms = np.array_split(times_ms, 3)
    work, matrix_gflops = work_of(detector, embedder), product.gflops
    return Throughput(
        detect=[
            _detect_speed(detector, parts, ms / count, work, matrix_gflops, runs)
            for parts, ms, count in zip(groups, detect_ms.tolist(), counts, strict=True)
        ],
        embed=[
            EmbedSpeed(batch, ms / batch, work.embedder_mflop / matrix_gflops)
            for batch, ms in zip(batches, embed_ms.tolist(), strict=True)
        ],
        end_to_end=[
            EndToEndSpeed(batch, ms / count)
            for batch, ms, count in zip(batches, end_to_end_ms.tolist(), counts, strict=True)
        ],
        work=work,
        matrix_gflops=matrix_gflops,
        traces=(traces, pipeline.trace_count()),
    )


def in_batches(frames: Sequence[Frame], batch: int) -> list[list[Frame]]:
    """Full batches of the frames in order; too few for one are repeated, too many left out."""
    several = max(1, len(frames) // batch)
    again = cycle(frames)
    return [list(islice(again, batch)) for _ in range(several)]


def machine() -> dict[str, Any]:
    """What a figure has to be quoted with. `load`: mean of the last minute; 0 is a quiet machine.

    `load` is None where the system does not tell.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": platform.machine(), "cores": cores, "load": load}


def _detect_speed(
    detector: WatchedMtcnn,
    groups: Sequence[Sequence[Frame]],
    ms_per_frame: float,
    work: Work,
    matrix_gflops: float,
    runs: int,
) -> DetectSpeed:
    found = [len(faces) for group in groups for faces in detector.detect(group)]
    stages = measure_stages(detector, groups, runs)
    return DetectSpeed(
        batch=len(groups[0]),
        ms_per_frame=ms_per_frame,
        faces_per_frame=float(np.mean(found)),
        floor_ms=detector_mflop(work, stages) / matrix_gflops,
        stages=stages,
    )


def _for_each(
    call: Callable[[Sequence[Frame]], object], groups: Sequence[Sequence[Frame]]
) -> Callable[[], object]:
    def all_of_them() -> None:
        for group in groups:
            call(group)

    return all_of_them


def _embedding(embedder: Embedder, batch: int) -> Callable[[], object]:
    # Noise will do: what a network costs does not depend on what it sees.
    size = embedder.template.size
    crops: UInt8 = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
    return lambda: embedder.embed(crops)


def _whole_way(pipeline: Pipeline, groups: Sequence[Sequence[Frame]]) -> Callable[[], object]:
    # Not every embedder has a calibration, and all cost the same.
    recogniser = Recogniser(pipeline, load_policy("mobilefacenet", 0.004))
    index = gallery_of(synthetic_templates(KNOWN, pipeline.dimension), KNOWN)
    gallery = GallerySnapshot(0, NOBODY, index, 0)
    jpegs = [[encode_jpeg(f.pixels_rgb, JPEG_QUALITY) for f in group] for group in groups]

    def all_of_them() -> None:
        for group in jpegs:
            frames = [decode_picture(jpeg, 10**8) for jpeg in group]
            recogniser.recognise([View(frame) for frame in frames], gallery)

    return all_of_them
