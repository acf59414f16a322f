"""Faces over time within one session: which face of a frame is which track. Pure.

First by place: boxes that overlap where the motion leads to. Then by embedding: a face that does
not look like its track is none of it, and one that looks like a track which was lost is that again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facestream.engine.scene import Sample, Scene, Track
from facestream.records import Float32
from facestream.vision.geometry import box_overlaps, enlarge_boxes

__all__ = [
    "Resemblance",
    "Sighting",
    "follow",
    "lately_seen",
    "match_places",
    "may_be_another",
    "predicted_boxes",
]

MIN_OVERLAP = 0.3
"""Least intersection over union of the same face in two frames: the default of SORT (Bewley et al.
2016)."""

REACH = 1.6
"""So many times as wide are the boxes that have to overlap. SORT's are those of whole people; a
face is small beside its steps, and at six frames a second may move by half its width."""

LOST_S = 0.6
"""Seconds unseen after which a track is not found again by its place, if frames came meanwhile: a
blink of the detector, or a hand before the face, is shorter."""

LOST_BETWEEN_S = 2.0
"""The same for a track of the very last frame: a client that is asked for one frame a second must
not be a client whose faces are all new in every frame."""

KEPT_S = 5.0
"""Seconds unseen after which a track ends. Until then it is found again by its embedding: behind a
pillar, or while the phone had no network."""

MOST_SAMPLES = 5
"""The last embeddings of a track, which vote on its name."""

MOST_LOST = 16
"""Tracks that are kept while they are not in view; the newest."""

MOTION_S = 0.5
"""A velocity older than this says nothing about where a face is now."""

SMOOTHING = 0.5
"""Of the newest measurement in a track's velocity and restlessness."""

CALM, RESTLESS = 0.4, 1.3
"""A change of appearance by less is never one of person, by more always may be. In between it hangs
on the track: in a small face that trembles, more is needed than in one that stands still."""

JUMP = 3.0
"""So many times as much as its restlessness, a track's appearance changes with the person."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Cosines of two embeddings from which on they may be of one person.

    again: in different places: it takes good reason to say that somebody is back.
    still: in the same place, where it takes good reason to say that somebody is not the same.
    """

    again: float
    still: float


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One face of a frame.

    appearance: see `vision.quality`.
    change: of the appearance, since the track in its place was seen; 0 where there is none.
    sample: None if it was not embedded.
    """

    box_xyxy: Float32
    appearance: Float32
    change: float
    sample: Sample | None


def predicted_boxes(tracks: tuple[Track, ...] | list[Track], now_s: float) -> Float32:
    """Where tracks should be by now, (n, 4): moved on at the velocity they had."""
    boxes = [
        track.box_xyxy + np.tile(track.velocity_xy, 2) * _moving_s(now_s - track.seen_s)
        for track in tracks
    ]
    return np.array(boxes, np.float32).reshape(-1, 4)


def _moving_s(since_s: float) -> float:
    return since_s if 0 <= since_s <= MOTION_S else 0.0


def lately_seen(scene: Scene, now_s: float) -> list[Track]:
    """The tracks that may be where they were."""
    gap_s = now_s - scene.now_s
    allowed_s = max(LOST_S, gap_s + 1e-6) if gap_s < LOST_BETWEEN_S else LOST_S
    return [track for track in scene.tracks if 0 <= now_s - track.seen_s < allowed_s]


def may_be_another(track: Track, change: float) -> bool:
    """Whether the appearance in a track's place changed so much that it may be somebody else."""
    return change >= min(max(JUMP * track.restlessness, CALM), RESTLESS)


def match_places(scene: Scene, boxes_xyxy: Float32, now_s: float) -> dict[int, Track]:
    """Row of a box (n, 4) -> the track that is there; best overlaps first, each at most once."""
    tracks = lately_seen(scene, now_s)
    overlaps = box_overlaps(
        enlarge_boxes(predicted_boxes(tracks, now_s), REACH), enlarge_boxes(boxes_xyxy, REACH)
    )
    return {face: tracks[row] for row, face in _best_first(overlaps, MIN_OVERLAP)}


