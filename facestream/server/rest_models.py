"""What goes over the REST interface, beside files: bodies, answers, queries. Performs no I/O.

`docs/rest.md` is the contract in words, `GET /api/docs/openapi.json` the one for programs, which is
made from these models. Clients in Python read answers by them, too.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from facestream.records import Reason
from facestream.server.protocol import (
    MAX_SAFE_INTEGER,
    RAW_NAME_LIMIT,
    GalleryFields,
    IdentityFields,
    UndoFields,
)

__all__ = [
    "MAX_TOKEN_DAYS",
    "Absorbed",
    "AlikePeople",
    "Answer",
    "Body",
    "Change",
    "ChangedPerson",
    "Clear",
    "CreateToken",
    "CreatedToken",
    "DeleteExamples",
    "Edit",
    "Enrolled",
    "EnrolledPhoto",
    "Example",
    "GalleryFields",
    "GalleryHealth",
    "Identified",
    "IdentifiedFace",
    "IdentityFields",
    "ImportQuery",
    "Invite",
    "JoinForm",
    "JoinLink",
    "JoinQuery",
    "Liveness",
    "Merge",
    "MoveExamples",
    "NamedCandidate",
    "NamedPerson",
    "Outlier",
    "Person",
    "PhotosQuery",
    "Query",
    "Readiness",
    "Reembedding",
    "Refusal",
    "RevokedToken",
    "Session",
    "TemplateId",
    "Token",
    "Tokens",
    "TunnelOpened",
    "TunnelPart",
    "TunnelQuery",
    "Undo",
    "UndoFields",
    "UniformPerson",
]

MAX_TEMPLATE_IDS = 1000
"""In one request. A thousand ids have 20 kB."""

MAX_TOKEN_DAYS = 3650


class Body(BaseModel):
    """Root of what is sent as JSON. Unknown fields are refused: a misspelt one would silently do
    nothing.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Answer(BaseModel):
    """Root of what is answered. Unknown fields are ignored, so that an addition breaks nobody."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Query(BaseModel):
    """Root of parameters after the `?`. Unknown ones are ignored: the token may be among them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _flag(value: object) -> object:
    """`true` and `false`, and none of the other words that pydantic takes for them."""
    if value not in ("true", "false", True, False):
        raise ValueError("must be true or false")
    return value in ("true", True)


def _digits(value: object) -> object:
    """A number that begins with no sign or space, and has no point, in digits of ASCII."""
    if isinstance(value, str) and not (
        value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_SAFE_INTEGER))
    ):
        raise ValueError("must be the number of a message")
    return int(value) if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(_flag)]
TemplateId = Annotated[int, Field(ge=1, le=MAX_SAFE_INTEGER)]
TemplateIds = Annotated[list[TemplateId], Field(min_length=1, max_length=MAX_TEMPLATE_IDS)]


# --- errors ---------------------------------------------------------------------------------------


class Refusal(Answer):
    """Every error. message: one sentence for people. retryable: the same may succeed later."""

    code: str
    message: str
    retryable: bool


# --- the server itself ----------------------------------------------------------------------------


class Liveness(Answer):
    """healthy: nothing is broken, warming up included."""

    healthy: bool


class Readiness(Answer):
    """ready: frames are answered."""

    ready: bool
    version: str


class Session(Answer):
    """What whoever has access may know of the server."""

    version: str
    ready: bool


# --- who is known ---------------------------------------------------------------------------------


class Example(Answer):
    """One template. kind: a rejection says "not this person".

    searched: the model in use has embedded it. created_at_ms: Unix time in milliseconds.
    """

    template_id: int
    kind: Literal["example", "rejection"]
    created_at_ms: int
    source: Literal["camera", "photo"]
    sharpness: float
    has_crop: bool
    searched: bool


class NamedPerson(Answer):
    """Base of what names one person."""

    identity_id: str
    display_name: str


class Person(NamedPerson):
    """One person with all examples. Times: Unix, in milliseconds; expires_at_ms: null is never."""

    templates: int
    note: str | None
    created_at_ms: int
    expires_at_ms: int | None
    examples: list[Example]


class Outlier(NamedPerson):
    """An example that does not resemble the others of its person."""

    template_id: int
    similarity: float


class AlikePeople(Answer):
    """Two people who cannot be told apart at the false match rate asked for."""

    identities: Annotated[list[IdentityFields], Field(min_length=2, max_length=2)]
    similarity: float
    threshold: float


class UniformPerson(NamedPerson):
    """A person whose examples are all the same."""

    similarity: float


class GalleryHealth(Answer):
    """What is worth a look. few: people with too few examples."""

    revision: int
    outliers: list[Outlier]
    alike: list[AlikePeople]
    few: list[IdentityFields]
    uniform: list[UniformPerson]


# --- changes --------------------------------------------------------------------------------------


class Change(Answer):
    """A change that is on disk. identity: who got something, as they are now."""

    revision: int
    identity: IdentityFields | None
    undo: UndoFields | None


class Edit(Body):
    """What is left out stays as it is. expires_at_ms: Unix time in milliseconds; null: never."""

    display_name: str = ""
    note: str | None = None
    expires_at_ms: Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)] | None = None


class Merge(Body):
    """into: the id of who stays."""

    into: str


