from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.engine.scene import NOTHING_SEEN, Scene
from facestream.engine.tracker import (
    CALM,
    KEPT_S,
    LOST_S,
    MOST_LOST,
    MOST_SAMPLES,
    RESTLESS,
    Sighting,
    match_places,
    may_be_another,
    predicted_boxes,
)
from tests.engine.scenes import box, sample, sighting, step, track

Frames = list[tuple[float, list[Sighting]]]


def watch(*frames: tuple[float, list[Sighting]]) -> list[list[int]]:
    """Track numbers in each of the frames (seconds, faces)."""
    scene, seen = NOTHING_SEEN, []
    for now_s, sightings in frames:
        scene, ids = step(scene, now_s, *sightings)
        seen.append(ids)
    return seen


@pytest.mark.parametrize(
    ("frames", "ids"),
    [
        ([(0.0, []), (0.1, [])], [[], []]),
        ([(0.0, []), (0.1, [sighting(0, 1)])], [[], [0]]),
        ([(0.0, [sighting(0, 1)]), (0.1, [sighting(20)]), (0.2, [sighting(40)])], [[0], [0], [0]]),
        (
            [(0.0, [sighting(0, 1), sighting(300, 2)]), (0.1, [sighting(305), sighting(5)])],
            [[0, 1], [1, 0]],
        ),
        ([(0.0, [sighting(0, 1)]), (0.1, [sighting(400, 2)])], [[0], [1]]),
        ([(0.0, [sighting(0, 1)]), (0.1, []), (0.2, [sighting(5)])], [[0], [], [0]]),
        # the better overlap wins, in whatever order
        ([(0.0, [sighting(0, 1)]), (0.1, [sighting(30, 2), sighting(0)])], [[0], [1, 0]]),
    ],
)
def test_faces_keep_their_numbers_by_their_place(frames: Frames, ids: list[list[int]]) -> None:
    assert watch(*frames) == ids


def test_somebody_else_in_the_same_place_is_another_track() -> None:
    assert watch((0.0, [sighting(0, 1)]), (0.1, [sighting(0, 2)])) == [[0], [1]]


def test_a_face_that_looks_much_the_same_is_the_same_though_it_resembles_itself_little() -> None:
    half = Sighting(box(0), np.zeros(4, np.float32), 0.0, sample(_likeness(0.4)))
    jumped = Sighting(box(0), np.zeros(4, np.float32), 2.0, sample(_likeness(0.4)))
    assert watch((0.0, [sighting(0, 1)]), (0.1, [half])) == [[0], [0]]
    assert watch((0.0, [sighting(0, 1)]), (0.1, [jumped])) == [[0], [1]]


def _likeness(cosine: float) -> np.ndarray:
    from tests.engine.scenes import person

    return person(1, cosine)


def test_two_who_change_places_keep_their_numbers() -> None:
    frames = [(0.0, [sighting(0, 1), sighting(300, 2)]), (0.1, [sighting(0, 2), sighting(300, 1)])]
    assert watch(*frames) == [[0, 1], [1, 0]]


def test_somebody_who_comes_back_elsewhere_is_known_by_the_embedding() -> None:
    assert watch((0.0, [sighting(0, 1)]), (0.1, []), (4.0, [sighting(500, 1)])) == [[0], [], [0]]


def test_somebody_who_was_away_for_too_long_gets_a_new_number() -> None:
    assert watch((0.0, [sighting(0, 1)]), (0.1, []), (KEPT_S + 0.1, [sighting(0, 1)])) == [
        *([0], []),
        [1],
    ]


def test_a_place_is_forgotten_when_frames_came_without_a_face_in_it() -> None:
    scene, _ = step(NOTHING_SEEN, 0.0, sighting(0, 1))
    scene, _ = step(scene, LOST_S / 2)
    there = np.array([box(0)])
    assert match_places(scene, there, LOST_S - 0.1)
    assert not match_places(scene, there, LOST_S + 0.1)


def test_a_place_is_remembered_over_a_pause_in_which_no_frame_came() -> None:
    scene, _ = step(NOTHING_SEEN, 0.0, sighting(0, 1))
    assert match_places(scene, np.array([box(0)]), 2 * LOST_S)


def test_a_face_is_expected_where_it_moves_to() -> None:
    scene = NOTHING_SEEN
    for number in range(5):
        who = 1 if number == 0 else None
        scene, _ = step(scene, 0.1 * number, sighting(60.0 * number, who))
    [expected] = predicted_boxes(scene.in_view, 0.5)
    assert expected[0] == pytest.approx(300, abs=12)
    assert predicted_boxes(scene.in_view, 3.0)[0][0] == 240  # too long ago to say


def test_a_frame_that_was_computed_twice_gives_the_same_again() -> None:
    before, _ = step(NOTHING_SEEN, 0.0, sighting(0, 1))
    once, twice = (step(before, 0.1, sighting(10), sighting(300, 2)) for _ in range(2))
    assert once[1] == twice[1]
    assert [t.box_xyxy.tolist() for t in once[0].tracks] == [
        t.box_xyxy.tolist() for t in twice[0].tracks
    ]


@pytest.mark.parametrize(
    ("restlessness", "change", "said"),
    [
        (0.0, CALM - 0.01, False),
        (0.0, CALM, True),
        (0.25, 0.7, False),
        (0.25, 0.75, True),
        (9.0, RESTLESS, True),
    ],
)
def test_a_change_is_judged_by_how_restless_the_track_is(
    restlessness: float, change: float, said: bool
) -> None:
    assert may_be_another(track(restlessness=restlessness), change) is said


faces = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 14), st.booleans(), st.floats(0, 2)), max_size=6
)


@given(st.lists(st.tuples(st.floats(0.01, 8), st.booleans(), faces), max_size=12))
def test_tracks_are_few_and_their_numbers_unique(
    frames: list[tuple[float, bool, list[tuple[int, int, bool, float]]]],
) -> None:
    scene, now_s, used = NOTHING_SEEN, 0.0, 0
    for pause_s, scanned, seen in frames:
        now_s += pause_s
        boxes = np.array([box(left) for left, *_ in seen], np.float32).reshape(-1, 4)
        places = match_places(scene, boxes, now_s)
        sightings = [
            sighting(left, who if embedded or row not in places else None, change)
            for row, (left, who, embedded, change) in enumerate(seen)
        ]
        scene, ids = step(scene, now_s, *sightings, scanned=scanned)
        assert len(set(ids)) == len(ids) == len(seen)
        assert len({each.track_id for each in scene.tracks}) == len(scene.tracks)
        assert len(scene.tracks) <= len(seen) + MOST_LOST
        assert [each.track_id for each in scene.in_view] == ids
        assert all(1 <= len(each.samples) <= MOST_SAMPLES for each in scene.tracks)
        assert scene.next_id >= used
        used = scene.next_id


def test_a_scene_takes_newer_tracks_in_the_place_of_the_old_ones() -> None:
    scene = Scene((track(0), track(1)), next_id=2)
    after = scene.with_tracks((track(1, carried=5),))
    assert [each.carried for each in after.tracks] == [0, 5]
