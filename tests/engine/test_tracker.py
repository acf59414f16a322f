from __future__ import annotations

import numpy as np
import pytest

from facestream.engine.tracker import MAX_MISSED, Tracker
from facestream.records import Float32


def boxes(*lefts: float, side: float = 100.0) -> Float32:
    """Squares at these x."""
    rows = [[x, 0.0, x + side, side] for x in lefts]
    return np.array(rows, np.float32).reshape(len(rows), 4)


NOBODY = boxes()


@pytest.mark.parametrize(
    ("frames", "ids"),
    [
        ([NOBODY, NOBODY], [(), ()]),
        ([NOBODY, boxes(0)], [(), (0,)]),
        ([boxes(0), boxes(10), boxes(20)], [(0,), (0,), (0,)]),
        ([boxes(0, 300), boxes(305, 5)], [(0, 1), (1, 0)]),
        ([boxes(0), boxes(300)], [(0,), (1,)]),
        ([boxes(0), boxes(0, 300), boxes(300)], [(0,), (0, 1), (1,)]),
        ([boxes(0), boxes(0, 20)], [(0,), (0, 1)]),  # the better overlap wins,
        ([boxes(0), boxes(20, 0)], [(0,), (1, 0)]),  # in whatever order
        ([boxes(0), NOBODY, boxes(5)], [(0,), (), (0,)]),
        ([boxes(0), boxes(0, side=0.0)], [(0,), (1,)]),
    ],
)
def test_faces_keep_their_numbers(frames: list[Float32], ids: list[tuple[int, ...]]) -> None:
    tracker = Tracker()
    assert [tracker.update(frame) for frame in frames] == ids


def test_lost_track_survives_a_few_frames() -> None:
    tracker = Tracker()
    tracker.update(boxes(0))
    for _ in range(MAX_MISSED):
        tracker.update(NOBODY)
    assert tracker.update(boxes(0)) == (0,)


def test_track_lost_for_longer_ends_and_its_number_is_not_used_again() -> None:
    tracker = Tracker()
    tracker.update(boxes(0))
    for _ in range(MAX_MISSED + 1):
        tracker.update(NOBODY)
    assert tracker.update(boxes(0)) == (1,)


def test_number_of_tracks_is_bounded_by_the_faces_of_the_last_frames() -> None:
    tracker = Tracker()
    for i in range(100):
        tracker.update(boxes(1000.0 * i, 1000.0 * i + 500))
    assert len(tracker._tracks) == 2 * (MAX_MISSED + 1)


def test_boxes_are_not_changed() -> None:
    tracker, frame = Tracker(), boxes(0, 300)
    tracker.update(frame)
    tracker.update(frame)
    np.testing.assert_array_equal(frame, boxes(0, 300))
