"""What clients saw of a server under load: frames and how they ended -> figures. Pure arithmetic.

A frame counts where it was sent in the measured period, and its answer where it came before the
end. So every frame that was sent is counted once: sent = answered + superseded + expired + failed
+ unanswered + lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facestream.client.frame_log import Answer, Outcome, SentFrame
from facestream.client.frame_window import GIVE_UP_S
from facestream.records import STAGES

__all__ = ["ClientLoad", "Counts", "Period", "count", "fairness", "load_figures", "percentiles_ms"]

FLOW = ("rate", "width", "quality", "window")
QUANTILES = {"p50": 50, "p95": 95, "p99": 99}


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds on the clients' clock."""

    began_s: float
    ended_s: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.ended_s - self.began_s


@dataclass(frozen=True, slots=True)
class ClientLoad:
    """What one client saw from its first frame to its last.

    errors: by code; of its whole life, and its connection's early end among them.
    flow: `rate`, `width`, `quality` and `window` as the server asked for them last.
    """

    frames: Sequence[SentFrame]
    errors: Mapping[str, int]
    flow: Mapping[str, float]
    flow_changes: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames sent in a period, by how they had ended when it was over.

    failed: answered by an error. unanswered: under way. lost: the client waits no more for them.
    """

    sent: int = 0
    answered: int = 0
    superseded: int = 0
    expired: int = 0
    failed: int = 0
    unanswered: int = 0
    lost: int = 0

    def as_json(self) -> dict[str, int]:
        """By the names that `facestream loadtest --json` prints."""
        return {name: getattr(self, name) for name in Counts.__slots__}


def load_figures(clients: Sequence[ClientLoad], period: Period) -> dict[str, Any]:
    """By the names that `facestream loadtest --json` prints."""
    cohorts = [[f for f in client.frames if _sent_in(f, period)] for client in clients]
    together = [frame for frames in cohorts for frame in frames]
    counts = [count(frames, period) for frames in cohorts]
    errors: Counter[str] = sum((Counter(client.errors) for client in clients), Counter())
    answered = [frame for frame in together if _answered_in(frame, period)]
    return {
        "clients": len(clients),
        "seconds": period.seconds,
        **count(together, period).as_json(),
        "errors": errors.total(),
        "error_codes": dict(errors.most_common()),
        "fps_total": len(answered) / period.seconds,
        "latency_ms": percentiles_ms(_latencies_ms(answered)),
        "fairness": fairness([each.answered for each in counts]),
        **_answer_figures([frame.answer for frame in answered if frame.answer]),
        "outside_ms": _typical(_outside_ms(answered)),
        "flow": {name: _median([client.flow[name] for client in clients]) for name in FLOW},
        "flow_changes": sum(client.flow_changes for client in clients),
        "per_client": [
            {
                **each.as_json(),
                "errors": sum(client.errors.values()),
                "fps": each.answered / period.seconds,
                "latency_ms": percentiles_ms(
                    _latencies_ms([f for f in frames if _answered_in(f, period)])
                ),
                "flow": dict(client.flow),
            }
            for client, frames, each in zip(clients, cohorts, counts, strict=True)
        ],
    }


def count(frames: Iterable[SentFrame], period: Period) -> Counts:
    """The frames that were sent in `period`."""
    found: Counter[str] = Counter()
    for frame in frames:
        if _sent_in(frame, period):
            found["sent"] += 1
            found[_end(frame, period)] += 1
    return Counts(**found)


def fairness(answered: Sequence[int]) -> float:
    """The slowest client's answered frames over the fastest's; 0 where nobody was answered."""
    return min(answered) / max(answered) if any(answered) else 0.0


def percentiles_ms(latencies_ms: Sequence[float]) -> dict[str, float | None]:
    """p50, p95 and p99 in milliseconds; None of nothing."""
    if not latencies_ms:
        return dict.fromkeys(QUANTILES)
    values = np.percentile(latencies_ms, list(QUANTILES.values())).tolist()
    return dict(zip(QUANTILES, values, strict=True))


def _sent_in(frame: SentFrame, period: Period) -> bool:
    return period.began_s <= frame.sent_s < period.ended_s


def _ended_in(frame: SentFrame, period: Period) -> bool:
    return frame.ended_s is not None and frame.ended_s < period.ended_s


def _answered_in(frame: SentFrame, period: Period) -> bool:
    return frame.outcome is Outcome.ANSWERED and _ended_in(frame, period)


_ENDS = {
    Outcome.ANSWERED: "answered",
    Outcome.SUPERSEDED: "superseded",
    Outcome.EXPIRED: "expired",
    Outcome.ERROR: "failed",
}


def _end(frame: SentFrame, period: Period) -> str:
    """A name of `Counts`: what was known of the frame at the end of the period."""
    if _ended_in(frame, period):
        return _ENDS[frame.outcome]
    return "lost" if period.ended_s >= frame.sent_s + GIVE_UP_S else "unanswered"


def _latencies_ms(frames: Iterable[SentFrame]) -> list[float]:
    return [1e3 * frame.latency_s for frame in frames if frame.latency_s is not None]


def _outside_ms(frames: Iterable[SentFrame]) -> list[float]:
    """Of each latency, what the server did not see of it: the network, there and back."""
    upload, total = STAGES.index("upload"), STAGES.index("total")
    return [
        1e3 * frame.latency_s - (frame.answer.stages_ms[total] - frame.answer.stages_ms[upload])
        for frame in frames
        if frame.answer is not None and frame.latency_s is not None
    ]


def _answer_figures(answers: Sequence[Answer]) -> dict[str, Any]:
    stages = zip(*(answer.stages_ms for answer in answers), strict=True)
    return {
        "faces_per_frame": _mean([answer.faces for answer in answers]),
        "embeddings_computed": sum(answer.computed for answer in answers),
        "embeddings_carried": sum(answer.carried for answer in answers),
        "scans_full": _mean([answer.full_scan for answer in answers]),
        "batch": _mean([answer.batch for answer in answers]),
        "stages_ms": {
            stage: _typical(values)
            for stage, values in zip(STAGES, list(stages) or [()] * len(STAGES), strict=True)
        },
    }


def _typical(values: Sequence[float]) -> dict[str, float | None]:
    p95 = float(np.percentile(values, 95)) if len(values) else None
    return {"median": _median(values), "p95": p95}


def _or_none(of: Callable[[Sequence[float]], Any], values: Sequence[float]) -> float | None:
    return float(of(values)) if len(values) else None


def _mean(values: Sequence[float]) -> float | None:
    return _or_none(np.mean, values)


def _median(values: Sequence[float]) -> float | None:
    return _or_none(np.median, values)