class DeleteExamples(Body):
    """Of one person or of several."""

    template_ids: TemplateIds


class MoveExamples(Body):
    """Either `into`, somebody's id, or `display_name`: a name that nobody has makes a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["into"], "properties": {"into": {"type": "string"}}},
                {"required": ["display_name"], "properties": {"display_name": {"type": "string"}}},
            ]
        }
    )

    template_ids: TemplateIds
    into: str | None = None
    display_name: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> MoveExamples:
        if (self.into is None) == (self.display_name is None):
            raise ValueError("either into or display_name")
        return self


class Clear(Body):
    """confirm: the word `clear`; else nothing is done."""

    confirm: str


class Undo(Body):
    """undo_id: out of the answer to a deletion."""

    undo_id: str


class Reembedding(Answer):
    """Examples of another model, and how many of them are embedded by now.

    without_face: have no picture, or one without a face, and stay as they are.
    """

    running: bool
    done: int
    total: int
    without_face: int


# --- files ----------------------------------------------------------------------------------------


class PhotosQuery(Query):
    """name: of the person, new or known."""

    name: str = ""


class EnrolledPhoto(Answer):
    """verdict: `accepted`, or the code of what is wrong, which `message` says in a sentence."""

    file: str
    verdict: str
    message: str


class Enrolled(Answer):
    """photos: in the order of the parts. identity: null where none was accepted."""

    revision: int
    identity: IdentityFields | None
    photos: list[EnrolledPhoto]


class ImportQuery(Query):
    """merge adds what is not there yet, replace makes the gallery equal to the file.

    preview: nothing is changed; the answer says what would be.
    """

    mode: Literal["merge", "replace"] = "merge"
    preview: Flag = False


class ChangedPerson(Answer):
    """added: examples."""

    display_name: str
    added: int


class Absorbed(Answer):
    """What an import did, or would do."""

    revision: int
    people_new: list[str]
    people_changed: list[ChangedPerson]
    people_removed: list[str]
    examples_new: int
    examples_known: int


# --- a photo --------------------------------------------------------------------------------------


class NamedCandidate(Answer):
    """Somebody whom a face resembles."""

    name: str
    similarity: float


class IdentifiedFace(Answer):
    """In pixels of the picture. reason: why there is no name. confidence: 0 to 1."""

    box_xyxy: Annotated[list[float], Field(min_length=4, max_length=4)]
    score: float
    landmarks_xy: Annotated[
        list[Annotated[list[float], Field(min_length=2, max_length=2)]],
        Field(min_length=5, max_length=5),
    ]
    name: str | None
    similarity: float
    confidence: float
    reason: Reason | None
    candidates: list[NamedCandidate]


class Identified(Answer):
    """The size of the picture in pixels, turned upright, and everybody in it."""

    width: int
    height: int
    faces: list[IdentifiedFace]


# --- who has access -------------------------------------------------------------------------------


class Invite(Body):
    """minutes: for which the link is good. name: of the device, for people."""

    role: Literal["viewer", "operator"]
    minutes: Annotated[int, Field(ge=1, le=60)] = 10
    name: Annotated[str, Field(max_length=RAW_NAME_LIMIT)] = ""


class JoinLink(Answer):
    """url: to open on the other device until `expires_at_ms` (Unix, in milliseconds).

    first_time_url: for a device that does not trust the server's certificate yet. The other two are
    these as QR codes.
    """

    url: str
    role: Literal["viewer", "operator", "admin"]
    expires_at_ms: int | None
    qr_svg: str
    first_time_url: str | None
    first_time_qr_svg: str | None


class JoinQuery(Query):
    """code: out of the link."""

    code: str = ""


class JoinForm(Body):
    """code: out of the link."""

    code: str


class CreateToken(Body):
    """days: for which it is good; null: for ever."""

    role: Literal["viewer", "operator", "admin"]
    name: Annotated[str, Field(max_length=RAW_NAME_LIMIT)] = ""
    days: Annotated[int, Field(ge=1, le=MAX_TOKEN_DAYS)] | None = 30


class _Granted(Answer):
    token_id: str
    name: str
    role: Literal["viewer", "operator", "admin"]
    by: Literal["start", "link", "hand"]
    created_at_ms: int | None
    expires_at_ms: int | None
    last_used_at_ms: int | None


class Token(_Granted):
    """What is known of a token; nothing by which anybody else could use it. Times: Unix, in ms.

    by: how it came: the one of the link printed at start, of a join link, or made by hand.
    own: it is the one that asks.
    """

    own: bool


class Tokens(Answer):
    """Who has access."""

    tokens: list[Token]


class CreatedToken(_Granted):
    """token: said in this answer alone."""

    token: str


class RevokedToken(Answer):
    """What can nobody let in any more."""

    token_id: str


# --- tunnels --------------------------------------------------------------------------------------


class TunnelQuery(Query):
    """protocol: the subprotocol, as a WebSocket offers it."""

    protocol: str | None = None


class TunnelOpened(Answer):
    """tunnel_id: who knows it, and has access, may speak in this session."""

    tunnel_id: str


class TunnelPart(Query):
    """first: the number of the first message that the request is about, counted from 0."""

    first: Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER), BeforeValidator(_digits)]
