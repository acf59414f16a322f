from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facestream.engine.enrolment import (
    ALIKE_PATIENCE_S,
    MIN_PAUSE_S,
    Capture,
    CaptureProgress,
    LookAlike,
)
from facestream.engine.likeness import Likeness
from facestream.records import Candidate, Decision, Faces, Reason
from facestream.vision.quality import FrameLight
from tests.engine.fakes import DAYLIGHT, FRAME_WH, encode_jpeg, faces, portraits
from tests.gallery.fakes import synthetic_calibration

LIKENESS = Likeness.of(synthetic_calibration())


def looking_like(row: list[float]) -> Faces:
    """A face with this embedding, made as long as embeddings are."""
    found = faces(1)
    found.embeddings[0] = np.array(row, np.float32) / np.linalg.norm(row)
    return found


def looking(look: int) -> Faces:
    """One person; a different look for each number."""
    return looking_like([1, 0, 0.3 * (look % 2), 0.3 * (look // 2 % 2)])


def capture(wanted: int = 3) -> Capture:
    return Capture(wanted, encode_jpeg, LIKENESS)


def offer(
    taking: Capture,
    found: Faces,
    now_s: float,
    decisions: Sequence[Decision] = (),
    light: FrameLight = DAYLIGHT,
) -> CaptureProgress:
    return taking.offer(found, portraits(len(found)), FRAME_WH, light, now_s, decisions)


def test_a_face_with_a_fault_gives_no_example() -> None:
    for found, verdict in ((faces(0), "no_face"), (faces(2), "several_faces")):
        progress = offer(capture(), found, 0.0)
        assert (progress.verdict, progress.accepted, progress.example) == (verdict, 0, None)


def test_where_it_is_too_dark_to_find_a_face_it_says_so() -> None:
    assert offer(capture(), faces(0), 0.0, light=FrameLight(20, 0)).verdict == "too_dark"


def test_the_subject_is_taken_and_not_a_small_face_behind() -> None:
    found = faces(2)
    found.embeddings[0] = [0, 1, 0, 0]
    small = found.detections.boxes_xyxy[0]
    small[2:] = small[:2] + 20
    example = offer(capture(), found, 0.0).example
    assert example is not None
    assert example.embedding.tolist() == [1, 0, 0, 0]


def test_examples_have_a_pause_between_them() -> None:
    taking = capture()
    times = (0.0, MIN_PAUSE_S / 2, MIN_PAUSE_S - 0.001, MIN_PAUSE_S)
    verdicts = [offer(taking, looking(i), now).verdict for i, now in enumerate(times)]
    assert verdicts == ["accepted", "wait", "wait", "accepted"]


def test_what_shows_nothing_new_is_taken_only_after_a_while() -> None:
    taking = capture()
    times = (0.0, 0.3, ALIKE_PATIENCE_S - 0.01, ALIKE_PATIENCE_S, ALIKE_PATIENCE_S + 0.3)
    verdicts = [offer(taking, faces(1), now).verdict for now in times]
    assert verdicts == ["accepted", "too_alike", "too_alike", "accepted", "too_alike"]


def test_a_new_pose_is_never_too_alike_and_is_counted_and_coached() -> None:
    taking = capture(wanted=5)
    first = offer(taking, faces(1), 0.0)
    assert (first.coach, first.poses["front"]) == ("turn_left", 1)
    turned = faces(1)
    turned.detections.landmarks_xy[0, 2, 0] += 12  # to the right of the picture: their own left
    second = offer(taking, turned, 0.2)
    assert (second.verdict, second.coach) == ("accepted", "turn_right")
    assert dict(second.poses) == {"front": 1, "left": 1, "right": 0, "up": 0, "down": 0}
    assert offer(taking, turned, 0.4).verdict == "too_alike"


def test_a_stranger_among_the_first_is_dropped_when_the_others_tell() -> None:
    taking = capture(wanted=4)
    for second, row in enumerate(([1.0, 0, 0, 0], [0.52, 0.85, 0, 0], [1, 0, 0.5, 0])):
        assert offer(taking, looking_like(row), 2.0 * second).verdict == "accepted"
    strange = [e.example_id for e in taking.examples() if e.embedding[1] > 0.5]
    last = offer(taking, looking_like([1, 0, 0, 0.5]), 9.0)
    assert (last.verdict, last.accepted, last.example) == ("different_person", 2, None)
    assert not set(strange) & {e.example_id for e in taking.examples()}
    assert offer(taking, looking_like([1, 0, 0, 0.5]), 12.0).verdict == "accepted"
    assert offer(taking, looking_like([1, 0, 0.2, 0]), 15.0).verdict == "complete"


def test_nothing_is_kept_that_was_not_told() -> None:
    taking = capture(wanted=4)
    rows = ([1.0, 0, 0, 0], [0.52, 0.85, 0, 0], [1, 0, 0.5, 0], [1, 0, 0, 0.5], [1, 0, 0.2, 0])
    steps = [offer(taking, looking_like(row), 2.0 * i) for i, row in enumerate(rows)]
    told = [step.example for step in steps if step.example is not None]
    assert "different_person" in {step.verdict for step in steps}
    assert all(example in told for example in taking.examples())


def test_a_look_alike_is_told_when_the_capture_is_complete() -> None:
    taking = capture(wanted=5)
    ada = Candidate("id-ada", "Ada", 0.75)
    named = Decision(ada, None, 0.75, 0.875, (ada,))
    unknown = Decision(None, Reason.TOO_FAR, 0.25, 0.1, (ada,))
    said = [unknown, named, unknown, unknown, unknown]
    steps = [offer(taking, looking(i), 2.0 * i, [one]) for i, one in enumerate(said)]
    assert [step.look_alike for step in steps[:4]] == [None] * 4
    assert steps[4].look_alike == LookAlike("id-ada", "Ada", 0.75, 0.875)
    assert taking.so_far()[-1].look_alike == steps[4].look_alike


def test_one_name_in_many_examples_is_no_look_alike() -> None:
    taking = capture(wanted=6)
    ada = Candidate("id-ada", "Ada", 0.75)
    named, unknown = (
        Decision(ada, None, 0.75, 0.875, (ada,)),
        Decision(None, Reason.TOO_FAR, 0.25, 0.1, (ada,)),
    )
    for i in range(6):
        step = offer(taking, looking(i), 2.0 * i, [named if i == 0 else unknown])
    assert (step.verdict, step.look_alike) == ("complete", None)


def test_more_are_taken_in_the_place_of_those_that_are_not_kept() -> None:
    taking = capture(wanted=2)
    first = offer(taking, looking(0), 0.0).example
    assert offer(taking, looking(1), 1.0).verdict == "complete"
    assert first is not None
    taking.keep_only([first.example_id])
    assert not taking.complete
    assert offer(taking, looking(2), 2.0).verdict == "complete"
    assert taking.examples()[0] is first


def test_somebody_else_is_not_taken() -> None:
    taking = capture()
    offer(taking, faces(1, person=0), 0.0)
    assert offer(taking, faces(1, person=1), 1.0).verdict == "different_person"
    assert offer(taking, faces(1, person=0), 2.0).verdict == "accepted"


def test_refused_frame_does_not_restart_the_pause() -> None:
    taking = capture()
    offer(taking, faces(1), 0.0)
    offer(taking, faces(0), 0.1)
    assert offer(taking, looking(1), MIN_PAUSE_S).verdict == "accepted"


def test_capture_is_complete_with_the_last_example() -> None:
    taking = capture(wanted=2)
    first = offer(taking, faces(1), 0.0)
    assert (first.verdict, first.accepted, first.wanted) == ("accepted", 1, 2)
    assert not taking.complete
    last = offer(taking, faces(1), 1.0)
    assert (last.verdict, last.accepted) == ("complete", 2)
    assert last.example is not None
    assert taking.complete


def test_example_holds_what_a_template_needs() -> None:
    example = offer(capture(), faces(1, person=2, sharpness=123.0), 0.0).example
    assert example is not None
    assert example.embedding.tolist() == [0, 0, 1, 0]
    assert example.embedding.base is None  # does not hold the whole batch
    assert (example.sharpness, example.crop.jpeg) == (123.0, b"crop")


def test_examples_are_kept_by_id() -> None:
    taking = capture()
    taken = [offer(taking, faces(1), now).example for now in (0.0, 1.0, 2.0)]
    ids = [example.example_id for example in taken if example]
    assert len(set(ids)) == 3
    assert taking.examples() == taken
    assert taking.examples([ids[2], ids[0], "another"]) == [taken[0], taken[2]]
    assert taking.examples([]) == []


def test_nothing_taken_yet_gives_no_examples() -> None:
    assert capture().examples() == []
    assert capture().progress("started").accepted == 0
