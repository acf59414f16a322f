"""What one batch goes through on the worker thread: detect, track, embed, search, decide. Pure.

Views in, named faces out. Knows no session: what one has seen before comes with its frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from facestream.engine.attention import Attention
from facestream.engine.scene import Sample, Scene, Track, View
from facestream.engine.tracker import Resemblance, Sighting, follow, match_places
from facestream.engine.voting import vote
from facestream.gallery.decision import DecisionPolicy, decide
from facestream.gallery.gallery import GallerySnapshot
from facestream.gallery.index import GalleryIndex
from facestream.gallery.index import trace_count as search_trace_count
from facestream.gallery.records import Crop
from facestream.gallery.reembedding import embed_crops
from facestream.records import Decision, Detections, Faces, Float32, Frame, Reason, UInt8
from facestream.vision.pipeline import Pipeline
from facestream.vision.portrait import Portraits
from facestream.vision.quality import (
    MIN_SHARPNESS,
    FrameLight,
    appearance_change,
    appearances,
    face_quality,
    frame_light,
    sharpness,
)
from facestream.vision.second_look import detect_in_photos

__all__ = ["BatchTimings", "Recogniser", "Recognition"]

EVERYTHING = Attention(tracking=False)

AGAIN_FMR, STILL_FMR = 1e-4, 1e-2
"""Of two strangers, how many may pass as somebody who is back, or as the one who stood there. The
second is weaker: a place in common is evidence too."""


@dataclass(frozen=True, slots=True, eq=False)
class Recognition:
    """One frame's faces and what is said of each, in the order of `faces`.

    faces: the embedding of a face that was not embedded is the one that its track carries.
    decisions: of the track, not of this frame alone.
    tracks: the track of each face, as it is after this frame.
    embedded: whether the embedding was computed from this frame.
    scanned: whether the whole frame was searched.
    scene: for the session's next frame.
    portraits: of `faces`, where the view is thorough; else of none.
    light: of the whole frame.
    """

    faces: Faces
    decisions: tuple[Decision, ...]
    tracks: tuple[Track, ...]
    embedded: tuple[bool, ...]
    scanned: bool
    scene: Scene
    portraits: Portraits
    light: FrameLight


@dataclass(frozen=True, slots=True)
class BatchTimings:
    """Milliseconds that a whole batch spent in each stage; tracking counts as detection."""

    detect_ms: float
    embed_ms: float
    search_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A frame after its faces were found, before they are embedded.

    wanted: rows of the faces to embed.
    """

    view: View
    scanned: bool
    detections: Detections
    crops_rgb: UInt8
    sharpness: Float32
    quality: Float32
    appearances: Float32
    places: dict[int, Track]
    changes: list[float]
    wanted: list[int]
    portraits: Portraits


