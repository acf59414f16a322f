"""What became of each frame that one client sent. Messages and times in, plain records out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from facestream.records import STAGES
from facestream.server import protocol as wire

__all__ = ["Answer", "FrameLog", "Outcome", "SentFrame"]


class Outcome(StrEnum):
    """How a frame ended. UNDER_WAY: not yet."""

    UNDER_WAY = "under_way"
    ANSWERED = "answered"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a result says besides who is in the picture.

    computed, carried: faces whose embedding is of this frame, or of an earlier one.
    full_scan: the whole frame was searched for faces. batch: frames computed together.
    stages_ms: one for each of `STAGES`.
    """

    computed: int
    carried: int
    full_scan: bool
    batch: int
    stages_ms: tuple[float, ...]

    @property
    def faces(self) -> int:
        """Faces in the frame."""
        return self.computed + self.carried


@dataclass(slots=True)
class SentFrame:
    """One frame. Times in seconds on the client's clock; `ended_s` is None while under way."""

    seq: int
    sent_s: float
    outcome: Outcome = Outcome.UNDER_WAY
    ended_s: float | None = None
    answer: Answer | None = None

    @property
    def latency_s(self) -> float | None:
        """From sending to the answer."""
        return None if self.ended_s is None else self.ended_s - self.sent_s


class FrameLog:
    """Listens to one phone. It grows by some 500 bytes with each frame, so it is for a while only.

    errors: by code, also of those which answer no frame.
    """

    def __init__(self, flow: wire.FlowFields) -> None:
        self.flow = flow
        self.flow_changes = 0
        self.errors: Counter[str] = Counter()
        self._frames: dict[int, SentFrame] = {}

    @property
    def frames(self) -> Sequence[SentFrame]:
        """All that were sent, in this order."""
        return list(self._frames.values())

    def sent(self, seq: int, now_s: float) -> None:
        self._frames[seq] = SentFrame(seq, now_s)

    def received(self, message: wire.ServerMessage, now_s: float) -> None:
        match message:
            case wire.Result():
                self._ended(message.seq, Outcome.ANSWERED, now_s, _answer(message))
            case wire.Dropped():
                self._ended(message.seq, Outcome(message.reason), now_s)
            case wire.ErrorMessage():
                self.errors[message.code] += 1
                if message.seq is not None:
                    self._ended(message.seq, Outcome.ERROR, now_s)
            case wire.Flow():
                self.flow = message.flow
                self.flow_changes += 1

    def _ended(
        self, seq: int, outcome: Outcome, now_s: float, answer: Answer | None = None
    ) -> None:
        frame = self._frames.get(seq)
        if frame is None or frame.outcome is not Outcome.UNDER_WAY:
            self.errors["answered_twice" if frame else "never_sent"] += 1
            return
        frame.outcome, frame.ended_s, frame.answer = outcome, now_s, answer


def _answer(result: wire.Result) -> Answer:
    computed = sum(face.embedding == "computed" for face in result.faces)
    timings_ms = result.timings_ms
    return Answer(
        computed=computed,
        carried=len(result.faces) - computed,
        full_scan=result.scan == "full",
        batch=timings_ms.batch,
        stages_ms=tuple(getattr(timings_ms, stage) for stage in STAGES),
    )
