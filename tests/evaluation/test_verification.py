"""The LFW protocol on the folds that are there for development."""

from __future__ import annotations

from pathlib import Path

from facestream.evaluation.verification import verify
from facestream.vision.pipeline import Pipeline


def test_lfw_accuracy_is_what_was_promised(pipeline: Pipeline, shared: Path) -> None:
    told: list[tuple[int, int]] = []
    lfw = shared / "lfw-dev"
    result = verify(
        pipeline, lfw / "images", lfw / "pairs.txt", lambda *counts: told.append(counts)
    )
    assert result.pairs == 3000
    assert result.accuracy >= 0.990
    assert result.failure_to_acquire <= 2
    assert result.tar_at_fmr["0.001"] >= 0.97
    assert told[-1][0] < told[-1][1] == 3811
