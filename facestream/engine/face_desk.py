"""What people ask and say of a face in view: why has it this name, and "not this person".

Knows no session: the face comes as its track, or as the answer to a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facestream.engine.gallery_desk import GalleryDesk
from facestream.engine.scene import Track
from facestream.engine.voting import vote
from facestream.errors import NoSuchFace
from facestream.gallery.explanation import Explanation, explain
from facestream.gallery.records import Crop, Kind, NewTemplate, Source
from facestream.records import UInt8

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.engine.recogniser import Recognition
    from facestream.gallery.decision import DecisionPolicy
    from facestream.gallery.gallery import Gallery, GalleryChange

__all__ = ["Explained", "FaceDesk"]

GONE = "That face is not in view any more."


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a face is called so. crops: template id -> JPEG of the nearest examples that have one."""

    track_id: int
    explanation: Explanation
    crops: Mapping[int, bytes]


class FaceDesk:
    """Shared by all sessions; keeps nothing.

    Args:
        desk: of the gallery.
        policy: by which faces are named.
        fingerprint: of what makes embeddings.
        encode_jpeg: the JPEG of a portrait; called on the event loop.
    """

    def __init__(
        self,
        desk: GalleryDesk,
        policy: DecisionPolicy,
        fingerprint: str,
        encode_jpeg: Callable[[UInt8], bytes],
    ) -> None:
        self._desk = desk
        self._policy = policy
        self._fingerprint = fingerprint
        self._encode_jpeg = encode_jpeg

    async def why(self, track: Track) -> Explained:
        """Why the track is called what it is, by the look which decided it.

        Raises:
            NoSuchFace: it has not been decided yet.
        """
        if any(sample.decision is None for sample in track.samples):
            raise NoSuchFace(GONE)
        decision = vote(track.samples)
        looks = [sample for sample in track.samples if sample.decision == decision]
        probe = (looks or track.samples)[-1].embedding

        def look_up(gallery: Gallery) -> tuple[Explanation, dict[int, bytes]]:
            found = explain(gallery.index, self._policy, probe, decision)
            crops = {one.template_id: gallery.store.crop(one.template_id) for one in found.nearest}
            return found, {key: crop.jpeg for key, crop in crops.items() if crop is not None}

        return Explained(track.track_id, *await self._desk.read(look_up))

    async def reject(
        self, recognition: Recognition, track_id: int, identity_id: str
    ) -> GalleryChange:
        """Keep the face with that number, of a frame seen thoroughly, from somebody's name.

        Raises:
            NoSuchFace: it is not in that frame.
            NoSuchIdentity, StoreFailed: see the gallery.
        """
        rows = [row for row, one in enumerate(recognition.tracks) if one.track_id == track_id]
        if not rows:
            raise NoSuchFace(GONE)
        return await self._desk.reject(identity_id, self._rejection(recognition, rows[0]))

    def _rejection(self, recognition: Recognition, row: int) -> NewTemplate:
        faces, portraits = recognition.faces, recognition.portraits
        crop = Crop(
            self._encode_jpeg(portraits.pixels_rgb[row]),
            portraits.landmarks_xy[row].copy(),
            portraits.detector,
        )
        return NewTemplate(
            faces.embeddings[row].copy(),
            self._fingerprint,
            float(faces.sharpness[row]),
            Source.CAMERA,
            crop,
            Kind.REJECTION,
        )