def follow(
    scene: Scene,
    sightings: Sequence[Sighting],
    places: Mapping[int, Track],
    now_s: float,
    scanned: bool,
    resemblance: Resemblance,
) -> tuple[Scene, tuple[Track, ...]]:
    """The scene with one more frame, and the track of each of its faces.

    Args:
        scene: as it was before.
        sightings: the frame's faces. Those without a place were embedded.
        places: what `match_places` said of them.
        now_s: of the frame, in seconds.
        scanned: whether the whole frame was searched.
        resemblance: from which similarity on two faces may be one.
    """
    same = {
        row: track for row, track in places.items() if _still(track, sightings[row], resemblance)
    }
    free = [track for track in scene.tracks if track not in same.values()]
    same |= _found_again(free, sightings, same, now_s, resemblance)
    next_id = scene.next_id
    seen = []
    for row, sighting in enumerate(sightings):
        if row in same:
            seen.append(_moved(same[row], sighting, now_s))
        else:
            seen.append(_begun(next_id, sighting, now_s))
            next_id += 1
    known = {track.track_id for track in same.values()}
    lost = [t for t in scene.tracks if t.track_id not in known and now_s - t.seen_s < KEPT_S]
    lost.sort(key=lambda track: track.seen_s)
    return (
        Scene(
            tracks=(*seen, *lost[-MOST_LOST:]),
            next_id=next_id,
            scanned_s=now_s if scanned else scene.scanned_s,
            now_s=now_s,
        ),
        tuple(seen),
    )


def _still(track: Track, sighting: Sighting, resemblance: Resemblance) -> bool:
    """Whether a face is the track whose place it has."""
    if sighting.sample is None:
        return True
    least = resemblance.again if may_be_another(track, sighting.change) else resemblance.still
    return _likeness(track, sighting.sample.embedding) >= least


def _found_again(
    free: Sequence[Track],
    sightings: Sequence[Sighting],
    taken: Mapping[int, Track],
    now_s: float,
    resemblance: Resemblance,
) -> dict[int, Track]:
    """Row of a face that has no track -> the one that it looks like."""
    kept = [track for track in free if 0 <= now_s - track.seen_s < KEPT_S]
    rows = [row for row, s in enumerate(sightings) if row not in taken and s.sample is not None]
    likeness = np.array(
        [[_likeness(track, sightings[row].sample.embedding) for row in rows] for track in kept],  # type: ignore[union-attr]
        np.float32,
    ).reshape(len(kept), len(rows))
    return {rows[at]: kept[old] for old, at in _best_first(likeness, resemblance.again)}


def _likeness(track: Track, embedding: Float32) -> float:
    """Cosine to the sample that is most alike: a head that turned back looks as it did before."""
    return max(float(sample.embedding @ embedding) for sample in track.samples)


def _best_first(values: NDArray[np.floating], least: float) -> list[tuple[int, int]]:
    """Pairs of row and column of `values` (n, m) from `least` on, each row and column once."""
    left = np.array(values, np.float32)
    pairs = []
    while left.size and left.max() >= least:
        row, column = np.unravel_index(left.argmax(), left.shape)
        pairs.append((int(row), int(column)))
        left[row, :] = left[:, column] = -np.inf
    return pairs


def _begun(track_id: int, sighting: Sighting, now_s: float) -> Track:
    assert sighting.sample is not None, "a new face was not embedded"
    return Track(
        track_id=track_id,
        box_xyxy=sighting.box_xyxy,
        velocity_xy=np.zeros(2, np.float32),
        seen_s=now_s,
        embedded_s=now_s,
        carried=0,
        appearance=sighting.appearance,
        restlessness=CALM / JUMP,
        samples=(sighting.sample,),
    )


def _moved(track: Track, sighting: Sighting, now_s: float) -> Track:
    moved = replace(
        track,
        box_xyxy=sighting.box_xyxy,
        velocity_xy=_velocity(track, sighting.box_xyxy, now_s),
        seen_s=now_s,
        appearance=sighting.appearance,
        restlessness=SMOOTHING * sighting.change + (1 - SMOOTHING) * track.restlessness,
    )
    if sighting.sample is None:
        return replace(moved, carried=track.carried + 1)
    return replace(
        moved,
        embedded_s=now_s,
        carried=0,
        samples=(*track.samples, sighting.sample)[-MOST_SAMPLES:],
    )


def _velocity(track: Track, box_xyxy: Float32, now_s: float) -> Float32:
    """Pixels a second (2,), smoothed; zero after a gap."""
    since_s = now_s - track.seen_s
    if not 0 < since_s <= MOTION_S:
        return np.zeros(2, np.float32)
    shift = (box_xyxy - track.box_xyxy).reshape(2, 2).mean(axis=0) / np.float32(since_s)
    mean: Float32 = SMOOTHING * shift + (1 - SMOOTHING) * track.velocity_xy
    return mean.astype(np.float32)
