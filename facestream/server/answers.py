"""What the engine says -> wire messages. Pure; knows no socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facestream import __version__
from facestream.engine.enrolment import CaptureProgress
from facestream.engine.gallery_desk import GalleryView
from facestream.engine.results import FrameResult, FrameTimings
from facestream.engine.worker import Model
from facestream.gallery.records import IdentitySummary
from facestream.records import Candidate, Decision, Detections
from facestream.server import protocol as wire
from facestream.settings import Settings

if TYPE_CHECKING:
    from facestream.gallery.gallery import GalleryChange

__all__ = ["gallery_event", "gallery_fields", "hello", "identity_fields", "progress", "result"]


def hello(
    settings: Settings, model: Model, session_id: str, gallery: GalleryView
) -> wire.ServerHello:
    """The first message to a client."""
    return wire.ServerHello(
        server=f"facestream {__version__}",
        session_id=session_id,
        window=settings.window,
        examples_wanted=settings.examples_wanted,
        limits=wire.Limits(
            message_bytes=settings.max_message_bytes, picture_pixels=settings.max_picture_pixels
        ),
        embedder=settings.embedder,
        fingerprint=model.fingerprint,
        gallery=gallery_fields(gallery),
    )


def result(answer: FrameResult) -> wire.Result:
    """The answer to a frame."""
    found = answer.recognition.faces.detections
    faces = zip(answer.track_ids, answer.recognition.decisions, strict=True)
    return wire.Result(
        seq=answer.seq,
        captured_ms=answer.captured_ms,
        size_wh=list(answer.size_wh),
        faces=[_face(track, found, row, said) for row, (track, said) in enumerate(faces)],
        timings_ms=_timings(answer.timings),
    )


def progress(seq: int | None, step: CaptureProgress) -> wire.EnrolProgress:
    """What the frame `seq` meant to a capture."""
    taken = step.example
    return wire.EnrolProgress(
        seq=seq,
        verdict=step.verdict,
        accepted=step.accepted,
        wanted=step.wanted,
        example=taken
        if taken is None
        else wire.ExampleFields(example_id=taken.example_id, crop_jpeg=taken.crop_jpeg),
    )


def gallery_event(change: GalleryChange) -> wire.GalleryEvent:
    """The news of a change."""
    return wire.GalleryEvent(
        revision=change.revision,
        cleared=change.cleared,
        removed=list(change.removed),
        upserted=[identity_fields(identity) for identity in change.upserted],
    )


def gallery_fields(view: GalleryView) -> wire.GalleryFields:
    """Who is enrolled."""
    return wire.GalleryFields(
        revision=view.revision,
        identities=[identity_fields(identity) for identity in view.identities],
    )


def identity_fields(identity: IdentitySummary) -> wire.IdentityFields:
    """One person."""
    return wire.IdentityFields(
        identity_id=identity.identity_id,
        display_name=identity.display_name,
        templates=identity.templates,
    )


def _face(track: int, found: Detections, row: int, said: Decision) -> wire.FaceFields:
    return wire.FaceFields(
        track=track,
        box_xyxy=found.boxes_xyxy[row].tolist(),
        landmarks_xy=found.landmarks_xy[row].tolist(),
        score=float(found.scores[row]),
        name=None if said.named is None else said.named.display_name,
        identity_id=None if said.named is None else said.named.identity_id,
        similarity=said.similarity,
        confidence=said.confidence,
        reason=None if said.reason is None else said.reason.value,
        candidates=[_candidate(candidate) for candidate in said.candidates],
    )


def _candidate(candidate: Candidate) -> wire.CandidateFields:
    return wire.CandidateFields(
        identity_id=candidate.identity_id,
        display_name=candidate.display_name,
        similarity=candidate.similarity,
    )


def _timings(timings: FrameTimings) -> wire.TimingsMs:
    return wire.TimingsMs(
        queued=timings.queued_ms,
        decode=timings.decode_ms,
        detect=timings.detect_ms,
        embed=timings.embed_ms,
        search=timings.search_ms,
        total=timings.total_ms,
        batch=timings.batch,
    )
