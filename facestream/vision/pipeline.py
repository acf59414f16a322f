"""Frames in, faces with embeddings out. Pure: nothing is remembered from call to call."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from facestream.records import Detections, Faces, Float32, Frame, UInt8
from facestream.vision.embedders import Embedder, load_embedder
from facestream.vision.geometry import align
from facestream.vision.lanes import Lanes
from facestream.vision.mtcnn import Mtcnn
from facestream.vision.portrait import Portraits, portraits
from facestream.vision.quality import sharpness
from facestream.vision.runtime import release_free_memory, uses_gpu
from facestream.vision.weights import MODELS_FOLDER, WEIGHTS

__all__ = ["Pipeline", "load_pipeline"]


DETECTOR_WEIGHTS = tuple(WEIGHTS[name].sha256 for name in ("pnet.lz4", "rnet.lz4", "onet.lz4"))


FRAMES_ON_CPU = 8
"""More save nothing there, and each waits for all; docs/performance.md."""

FRAMES_ON_GPU = 32
"""Not measured: as many faces as fill the largest call of a network, with two in each frame."""


class Pipeline:
    """A detector and an embedder. To be called from one thread."""

    def __init__(self, detector: Mtcnn, embedder: Embedder) -> None:
        self._detector = detector
        self._embedder = embedder

    @property
    def embedder_name(self) -> str:
        """Name in the registry of `vision.embedders`."""
        return self._embedder.name

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._embedder.dimension

    @property
    def fingerprint(self) -> str:
        """Hash of the detector's weights, the alignment and the embedder's weights.

        Embeddings are comparable if, and only if, their fingerprints are equal.
        """
        parts = [*DETECTOR_WEIGHTS, self._embedder.template.fingerprint, self._embedder.fingerprint]
        return f"{self._embedder.name}-{_short_hash(parts)}"

    @property
    def detector(self) -> str:
        """Hash of the detector's weights alone: landmarks by another one lie elsewhere."""
        return f"mtcnn-{_short_hash(DETECTOR_WEIGHTS)}"

    def detect(
        self, frames: Sequence[Frame], around: Sequence[Float32 | None] | None = None
    ) -> list[Detections]:
        """The faces of each frame, best first; `around`: see `Mtcnn.detect`."""
        return self._detector.detect(frames, around)

    def align(self, frames: Sequence[Frame], detections: Sequence[Detections]) -> list[UInt8]:
        """Of each frame the crops (n, s, s, 3) of its faces, as the embedder wants them."""
        template = self._embedder.template
        return [
            align(frame.pixels_rgb, found.landmarks_xy, template.landmarks_xy, template.size)
            for frame, found in zip(frames, detections, strict=True)
        ]

    def embed(self, crops_rgb: UInt8) -> Float32:
        """Embeddings (n, d) of unit length of aligned crops (n, s, s, 3)."""
        return self._embedder.embed(crops_rgb)

    def describe(self, frames: Sequence[Frame], detections: Sequence[Detections]) -> list[Faces]:
        """Align and embed the detected faces, all frames in one call of the network."""
        crops = self.align(frames, detections)
        embeddings = self.embed(np.concatenate(crops))
        ends = np.cumsum([len(found) for found in detections])
        return [
            Faces(found, sharpness(crop), crop, rows)
            for found, crop, rows in zip(
                detections, crops, np.split(embeddings, ends[:-1]), strict=True
            )
        ]

    def portraits(self, frame: Frame, found: Detections) -> Portraits:
        """The pictures of the detected faces, as they are kept."""
        return portraits(frame, found.landmarks_xy, self.detector)

    def faces(self, frames: Sequence[Frame]) -> list[Faces]:
        """`detect`, then `describe`."""
        return self.describe(frames, self.detect(frames))

    @property
    def frames_at_once(self) -> int:
        """How many frames together pay on the device that computes."""
        return FRAMES_ON_GPU if uses_gpu() else FRAMES_ON_CPU

    def warm_up(self) -> None:
        """Run every shape that serving leads to."""
        self._detector.warm_up()
        self._embedder.warm_up()

    def trace_count(self) -> int:
        """How often TensorFlow traced a network; constant once warmed up."""
        return self._detector.traces + self._embedder.traces


def _short_hash(parts: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def load_pipeline(
    embedder: str = "mobilefacenet",
    min_face: int = 40,
    weights: Path | None = None,
    folder: Path = MODELS_FOLDER,
) -> Pipeline:
    """Build the networks from the installed weights.

    Args:
        embedder: name in the registry of `vision.embedders`.
        min_face: side of the smallest face looked for, in pixels of the frame.
        weights: a file for an embedder that does not come with its own.
        folder: where the embedder's file lies else.

    Raises:
        MissingWeights, BadWeights: see `vision.weights`.
    """
    lanes = Lanes()
    network = load_embedder(embedder, weights, lanes, folder)  # first: its file may be amiss
    pipeline = Pipeline(Mtcnn(min_face, lanes), network)
    release_free_memory()
    return pipeline
