from __future__ import annotations

import numpy as np
import pytest

from facestream.engine.enrolment import MIN_PAUSE_S, Capture, Verdict
from facestream.records import Detections, Faces
from facestream.vision.quality import MIN_SHARPNESS
from tests.engine.fakes import FRAME_WH, encode_jpeg, faces


def capture(wanted: int = 3) -> Capture:
    return Capture(wanted, encode_jpeg)


def moved(found: Faces, x: float, y: float) -> Faces:
    shift = np.array([x, y, x, y], np.float32)
    d = found.detections
    return Faces(
        Detections(d.boxes_xyxy + shift, d.scores, d.landmarks_xy),
        found.sharpness,
        found.crops_rgb,
        found.embeddings,
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (faces(0), "no_face"),
        (faces(1), "accepted"),
        (faces(2), "several_faces"),
        (faces(1, side=59.5), "too_small"),
        (faces(1, side=60.5), "accepted"),
        (moved(faces(1), -20, 0), "accepted"),  # 10 of 80 pixels beyond the edge
        (moved(faces(1), -30, 0), "cut_off"),
        (moved(faces(1), 140, 0), "cut_off"),
        (moved(faces(1), 0, 50), "cut_off"),
        (moved(faces(1), 500, 0), "cut_off"),  # not in the frame at all
        (faces(1, sharpness=MIN_SHARPNESS - 1), "blurred"),
        (faces(1, sharpness=MIN_SHARPNESS), "accepted"),
    ],
)
def test_faces_of_a_frame_are_judged(found: Faces, verdict: Verdict) -> None:
    progress = capture().offer(found, FRAME_WH, 0.0)
    assert progress.verdict == verdict
    assert (progress.example is not None) == (verdict == "accepted")
    assert progress.accepted == (1 if verdict == "accepted" else 0)


def test_narrow_face_is_too_small() -> None:
    found = faces(1)
    found.detections.boxes_xyxy[0, 2] = 10 + 59
    assert capture().offer(found, FRAME_WH, 0.0).verdict == "too_small"


def test_examples_are_not_copies_of_one_look() -> None:
    taking = capture()
    times = (0.0, MIN_PAUSE_S / 2, MIN_PAUSE_S - 0.001, MIN_PAUSE_S)
    verdicts = [taking.offer(faces(1), FRAME_WH, now).verdict for now in times]
    assert verdicts == ["accepted", "wait", "wait", "accepted"]


def test_somebody_else_is_not_taken() -> None:
    taking = capture()
    taking.offer(faces(1, person=0), FRAME_WH, 0.0)
    assert taking.offer(faces(1, person=1), FRAME_WH, 1.0).verdict == "different_person"
    assert taking.offer(faces(1, person=0), FRAME_WH, 2.0).verdict == "accepted"


def test_refused_frame_does_not_restart_the_pause() -> None:
    taking = capture()
    taking.offer(faces(1), FRAME_WH, 0.0)
    taking.offer(faces(0), FRAME_WH, 0.1)
    assert taking.offer(faces(1), FRAME_WH, MIN_PAUSE_S).verdict == "accepted"


def test_capture_is_complete_with_the_last_example() -> None:
    taking = capture(wanted=2)
    first = taking.offer(faces(1), FRAME_WH, 0.0)
    assert (first.verdict, first.accepted, first.wanted) == ("accepted", 1, 2)
    assert not taking.complete
    last = taking.offer(faces(1), FRAME_WH, 1.0)
    assert (last.verdict, last.accepted) == ("complete", 2)
    assert last.example is not None
    assert taking.complete


def test_example_holds_what_a_template_needs() -> None:
    example = capture().offer(faces(1, person=2, sharpness=123.0), FRAME_WH, 0.0).example
    assert example is not None
    assert example.embedding.tolist() == [0, 0, 1, 0]
    assert example.embedding.base is None  # does not hold the whole batch
    assert (example.sharpness, example.crop_jpeg) == (123.0, b"crop")


def test_examples_are_kept_by_id() -> None:
    taking = capture()
    taken = [taking.offer(faces(1), FRAME_WH, now).example for now in (0.0, 1.0, 2.0)]
    ids = [example.example_id for example in taken if example]
    assert len(set(ids)) == 3
    assert taking.examples() == taken
    assert taking.examples([ids[2], ids[0], "another"]) == [taken[0], taken[2]]
    assert taking.examples([]) == []


def test_nothing_taken_yet_gives_no_examples() -> None:
    assert capture().examples() == []
    assert capture().progress("started").accepted == 0
