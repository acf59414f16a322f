"""What of a frame is worth computing: where to look, whom to embed. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from facestream.engine.scene import Scene, Track, View
from facestream.engine.tracker import (
    MOST_SAMPLES,
    lately_seen,
    may_be_another,
    predicted_boxes,
)
from facestream.records import Float32
from facestream.vision.geometry import enlarge_boxes

__all__ = ["Attention"]

FIRST_PAUSE_S = 0.25
"""Between the first embedding of a face and the second; each further pause is twice as long. A
name that was given wrongly is voted on again soon, and one that has stood for long seldom."""

LEAST_FRAMES = 3
"""From one embedding to the next that is only due by time. Else a server that is behind, and gets
a frame a second, would embed every face in every frame, and stay behind."""

NEXT_S = 0.5
"""From one frame to the next, beyond which faces are not sought where they were."""

BETTER = 1.3
"""A face is embedded again when its quality is so many times that of its best sample: somebody who
walked half as far again towards the camera."""

WIDER = 1.2
"""How much more than the place where a face should be is looked at. A second, wider look at each
finds one more of 82 faces of the street video, seen 80 ms before, and costs twice as much."""


@dataclass(frozen=True, slots=True)
class Attention:
    """How much is computed.

    tracking: False searches all of every frame and embeds every face in it.
    scan_s: seconds after which the whole frame is searched again; 0: always.
    embed_s: seconds after which a face is embedded again, at the latest; 0: always.
    """

    tracking: bool = True
    scan_s: float = 0.5
    embed_s: float = 1.5

    def places(self, view: View) -> Float32 | None:
        """Where to look for faces: boxes (n, 4); None: everywhere."""
        scene, now_s = view.scene, view.now_s
        if not self.tracking or view.thorough or not self.scan_s:
            return None
        if now_s - scene.now_s > NEXT_S:
            return None  # by now they may be anywhere
        if now_s - scene.scanned_s >= self.scan_s * view.strain and not _rests(scene):
            return None
        lately = lately_seen(scene, now_s)
        if any(scene.scanned_s <= track.seen_s < scene.now_s for track in lately):
            return None  # it was lost, and the whole frame has not been searched for it since
        return enlarge_boxes(predicted_boxes(lately, now_s), WIDER)

    def needs_embedding(
        self, track: Track | None, view: View, quality: float, change: float
    ) -> bool:
        """Whether the face that seems to be `track` is embedded; None: a new one.

        change: of its appearance; see `vision.quality.appearance_change`.
        """
        if track is None or view.thorough or not self.tracking or not self.embed_s:
            return True
        doublings = 0 if _undecided(track) else len(track.samples) - 1
        pause_s = min(self.embed_s, FIRST_PAUSE_S * 2.0**doublings) * view.strain
        return (
            may_be_another(track, change)
            or _disputed(track)
            or (view.now_s - track.embedded_s >= pause_s and track.carried + 1 >= LEAST_FRAMES)
            or quality > BETTER * max(sample.quality for sample in track.samples)
        )


def _rests(scene: Scene) -> bool:
    """Whether the last frame was searched as a whole, and found somebody: then tracks will do.

    So of frames that come seldom every other one is cheap.
    """
    return scene.scanned_s >= scene.now_s and bool(scene.in_view)


def _undecided(track: Track) -> bool:
    """Whether some of its few samples so far have a name and some have none."""
    named = {sample.decision.named is None for sample in track.samples if sample.decision}
    return len(named) > 1 and len(track.samples) < MOST_SAMPLES


def _disputed(track: Track) -> bool:
    """Whether its samples were given different names: then the next frames have to decide."""
    names = {sample.decision.named for sample in track.samples if sample.decision is not None}
    return len({named.identity_id for named in names if named is not None}) > 1
