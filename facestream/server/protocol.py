"""Wire messages <-> bytes: MessagePack maps checked against a model for each type. Performs no I/O.

`docs/protocol.md` is the contract in words. `tests/golden/protocol_v1.json` holds messages as bytes
which the Python and the JavaScript tests both read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgpack
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from facestream.errors import BadMessage, FacestreamError, MessageTooBig
from facestream.records import Coach, Verdict
from facestream.server.values import has_more_values
from facestream.validation import first_fault

__all__ = [
    "MAX_EXAMPLES",
    "MAX_NAME_LENGTH",
    "MAX_SAFE_INTEGER",
    "PROTOCOL_VERSION",
    "SUBPROTOCOL",
    "CandidateFields",
    "ClientHello",
    "ClientMessage",
    "Close",
    "Dropped",
    "EnrolBegin",
    "EnrolCancel",
    "EnrolCommit",
    "EnrolCommitted",
    "EnrolMore",
    "EnrolProgress",
    "ErrorMessage",
    "ExampleFields",
    "FaceExplained",
    "FaceFields",
    "FaceReject",
    "FaceWhy",
    "Flow",
    "FlowFields",
    "FrameMessage",
    "GalleryClear",
    "GalleryDelete",
    "GalleryEvent",
    "GalleryFields",
    "GalleryUndo",
    "IdentityFields",
    "Limits",
    "LookAlikeFields",
    "Message",
    "NearExampleFields",
    "Ok",
    "PoseCounts",
    "Result",
    "ServerHello",
    "ServerMessage",
    "TimingsMs",
    "UndoFields",
    "Verdict",
    "WeighedCandidateFields",
    "decode_client",
    "decode_server",
    "encode",
    "error_message",
    "refers_to",
]

_T = TypeVar("_T")

PROTOCOL_VERSION = 1
SUBPROTOCOL = f"facestream.v{PROTOCOL_VERSION}"

MAX_NAME_LENGTH = 100
"""Characters of a display name, after Unicode normalisation."""

MAX_EXAMPLES = 50
"""Examples that one capture may ask for."""

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer which JavaScript holds exactly; bounds every counter on the wire."""

RAW_NAME_LIMIT = 4096
"""Characters of a name that are read at all: too long a name gets `bad_name`, not `bad_message`."""

MAX_VALUES = 4096
"""Values in a client's message, keys included; the largest has some sixty."""

MAX_SAID = 500
"""Characters in which a client is told what is wrong with its message."""

Counter = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
PixelPair = Annotated[list[float], Field(min_length=2, max_length=2)]


class Close:
    """WebSocket close codes which the server sends (RFC 6455, and 4000 to 4999 of our own).

    ABNORMAL is never sent: it stands for a connection that is cut off.
    """

    NORMAL = 1000
    GOING_AWAY = 1001
    ABNORMAL = 1006
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    HELLO_EXPECTED = 4400
    REVOKED = 4401
    UNSUPPORTED_VERSION = 4406
    TOO_SLOW = 4408
    RESUMED_ELSEWHERE = 4409
    IDLE = 4410


class Message(BaseModel):
    """Root of all messages. Unknown fields are ignored, so that a minor addition breaks nobody."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


# --- client to server -----------------------------------------------------------------------------


class ClientHello(Message):
    """`resume`: the id of a session whose connection was lost; None begins a new one."""

    type: Literal["hello"] = "hello"
    client: Annotated[str, Field(max_length=64)]
    resume: Id | None = None


class FrameMessage(Message):
    """One camera picture. `captured_ms`: the client's own clock, echoed in the result."""

    type: Literal["frame"] = "frame"
    seq: Counter
    captured_ms: Annotated[float, Field(allow_inf_nan=False)]
    jpeg: bytes


class EnrolBegin(Message):
    type: Literal["enrol_begin"] = "enrol_begin"
    request: Counter
    wanted: Annotated[int, Field(ge=1, le=MAX_EXAMPLES)] | None = None


class EnrolCommit(Message):
    """`keep`: ids of the examples to store; None keeps all that were accepted."""

    type: Literal["enrol_commit"] = "enrol_commit"
    request: Counter
    display_name: Annotated[str, Field(max_length=RAW_NAME_LIMIT)]
    keep: Annotated[list[Id], Field(max_length=MAX_EXAMPLES)] | None = None


