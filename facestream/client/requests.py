"""Requests, and the answers to each. Knows the messages, but no socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from facestream.client.errors import NoAnswer, RequestRefused
from facestream.server import protocol as wire

__all__ = ["REQUEST_S", "Requests"]

REQUEST_S = 15.0
"""REQUEST_TIMEOUT_MS of the page. A commit writes to disk, which is quick."""

_T = TypeVar("_T")

Send = Callable[[wire.Message], Awaitable[None]]


class Requests:
    """Those of one connection; each ends in exactly one answer or one error.

    Every method raises RequestRefused with the server's code, NoAnswer after `timeout_s`, and
    ConnectionClosed when the connection ends before.

    Args:
        send: takes a message.
        timeout_s: how long the server may take.
    """

    def __init__(self, send: Send, timeout_s: float = REQUEST_S) -> None:
        self._send = send
        self._timeout_s = timeout_s
        self._next = 1
        self._waiting: dict[int, asyncio.Future[wire.ServerMessage]] = {}
        self._beginning: list[int] = []

    async def begin_capture(self, wanted: int | None = None) -> wire.EnrolProgress:
        """Let the next frames be examples of one person; gives up a capture under way."""
        number = self._next
        self._beginning.append(number)
        try:
            answer = await self._ask(lambda number: wire.EnrolBegin(request=number, wanted=wanted))
        finally:
            if number in self._beginning:
                self._beginning.remove(number)
        return _expected(answer, wire.EnrolProgress)

    async def commit_capture(
        self, display_name: str, keep: Sequence[str] | None = None
    ) -> wire.EnrolCommitted:
        """Store the examples; when it returns they are on disk.

        keep: `example_id`s; None: all.
        """
        kept = None if keep is None else list(keep)
        answer = await self._ask(
            lambda number: wire.EnrolCommit(request=number, display_name=display_name, keep=kept)
        )
        return _expected(answer, wire.EnrolCommitted)

    async def cancel_capture(self) -> None:
        """Forget the examples taken."""
        await self._ask(lambda number: wire.EnrolCancel(request=number))

    async def take_more(self, keep: Sequence[str]) -> None:
        """Forget the examples whose ids are not in `keep`, and go on taking."""
        kept = list(keep)
        await self._ask(lambda number: wire.EnrolMore(request=number, keep=kept))

    async def why(self, track: int) -> wire.FaceExplained:
        """Why a face in view has its name, or none."""
        answer = await self._ask(lambda number: wire.FaceWhy(request=number, track=track))
        return _expected(answer, wire.FaceExplained)

    async def reject(self, track: int, identity_id: str) -> wire.Ok:
        """Keep a face in view from somebody's name; answered after the next frame."""
        return await self._change(
            lambda number: wire.FaceReject(request=number, track=track, identity_id=identity_id)
        )

    async def delete(self, identity_id: str) -> wire.Ok:
        """Delete a person and all their examples."""
        return await self._change(
            lambda number: wire.GalleryDelete(request=number, identity_id=identity_id)
        )

    async def clear(self) -> wire.Ok:
        """Delete everybody."""
        return await self._change(lambda number: wire.GalleryClear(request=number))

    async def undo(self, undo_id: str) -> wire.Ok:
        """Take a change back; its `Ok` had the id."""
        return await self._change(lambda number: wire.GalleryUndo(request=number, undo_id=undo_id))

    def receive(self, message: wire.ServerMessage) -> None:
        """Give an answer to whoever waits for it; any other message is none of its business."""
        match message:
            case wire.Ok() | wire.EnrolCommitted() | wire.FaceExplained():
                self._settle(message.request, message)
            case wire.ErrorMessage(request=int(number)):
                error = RequestRefused(message.code, message.message, message.retryable)
                self._settle(number, error)
            case wire.EnrolProgress(verdict="started") if self._beginning:
                # It carries no number; captures are begun in turn, so the oldest is meant.
                self._settle(self._beginning.pop(0), message)

    def fail(self, error: Exception) -> None:
        """The connection is over."""
        for number in list(self._waiting):
            self._settle(number, error)

    async def _change(self, make: Callable[[int], wire.Message]) -> wire.Ok:
        return _expected(await self._ask(make), wire.Ok)

    async def _ask(self, make: Callable[[int], wire.Message]) -> wire.ServerMessage:
        number, self._next = self._next, self._next + 1
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message = make(number)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._send(message)
                received: wire.ServerMessage = await answer
                return received
        except TimeoutError as error:
            kind = getattr(message, "type", "a request")
            raise NoAnswer(f"{kind} was not answered in {self._timeout_s:g} s") from error
        finally:
            del self._waiting[number]

    def _settle(self, number: int, outcome: wire.ServerMessage | Exception) -> None:
        waiting = self._waiting.get(number)
        if waiting is None or waiting.done():
            return
        if isinstance(outcome, Exception):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)


def _expected(answer: wire.ServerMessage, kind: type[_T]) -> _T:
    if not isinstance(answer, kind):
        raise NoAnswer(f"the server answered {answer.type!r}, which is no {kind.__name__}")
    return answer
