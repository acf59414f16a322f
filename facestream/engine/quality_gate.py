"""Is there a face to enrol in this picture, and if not, why: of camera and photos alike. Pure.

Faces in, a verdict out. The first fault that holds is told, and they are asked in an order in which
each is the cause of those behind it: a dark face looks blurred too, and half a face turned away.
"""

from __future__ import annotations

import numpy as np

from facestream.records import Faces, Float32, UInt8, Verdict
from facestream.vision.geometry import box_areas, clip_boxes, similarity_transform
from facestream.vision.pose import head_angles
from facestream.vision.quality import MIN_SHARPNESS, FrameLight, face_light

__all__ = ["fault", "subject"]

# The figures below are of benchmarks/quality_gate.py: 3,811 photos of LFW folds 1 to 5.

BACKGROUND = 0.5
"""Parts of the subject's side below which another face is that of somebody behind: twice as far
away. In six group photos those who stand side by side have 0.67 or more, one who stands behind has
0.36. Of LFW's photos 28 show more than one face, 13 a large one."""

MIN_SIDE = 60.0
"""Pixels of a face's shorter side: the embedder's crop is 112 pixels wide, so that a smaller face
would be enlarged to about twice its size, and every later probe compared with invented detail."""

MIN_BOX_INSIDE = 0.8
"""Part of the box that lies in the frame. MTCNN's boxes reach beyond a forehead at the edge, which
costs nothing; with more than a fifth missing, an eye or the mouth is often gone."""

MIN_FACE_INSIDE = 0.93
"""Part of the face that lies in the frame, by where it must reach if its landmarks are right: the
box shrinks into a picture that cuts a face in two. Less have 0.6 % of LFW's faces as they are, and
99 % of those of which a third was cut off."""

FACE_WH = (1.0, 1.336)
LANDMARKS_XY = np.array(
    [[0.270, 0.525], [0.730, 0.525], [0.500, 0.788], [0.293, 1.012], [0.707, 1.012]], np.float32
)
"""Where the landmarks lie in MTCNN's box, in parts of its width, and how high it is: the median
over LFW, made symmetrical."""

MIN_LIGHT = 65.0
"""Median grey level inside a face. 0.3 % of LFW's are darker, and all with a quarter of their
light."""

MAX_WHITE = 0.25
"""Part of a face, or of a picture without one, that may be white without any detail. None of LFW's
has more; with 2.5 times their light nine in ten do."""

MAX_YAW_DEG, MAX_PITCH_DEG = 45.0, 35.0
"""0.5 % of LFW's faces are turned further. Up to there those that are turned were recognised by a
front view as often as the others were."""


def subject(faces: Faces) -> int:
    """The row of the face that a picture is of: the largest. There must be one."""
    return int(_sides(faces).argmax())


def fault(faces: Faces, size_wh: tuple[int, int], light: FrameLight) -> Verdict | None:
    """Why a picture cannot be an example of its subject, whoever it is; None: it can.

    Args:
        faces: all faces of the picture.
        size_wh: its width and height in pixels.
        light: of the whole picture.
    """
    if not len(faces):
        return _fault_without_a_face(light)
    row, sides = subject(faces), _sides(faces)
    if (sides >= BACKGROUND * sides[row]).sum() > 1:
        return "several_faces"
    if sides[row] < MIN_SIDE:
        return "too_small"
    if _is_cut_off(faces.detections.boxes_xyxy[row], faces.detections.landmarks_xy[row], size_wh):
        return "cut_off"
    return (
        _light_fault(faces.crops_rgb[row])
        or ("blurred" if faces.sharpness[row] < MIN_SHARPNESS else None)
        or ("turned_away" if _is_turned_away(faces.detections.landmarks_xy[row]) else None)
    )


def _fault_without_a_face(light: FrameLight) -> Verdict:
    """In the dark, or against the sun, no face is found; to say so helps more than its absence."""
    if light.bright < MIN_LIGHT:
        return "too_dark"
    return "too_bright" if light.white > MAX_WHITE else "no_face"


def _sides(faces: Faces) -> Float32:
    """The shorter side of each box in pixels, (n,)."""
    boxes = faces.detections.boxes_xyxy
    sides: Float32 = (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
    return sides


def _is_cut_off(box_xyxy: Float32, landmarks_xy: Float32, size_wh: tuple[int, int]) -> bool:
    box = box_xyxy[None]
    box_inside = box_areas(clip_boxes(box, size_wh)) / np.maximum(box_areas(box), 1e-6)
    matrix = similarity_transform(LANDMARKS_XY, landmarks_xy)
    points = FACE_XY @ matrix[:, :2].T + matrix[:, 2]
    face_inside = ((points >= 0) & (points <= size_wh)).all(axis=1).mean()
    return bool(box_inside[0] < MIN_BOX_INSIDE or face_inside < MIN_FACE_INSIDE)


def _light_fault(crop_rgb: UInt8) -> Verdict | None:
    seen = face_light(crop_rgb)
    if seen.median < MIN_LIGHT:
        return "too_dark"
    return "too_bright" if seen.white > MAX_WHITE else None


def _is_turned_away(landmarks_xy: Float32) -> bool:
    [(yaw, pitch)] = np.abs(head_angles(landmarks_xy[None]))
    return bool(yaw > MAX_YAW_DEG or pitch > MAX_PITCH_DEG)


def _face_points() -> Float32:
    """Points (k, 2) that fill the ellipse in the box of a face, evenly."""
    steps = np.linspace(-1, 1, 21, dtype=np.float32)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    disc = grid[np.square(grid).sum(axis=1) <= 1]
    return np.asarray((disc + 1) / 2 * np.array(FACE_WH, np.float32), np.float32)


FACE_XY = _face_points()
"""In parts of the width of the box, as `LANDMARKS_XY`."""
