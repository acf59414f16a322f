"""How good one face is for recognition: sharpness. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from facestream.records import Float32, UInt8

__all__ = ["MIN_SHARPNESS", "sharpness"]

MIN_SHARPNESS = 30.0
"""Below this a face is called blurred. Of LFW's faces (folds 1 to 5, 90 pixels wide) 0.2 % lie
below; after a Gaussian blur of 2 pixels two thirds, of 3 pixels 97 %."""

MARGIN = 0.2
"""Part of the crop left out on each side: hair and background say nothing about the face, and where
a crop reaches beyond the frame its black border would be the sharpest edge of all."""


def sharpness(crops_rgb: UInt8) -> Float32:
    """Variance of the Laplacian inside each aligned crop (n, s, s, 3), (n,) in grey levels squared.

    Measured on the aligned crop, so that the size of the face in the frame counts: a small face
    that was enlarged has no fine detail either. Source of the measure: Pech-Pacheco et al. (2000),
    "Diatom autofocusing in brightfield microscopy".
    """
    margin = round(MARGIN * crops_rgb.shape[1])
    inner = crops_rgb[:, margin:-margin, margin:-margin]
    values = [
        cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var() for crop in inner
    ]
    return np.array(values, np.float32)
