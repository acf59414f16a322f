"""Measured error rates of an embedder -> thresholds and confidences. Knows numpy only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facestream.errors import BadWeights, MissingWeights

__all__ = ["CALIBRATIONS", "Calibration", "load_calibration"]

CALIBRATIONS = Path(__file__).parent / "calibrations"

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The error rates of one embedder, measured by comparing photos of known people.

    similarity: (t,) strictly ascending, in [-1, 1], t >= 2.
    false_match_rate: (t,) share of non-mated comparisons which reach that similarity; not
        ascending, in [0, 1], with at least two different values above 0.
    false_non_match_rate: (t,) share of mated comparisons which do not; not descending, in [0, 1].
    """

    embedder: str
    fingerprint: str
    similarity: Float64
    false_match_rate: Float64
    false_non_match_rate: Float64

    def __post_init__(self) -> None:
        s, fmr, fnmr = self.similarity, self.false_match_rate, self.false_non_match_rate
        if s.ndim != 1 or len(s) < 2 or not s.shape == fmr.shape == fnmr.shape:
            raise ValueError(
                "similarity, false_match_rate and false_non_match_rate must have one shape (t,), "
                f"t >= 2, got {s.shape}, {fmr.shape} and {fnmr.shape}"
            )
        if not ((np.diff(s) > 0).all() and s[0] >= -1 and s[-1] <= 1):
            raise ValueError("similarity must ascend strictly within [-1, 1]")
        if not ((np.diff(fmr) <= 0).all() and fmr[0] <= 1 and fmr[-1] >= 0):
            raise ValueError("false_match_rate must not ascend and must lie in [0, 1]")
        if not ((np.diff(fnmr) >= 0).all() and fnmr[0] >= 0 and fnmr[-1] <= 1):
            raise ValueError("false_non_match_rate must not descend and must lie in [0, 1]")
        if len(np.unique(fmr[fmr > 0])) < 2:
            raise ValueError("false_match_rate must have two different values above 0")

    def threshold_for(self, fmr: float, identities: int = 1) -> float:
        """The similarity which a stranger reaches with a chance of `fmr` in such a gallery.

        A search compares the stranger with n identities, and each comparison may go wrong: the
        chance that any does is 1 - (1 - x)^n, if they are independent. That is solved for x, the
        rate of one comparison. Between the measured points, and beyond the last above 0, log(x) is
        taken as linear in the similarity; beyond, that is on the safe side, as the logarithm of a
        bell curve's tail falls ever faster.

        Args:
            fmr: in (0, 1). Of searches by strangers: with `identities` known people it is the FPIR.
            identities: how many people can be named; 0 counts as 1.
        """
        if not 0 < fmr < 1:
            raise ValueError(f"fmr must lie between 0 and 1, got {fmr}")
        wanted = np.log(-np.expm1(np.log1p(-fmr) / max(identities, 1)))
        measured = self.false_match_rate > 0
        log_rate, similarity = np.log(self.false_match_rate[measured]), self.similarity[measured]
        if wanted >= log_rate[-1]:
            return float(np.interp(-wanted, -log_rate, similarity))
        # the slope over the last tenfold fall: the last two points alone may be a few comparisons
        # apart
        decade = int(np.flatnonzero(log_rate >= min(log_rate[-1] + np.log(10), log_rate[0]))[-1])
        slope = (similarity[-1] - similarity[decade]) / (log_rate[-1] - log_rate[decade])
        return float(min(1.0, similarity[-1] + slope * (wanted - log_rate[-1])))

    def confidence(self, similarity: float, identities: int = 1) -> float:
        """How sure it is that the best candidate is who it seems to be, in [0, 1].

        Take as many searches by strangers as by people who are enrolled, in a gallery of this size.
        Of those whose best candidate comes out about this similar, it is the share in which the
        candidate is right. So 0.5 is a toss-up, and the number falls when the gallery grows. It
        never falls when the similarity rises.
        """
        at, share = _confidence_curve(self, max(identities, 1))
        return float(np.interp(similarity, at, share))


@lru_cache(maxsize=4)  # asked for each face, different only when a person comes or goes
def _confidence_curve(calibration: Calibration, identities: int) -> tuple[Float64, Float64]:
    """Similarities, ascending, and at each of them mated / (mated + non-mated), not descending.

    Both kinds are counted between neighbouring points of the table, before the first and after the
    last. Where there are none, there is no point.
    """
    rate = np.minimum(calibration.false_match_rate, 1 - 1e-12)
    reached = -np.expm1(identities * np.log1p(-rate))  # by the best of that many strangers
    non_mated = -np.diff(np.concatenate([[1.0], reached, [0.0]]))
    mated = np.diff(np.concatenate([[0.0], calibration.false_non_match_rate, [1.0]]))
    s = calibration.similarity
    at = np.concatenate([s[:1], (s[:-1] + s[1:]) / 2, s[-1:]])
    filled = mated + non_mated > 0
    return at[filled], _rising_share(mated[filled], non_mated[filled])


def _rising_share(mated: Float64, non_mated: Float64) -> Float64:
    """The share of mated in each bin, with neighbours pooled until it never falls: (t,) each.

    Few counts at the ends of a table make single shares jump; pooling (isotonic regression) lets
    the bins with many counts have their way.
    """
    pools: list[tuple[float, float, int]] = []  # mated, both, bins
    for m, both in zip(mated.tolist(), (mated + non_mated).tolist(), strict=True):
        pool = (m, both, 1)
        while pools and pools[-1][0] * pool[1] > pool[0] * pools[-1][1]:
            previous = pools.pop()
            pool = (previous[0] + pool[0], previous[1] + pool[1], previous[2] + pool[2])
        pools.append(pool)
    return np.repeat([m / both for m, both, _ in pools], [bins for _, _, bins in pools])


def load_calibration(
    embedder: str, fingerprint: str | None = None, folder: Path = CALIBRATIONS
) -> Calibration:
    """The calibration of an embedder that comes with the program.

    Args:
        embedder: its name, as in the registry.
        fingerprint: what it must have been measured with; None: whatever.
        folder: holds `<embedder>.json`, an object with the fields of `Calibration`.

    Raises:
        MissingWeights: there is none for this embedder.
        BadWeights: the file is not a calibration, or one of another fingerprint.
    """
    path = folder / f"{embedder}.json"
    try:
        calibration = _parse(path.read_text("utf-8"))
    except FileNotFoundError:
        raise MissingWeights(
            f"There is no calibration for the embedder {embedder}: {path} is missing."
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadWeights(f"The calibration {path} cannot be used: {error!r}.") from error
    if calibration.embedder != embedder:
        raise BadWeights(f"The calibration {path} is that of {calibration.embedder}.")
    if fingerprint is not None and calibration.fingerprint != fingerprint:
        raise BadWeights(
            f"The calibration {path} was measured with {calibration.fingerprint[:12]}, but the "
            f"program embeds with {fingerprint[:12]}: measure it again."
        )
    return calibration


def _parse(text: str) -> Calibration:
    fields = json.loads(text)
    return Calibration(
        str(fields["embedder"]),
        str(fields["fingerprint"]),
        *(
            np.array(fields[name], np.float64)
            for name in ("similarity", "false_match_rate", "false_non_match_rate")
        ),
    )
