"""What one batch goes through on the worker thread: detect, embed, search, decide. No asyncio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter

import numpy as np

from facestream.gallery.decision import DecisionPolicy, decide
from facestream.gallery.index import GalleryIndex
from facestream.records import Decision, Faces, Frame, Reason
from facestream.vision.pipeline import Pipeline
from facestream.vision.quality import MIN_SHARPNESS

__all__ = ["BatchTimings", "Recogniser", "Recognition"]


@dataclass(frozen=True, slots=True, eq=False)
class Recognition:
    """One frame's faces and what is said of each; `decisions` has the order of `faces`."""

    faces: Faces
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class BatchTimings:
    """Milliseconds that a whole batch spent in each stage."""

    detect_ms: float
    embed_ms: float
    search_ms: float


class Recogniser:
    """Frames and a gallery in, named faces out. Owned by the thread that calls it."""

    def __init__(self, pipeline: Pipeline, policy: DecisionPolicy) -> None:
        self._pipeline = pipeline
        self._policy = policy

    @property
    def fingerprint(self) -> str:
        """Hash of everything that makes an embedding; see `vision.pipeline`."""
        return self._pipeline.fingerprint

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._pipeline.dimension

    def warm_up(self, max_batch: int) -> None:
        """Run every shape that serving can meet: nothing may compile under a client's frame."""
        self._pipeline.warm_up(max_batch)
        GalleryIndex.empty(self.dimension).warm_up()

    def recognise(
        self, frames: Sequence[Frame], index: GalleryIndex
    ) -> tuple[list[Recognition], BatchTimings]:
        """One recognition a frame, in order. Equal to recognising the frames one by one."""
        started = perf_counter()
        detections = self._pipeline.detect(frames)
        detected = perf_counter()
        faces = self._pipeline.describe(frames, detections)
        embedded = perf_counter()
        recognitions = self._decide(faces, index)
        searched = perf_counter()
        return recognitions, BatchTimings(
            detect_ms=1e3 * (detected - started),
            embed_ms=1e3 * (embedded - detected),
            search_ms=1e3 * (searched - embedded),
        )

    def _decide(self, faces: Sequence[Faces], index: GalleryIndex) -> list[Recognition]:
        """Search all probes of the batch at once, then deal the decisions out again."""
        probes = np.concatenate([f.embeddings for f in faces])
        sharp = np.concatenate([f.sharpness for f in faces]) >= MIN_SHARPNESS
        decided = decide(index, probes, self._policy)
        explained = iter(map(_explained, decided, sharp.tolist()))
        return [Recognition(f, tuple(islice(explained, len(f)))) for f in faces]


def _explained(decision: Decision, sharp: bool) -> Decision:
    """Say that the face is the trouble, not the person, where a blurred face came out too far."""
    if sharp or decision.reason is not Reason.TOO_FAR:
        return decision
    return replace(decision, reason=Reason.POOR_FACE)
