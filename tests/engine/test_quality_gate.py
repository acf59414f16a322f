"""A face that is good but for one thing, and what the gate says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from facestream.engine.quality_gate import LANDMARKS_XY, MIN_LIGHT, fault, subject
from facestream.records import Detections, Faces, Verdict
from facestream.vision.quality import MIN_SHARPNESS, FrameLight
from tests.engine.fakes import DAYLIGHT

SIZE_WH = (400, 300)
SIDE = 80.0


def faces(*corners_xy: tuple[float, float], sides: tuple[float, ...] = ()) -> Faces:
    """Good faces with these top left corners, of 80 pixels or of these sides."""
    n = len(corners_xy)
    corners = np.array(corners_xy, np.float32).reshape(n, 1, 2)
    widths = np.array(sides or [SIDE] * n, np.float32).reshape(n, 1, 1)
    outline = np.array([[0, 0], [1, 1.3]], np.float32)
    return Faces(
        Detections(
            (corners + widths * outline).reshape(n, 4),
            np.ones(n, np.float32),
            corners + widths * LANDMARKS_XY,
        ),
        np.ones(n, np.float32),
        np.full((n, 16, 16, 3), 128, np.uint8),
        np.zeros((n, 4), np.float32),
    )


ONE = (150.0, 80.0)


def lit(grey: float) -> Faces:
    return replace(faces(ONE), crops_rgb=np.full((1, 16, 16, 3), grey, np.uint8))


def sharp(sharpness: float) -> Faces:
    return replace(faces(ONE), sharpness=np.array([sharpness], np.float32))


def looking(right: float = 0, down: float = 0) -> Faces:
    """The nose moved, in parts of the face's width."""
    found = faces(ONE)
    found.detections.landmarks_xy[0, 2] += (right * SIDE, down * SIDE)
    return found


def burnt_out(part: float) -> Faces:
    """The left part of the crop's inside is white."""
    found = faces(ONE)
    found.crops_rgb[:, :, : round(3 + part * 10)] = 255
    return found


def shrunk_box() -> Faces:
    """MTCNN draws the box of half a face within the picture, but cannot hide where its eyes are."""
    found = faces((-25, 80))
    found.detections.boxes_xyxy[0, [0, 2]] = 0, 70
    return found


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (faces(), "no_face"),
        (faces(ONE), None),
        (faces((20, 80), (150, 80)), "several_faces"),
        (faces((20, 80), (150, 80), sides=(0.55 * SIDE, SIDE)), "several_faces"),
        (faces((20, 80), (150, 80), sides=(0.45 * SIDE, SIDE)), None),  # somebody behind
        (faces(ONE, sides=(59.5,)), "too_small"),
        (faces(ONE, sides=(60.5,)), None),
        (faces((2, 80)), None),
        (faces((-30, 80)), "cut_off"),
        (faces((-500, 80)), "cut_off"),
        (faces((349, 80)), "cut_off"),
        (faces((150, -40)), "cut_off"),
        (faces((150, 230)), "cut_off"),
        (shrunk_box(), "cut_off"),
        (lit(MIN_LIGHT - 1), "too_dark"),
        (lit(MIN_LIGHT), None),
        (burnt_out(0.1), None),
        (burnt_out(0.4), "too_bright"),
        (sharp(MIN_SHARPNESS - 0.001), "blurred"),
        (sharp(MIN_SHARPNESS + 0.001), None),
        (looking(right=0.2), None),
        (looking(right=0.3), "turned_away"),
        (looking(right=-0.3), "turned_away"),
        (looking(down=0.2), "turned_away"),
        (looking(down=-0.2), "turned_away"),
    ],
)
def test_each_fault_is_named(found: Faces, verdict: Verdict | None) -> None:
    assert fault(found, SIZE_WH, DAYLIGHT) == verdict


@pytest.mark.parametrize(
    ("light", "verdict"),
    [
        (FrameLight(MIN_LIGHT, 0), "no_face"),
        (FrameLight(MIN_LIGHT - 1, 0), "too_dark"),
        (FrameLight(255, 0.2), "no_face"),  # before a bright window
        (FrameLight(255, 0.3), "too_bright"),
    ],
)
def test_where_no_face_is_found_the_light_may_be_why(light: FrameLight, verdict: Verdict) -> None:
    assert fault(faces(), SIZE_WH, light) == verdict
    assert fault(faces(ONE), SIZE_WH, light) is None


def test_a_narrow_face_is_too_small() -> None:
    found = faces(ONE)
    found.detections.boxes_xyxy[0, 2] = ONE[0] + 59
    assert fault(found, SIZE_WH, DAYLIGHT) == "too_small"


def test_a_box_that_reaches_far_out_is_cut_off_whatever_the_landmarks_say() -> None:
    found = faces(ONE)
    found.detections.boxes_xyxy[0, 0] = -80
    assert fault(found, SIZE_WH, DAYLIGHT) == "cut_off"


Spoil = Callable[[Faces], Faces]
SPOIL: dict[Verdict, Spoil] = {
    "turned_away": lambda found: replace(found, detections=looking(right=0.3).detections),
    "blurred": lambda found: replace(found, sharpness=sharp(0).sharpness),
    "too_dark": lambda found: replace(found, crops_rgb=lit(10).crops_rgb),
    "cut_off": lambda found: replace(found, detections=faces((-30, 80)).detections),
    "too_small": lambda found: replace(found, detections=faces((-30, 80), sides=(40,)).detections),
}


def test_the_cause_is_told_and_not_what_follows_from_it() -> None:
    """Of faults that hold together, the one told is the one that was added last here."""
    found, told = faces(ONE), []
    for spoil in SPOIL.values():
        found = spoil(found)
        told.append(fault(found, SIZE_WH, DAYLIGHT))
    assert told == list(SPOIL)


def test_the_largest_face_is_the_subject_and_the_one_that_is_judged() -> None:
    found = faces((20, 80), (150, 80), sides=(30, SIDE))
    assert subject(found) == 1
    found.sharpness[0] = 0
    assert fault(found, SIZE_WH, DAYLIGHT) is None
    found.sharpness[1] = 0
    assert fault(found, SIZE_WH, DAYLIGHT) == "blurred"
