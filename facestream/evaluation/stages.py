"""The detector with a watch: where its time goes, and how much work each stage is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from facestream.records import Detections, Float32, Frame
from facestream.vision.mtcnn import Mtcnn, Proposals, Series
from facestream.vision.pyramid import layout

__all__ = ["Stages", "WatchedMtcnn", "measure_stages"]


@dataclass(frozen=True, slots=True)
class Stages:
    """What one frame costs and is worth, on average over a video.

    prepare_ms: halving the frames, and what is between the stages.
    pnet_ms: drawing the canvas, P-Net on it, and its boxes.
    rnet_ms, onet_ms: cutting the crops, the network on them, and its boxes.
    canvas_pixels: that P-Net is given.
    rnet_crops, onet_crops: candidates that the networks are given.
    """

    prepare_ms: float
    pnet_ms: float
    rnet_ms: float
    onet_ms: float
    canvas_pixels: float
    rnet_crops: float
    onet_crops: float


class WatchedMtcnn(Mtcnn):
    """Finds the same faces; `spent` and `given` grow with each call."""

    def __init__(self, *arguments: Any) -> None:
        """See `Mtcnn`."""
        super().__init__(*arguments)
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was counted."""
        self.spent = np.zeros(4)  # seconds: all, P-Net, R-Net, O-Net
        self.given = np.zeros(3)  # pixels, crops, crops

    def detect(
        self, frames: Sequence[Frame], around: Sequence[Float32 | None] | None = None
    ) -> list[Detections]:
        """See `Mtcnn.detect`; `around` is not for watched ones, whose pixels it would not count."""
        width, height = layout(tuple(frame.size_wh for frame in frames), self._min_face).size_wh
        self.given[0] += width * height
        with self._watch(0):
            return super().detect(frames, around)

    def _propose(self, series: Series) -> Proposals:
        with self._watch(1):
            return super()._propose(series)

    def _reject(self, series: Series, proposals: Proposals) -> Proposals:
        self.given[1] += len(proposals.scores)
        with self._watch(2):
            return super()._reject(series, proposals)

    def _locate(self, series: Series, proposals: Proposals) -> list[Detections]:
        self.given[2] += len(proposals.scores)
        with self._watch(3):
            return super()._locate(series, proposals)

    @contextmanager
    def _watch(self, stage: int) -> Iterator[None]:
        started = perf_counter()
        yield
        self.spent[stage] += perf_counter() - started


def measure_stages(detector: WatchedMtcnn, groups: Sequence[Sequence[Frame]], runs: int) -> Stages:
    """Medians over `runs` passes of the batches `groups`."""
    frames = sum(map(len, groups))
    spent = []
    for _ in range(runs):
        detector.start_anew()
        for group in groups:
            detector.detect(group)
        whole, *stages = detector.spent
        spent.append([whole - sum(stages), *stages])
    medians_ms = 1e3 * np.median(spent, axis=0) / frames
    return Stages(*medians_ms.tolist(), *(detector.given / frames).tolist())
