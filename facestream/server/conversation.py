"""What is said in one session: a client's messages -> the engine -> answers. Knows no socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from facestream.audit import DONE, INTERRUPTED, ids_in
from facestream.engine.engine import Engine
from facestream.engine.engine_session import EngineSession, Listeners
from facestream.engine.flow import Flow
from facestream.engine.results import FrameResult
from facestream.errors import (
    BadMessage,
    Expired,
    FacestreamError,
    InputError,
    NotAllowed,
    Overloaded,
    ShuttingDown,
    Superseded,
)
from facestream.server import answers
from facestream.server import protocol as wire
from facestream.server.audit_trail import Auditor
from facestream.server.audited import is_audited
from facestream.server.roles import Role, check_role, message_role
from facestream.settings import Settings

if TYPE_CHECKING:
    from facestream.gallery.gallery import GalleryChange

__all__ = ["Conversation"]

log = logging.getLogger(__name__)

Request = (
    wire.EnrolBegin
    | wire.EnrolCommit
    | wire.EnrolMore
    | wire.EnrolCancel
    | wire.FaceWhy
    | wire.FaceReject
    | wire.GalleryDelete
    | wire.GalleryClear
    | wire.GalleryUndo
)

MAX_WAITING = 4
"""Rejections of one session that may wait for the next frame."""


class Conversation:
    """Every frame and every request is answered exactly once, unless the session ends before.

    Owned by one session. Messages are handled one after the other, so requests are answered in
    their order; frames are handed to the engine and answered when their futures end. Only a
    `face_reject` is answered when the next frame was: it cannot hold that up. Bound: `MAX_WAITING`
    of them. Policy: refuse.

    Args:
        address: of the client.
        role: of the client, for as long as the connection lasts.
        auditor: where what it changes, and what it is refused, is noted.
        send: puts a message on its way; does not wait.
        taken: called when another connection resumed the session.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        address: str,
        role: Role,
        auditor: Auditor,
        send: Callable[[wire.Message], None],
        taken: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._address = address
        self._role = role
        self._auditor = auditor
        self._send = send
        self._listeners = Listeners(self._on_gallery_change, self._on_flow, taken)
        self._client: EngineSession | None = None
        self._last_seq = -1
        self._unanswered = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._refusing = False
        self._waiting: set[asyncio.Task[None]] = set()

    async def greet(self, raw: bytes) -> None:
        """Take the client's first message, wait until the engine serves, and say hello.

        Raises:
            BadMessage, MessageTooBig: it is not hello.
            Overloaded: too many clients are connected.
            FacestreamError: the engine stops, or could not start.
        """
        first = wire.decode_client(raw, self._settings.max_message_bytes)
        if not isinstance(first, wire.ClientHello):
            raise BadMessage("the first message must be hello")
        model = await self._engine.started()
        client, resumed = self._engine.open_session(self._listeners, self._address, first.resume)
        self._client = client
        log.info("session %s%s: %r", client.session_id, " again" * resumed, first.client)
        desk = self._engine.desk
        self._send(answers.hello(self._settings, model, desk, client, resumed, self._role))
        for step in client.progress_so_far():
            self._send(answers.progress(None, step))

    async def handle(self, raw: bytes) -> None:
        """Answer one message; whatever is wrong with it, the session goes on."""
        try:
            message = wire.decode_client(raw, self._settings.max_message_bytes)
        except InputError as error:
            self._send(wire.error_message(error, **wire.refers_to(raw)))
            return
        try:
            check_role(self._role, message_role(message.type))
        except NotAllowed as error:
            self._auditor.note_refusal(message.type, error.code, ids_in(dict(message)))
            self._send(wire.error_message(error, **wire.refers_to(raw)))
            return
        if isinstance(message, wire.FrameMessage):
            self._handle_frame(message)
        elif isinstance(message, wire.ClientHello):
            self._send(wire.error_message(BadMessage("hello was said already")))
        elif isinstance(message, wire.FaceReject):
            self._handle_beside(message)
        else:
            await self._handle_request(message)

    async def wind_up(self) -> None:
        """Refuse what comes from now on; return when all that came before is answered."""
        self._refusing = True
        await self._idle.wait()

    def measured(self, round_trip_s: float) -> None:
        """The client answered a ping after so long."""
        if self._client is not None:
            self._client.link.round_trip_s = round_trip_s

    def close(self, *, resumable: bool) -> None:
        """Leave the engine; frames that are not answered yet get no answer. Safe to call again.

        resumable: the connection was lost, and the client may come back.
        """
        client, self._client = self._client, None
        for task in self._waiting:
            task.cancel()
        if client is not None and client.listeners is self._listeners:  # else it was taken
            client.close(resumable=resumable)

    # --- frames -----------------------------------------------------------------------------------

    def _handle_frame(self, frame: wire.FrameMessage) -> None:
        error = self._objection(frame.seq)
        if error is not None:
            self._send(wire.error_message(error, seq=frame.seq))
            return
        self._last_seq = frame.seq
        self._begin()
        answer = self._admitted.submit(frame.seq, frame.captured_ms, frame.jpeg)
        answer.add_done_callback(partial(self._answer_frame, frame.seq))

    def _objection(self, seq: int) -> FacestreamError | None:
        if self._refusing:
            return ShuttingDown("the server is going away")
        if seq <= self._last_seq:
            return BadMessage(f"frame.seq: must be larger than {self._last_seq}")
        return None

    def _answer_frame(self, seq: int, answer: asyncio.Future[FrameResult]) -> None:
        """Called once for each frame, when its future has ended."""
        self._done()
        if answer.cancelled():  # the session is closing
            return
        error = answer.exception()
        if isinstance(error, Superseded):
            self._send(wire.Dropped(seq=seq, reason="superseded"))
        elif isinstance(error, Expired):
            self._send(wire.Dropped(seq=seq, reason="expired"))
        elif error is not None:
            self._send(_error_message(error, seq=seq))
        else:
            self._send_result(seq, answer.result())

    def _send_result(self, seq: int, result: FrameResult) -> None:
        stages_ms = result.timings.milliseconds(self._engine.now_s())
        self._send(answers.result(result, stages_ms))
        self._engine.metrics.answered(stages_ms)
        if result.progress is not None:
            self._send(answers.progress(seq, result.progress))

    # --- requests ---------------------------------------------------------------------------------

    def _handle_beside(self, message: Request) -> None:
        """As `_handle_request`, while other messages are handled."""
        if len(self._waiting) >= MAX_WAITING:
            error = Overloaded("too many faces wait to be looked at")
            self._note(message, error.code, {})
            self._send(wire.error_message(error, request=message.request))
            return
        task = asyncio.create_task(self._handle_request(message))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _handle_request(self, message: Request) -> None:
        self._begin()
        outcome, target = INTERRUPTED, {}
        try:
            if self._refusing:
                raise ShuttingDown("the server is going away")
            reply = await self._perform(message)
        except Exception as error:
            outcome = error.code if isinstance(error, FacestreamError) else FacestreamError.code
            self._send(_error_message(error, request=message.request))
        else:
            outcome, target = DONE, _ids_of(reply)
            self._send(reply)
        finally:
            self._note(message, outcome, target)
            self._done()

    def _note(self, message: Request, outcome: str, target: dict[str, Any]) -> None:
        if is_audited(message.type):
            self._auditor.note(message.type, outcome, {**ids_in(dict(message)), **target})

    async def _perform(self, message: Request) -> wire.Message:
        client = self._admitted
        match message:
            case wire.EnrolBegin():
                return answers.progress(None, client.begin_capture(message.wanted))
            case wire.EnrolCommit():
                enrolled = await client.commit(message.display_name, message.keep)
                return wire.EnrolCommitted(
                    request=message.request,
                    revision=enrolled.revision,
                    identity=answers.identity_fields(enrolled.identity),
                )
            case wire.EnrolMore():
                client.take_more(message.keep)
            case wire.EnrolCancel():
                client.cancel_capture()
            case wire.FaceWhy():
                return answers.explained(message.request, await client.why(message.track))
            case _:
                change = await self._change(client, message)
                return wire.Ok(request=message.request, undo=answers.undo_fields(change.undo))
        return wire.Ok(request=message.request)

    async def _change(self, client: EngineSession, message: Request) -> GalleryChange:
        desk = self._engine.desk
        match message:
            case wire.FaceReject():
                return await client.reject(message.track, message.identity_id)
            case wire.GalleryDelete():
                return await desk.change(lambda gallery: gallery.delete(message.identity_id))
            case wire.GalleryClear():
                return await desk.change(lambda gallery: gallery.clear())
            case wire.GalleryUndo():
                return await desk.change(lambda gallery: gallery.undo(message.undo_id))
        raise AssertionError(f"nobody answers {message.type}")

    # --- news -------------------------------------------------------------------------------------

    def _on_gallery_change(self, change: GalleryChange) -> None:
        self._send(answers.gallery_event(change))

    def _on_flow(self, flow: Flow) -> None:
        self._send(wire.Flow(flow=answers.flow_fields(flow)))

    # --- bookkeeping ------------------------------------------------------------------------------

    @property
    def _admitted(self) -> EngineSession:
        assert self._client is not None, "a message was handled before hello"
        return self._client

    def _begin(self) -> None:
        self._unanswered += 1
        self._idle.clear()

    def _done(self) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            self._idle.set()


def _ids_of(reply: wire.Message) -> dict[str, Any]:
    """Whom the answer is about, if it is about somebody; and how it can be taken back."""
    about = (getattr(reply, name, None) for name in ("identity", "undo"))
    return {
        name: value
        for fields in about
        if isinstance(fields, wire.Message)
        for name, value in ids_in(dict(fields)).items()
    }


def _error_message(
    error: BaseException, *, seq: int | None = None, request: int | None = None
) -> wire.ErrorMessage:
    """The answer to what failed; the log gets what the client must not see."""
    if not isinstance(error, FacestreamError):
        log.error("an answer failed", exc_info=error)
    return wire.error_message(error, seq=seq, request=request)
