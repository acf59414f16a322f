"""One photo -> one example of a person, or the reason why not. No asyncio."""

from __future__ import annotations

import numpy as np

from facestream.engine.quality_gate import fault, subject
from facestream.errors import NoFace, PoorFace, SeveralFaces
from facestream.gallery.records import Crop, NewTemplate, Source
from facestream.records import Faces, Frame
from facestream.vision.images import encode_jpeg
from facestream.vision.portrait import Portraits
from facestream.vision.quality import frame_light

__all__ = ["template_of_photo"]

HELP = {
    "too_small": "the face is too small; it should be 60 pixels wide or more",
    "cut_off": "a part of the face is not in the photo",
    "too_dark": "the face is too dark",
    "too_bright": "the face is too bright",
    "blurred": "the face is blurred; a sharper photo is needed",
    "turned_away": "the face is turned away too far",
}


def template_of_photo(
    faces: Faces, portraits: Portraits, photo: Frame, fingerprint: str
) -> NewTemplate:
    """The template to store for a photo which shows one person alone.

    Args:
        faces: all faces found in the photo.
        portraits: their pictures.
        photo: the photo itself.
        fingerprint: of the pipeline that described them.

    Raises:
        NoFace, SeveralFaces: it shows nobody, or it is not clear who is meant.
        PoorFace: the face is not good enough to be recognised by later; its code says why.
    """
    reason = fault(faces, photo.size_wh, frame_light(photo.pixels_rgb))
    if reason == "no_face":
        raise NoFace("no face was found in the photo")
    if reason == "several_faces":
        raise SeveralFaces(f"the photo shows {len(faces)} faces; one person alone is needed")
    if reason is not None:
        raise PoorFace(reason, HELP[reason])
    row = subject(faces)
    return NewTemplate(
        embedding=np.ascontiguousarray(faces.embeddings[row]),
        fingerprint=fingerprint,
        sharpness=float(faces.sharpness[row]),
        source=Source.PHOTO,
        crop=Crop(
            encode_jpeg(portraits.pixels_rgb[row]),
            portraits.landmarks_xy[row].copy(),
            portraits.detector,
        ),
    )
