from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from facestream.client.errors import ConnectionClosed, NoAnswer, RequestRefused
from facestream.client.requests import Requests
from facestream.server import protocol as wire
from tests.client.fake_server import error, result

ADA = wire.IdentityFields(identity_id="id-1", display_name="Ada", templates=3)


def progress(verdict: Any = "started") -> wire.EnrolProgress:
    return wire.EnrolProgress(seq=None, verdict=verdict, accepted=0, wanted=3)


class Desk:
    """Requests whose messages are noted, and answered by hand."""

    def __init__(self, timeout_s: float = 5) -> None:
        self.sent: list[wire.Message] = []
        self.requests = Requests(self._send, timeout_s)

    async def _send(self, message: wire.Message) -> None:
        self.sent.append(message)

    async def answered(self, asking: Awaitable[Any], *messages: wire.ServerMessage) -> Any:
        """What the request returns when these messages come."""
        task = asyncio.ensure_future(asking)
        await asyncio.sleep(0)
        for message in messages:
            self.requests.receive(message)
        return await asyncio.wait_for(task, 5)


async def test_capture_is_begun_and_stored() -> None:
    desk = Desk()
    begun = await desk.answered(desk.requests.begin_capture(3), progress())
    assert begun == progress()
    committed = wire.EnrolCommitted(request=2, revision=1, identity=ADA)
    assert await desk.answered(desk.requests.commit_capture("Ada", ["a"]), committed) == committed
    assert desk.sent == [
        wire.EnrolBegin(request=1, wanted=3),
        wire.EnrolCommit(request=2, display_name="Ada", keep=["a"]),
    ]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.cancel_capture(), wire.EnrolCancel(request=1)),
        (lambda r: r.take_more(["a"]), wire.EnrolMore(request=1, keep=["a"])),
        (
            lambda r: r.reject(7, "id-1"),
            wire.FaceReject(request=1, track=7, identity_id="id-1"),
        ),
        (lambda r: r.undo("u"), wire.GalleryUndo(request=1, undo_id="u")),
        (lambda r: r.delete("id-1"), wire.GalleryDelete(request=1, identity_id="id-1")),
        (lambda r: r.clear(), wire.GalleryClear(request=1)),
    ],
)
async def test_others_are_answered_by_ok(
    ask: Callable[[Requests], Awaitable[None]], message: wire.Message
) -> None:
    desk = Desk()
    await desk.answered(ask(desk.requests), wire.Ok(request=1))
    assert desk.sent == [message]


async def test_why_is_answered_by_an_explanation() -> None:
    desk = Desk()
    explained = wire.FaceExplained(
        request=1,
        track=7,
        name=None,
        identity_id=None,
        similarity=0.25,
        confidence=0.5,
        reason="too_far",
        threshold=0.5,
        lead_needed=0.05,
        candidates=[],
        examples=[],
    )
    assert await desk.answered(desk.requests.why(7), explained) == explained
    assert desk.sent == [wire.FaceWhy(request=1, track=7)]


async def test_answer_goes_to_the_one_who_asked() -> None:
    desk = Desk()
    first = asyncio.ensure_future(desk.requests.delete("a"))
    await asyncio.sleep(0)
    await desk.answered(desk.requests.delete("b"), wire.Ok(request=2))
    assert not first.done()
    others = (result(0), progress("accepted"), error("bad_picture", seq=1))
    await desk.answered(first, *others, wire.Ok(request=1))


async def test_error_is_raised_with_the_servers_code() -> None:
    desk = Desk()
    with pytest.raises(RequestRefused, match="it is no_examples") as refused:
        await desk.answered(desk.requests.commit_capture("Ada"), error("no_examples", request=1))
    assert refused.value.code == "no_examples"


async def test_begin_that_was_refused_does_not_take_the_next_ones_answer() -> None:
    desk = Desk()
    with pytest.raises(RequestRefused):
        await desk.answered(desk.requests.begin_capture(), error("internal", request=1))
    assert await desk.answered(desk.requests.begin_capture(), progress()) == progress()


async def test_silence_is_an_error_and_a_late_answer_is_none() -> None:
    desk = Desk(timeout_s=0.01)
    with pytest.raises(NoAnswer, match=r"gallery_delete was not answered in 0\.01 s"):
        await desk.requests.delete("id-1")
    desk.requests.receive(wire.Ok(request=1))


async def test_answer_of_another_kind_is_refused() -> None:
    desk = Desk()
    with pytest.raises(NoAnswer, match="'ok', which is no EnrolCommitted"):
        await desk.answered(desk.requests.commit_capture("Ada"), wire.Ok(request=1))


async def test_lost_connection_ends_all_that_wait() -> None:
    desk = Desk()
    waiting = [asyncio.ensure_future(desk.requests.delete(name)) for name in "ab"]
    await asyncio.sleep(0)
    desk.requests.fail(ConnectionClosed(None))
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in ended] == [ConnectionClosed] * 2