class EnrolMore(Message):
    """`keep`: ids of the examples that stay; the capture goes on in the place of the others."""

    type: Literal["enrol_more"] = "enrol_more"
    request: Counter
    keep: Annotated[list[Id], Field(max_length=MAX_EXAMPLES)]


class EnrolCancel(Message):
    type: Literal["enrol_cancel"] = "enrol_cancel"
    request: Counter


class FaceWhy(Message):
    """Asks why the face of this track, which is in view, has its name, or none."""

    type: Literal["face_why"] = "face_why"
    request: Counter
    track: Counter


class FaceReject(Message):
    """The face of this track, which is in view, is not that person."""

    type: Literal["face_reject"] = "face_reject"
    request: Counter
    track: Counter
    identity_id: Id


class GalleryDelete(Message):
    type: Literal["gallery_delete"] = "gallery_delete"
    request: Counter
    identity_id: Id


class GalleryClear(Message):
    type: Literal["gallery_clear"] = "gallery_clear"
    request: Counter


class GalleryUndo(Message):
    type: Literal["gallery_undo"] = "gallery_undo"
    request: Counter
    undo_id: Id


ClientMessage = (
    ClientHello
    | FrameMessage
    | EnrolBegin
    | EnrolCommit
    | EnrolMore
    | EnrolCancel
    | FaceWhy
    | FaceReject
    | GalleryDelete
    | GalleryClear
    | GalleryUndo
)

# --- server to client -----------------------------------------------------------------------------


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

_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(
    Annotated[ClientMessage, Field(discriminator="type")]
)
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(
    Annotated[ServerMessage, Field(discriminator="type")]
)


def encode(message: Message) -> bytes:
    """The MessagePack map of `message`; fields in the order of their declaration."""
    packed: bytes = msgpack.packb(message.model_dump())
    return packed


def decode_client(raw: bytes, max_bytes: int) -> ClientMessage:
    """Parse what a client sent.

    Raises:
        MessageTooBig: `raw` is longer than `max_bytes`.
        BadMessage: not a MessagePack map, an unknown type, a field missing or of a wrong type, or
            far more values than any message has.
    """
    if len(raw) > max_bytes:
        raise MessageTooBig(f"a message may have {max_bytes:,} bytes, this one has {len(raw):,}")
    return _validate(_CLIENT, _unpack_client(raw))


def refers_to(raw: bytes) -> dict[str, int]:
    """The `seq` or `request` of a message that was refused, where it can be read; never raises."""
    try:
        fields = _unpack_client(raw)
    except BadMessage:
        return {}
    name = "seq" if fields.get("type") == "frame" else "request"
    number = fields.get(name)
    if type(number) is not int or not 0 <= number <= MAX_SAFE_INTEGER:
        return {}
    return {name: number}


def decode_server(raw: bytes) -> ServerMessage:
    """Parse what a server sent; for clients in Python. Raises BadMessage."""
    return _validate(_SERVER, _unpack(raw))


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


def _unpack_client(raw: bytes) -> dict[str, Any]:
    if has_more_values(raw, MAX_VALUES):
        raise BadMessage(f"a message may have {MAX_VALUES:,} values")
    return _unpack(raw)


def _unpack(raw: bytes) -> dict[str, Any]:
    try:
        fields = msgpack.unpackb(raw, raw=False, strict_map_key=True)
    except (ValueError, msgpack.UnpackException) as error:  # bad UTF-8 and nesting are ValueErrors
        raise BadMessage(f"not a MessagePack message: {error}") from error
    if not isinstance(fields, dict):
        raise BadMessage(f"a message must be a map, got {type(fields).__name__}")
    return fields


def _validate(adapter: TypeAdapter[_T], fields: dict[str, Any]) -> _T:
    try:
        return adapter.validate_python(fields)
    except ValidationError as error:
        # Pydantic repeats an unknown type, which may have two megabytes.
        raise BadMessage(first_fault(error, "message")[:MAX_SAID]) from error
