from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.client.camera import Camera
from facestream.client.errors import ConnectionClosed
from facestream.client.frame_window import GIVE_UP_S
from facestream.client.streamer import Streamer
from facestream.server import protocol as wire
from tests.client.fake_server import FLOW, error, result
from tests.client.test_camera import film, shown
from tests.client.virtual_time import run


def flow(**changes: Any) -> wire.FlowFields:
    return FLOW.model_copy(update={"rate": 10, "window": 2, **changes})


class Sent:
    """What a streamer sent in virtual time; `answer_s` after that each frame is answered."""

    def __init__(
        self,
        start: wire.FlowFields,
        answer_s: float | None = 0.01,
        *,
        fps: float = 15,
        camera_fps: float = 30,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.began_s = self.loop.time()
        self.answer_s = answer_s
        self.times_s: list[float] = []
        self.frames: list[tuple[int, bytes]] = []
        self.most_under_way = self.under_way = 0
        camera = Camera(film(12), fps=camera_fps, started_s=self.began_s)
        self.streamer = Streamer(camera, start, self._send, fps=fps, clock=self.loop.time)

    async def _send(self, seq: int, captured_s: float, jpeg: bytes) -> None:
        self.times_s.append(self.loop.time() - self.began_s)
        self.frames.append((seq, jpeg))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        if self.answer_s is not None:
            self.loop.call_later(self.answer_s, self.answer, seq)

    def answer(self, seq: int) -> None:
        self.under_way -= 1
        self.streamer.answered(seq)

    async def stream(self, seconds: float, then: Callable[[], None] | None = None) -> Sent:
        """Stream, and do `then` half way."""
        running = asyncio.create_task(self.streamer.run())
        await asyncio.sleep(seconds / 2)
        if then is not None:
            then()
        await asyncio.sleep(seconds / 2)
        running.cancel()
        await asyncio.wait([running])
        return self


def stream(seconds: float, *, then: Callable[[Sent], None] | None = None, **options: Any) -> Sent:
    start = options.pop("start", flow())

    async def streaming() -> Sent:
        sent = Sent(start, **options)
        return await sent.stream(seconds, None if then is None else lambda: then(sent))

    return run(streaming())


def told(message: wire.ServerMessage) -> Callable[[Sent], None]:
    return lambda sent: sent.streamer.receive(message)


def test_first_picture_goes_at_once_and_numbers_go_up() -> None:
    sent = stream(1)
    assert sent.times_s[0] == pytest.approx(0)
    assert [seq for seq, _ in sent.frames] == list(range(len(sent.frames)))


@pytest.mark.parametrize("rate", [1, 5, 12, 15])
@pytest.mark.parametrize("camera_fps", [24, 30, 60])
def test_rate_of_the_flow_is_kept_whatever_the_camera(rate: int, camera_fps: int) -> None:
    sent = stream(20, start=flow(rate=rate), camera_fps=camera_fps)
    # 15 out of 24 become 14.4, in the page too: being late is made up for by half a period only
    assert len(sent.frames) == pytest.approx(20 * rate, rel=0.05)


def test_own_rate_holds_where_it_is_lower() -> None:
    assert len(stream(10, start=flow(rate=15), fps=4).frames) == pytest.approx(40, abs=1)


def test_frames_go_when_the_camera_has_a_picture() -> None:
    for at_s in stream(5).times_s:
        assert at_s * 30 == pytest.approx(round(at_s * 30), abs=1e-3)


def test_slow_server_gets_no_more_frames_than_it_answers() -> None:
    sent = stream(20, answer_s=0.5)
    assert sent.most_under_way == 2
    assert len(sent.frames) == pytest.approx(2 * 20 / 0.5, rel=0.1)


def test_picture_is_the_newest_and_not_the_one_that_waited() -> None:
    sent = stream(4, start=flow(window=1), answer_s=0.99)
    newest = [11 - abs(11 - round(at_s * 30) % 22) for at_s in sent.times_s]
    assert [shown(jpeg) for _, jpeg in sent.frames] == newest


def test_server_that_never_answers_gets_a_window_every_five_seconds() -> None:
    sent = stream(12, answer_s=None)
    assert len(sent.frames) == 6
    assert sent.times_s[2] == pytest.approx(GIVE_UP_S, abs=1 / 30 + 1e-3)


def test_faster_flow_is_followed_at_the_next_picture() -> None:
    sent = stream(4, start=flow(rate=0.2), then=lambda s: s.streamer.follow(flow(rate=10)))
    after = [at_s for at_s in sent.times_s if at_s > 1]
    assert after[0] == pytest.approx(2.0, abs=1 / 30 + 1e-3)
    assert len(after) == pytest.approx(20, abs=2)


def test_slower_flow_holds_for_the_next_frame() -> None:
    sent = stream(4, then=lambda s: s.streamer.follow(flow(rate=1)))
    assert sum(at_s > 2.001 for at_s in sent.times_s) <= 2
    last_before = max(at_s for at_s in sent.times_s if at_s < 2.001)
    assert min(at_s for at_s in sent.times_s if at_s > 2.001) > last_before + 0.9


def test_next_frame_has_the_width_that_was_asked_for() -> None:
    sizes = [len(jpeg) for _, jpeg in stream(2).frames]
    narrower = stream(2, then=lambda s: s.streamer.follow(flow(width=16, quality=10))).frames
    half = len(narrower) // 2
    assert [len(jpeg) for _, jpeg in narrower[:half]] == sizes[:half]
    assert max(len(jpeg) for _, jpeg in narrower[half + 1 :]) < min(sizes)


def test_smaller_window_is_kept_from_then_on() -> None:
    sent = stream(8, answer_s=1.0, then=lambda s: s.streamer.follow(flow(window=1)))
    late = [at_s for at_s in sent.times_s if at_s > 5.1]
    assert all(second - first >= 0.99 for first, second in pairwise(late))


@pytest.mark.parametrize(
    "message",
    [
        result(0),
        wire.Dropped(seq=0, reason="superseded"),
        wire.Dropped(seq=0, reason="expired"),
        error("bad_picture", seq=0),
    ],
    ids=["result", "superseded", "expired", "error"],
)
def test_any_answer_makes_room(message: wire.ServerMessage) -> None:
    start = flow(window=1)
    sent = stream(2, start=start, answer_s=None, then=told(message))
    assert len(sent.frames) == 2
    others = (error("overloaded"), wire.Ok(request=0), result(7))
    for other in others:
        sent = stream(2, start=start, answer_s=None, then=told(other))
        assert len(sent.frames) == 1


def test_message_of_the_flow_is_followed() -> None:
    slow = wire.Flow(flow=flow(rate=1))
    sent = stream(1, then=told(slow))
    assert sent.streamer.flow == slow.flow


def test_failure_to_send_ends_the_stream() -> None:
    async def failing() -> None:
        async def send(seq: int, captured_s: float, jpeg: bytes) -> None:
            raise ConnectionClosed(1001)

        clock = asyncio.get_running_loop().time
        await Streamer(Camera(film()), flow(), send, clock=clock).run()

    with pytest.raises(ConnectionClosed):
        run(failing())


@settings(max_examples=40)
@given(
    rate=st.floats(1, 40),
    window=st.integers(1, 4),
    camera_fps=st.floats(5, 60),
    answer_s=st.floats(0, 2),
)
def test_window_and_rate_hold_whatever_the_answers(
    rate: float, window: int, camera_fps: float, answer_s: float
) -> None:
    sent = stream(
        6,
        start=flow(rate=rate, window=window),
        answer_s=answer_s,
        camera_fps=camera_fps,
        fps=30,
    )
    assert sent.most_under_way <= window
    allowed = min(rate, 30, camera_fps)
    for at_s in sent.times_s:
        in_a_second = sum(at_s <= other < at_s + 1 for other in sent.times_s)
        assert in_a_second <= -(-allowed // 1) + 1
    # and as fast as it may: by the slowest of what holds it back, within the camera's pace
    slowest_s = max(1 / allowed, (answer_s + 1 / camera_fps) / window) + 1 / camera_fps
    assert len(sent.frames) >= int(6 / slowest_s) - 1
