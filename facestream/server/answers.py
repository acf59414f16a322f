"""What the engine says -> wire messages. Pure; knows no socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facestream import __version__
from facestream.engine.enrolment import CaptureProgress
from facestream.engine.gallery_desk import GalleryView
from facestream.engine.results import FrameResult
from facestream.engine.worker import Model
from facestream.gallery.records import IdentitySummary
from facestream.records import Candidate
from facestream.server import protocol as wire
from facestream.settings import Settings

if TYPE_CHECKING:
    from facestream.engine.engine_session import EngineSession
    from facestream.engine.flow import Flow
    from facestream.engine.recogniser import Recognition
    from facestream.gallery.gallery import GalleryChange

__all__ = [
    "flow_fields",
    "gallery_event",
    "gallery_fields",
    "hello",
    "identity_fields",
    "progress",
    "result",
]


def hello(
    settings: Settings, model: Model, client: EngineSession, resumed: bool
) -> wire.ServerHello:
    """The first message to a client."""
    assert client.flow is not None, "a session without a flow"
    return wire.ServerHello(
        server=f"facestream {__version__}",
        session_id=client.session_id,
        resumed=resumed,
        flow=flow_fields(client.flow),
        examples_wanted=settings.examples_wanted,
        limits=wire.Limits(
            message_bytes=settings.max_message_bytes, picture_pixels=settings.max_picture_pixels
        ),
        embedder=settings.embedder,
        fingerprint=model.fingerprint,
        gallery=gallery_fields(client.gallery),
    )


def flow_fields(flow: Flow) -> wire.FlowFields:
    """How a client is to send."""
    return wire.FlowFields(
        rate=flow.rate, width=flow.width, quality=flow.quality, window=flow.window
    )


def result(answer: FrameResult, stages_ms: Mapping[str, float]) -> wire.Result:
    """The answer to a frame. `stages_ms`: of its way, until it is sent; see `FrameTimings`."""
    seen = answer.recognition
    return wire.Result(
        seq=answer.seq,
        captured_ms=answer.captured_ms,
        size_wh=list(answer.size_wh),
        scan="full" if seen.scanned else "tracks",
        faces=[_face(seen, row) for row in range(len(seen.faces))],
        timings_ms=wire.TimingsMs(batch=answer.timings.batch, **stages_ms),
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


def _face(seen: Recognition, row: int) -> wire.FaceFields:
    found, said = seen.faces.detections, seen.decisions[row]
    return wire.FaceFields(
        track=seen.tracks[row].track_id,
        embedding="computed" if seen.embedded[row] else "carried",
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
