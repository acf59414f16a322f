"""What one session has seen lately: frozen records, made anew with each frame. Knows no thread.

A `Scene` goes with a frame to the worker thread and comes back with its answer. Nobody changes it,
so it can be computed again when a batch fails, and two threads never share anything that moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from facestream.records import Decision, Float32, Frame

__all__ = ["NOTHING_SEEN", "Sample", "Scene", "Track", "View"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One embedding computed of a track, and what the gallery said of it.

    embedding: (d,) float32 of unit length.
    quality: see `vision.quality.face_quality`.
    sharpness: see `vision.quality.sharpness`.
    decision: None until it has been searched.
    revision: of the gallery in which it was searched.
    """

    embedding: Float32
    quality: float
    sharpness: float
    decision: Decision | None = None
    revision: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One face over time.

    track_id: never used twice in a session.
    box_xyxy: (4,) float32, where it was seen last, in pixels of that frame.
    velocity_xy: (2,) float32, of its centre, in pixels a second.
    seen_s, embedded_s: when it was seen, and embedded, last.
    appearance: (k,) float32, when it was seen last; see `vision.quality.appearances`.
    carried: frames in which it was seen since it was embedded last.
    restlessness: how much its appearance changes from frame to frame; a running mean.
    samples: the last few, oldest first; never empty.
    """

    track_id: int
    box_xyxy: Float32
    velocity_xy: Float32
    seen_s: float
    embedded_s: float
    carried: int
    appearance: Float32
    restlessness: float
    samples: tuple[Sample, ...]

    @property
    def embedding(self) -> Float32:
        """The one computed last, (d,)."""
        return self.samples[-1].embedding


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The tracks of one session, as of `now_s`.

    tracks: those in view in the last frame, and those lost a short while ago.
    next_id: the number of the next track.
    scanned_s: when a whole frame was searched last.
    """

    tracks: tuple[Track, ...] = ()
    next_id: int = 0
    scanned_s: float = -np.inf
    now_s: float = -np.inf

    @property
    def in_view(self) -> tuple[Track, ...]:
        """The tracks of the last frame's faces."""
        return tuple(track for track in self.tracks if track.seen_s >= self.now_s)

    def with_tracks(self, tracks: tuple[Track, ...]) -> Scene:
        """The same with these tracks in the place of those with their numbers."""
        newer = {track.track_id: track for track in tracks}
        return replace(self, tracks=tuple(newer.get(t.track_id, t) for t in self.tracks))


NOTHING_SEEN = Scene()


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A frame, and what its session had seen before.

    now_s: when the frame arrived, in seconds on the engine's clock.
    thorough: search all of it and embed all faces, as a capture needs.
    strain: how many times as long the pauses between scans and between embeddings shall be, because
        the server has more to do than it can; at least 1.
    """

    frame: Frame
    scene: Scene = field(default=NOTHING_SEEN)
    now_s: float = 0.0
    thorough: bool = False
    strain: float = 1.0
