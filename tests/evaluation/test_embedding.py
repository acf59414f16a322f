"""Whose face a photo is of."""

from __future__ import annotations

import numpy as np
import pytest

from facestream.evaluation.embedding import subject_first
from facestream.records import Detections, Frame


def detections(*boxes_xyxy: tuple[float, float, float, float]) -> Detections:
    count = len(boxes_xyxy)
    return Detections(
        np.array(boxes_xyxy, np.float32).reshape(-1, 4),
        np.linspace(1, 0.9, count, dtype=np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


FRAME = Frame(np.zeros((150, 150, 3), np.uint8))
CENTRE, CORNER, SMALL = (50, 50, 100, 100), (0, 0, 55, 55), (70, 70, 80, 80)


@pytest.mark.parametrize(
    ("boxes_xyxy", "expected"),
    [((), None), ((CENTRE,), CENTRE), ((CORNER, CENTRE), CENTRE), ((SMALL, CENTRE), CENTRE)],
)
def test_the_subject_is_large_and_central(boxes_xyxy: tuple, expected: tuple | None) -> None:
    chosen = subject_first(FRAME, detections(*boxes_xyxy)).boxes_xyxy.tolist()
    assert chosen == ([list(expected)] if expected else [])
