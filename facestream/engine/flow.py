"""How fast, how wide and how fine each client is to send. Arithmetic only: no clock, no waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, inf

__all__ = ["Counts", "Flow", "Link", "Regulator", "fair_shares", "window_for"]

TARGET = 0.92
"""Part of the time that the worker shall be busy: what is left takes up what comes at once."""

WEIGHT = 0.4
"""Of the newest half second in the estimated capacity, and in the rate at which frames come."""

STRAINED, EASY = 0.8, 0.65
"""Parts of the time that the worker is busy, above which the strain grows and below which it falls:
apart enough that what the strain saves does not at once take it back."""

STRAIN_STEP, MOST_STRAIN = 1.15, 2.0
"""In half a second, and in all: from none to most in three seconds."""

TOO_MANY_SKIPPED = 0.1
"""Of the frames that came, the part that may be superseded or expired before the clients are told
to send fewer, whatever the worker's load says."""

GROWTH = 1.3
"""What a client that sends less than it may gets on top, so that it can send more."""

LEAST_RATE = 0.5
"""Frames a second below which there is no live view at all; then frames are dropped instead."""

LARGEST_WINDOW = 8
"""Of a client with a long round trip; more would only be more to supersede."""

SLOW_S, QUICK_S = 0.4, 0.15
"""Seconds of delay on a client's way above which it sends less, and below which more: at 0.4 s a
conversation lags, and mobile networks that are not full take 0.03 to 0.1 s."""

SLOW_TURNS, QUICK_TURNS = 2, 10
"""So many judgements in a row before a step down, or up: 1 and 5 seconds."""

DELAY_WEIGHT = 0.2
"""Of the newest frame in the mean delay: a single late one is no slow way."""

STEPS = ((1.0, 1.0), (1.0, 0.75), (0.75, 0.75), (0.5, 0.75))
"""Width and quality in parts of the greatest: 60, 35, 22 and 12 kB a picture of 640 x 480. The
quality goes first: it costs the fewest faces."""

TOLD_FROM = 0.1
"""Least change of the rate that a client is told."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How a client is to send.

    rate: frames a second. width: of a picture, in pixels. quality: of the JPEG, 1 to 100.
    window: frames that may be unanswered.
    """

    rate: float
    width: int
    quality: int
    window: int

    def differs(self, other: Flow) -> bool:
        """Whether it is worth a message."""
        rest = (self.width, self.quality, self.window)
        return rest != (other.width, other.quality, other.window) or not (
            abs(self.rate - other.rate) < TOLD_FROM * other.rate
        )


@dataclass(slots=True)
class Counts:
    """What happened since the last judgement. `run_s`: seconds that the worker ran."""

    arrived: int = 0
    answered: int = 0
    skipped: int = 0
    run_s: float = 0.0


class Link:
    """The way to one client: how long it takes, and which step of quality it carries.

    Owned by the client's session. Bound: a few numbers.

    rate: frames a second that came lately.
    """

    def __init__(self) -> None:
        self.round_trip_s = 0.0
        self.arrived = 0
        self.rate = 0.0
        self._delay_s = 0.0
        self._slow_turns = self._quick_turns = 0
        self._step = 0

    def received(self, upload_s: float) -> None:
        """A frame came; it was on its way for so long."""
        self.arrived += 1
        self._delay_s += DELAY_WEIGHT * (upload_s - self._delay_s)

    def judged(self, seconds: float) -> tuple[float, float]:
        """The width and quality to ask for, in parts; `seconds` after the last time."""
        arrived, self.arrived = self.arrived, 0
        self.rate += WEIGHT * (arrived / seconds - self.rate)
        delay_s = max(self.round_trip_s, self._delay_s if arrived else 0.0)
        self._slow_turns = self._slow_turns + 1 if delay_s > SLOW_S else 0
        self._quick_turns = self._quick_turns + 1 if delay_s < QUICK_S else 0
        if self._slow_turns >= SLOW_TURNS:
            self._step, self._slow_turns = min(self._step + 1, len(STEPS) - 1), 0
        elif self._quick_turns >= QUICK_TURNS:
            self._step, self._quick_turns = max(self._step - 1, 0), 0
        return STEPS[self._step]


