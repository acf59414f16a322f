"""One client as the engine sees it: frames in, results out; a tracker and perhaps a capture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from facestream.engine.enrolment import Capture, CaptureProgress
from facestream.engine.frame_queue import Entry, FrameQueue
from facestream.engine.gallery_desk import GalleryDesk, GalleryView
from facestream.engine.results import Computed, FrameResult
from facestream.engine.tracker import Tracker
from facestream.errors import NoEnrolment, NoExamples
from facestream.gallery.records import IdentitySummary

__all__ = ["EngineSession", "Enrolled"]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A durable enrolment: the identity as it is now, and the gallery's revision."""

    revision: int
    identity: IdentitySummary


class EngineSession:
    """Owned by the event loop; made by `Engine.open_session`.

    Bound: one frame in the queue, and those in the batcher's hands: three futures in all.

    Args:
        session_id: unique among the sessions.
        new_capture: begins a capture of so many examples; None: as many as usual.
        clock: seconds.
        left: called once with the session's id when it closes.
    """

    def __init__(
        self,
        session_id: str,
        queue: FrameQueue,
        desk: GalleryDesk,
        new_capture: Callable[[int | None], Capture],
        clock: Callable[[], float],
        left: Callable[[str], None],
    ) -> None:
        self.session_id = session_id
        self._queue = queue
        self._desk = desk
        self._new_capture = new_capture
        self._clock = clock
        self._left = left
        self._tracker = Tracker()
        self._capture: Capture | None = None
        self._unanswered: set[asyncio.Future[FrameResult]] = set()
        self._closed = False

    @property
    def gallery(self) -> GalleryView:
        """Who is enrolled, up to the last change that this session was told of."""
        return self._desk.view

    def submit(self, seq: int, captured_ms: float, jpeg: bytes) -> asyncio.Future[FrameResult]:
        """Hand in a frame; it takes the place of one that still waits.

        Returns:
            A future which ends exactly once: in the result, in Superseded, in what is wrong with
            the picture, in WorkerFailed or ShuttingDown, or cancelled when the session closes.
        """
        future: asyncio.Future[FrameResult] = asyncio.get_running_loop().create_future()
        self._unanswered.add(future)
        future.add_done_callback(self._unanswered.discard)
        entry = Entry(
            session_id=self.session_id,
            seq=seq,
            captured_ms=captured_ms,
            jpeg=jpeg,
            enqueued_at=self._clock(),
            finish=self._finish,
            future=future,
        )
        self._queue.put(entry)
        return future

    def begin_capture(self, wanted: int | None = None) -> CaptureProgress:
        """Take examples out of the frames to come; a capture under way is given up."""
        self._capture = self._new_capture(wanted)
        return self._capture.progress("started")

    async def commit(self, display_name: str, keep: Sequence[str] | None = None) -> Enrolled:
        """Store the examples with the ids `keep`, or all, as templates of `display_name`.

        Unless it succeeds, the capture goes on.

        Raises:
            NoEnrolment: no capture is under way.
            NoExamples: none is kept.
            BadName, StoreFailed, Overloaded, ShuttingDown: see the gallery.
        """
        capture = self._under_way()
        examples = capture.examples(keep)
        if not examples:
            raise NoExamples("no example has been taken, or none was kept")
        self._capture = None  # a second commit meanwhile must not store them twice
        try:
            change = await self._desk.add(display_name, examples)
        except Exception:
            self._capture = self._capture or capture
            raise
        return Enrolled(change.revision, change.upserted[0])

    def cancel_capture(self) -> None:
        """Forget the examples taken. Raises NoEnrolment."""
        self._under_way()
        self._capture = None

    async def delete(self, identity_id: str) -> None:
        """Delete a person. Raises NoSuchIdentity or StoreFailed."""
        await self._desk.delete(identity_id)

    async def clear(self) -> None:
        """Delete everybody. Raises StoreFailed."""
        await self._desk.clear()

    def close(self) -> None:
        """Leave: what waits is dropped, futures are cancelled. Safe to call again."""
        if self._closed:
            return
        self._closed = True
        self._capture = None
        self._queue.discard(self.session_id)
        for future in list(self._unanswered):
            future.cancel()
        self._left(self.session_id)

    def _under_way(self) -> Capture:
        if self._capture is None:
            raise NoEnrolment("no capture is under way")
        return self._capture

    def _finish(self, entry: Entry, computed: Computed) -> FrameResult:
        """The answer to `entry`; results come in the order of the frames."""
        faces = computed.recognition.faces
        return FrameResult(
            seq=entry.seq,
            captured_ms=entry.captured_ms,
            size_wh=computed.size_wh,
            recognition=computed.recognition,
            track_ids=self._tracker.update(faces.detections.boxes_xyxy),
            timings=computed.timings,
            progress=self._offer(computed, entry.enqueued_at),
        )

    def _offer(self, computed: Computed, arrived_s: float) -> CaptureProgress | None:
        """Show the faces to the capture under way, if it still takes examples."""
        if self._capture is None or self._capture.complete:
            return None
        return self._capture.offer(computed.recognition.faces, computed.size_wh, arrived_s)
