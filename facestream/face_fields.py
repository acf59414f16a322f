"""Faces of one picture -> fields for JSON: the same on the command line and over HTTP. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facestream.records import Detections

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.engine.recogniser import Recognition

__all__ = ["detected", "identified"]


def detected(found: Detections) -> list[dict[str, Any]]:
    """The faces of one picture as `detect --json` prints them."""
    return [
        {"box_xyxy": box, "score": score, "landmarks_xy": landmarks}
        for box, score, landmarks in zip(
            found.boxes_xyxy.tolist(),
            found.scores.tolist(),
            found.landmarks_xy.tolist(),
            strict=True,
        )
    ]


def identified(recognition: Recognition) -> list[dict[str, Any]]:
    """The faces of one picture as `identify --json` prints them, and `/api/identify` answers."""
    return [
        {
            **face,
            "name": decision.named.display_name if decision.named else None,
            "similarity": decision.similarity,
            "confidence": decision.confidence,
            "reason": decision.reason,
            "candidates": [
                {"name": c.display_name, "similarity": c.similarity} for c in decision.candidates
            ],
        }
        for face, decision in zip(
            detected(recognition.faces.detections), recognition.decisions, strict=True
        )
    ]