class Regulator:
    """Shares what the worker can do among the sessions; owned by the engine.

    The capacity is what was answered, divided by the part of the time that the worker ran. It is
    measured all the time, so that it holds for this machine, these pictures and this load.

    capacity: frames a second, of all sessions.
    strain: how many times as long scans and embeddings may wait; see `View`. What can wait waits
        before the rate is taken from anybody.
    """

    def __init__(self, limits: Flow) -> None:
        """`limits`: the most that a client is asked for; but the least of its window."""
        self._limits = limits
        self._asked: dict[str, float] = {}
        self.capacity = inf
        self.strain = 1.0

    def first(self, sessions: int) -> Flow:
        """For a client that joins so many others: no more than its share, until it is known."""
        share = max(min(self._limits.rate, self.capacity / (sessions + 1)), LEAST_RATE)
        return replace(self._limits, rate=share)

    def judge(self, counts: Counts, links: Mapping[str, Link], seconds: float) -> dict[str, Flow]:
        """What each session is to send from now on.

        Args:
            counts: what happened in the last `seconds`.
            links: of all sessions by their id.
            seconds: since the last judgement.
        """
        self._measure(counts, seconds)
        steps = {key: link.judged(seconds) for key, link in links.items()}
        demands = {key: self._demand(key, link.rate) for key, link in links.items()}
        shares = fair_shares(self.capacity, demands)
        self._asked = {
            key: max(min(self._limits.rate, share), LEAST_RATE) for key, share in shares.items()
        }
        return {
            key: Flow(
                rate=rate,
                width=round(self._limits.width * steps[key][0]),
                quality=round(self._limits.quality * steps[key][1]),
                window=window_for(rate, links[key].round_trip_s, self._limits.window),
            )
            for key, rate in self._asked.items()
        }

    def _measure(self, counts: Counts, seconds: float) -> None:
        if not counts.answered:
            return
        busy = min(max(counts.run_s / seconds, 0.02), 1.0)
        if busy > STRAINED:
            self.strain = min(self.strain * STRAIN_STEP, MOST_STRAIN)
        elif busy < EASY:
            self.strain = max(self.strain / STRAIN_STEP, 1.0)
        measured = TARGET * counts.answered / seconds / busy
        if counts.skipped > TOO_MANY_SKIPPED * max(counts.arrived, 1):
            measured = min(measured, counts.answered / seconds)
        known = self.capacity if self.capacity < inf else measured
        self.capacity = WEIGHT * measured + (1 - WEIGHT) * known

    def _demand(self, session_id: str, rate: float) -> float:
        """What a session wants: as much as it can get, unless it sends clearly less than it may."""
        asked = self._asked.get(session_id, 0.0)
        return inf if rate >= asked / GROWTH else GROWTH * rate


def fair_shares(capacity: float, demands: Mapping[str, float]) -> dict[str, float]:
    """Max-min fairness (Bertsekas, Gallager 1992): nobody gets more at the cost of who has less.

    Who wants less than an equal share gets that, and the rest is divided among the others. Who
    wants less is still offered the equal share: it may want more in the next moment.
    """
    left, shares = capacity, {}
    by_demand = sorted(demands, key=demands.__getitem__)
    for place, key in enumerate(by_demand):
        equal = left / (len(by_demand) - place)
        shares[key] = equal
        left -= min(equal, demands[key])
    return shares


def window_for(rate: float, round_trip_s: float, least: int) -> int:
    """Frames in flight that keep `rate` up although an answer is under way for a round trip."""
    return min(max(least, least - 1 + ceil(rate * round_trip_s)), max(least, LARGEST_WINDOW))
