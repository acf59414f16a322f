"""Messages that the server sends, and the message for an error."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from facestream.errors import FacestreamError
from facestream.records import Coach, Verdict
from facestream.server.protocol.basics import (
    MAX_NAME_LENGTH,
    PROTOCOL_VERSION,
    Counter,
    Id,
    Message,
)

__all__ = [
    "CandidateFields",
    "Dropped",
    "EnrolCommitted",
    "EnrolProgress",
    "ErrorMessage",
    "ExampleFields",
    "FaceExplained",
    "FaceFields",
    "Flow",
    "FlowFields",
    "GalleryEvent",
    "GalleryFields",
    "IdentityFields",
    "Limits",
    "LookAlikeFields",
    "NearExampleFields",
    "Ok",
    "PoseCounts",
    "Result",
    "ServerHello",
    "ServerMessage",
    "TimingsMs",
    "UndoFields",
    "WeighedCandidateFields",
    "error_message",
]

PixelPair = Annotated[list[float], Field(min_length=2, max_length=2)]


class Limits(Message):
    message_bytes: int
    picture_pixels: int
    name_length: int = MAX_NAME_LENGTH


class IdentityFields(Message):
    identity_id: Id
    display_name: str
    templates: Counter


class GalleryFields(Message):
    revision: Counter
    identities: list[IdentityFields]


class FlowFields(Message):
    """How a client is to send.

    rate: frames a second. width: of a picture, in pixels. quality: of a JPEG, 1 to 100.
    window: frames that may be unanswered.
    """

    rate: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    width: Annotated[int, Field(ge=1)]
    quality: Annotated[int, Field(ge=1, le=100)]
    window: Annotated[int, Field(ge=1)]


class ServerHello(Message):
    """`resumed`: it is the session asked for. `fingerprint`: of the models in use.

    role: what this connection may do; each role may do all that those before it may.
    gallery_problem: why nothing in the gallery can be changed. foreign_templates: examples that
    another model made, and this one has not embedded.
    """

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL_VERSION
    server: str
    session_id: Id
    resumed: bool
    role: Literal["viewer", "operator", "admin"]
    flow: FlowFields
    examples_wanted: int
    min_examples: int
    keeps_crops: bool
    limits: Limits
    embedder: str
    fingerprint: str
    gallery: GalleryFields
    gallery_problem: str | None = None
    foreign_templates: Counter = 0


class CandidateFields(Message):
    identity_id: Id
    display_name: str
    similarity: float


class FaceFields(Message):
    """One face. Pixels are those of the frame as the client sent it.

    embedding: computed from this frame, or carried from an earlier one of the track.
    """

    track: Counter
    embedding: Literal["computed", "carried"]
    box_xyxy: Annotated[list[float], Field(min_length=4, max_length=4)]
    landmarks_xy: Annotated[list[PixelPair], Field(min_length=5, max_length=5)]
    score: float
    name: str | None
    identity_id: Id | None
    similarity: float
    confidence: float
    reason: str | None
    candidates: list[CandidateFields]


class TimingsMs(Message):
    """Milliseconds from the capture to the sending of the answer; the stages make up `total`.

    upload: from the capture until the frame was received; judged by the client's clock.
    queued: until it was chosen for a batch. decode: of the batch. wait: until the worker was free.
    detect, embed, search: of the batch. answer: until the answer was sent.
    batch: frames that were computed together.
    """

    upload: float
    queued: float
    decode: float
    wait: float
    detect: float
    embed: float
    search: float
    answer: float
    total: float
    batch: int


class Result(Message):
    """`scan`: whether the whole frame was searched for faces, or the surroundings of tracks."""

    type: Literal["result"] = "result"
    seq: Counter
    captured_ms: float
    size_wh: Annotated[list[int], Field(min_length=2, max_length=2)]
    scan: Literal["full", "tracks"]
    faces: list[FaceFields]
    timings_ms: TimingsMs


class Dropped(Message):
    """A frame that will get no result. It is no error.

    superseded: a newer frame was there. expired: it was too old when its turn came.
    """

    type: Literal["dropped"] = "dropped"
    seq: Counter
    reason: Literal["superseded", "expired"]


class Flow(Message):
    """From now on, send like this."""

    type: Literal["flow"] = "flow"
    flow: FlowFields


class ExampleFields(Message):
    example_id: Id
    crop_jpeg: bytes


class PoseCounts(Message):
    """Examples that show each pose; left and right are the person's own."""

    front: Counter = 0
    left: Counter = 0
    right: Counter = 0
    up: Counter = 0
    down: Counter = 0


class LookAlikeFields(Message):
    identity_id: Id
    display_name: str
    similarity: float
    confidence: float


class EnrolProgress(Message):
    """What a frame meant to the capture under way. `example` is set when one was accepted.

    coach: what would help next. look_alike: somebody known whom the person looks like, told when
    the capture is complete.
    """

    type: Literal["enrol_progress"] = "enrol_progress"
    seq: Counter | None
    verdict: Verdict
    accepted: int
    wanted: int
    example: ExampleFields | None = None
    poses: PoseCounts = PoseCounts()
    coach: Coach | None = None
    look_alike: LookAlikeFields | None = None


class EnrolCommitted(Message):
    type: Literal["enrol_committed"] = "enrol_committed"
    request: Counter
    revision: Counter
    identity: IdentityFields


class WeighedCandidateFields(CandidateFields):
    """threshold: the similarity that this person needs. votes: examples among the nearest."""

    threshold: float
    templates: Counter
    votes: Counter
    rejected: bool


class NearExampleFields(CandidateFields):
    template_id: Counter
    crop_jpeg: bytes | None


class FaceExplained(Message):
    """Why a face has its name, or none. `lead_needed`: of the best candidate to the runner-up."""

    type: Literal["face_explained"] = "face_explained"
    request: Counter
    track: Counter
    name: str | None
    identity_id: Id | None
    similarity: float
    confidence: float
    reason: str | None
    threshold: float
    lead_needed: float
    candidates: list[WeighedCandidateFields]
    examples: list[NearExampleFields]


class UndoFields(Message):
    """How to take a change back, and for how many seconds that can be done."""

    undo_id: Id
    seconds: float


class Ok(Message):
    type: Literal["ok"] = "ok"
    request: Counter
    undo: UndoFields | None = None


class GalleryEvent(Message):
    """A durable change. Apply `cleared`, then `removed`, then `upserted`."""

    type: Literal["gallery"] = "gallery"
    revision: Counter
    cleared: bool
    removed: list[Id]
    upserted: list[IdentityFields]


class ErrorMessage(Message):
    """`seq` or `request` name the message it answers, where that is known."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool
    seq: Counter | None = None
    request: Counter | None = None


ServerMessage = (
    ServerHello
    | Result
    | Dropped
    | Flow
    | EnrolProgress
    | EnrolCommitted
    | FaceExplained
    | Ok
    | GalleryEvent
    | ErrorMessage
)


def error_message(
    error: BaseException, *, seq: int | None = None, request: int | None = None
) -> ErrorMessage:
    """The message for `error`. Errors that are not ours show no detail to a client."""
    if isinstance(error, FacestreamError):
        return ErrorMessage(
            code=error.code,
            message=str(error),
            retryable=error.retryable,
            seq=seq,
            request=request,
        )
    return ErrorMessage(
        code=FacestreamError.code,
        message="something went wrong on the server; its log says what",
        retryable=False,
        seq=seq,
        request=request,
    )
