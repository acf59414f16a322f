"""One photo -> one example of a person, or the reason why not. No asyncio."""

from __future__ import annotations

import numpy as np

from facestream.errors import NoFace, PoorFace, SeveralFaces
from facestream.gallery.records import NewTemplate, Source
from facestream.records import Faces
from facestream.vision.images import encode_jpeg
from facestream.vision.quality import MIN_SHARPNESS

__all__ = ["template_of_photo"]


def template_of_photo(faces: Faces, fingerprint: str) -> NewTemplate:
    """The template to store for a photo which shows exactly one face.

    Args:
        faces: all faces found in the photo.
        fingerprint: of the pipeline that described them.

    Raises:
        NoFace, SeveralFaces: it shows nobody, or it is not clear who is meant.
        PoorFace: the face is too blurred to be recognised by later (`blurred`).
    """
    if not len(faces):
        raise NoFace("no face was found in the photo")
    if len(faces) > 1:
        raise SeveralFaces(f"the photo shows {len(faces)} faces; one person alone is needed")
    if faces.sharpness[0] < MIN_SHARPNESS:
        raise PoorFace("blurred", "the face is blurred; a sharper photo is needed")
    return NewTemplate(
        embedding=np.ascontiguousarray(faces.embeddings[0]),
        fingerprint=fingerprint,
        sharpness=float(faces.sharpness[0]),
        source=Source.PHOTO,
        crop_jpeg=encode_jpeg(faces.crops_rgb[0]),
    )
