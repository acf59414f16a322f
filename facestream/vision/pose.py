"""Which way a head is turned, by its five landmarks. Pure numpy.

The eyes and the corners of the mouth lie in a plane, and the nose stands out of it. Seen from afar
(weak perspective: everything in a head is about as far away) the point of the plane under the nose
divides the line from eyes to mouth as ever, and the tip of the nose leaves it towards where the
head is turned: by its height times the sine of the angle, while the plane shrinks by the cosine. So
the one, in parts of the other, is a tangent.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from facestream.records import Float32

__all__ = ["POSES", "PoseName", "head_angles", "pose_name"]

PoseName = Literal["front", "left", "right", "up", "down"]
"""Left and right are the person's own: turned left, the nose moves to the right of the picture."""

POSES: tuple[PoseName, ...] = get_args(PoseName)

FOOT = 0.54
"""Where the nose stands on the way from eyes to mouth, when a head is held level: the median over
the 3,811 photos of LFW folds 1 to 5, by the detector here. In MediaPipe's average face
(mediapipe/modules/face_geometry/data/canonical_face_model.obj, Apache 2.0) it is 0.54 too."""

NOSE_TO_EYES = 0.566
"""How far the nose stands out, in distances between the eyes: 3.57 cm of 6.30 in that average face.
In LFW, where eyes come nearer the more a nose is off the middle, the curve that fits best has
0.565."""

NOSE_TO_HEIGHT = 0.512
"""The same in distances from eyes to mouth: 3.57 cm of 6.97."""

TURNED_DEG = 15.0
"""From here on a head is not called front any more. 40 % of LFW's are not. People's noses differ by
what 10 degrees up or down look like, so less would say little about pitch. MTCNN's landmarks follow
a turn by some 0.6 of it (LFW's photos, bent by a head in space to turn by 10, 15 and 20 degrees,
tell 6, 9 and 13), so it takes a turn of some 24 degrees."""


def head_angles(landmarks_xy: Float32) -> Float32:
    """Yaw and pitch in degrees, (n, 2): positive where a head turns to its own left, and up.

    Within (-90, 90), 0 where landmarks coincide. How a head leans to its shoulder is left out.

    landmarks_xy: (n, 5, 2) in the order of `Detections`, unmirrored.
    """
    # left and right of the picture here
    left_eye, right_eye, nose, left_mouth, right_mouth = np.moveaxis(landmarks_xy, 1, 0)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    across = (right_eye - left_eye) + (right_mouth - left_mouth)
    across = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    down = np.stack([-across[:, 1], across[:, 0]], axis=1)
    lean = nose - (eyes + FOOT * (mouth - eyes))
    width, height = _along(right_eye - left_eye, across), _along(mouth - eyes, down)
    yaw = _along(lean, across) / np.maximum(width, 1e-6) / NOSE_TO_EYES
    pitch = -_along(lean, down) / np.maximum(height, 1e-6) / NOSE_TO_HEIGHT
    return np.degrees(np.arctan(np.stack([yaw, pitch], axis=1))).astype(np.float32)


def pose_name(yaw_deg: float, pitch_deg: float) -> PoseName:
    """What a pose is called, by the angle that is the greater."""
    if max(abs(yaw_deg), abs(pitch_deg)) < TURNED_DEG:
        return "front"
    if abs(yaw_deg) >= abs(pitch_deg):
        return "left" if yaw_deg > 0 else "right"
    return "up" if pitch_deg > 0 else "down"


def _along(vectors_xy: Float32, directions_xy: Float32) -> Float32:
    """How far each vector (n, 2) reaches along its direction of unit length, (n,)."""
    reach: Float32 = (vectors_xy * directions_xy).sum(axis=1)
    return reach
