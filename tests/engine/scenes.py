"""Tracks and sightings of made-up people, for the tests of what follows faces."""

from __future__ import annotations

from typing import Any

import numpy as np

from facestream.engine.scene import Sample, Scene, Track
from facestream.engine.tracker import Resemblance, Sighting, follow, match_places
from facestream.records import Candidate, Decision, Float32, Reason

RESEMBLANCE = Resemblance(again=0.6, still=0.3)


def box(left: float, top: float = 0.0, side: float = 100.0) -> Float32:
    return np.array([left, top, left + side, top + side], np.float32)


def person(number: int, likeness: float = 1.0) -> Float32:
    """An embedding whose cosine to that of the person `number` is `likeness`."""
    embedding = np.zeros(16, np.float32)
    embedding[number] = likeness
    embedding[15] = np.sqrt(1 - likeness**2)
    return embedding


def named(name: str | None, similarity: float = 0.9) -> Decision:
    if name is None:
        return Decision(None, Reason.TOO_FAR, 0.1, 0.0, ())
    candidate = Candidate(name, name, similarity)
    return Decision(candidate, None, similarity, 1.0, (candidate,))


def sample(embedding: Float32 | None = None, name: str | None = None, **given: Any) -> Sample:
    given = {"quality": 1.0, "sharpness": 500.0, "decision": named(name), "revision": 0, **given}
    return Sample(person(0) if embedding is None else embedding, **given)


def track(track_id: int = 0, **given: Any) -> Track:
    defaults: dict[str, Any] = {
        "box_xyxy": box(0),
        "velocity_xy": np.zeros(2, np.float32),
        "seen_s": 0.0,
        "embedded_s": 0.0,
        "carried": 0,
        "appearance": np.zeros(4, np.float32),
        "restlessness": 0.1,
        "samples": (sample(),),
    }
    return Track(track_id, **{**defaults, **given})


def sighting(
    left: float, who: int | None = None, change: float = 0.0, side: float = 100.0
) -> Sighting:
    """A face at x = `left`; embedded if it is said `who` it is."""
    embedded = None if who is None else sample(person(who), decision=None)
    return Sighting(box(left, side=side), np.zeros(4, np.float32), change, embedded)


def step(
    scene: Scene, now_s: float, *sightings: Sighting, scanned: bool = True
) -> tuple[Scene, list[int]]:
    """One more frame; returns the scene and the track numbers of its faces."""
    boxes = np.array([each.box_xyxy for each in sightings], np.float32).reshape(-1, 4)
    places = match_places(scene, boxes, now_s)
    after, tracks = follow(scene, sightings, places, now_s, scanned, RESEMBLANCE)
    return after, [each.track_id for each in tracks]