class Recogniser:
    """Views and a gallery in, named faces out. Owned by the thread that calls it.

    attention: what is computed of each frame; None: everything, every time.
    """

    def __init__(
        self, pipeline: Pipeline, policy: DecisionPolicy, attention: Attention | None = None
    ) -> None:
        self._pipeline = pipeline
        self._policy = policy
        self._attention = attention or EVERYTHING
        self._resemblance = Resemblance(
            again=policy.calibration.threshold_for(AGAIN_FMR),
            still=policy.calibration.threshold_for(STILL_FMR),
        )

    @property
    def fingerprint(self) -> str:
        """Hash of everything that makes an embedding; see `vision.pipeline`."""
        return self._pipeline.fingerprint

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._pipeline.dimension

    @property
    def frames_at_once(self) -> int:
        """How many together pay on the device that computes."""
        return self._pipeline.frames_at_once

    @property
    def traces(self) -> int:
        """How often TensorFlow traced a function; constant once warmed up."""
        return self._pipeline.trace_count() + search_trace_count()

    def warm_up(self) -> None:
        """Run every shape that serving can meet: nothing may compile under a client's frame."""
        self._pipeline.warm_up()
        GalleryIndex.empty(self.dimension).warm_up()

    def photo(self, frame: Frame) -> tuple[Faces, Portraits]:
        """The faces of a photo that is to be enrolled, which is worth a second look.

        Their portraits come with them.
        """
        [found] = detect_in_photos(self._pipeline.detect, [frame])
        [faces] = self._pipeline.describe([frame], [found])
        return faces, self._pipeline.portraits(frame, found)

    def embed_crops(self, crops: Sequence[Crop]) -> list[Float32 | None]:
        """What this model makes of stored crops; see `gallery.reembedding`."""
        return embed_crops(self._pipeline, crops)

    def recognise(
        self, views: Sequence[View], gallery: GallerySnapshot
    ) -> tuple[list[Recognition], BatchTimings]:
        """One recognition a view, in order. Equal to recognising the views one by one."""
        started = perf_counter()
        found = self._find(views)
        detected = perf_counter()
        followed = self._follow(found)
        embedded = perf_counter()
        recognitions = self.renewed(followed, gallery)
        searched = perf_counter()
        return recognitions, BatchTimings(
            detect_ms=1e3 * (detected - started),
            embed_ms=1e3 * (embedded - detected),
            search_ms=1e3 * (searched - embedded),
        )

    def renewed(
        self, recognitions: Sequence[Recognition], gallery: GallerySnapshot
    ) -> list[Recognition]:
        """The same faces, decided by `gallery`. Searched is only what was not, in this revision."""
        samples = [s for r in recognitions for track in r.tracks for s in track.samples]
        stale = [sample for sample in samples if sample.revision != gallery.revision]
        searched = dict(zip(map(id, stale), self._searched(stale, gallery), strict=True))

        def fresh(track: Track) -> Track:
            return replace(track, samples=tuple(searched.get(id(s), s) for s in track.samples))

        return [self._decided(r, tuple(map(fresh, r.tracks))) for r in recognitions]

    # --- find -------------------------------------------------------------------------------------

    def _find(self, views: Sequence[View]) -> list[_Found]:
        """Detect, align and judge the faces of all frames, and choose those to embed."""
        places = [self._attention.places(view) for view in views]
        looked_at = [row for row, boxes in enumerate(places) if boxes is None or len(boxes)]
        found = [Detections.none()] * len(views)
        if looked_at:
            frames = [views[row].frame for row in looked_at]
            detected = self._pipeline.detect(frames, [places[row] for row in looked_at])
            for row, detections in zip(looked_at, detected, strict=True):
                found[row] = detections
        crops = self._pipeline.align([view.frame for view in views], found)
        return [
            self._judged(view, boxes is None, detections, crop)
            for view, boxes, detections, crop in zip(views, places, found, crops, strict=True)
        ]

    def _judged(
        self, view: View, scanned: bool, detections: Detections, crops_rgb: UInt8
    ) -> _Found:
        boxes_xyxy = detections.boxes_xyxy
        places = match_places(view.scene, boxes_xyxy, view.now_s)
        looks = appearances(view.frame.pixels_rgb, boxes_xyxy)
        changes = [
            appearance_change(places[row].appearance, look) if row in places else 0.0
            for row, look in enumerate(looks)
        ]
        sharp = sharpness(crops_rgb)
        quality = face_quality(boxes_xyxy, sharp, view.frame.size_wh)
        wanted = [
            row
            for row in range(len(detections))
            if self._attention.needs_embedding(
                places.get(row), view, float(quality[row]), changes[row]
            )
        ]
        return _Found(
            view,
            scanned,
            detections,
            crops_rgb,
            sharp,
            quality,
            looks,
            places,
            changes,
            wanted,
            self._portraits(view, detections),
        )

    def _portraits(self, view: View, detections: Detections) -> Portraits:
        found = detections if view.thorough else Detections.none()
        return self._pipeline.portraits(view.frame, found)

    # --- embed and follow -------------------------------------------------------------------------

    def _follow(self, found: Sequence[_Found]) -> list[Recognition]:
        """Embed what was chosen of all frames in one call, and say who is which track."""
        crops = np.concatenate([one.crops_rgb[one.wanted] for one in found])
        embeddings = self._pipeline.embed(crops)
        ends = np.cumsum([len(one.wanted) for one in found])
        return [
            self._followed(one, rows)
            for one, rows in zip(found, np.split(embeddings, ends[:-1]), strict=True)
        ]

    def _followed(self, found: _Found, embeddings: Float32) -> Recognition:
        samples = {
            row: Sample(
                # Its own kilobyte: a row would keep the whole batch in memory with the track.
                embedding=embedding.copy(),
                quality=float(found.quality[row]),
                sharpness=float(found.sharpness[row]),
            )
            for row, embedding in zip(found.wanted, embeddings, strict=True)
        }
        sightings = [
            Sighting(box.copy(), look.copy(), change, samples.get(row))
            for row, (box, look, change) in enumerate(
                zip(found.detections.boxes_xyxy, found.appearances, found.changes, strict=True)
            )
        ]
        scene, tracks = follow(
            found.view.scene,
            sightings,
            found.places,
            found.view.now_s,
            found.scanned,
            self._resemblance,
        )
        carried = np.zeros((0, self.dimension), np.float32)
        if tracks:
            carried = np.stack([track.embedding for track in tracks])
        return Recognition(
            faces=Faces(found.detections, found.sharpness, found.crops_rgb, carried),
            decisions=(),
            tracks=tracks,
            embedded=tuple(row in samples for row in range(len(tracks))),
            scanned=found.scanned,
            scene=scene,
            portraits=found.portraits,
            light=frame_light(found.view.frame.pixels_rgb),
        )

    # --- search and decide ------------------------------------------------------------------------

    def _searched(self, samples: Sequence[Sample], gallery: GallerySnapshot) -> Iterator[Sample]:
        """The samples with what `gallery` says of them, searched in one call."""
        if not samples:
            return
        probes = np.stack([sample.embedding for sample in samples])
        decisions = decide(gallery.index, probes, self._policy)
        for sample, decision in zip(samples, decisions, strict=True):
            explained = _explained(decision, sample.sharpness >= MIN_SHARPNESS)
            yield replace(sample, decision=explained, revision=gallery.revision)

    def _decided(self, recognition: Recognition, tracks: tuple[Track, ...]) -> Recognition:
        voters = [t.samples if self._attention.tracking else t.samples[-1:] for t in tracks]
        return replace(
            recognition,
            decisions=tuple(map(vote, voters)),
            tracks=tracks,
            scene=recognition.scene.with_tracks(tracks),
        )


def _explained(decision: Decision, sharp: bool) -> Decision:
    """Say that the face is the trouble, not the person, where a blurred face came out too far."""
    if sharp or decision.reason is not Reason.TOO_FAR:
        return decision
    return replace(decision, reason=Reason.POOR_FACE)
