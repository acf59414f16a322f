"""Messages that a client sends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from facestream.server.protocol.basics import MAX_EXAMPLES, RAW_NAME_LIMIT, Counter, Id, Message

__all__ = [
    "ClientHello",
    "ClientMessage",
    "EnrolBegin",
    "EnrolCancel",
    "EnrolCommit",
    "EnrolMore",
    "FaceReject",
    "FaceWhy",
    "FrameMessage",
    "GalleryClear",
    "GalleryDelete",
    "GalleryUndo",
]


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
