"""The samples of a track -> one decision, which neither flickers nor sticks. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from facestream.engine.scene import Sample
from facestream.records import Decision, Reason

__all__ = ["vote"]

DOUBT = 0.6
"""What a sample without a name weighs, where one with a name weighs 1. As log likelihoods: of known
faces 3 % stay without a name and of strangers 0.4 % get one, so that a name speaks for somebody by
ln(0.97 / 0.004) = 5.5, and none against them by ln(0.996 / 0.03) = 3.5."""


def vote(samples: Sequence[Sample]) -> Decision:
    """What the track is called, by its samples, all of which have been searched.

    Each sample votes for its name, or for none, with the weight of its quality; for none it weighs
    less, as it says less. The name with the most weight wins if all others together do not have
    more; the decision is that of its best sample.

    Where no name wins, the newest sample without one says why; where all have one, and they do not
    agree, the face is ambiguous.
    """
    weights: Counter[str | None] = Counter()
    for sample in samples:
        name = _name(sample)
        weights[name] += sample.quality * (DOUBT if name is None else 1)  # type: ignore[assignment]
    named = {name: weight for name, weight in weights.items() if name is not None}
    winner = max(named, key=named.__getitem__, default=None)
    if winner is not None and 2 * named[winner] >= sum(weights.values()):
        return max(
            (_decision(sample) for sample in samples if _name(sample) == winner),
            key=lambda decision: decision.similarity,
        )
    unnamed = [sample for sample in samples if _name(sample) is None]
    if unnamed:
        return _decision(unnamed[-1])
    return replace(_decision(samples[-1]), named=None, reason=Reason.AMBIGUOUS)


def _decision(sample: Sample) -> Decision:
    assert sample.decision is not None, "a sample votes before it was searched"
    return sample.decision


def _name(sample: Sample) -> str | None:
    named = _decision(sample).named
    return None if named is None else named.identity_id
