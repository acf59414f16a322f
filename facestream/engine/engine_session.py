"""One client as the engine sees it: frames in, results out; a scene and perhaps a capture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facestream.engine.capture_clock import CaptureClock
from facestream.engine.enrolment import Capture, CaptureProgress
from facestream.engine.face_desk import Explained, FaceDesk
from facestream.engine.flow import Flow, Link
from facestream.engine.frame_queue import Entry, FrameQueue
from facestream.engine.gallery_desk import GalleryDesk, GalleryView, Listener
from facestream.engine.ledger import Ledger
from facestream.engine.results import Computed, FrameResult
from facestream.engine.scene import NOTHING_SEEN, View
from facestream.errors import NoEnrolment, NoExamples, NoSuchFace, TooFewExamples
from facestream.gallery.records import IdentitySummary, NewTemplate, Source
from facestream.records import Frame

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.engine.recogniser import Recognition
    from facestream.gallery.gallery import GalleryChange

__all__ = ["EngineSession", "Enrolled", "Listeners", "Surroundings"]

NEXT_FRAME_S = 3.0
"""How long a face that is to be rejected is waited for: ten frames, or one from far away."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A durable enrolment: the identity as it is now, and the gallery's revision."""

    revision: int
    identity: IdentitySummary


@dataclass(frozen=True, slots=True)
class Listeners:
    """What a connection is called with, on the event loop.

    gallery: a change is durable. flow: how to send from now on. taken: another connection has the
    session now.
    """

    gallery: Listener
    flow: Callable[[Flow], None]
    taken: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sessions of an engine share.

    new_capture: begins a capture of so many examples; None: as many as usual.
    min_examples: without which a capture cannot be stored.
    fingerprint: of what makes embeddings.
    strain: of the server; see `View`.
    clock: seconds.
    left: called with the session and whether it may be resumed, when its connection ends.
    """

    queue: FrameQueue
    desk: GalleryDesk
    faces: FaceDesk
    ledger: Ledger
    new_capture: Callable[[int | None], Capture]
    min_examples: int
    fingerprint: str
    strain: Callable[[], float]
    clock: Callable[[], float]
    left: Callable[[EngineSession, bool], None]


class EngineSession:
    """Owned by the event loop; made by `Engine.open_session`. Outlives a lost connection.

    Bound: one frame in the queue, and those in the batcher's hands: three futures in all; what
    `Scene` keeps of the last seconds; the questions about faces that a conversation lets through.

    Args:
        session_id: unique among the sessions.
        address: of the client, for the limits.
        around: shared with the others.
    """

    def __init__(self, session_id: str, address: str, around: Surroundings) -> None:
        self.session_id = session_id
        self.address = address
        self.link = Link()
        self.flow: Flow | None = None
        self.listeners: Listeners | None = None
        self._around = around
        self._capture_clock = CaptureClock()
        self._scene = NOTHING_SEEN
        self._capture: Capture | None = None
        self._unanswered: set[asyncio.Future[FrameResult]] = set()
        self._thorough: set[asyncio.Future[Recognition]] = set()

    @property
    def gallery(self) -> GalleryView:
        """Who is enrolled, up to the last change that this session was told of."""
        return self._around.desk.view

    @property
    def worth_keeping(self) -> bool:
        """Whether there is anything that a client would miss: a frame was answered."""
        return self._scene is not NOTHING_SEEN or self._capture is not None

    def submit(self, seq: int, captured_ms: float, jpeg: bytes) -> asyncio.Future[FrameResult]:
        """Hand in a frame; it takes the place of one that still waits.

        Returns:
            A future which ends exactly once: in the result, in Superseded, in Expired, in what is
            wrong with the picture, in WorkerFailed or ShuttingDown, or cancelled when the session
            closes.
        """
        future: asyncio.Future[FrameResult] = asyncio.get_running_loop().create_future()
        self._unanswered.add(future)
        future.add_done_callback(self._done)
        received_s = self._around.clock()
        captured_s = self._capture_clock.captured_s(captured_ms, received_s, self.link.round_trip_s)
        self.link.received(received_s - captured_s)
        self._around.ledger.arrived()
        entry = Entry(
            session_id=self.session_id,
            seq=seq,
            captured_ms=captured_ms,
            jpeg=jpeg,
            captured_s=captured_s,
            received_s=received_s,
            view=self._view,
            finish=self._finish,
            future=future,
        )
        self._around.queue.put(entry)
        return future

    def ask(self, flow: Flow) -> None:
        """Tell the client how to send, if that is news."""
        if self.flow is None or self.flow.differs(flow):
            self.flow = flow
            if self.listeners is not None:
                self.listeners.flow(flow)

    def begin_capture(self, wanted: int | None = None) -> CaptureProgress:
        """Take examples out of the frames to come; a capture under way is given up."""
        self._capture = self._around.new_capture(wanted)
        return self._capture.progress("started")

    def progress_so_far(self) -> list[CaptureProgress]:
        """What the capture under way has accepted, for a client that may have missed it."""
        return [] if self._capture is None else self._capture.so_far()

    def take_more(self, keep: Sequence[str]) -> None:
        """Forget the examples that are not kept, and go on with the capture. Raises NoEnrolment."""
        self._under_way().keep_only(keep)

    async def commit(self, display_name: str, keep: Sequence[str] | None = None) -> Enrolled:
        """Store the examples with the ids `keep`, or all, as templates of `display_name`.

        Unless it succeeds, the capture goes on.

        Raises:
            NoEnrolment: no capture is under way.
            NoExamples, TooFewExamples: none is kept, or fewer than the server wants.
            BadName, StoreFailed, Overloaded, ShuttingDown: see the gallery.
        """
        capture = self._under_way()
        examples = capture.examples(keep)
        if not examples:
            raise NoExamples("no example has been taken, or none was kept")
        if len(examples) < self._around.min_examples:
            raise TooFewExamples(
                f"{self._around.min_examples} examples are needed, there are {len(examples)}"
            )
        self._capture = None  # a second commit meanwhile must not store them twice
        templates = [
            NewTemplate(e.embedding, self._around.fingerprint, e.sharpness, Source.CAMERA, e.crop)
            for e in examples
        ]
        try:
            change = await self._around.desk.add(display_name, templates)
        except Exception:
            self._capture = self._capture or capture
            raise
        return Enrolled(change.revision, change.upserted[0])

    def cancel_capture(self) -> None:
        """Forget the examples taken. Raises NoEnrolment."""
        self._under_way()
        self._capture = None

    async def why(self, track_id: int) -> Explained:
        """Why a face in view has its name, or none. Raises NoSuchFace."""
        for track in self._scene.in_view:
            if track.track_id == track_id:
                return await self._around.faces.why(track)
        raise NoSuchFace("That face is not in view any more.")

    async def reject(self, track_id: int, identity_id: str) -> GalleryChange:
        """Keep a face in view from somebody's name, by how it looks in the next frame.

        Raises:
            NoSuchFace: it is not in view, or no frame comes.
            NoSuchIdentity, StoreFailed, Overloaded, ShuttingDown: see the gallery.
        """
        future: asyncio.Future[Recognition] = asyncio.get_running_loop().create_future()
        self._thorough.add(future)
        try:
            async with asyncio.timeout(NEXT_FRAME_S):  # 3.11's wait_for may swallow cancellation
                recognition = await future
        except TimeoutError:
            raise NoSuchFace("No picture came in which the face could be looked at.") from None
        finally:
            self._thorough.discard(future)
        return await self._around.faces.reject(recognition, track_id, identity_id)

    def close(self, *, resumable: bool = False) -> None:
        """The connection ends: what waits is dropped, futures are cancelled. Safe to call again.

        resumable: it was lost, and the client may come back.
        """
        if self.listeners is None:
            return
        self.listeners = None
        self._around.queue.discard(self.session_id)
        for future in list(self._unanswered):
            future.cancel()
        self._around.left(self, resumable)

    def _under_way(self) -> Capture:
        if self._capture is None:
            raise NoEnrolment("no capture is under way")
        return self._capture

    def _view(self, entry: Entry, frame: Frame) -> View:
        """Asked for when the worker begins: then all earlier frames have been answered."""
        capturing = self._capture is not None and not self._capture.complete
        thorough = capturing or bool(self._thorough)
        return View(frame, self._scene, entry.received_s, thorough, self._around.strain())

    def _finish(self, entry: Entry, computed: Computed) -> FrameResult:
        """The answer to `entry`; results come in the order of the frames."""
        recognition = computed.recognition
        self._scene = recognition.scene
        self._around.ledger.answered(recognition)
        if _is_thorough(recognition):
            for future in list(self._thorough):
                if not future.done():
                    future.set_result(recognition)
        return FrameResult(
            seq=entry.seq,
            captured_ms=entry.captured_ms,
            size_wh=computed.size_wh,
            recognition=computed.recognition,
            timings=computed.timings,
            progress=self._offer(computed, entry.received_s),
        )

    def _offer(self, computed: Computed, arrived_s: float) -> CaptureProgress | None:
        """Show the faces to the capture under way, if it still takes examples."""
        if self._capture is None or self._capture.complete:
            return None
        seen = computed.recognition
        if not _is_thorough(seen):
            return None  # the capture began while this frame was under way
        return self._capture.offer(
            seen.faces, seen.portraits, computed.size_wh, seen.light, arrived_s, seen.decisions
        )

    def _done(self, future: asyncio.Future[FrameResult]) -> None:
        self._unanswered.discard(future)
        if future.cancelled():
            self._around.ledger.refused(None)
        elif (error := future.exception()) is not None:
            self._around.ledger.refused(error)


def _is_thorough(recognition: Recognition) -> bool:
    """Whether all faces were embedded from this frame, and their pictures taken."""
    faces = len(recognition.faces)
    return all(recognition.embedded) and len(recognition.portraits) == faces
