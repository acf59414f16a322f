"""What the engine says -> wire messages. Pure; knows no socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facestream import __version__
from facestream.engine.enrolment import CaptureProgress
from facestream.engine.face_desk import Explained
from facestream.engine.gallery_desk import GalleryDesk, GalleryView
from facestream.engine.results import FrameResult
from facestream.engine.worker import Model
from facestream.gallery.records import IdentitySummary
from facestream.gallery.wastebasket import Undo
from facestream.records import Candidate, Decision
from facestream.server import protocol as wire
from facestream.server.roles import Role
from facestream.settings import Settings

if TYPE_CHECKING:
    from facestream.engine.engine_session import EngineSession
    from facestream.engine.flow import Flow
    from facestream.engine.recogniser import Recognition
    from facestream.gallery.gallery import GalleryChange

__all__ = [
    "explained",
    "flow_fields",
    "gallery_event",
    "gallery_fields",
    "hello",
    "identity_fields",
    "progress",
    "result",
    "undo_fields",
]


def hello(
    settings: Settings,
    model: Model,
    desk: GalleryDesk,
    client: EngineSession,
    resumed: bool,
    role: Role,
) -> wire.ServerHello:
    """The first message to a client."""
    assert client.flow is not None, "a session without a flow"
    return wire.ServerHello(
        server=f"facestream {__version__}",
        session_id=client.session_id,
        resumed=resumed,
        role=role.value,
        flow=flow_fields(client.flow),
        examples_wanted=settings.examples_wanted,
        min_examples=min(settings.min_examples, settings.examples_wanted),
        keeps_crops=settings.crops,
        limits=wire.Limits(
            message_bytes=settings.max_message_bytes, picture_pixels=settings.max_picture_pixels
        ),
        embedder=settings.embedder,
        fingerprint=model.fingerprint,
        gallery=gallery_fields(client.gallery),
        gallery_problem=desk.problem,
        foreign_templates=desk.snapshot().foreign_templates,
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
    taken, like = step.example, step.look_alike
    return wire.EnrolProgress(
        seq=seq,
        verdict=step.verdict,
        accepted=step.accepted,
        wanted=step.wanted,
        example=taken
        if taken is None
        else wire.ExampleFields(example_id=taken.example_id, crop_jpeg=taken.crop.jpeg),
        poses=wire.PoseCounts(**{str(pose): n for pose, n in step.poses.items()}),
        coach=step.coach,
        look_alike=like
        if like is None
        else wire.LookAlikeFields(
            identity_id=like.identity_id,
            display_name=like.display_name,
            similarity=like.similarity,
            confidence=like.confidence,
        ),
    )


def explained(request: int, why: Explained) -> wire.FaceExplained:
    """Why a face is called so."""
    found, said = why.explanation, why.explanation.decision
    name, identity_id = _named(said)
    return wire.FaceExplained(
        request=request,
        track=why.track_id,
        name=name,
        identity_id=identity_id,
        similarity=said.similarity,
        confidence=said.confidence,
        reason=None if said.reason is None else said.reason.value,
        threshold=found.threshold,
        lead_needed=found.lead_needed,
        candidates=[
            wire.WeighedCandidateFields(
                **_candidate(one.candidate).model_dump(),
                threshold=one.threshold,
                templates=one.templates,
                votes=one.votes,
                rejected=one.rejected,
            )
            for one in found.candidates
        ],
        examples=[
            wire.NearExampleFields(
                template_id=one.template_id,
                identity_id=one.identity_id,
                display_name=one.display_name,
                similarity=one.similarity,
                crop_jpeg=why.crops.get(one.template_id),
            )
            for one in found.nearest
        ],
    )


def undo_fields(undo: Undo | None) -> wire.UndoFields | None:
    """How a change can be taken back."""
    return None if undo is None else wire.UndoFields(undo_id=undo.undo_id, seconds=undo.seconds)


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
        identities=[identity_fields(one) for one in view.identities],
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
    name, identity_id = _named(said)
    return wire.FaceFields(
        track=seen.tracks[row].track_id,
        embedding="computed" if seen.embedded[row] else "carried",
        box_xyxy=found.boxes_xyxy[row].tolist(),
        landmarks_xy=found.landmarks_xy[row].tolist(),
        score=float(found.scores[row]),
        name=name,
        identity_id=identity_id,
        similarity=said.similarity,
        confidence=said.confidence,
        reason=None if said.reason is None else said.reason.value,
        candidates=[_candidate(candidate) for candidate in said.candidates],
    )


def _named(decision: Decision) -> tuple[str | None, str | None]:
    """Name and identity id, where there are any."""
    named = decision.named
    return (None, None) if named is None else (named.display_name, named.identity_id)


def _candidate(candidate: Candidate) -> wire.CandidateFields:
    return wire.CandidateFields(
        identity_id=candidate.identity_id,
        display_name=candidate.display_name,
        similarity=candidate.similarity,
    )
