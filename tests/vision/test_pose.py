"""Heads of which the angle is known: a model in space, turned and seen from afar."""

from __future__ import annotations

import numpy as np
import pytest

from facestream.records import Float32
from facestream.vision.pose import POSES, PoseName, head_angles, pose_name

HEAD_CM = np.array(
    [[-3.15, 0, 0], [3.15, 0, 0], [0, 3.763, 3.57], [-2.46, 6.97, 0], [2.46, 6.97, 0]]
)
"""x to the right of the picture, y down, z towards the camera; of an average face."""


def seen(yaw_deg: float = 0, pitch_deg: float = 0, roll_deg: float = 0) -> Float32:
    """The landmarks (1, 5, 2), 10 pixels a centimetre, of the head turned left, up and over."""
    (sy, sp, sr), (cy, cp, cr) = (
        f(np.radians([yaw_deg, pitch_deg, roll_deg])) for f in (np.sin, np.cos)
    )
    left = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    up = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    over = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    landmarks = 10 * HEAD_CM @ (over @ up @ left).T + 200
    return np.asarray(landmarks[None, :, :2], np.float32)


def test_no_faces_have_no_angles() -> None:
    assert head_angles(np.zeros((0, 5, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("angle", [-60, -25, -10, 0, 10, 25, 60])
def test_a_head_that_turns_or_nods_is_measured(angle: float) -> None:
    turned, nodding = head_angles(np.concatenate([seen(yaw_deg=angle), seen(pitch_deg=angle)]))
    np.testing.assert_allclose(turned, [angle, 0], atol=0.2)
    np.testing.assert_allclose(nodding, [0, angle], atol=0.2)


def test_a_head_that_turns_and_nods_is_measured_roughly() -> None:
    np.testing.assert_allclose(head_angles(seen(20, 15)), [[20, 15]], atol=2)


@pytest.mark.parametrize("roll", [-40, 25])
def test_leaning_to_a_shoulder_is_left_out(roll: float) -> None:
    for yaw, pitch in ((30, 0), (0, -30)):
        np.testing.assert_allclose(
            head_angles(seen(yaw, pitch, roll)), head_angles(seen(yaw, pitch)), atol=0.01
        )


def test_size_and_place_do_not_matter() -> None:
    landmarks = seen(30, 10)
    elsewhere = landmarks / np.float32(7) - np.float32(50)
    np.testing.assert_allclose(head_angles(elsewhere), head_angles(landmarks), atol=0.01)


def test_landmarks_in_one_point_look_straight() -> None:
    assert head_angles(np.full((1, 5, 2), 7, np.float32)).tolist() == [[0, 0]]


def test_the_nose_moves_to_the_right_of_the_picture_when_a_head_turns_to_its_own_left() -> None:
    landmarks = seen()
    landmarks[0, 2, 0] += 10
    [[yaw, pitch]] = head_angles(landmarks)
    assert (yaw > 10, pitch) == (True, pytest.approx(0, abs=0.2))


@pytest.mark.parametrize(
    ("yaw", "pitch", "name"),
    [
        (0, 0, "front"),
        (14, -14, "front"),
        (16, 0, "left"),
        (-16, 0, "right"),
        (0, 16, "up"),
        (0, -16, "down"),
        (30, 20, "left"),
        (-20, -30, "down"),
    ],
)
def test_a_pose_is_called_by_its_greater_angle(yaw: float, pitch: float, name: PoseName) -> None:
    assert pose_name(yaw, pitch) == name


def test_a_head_that_turns_left_is_called_so() -> None:
    shown = [seen(), seen(30), seen(-30), seen(0, 30), seen(0, -30)]
    names = [pose_name(*head_angles(one)[0].tolist()) for one in shown]
    assert names == list(POSES)
