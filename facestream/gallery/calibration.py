"""Measured error rates of an embedder -> thresholds and confidences. Knows numpy only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facestream.errors import BadWeights, MissingWeights
from facestream.vision.embedders import TAKE_WEIGHTS

__all__ = ["CALIBRATIONS", "Calibration", "load_calibration", "parse_calibration"]

CALIBRATIONS = Path(__file__).parent / "calibrations"

ABOVE_ONE_DEVIATION = 0.1587
"""Share of a bell curve which lies more than one standard deviation above its mean."""

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The error rates of one embedder, measured by comparing photos with known people.

    What is compared is what `gallery.decision` compares: a probe with a person who has some
    templates, by `person_similarity`. A person with five is nearer to everybody than one with a
    single template, so each number of templates has its own rates. Between two numbers thresholds
    and confidences are interpolated, in proportion to the logarithm; beyond the last they stay.

    similarity: (g,) strictly ascending, in [-1, 1], g >= 2.
    templates: (t,) strictly ascending, at least 1, t >= 1.
    false_match_rate: (t, g) share of non-mated comparisons which reach that similarity; not
        ascending along g, in [0, 1], with at least two different values above 0 in each row.
    false_non_match_rate: (t, g) share of mated comparisons which do not; not descending along g,
        in [0, 1].
    """

    embedder: str
    fingerprint: str
    similarity: Float64
    templates: NDArray[np.int64]
    false_match_rate: Float64
    false_non_match_rate: Float64

    def __post_init__(self) -> None:
        s, t = self.similarity, self.templates
        fmr, fnmr = self.false_match_rate, self.false_non_match_rate
        if s.ndim != 1 or len(s) < 2 or t.ndim != 1 or not len(t):
            raise ValueError(
                "similarity and templates must have shapes (g,) and (t,), g >= 2 and t >= 1, "
                f"got {s.shape} and {t.shape}"
            )
        if not fmr.shape == fnmr.shape == (len(t), len(s)):
            raise ValueError(
                "false_match_rate and false_non_match_rate must have shape "
                f"{(len(t), len(s))}, got {fmr.shape} and {fnmr.shape}"
            )
        if not ((np.diff(s) > 0).all() and s[0] >= -1 and s[-1] <= 1):
            raise ValueError("similarity must ascend strictly within [-1, 1]")
        if not ((np.diff(t) > 0).all() and t[0] >= 1):
            raise ValueError("templates must ascend strictly from 1 or more")
        if not ((np.diff(fmr) <= 0).all() and fmr.max() <= 1 and fmr.min() >= 0):
            raise ValueError("false_match_rate must not ascend and must lie in [0, 1]")
        if not ((np.diff(fnmr) >= 0).all() and fnmr.min() >= 0 and fnmr.max() <= 1):
            raise ValueError("false_non_match_rate must not descend and must lie in [0, 1]")
        if any(len(np.unique(row[row > 0])) < 2 for row in fmr):
            raise ValueError("false_match_rate must have two different values above 0")

    def threshold_for(self, fmr: float, identities: int = 1, templates: int = 1) -> float:
        """The similarity which a stranger reaches with a chance of `fmr` in such a gallery.

        A search compares the stranger with n identities, and each comparison may go wrong: the
        chance that any does is 1 - (1 - x)^n, if they are independent. That is solved for x, the
        rate of one comparison. Between the measured points, and beyond the last above 0, log(x) is
        taken as linear in the similarity; beyond, that is on the safe side, as the logarithm of a
        bell curve's tail falls ever faster.

        Args:
            fmr: in (0, 1). Of searches by strangers: with `identities` known people it is the FPIR.
            identities: how many people can be named; 0 counts as 1.
            templates: how many the person has who is to be named.
        """
        if not 0 < fmr < 1:
            raise ValueError(f"fmr must lie between 0 and 1, got {fmr}")
        return self._between(_thresholds(self, fmr, max(identities, 1)), templates)

    @property
    def spread(self) -> float:
        """How far similarities to one photo of a stranger lie from their median: one in six, above.

        A standard deviation, were they a bell curve. It tells how much a difference in similarity
        means with this embedder: 0.15 with mobilefacenet, 0.03 with dlib.
        """
        return self.threshold_for(ABOVE_ONE_DEVIATION) - self.threshold_for(0.5)

    def confidence(self, similarity: float, identities: int = 1, templates: int = 1) -> float:
        """How sure it is that the best candidate is who it seems to be, in [0, 1].

        Take as many searches by strangers as by people who are enrolled, in a gallery of this size.
        Of those whose best candidate comes out about this similar, it is the share in which the
        candidate is right. So 0.5 is a toss-up, and the number falls when the gallery grows. It
        never falls when the similarity rises.

        Args:
            similarity: of the best candidate.
            identities: how many people can be named; 0 counts as 1.
            templates: how many the best candidate has.
        """
        curves = _confidence_curves(self, max(identities, 1))
        return self._between([float(np.interp(similarity, *curve)) for curve in curves], templates)

    def _between(self, values: list[float], templates: int) -> float:
        """The value for so many templates, of one value for each number in the table."""
        return float(np.interp(np.log(max(templates, 1)), np.log(self.templates), values))


@lru_cache(maxsize=8)  # asked for each face, different only when a person comes or goes
def _thresholds(calibration: Calibration, fmr: float, identities: int) -> list[float]:
    """For each number of templates in the table."""
    rate = -np.expm1(np.log1p(-fmr) / identities)
    return [
        _threshold(calibration.similarity, row, float(rate)) for row in calibration.false_match_rate
    ]


def _threshold(similarity: Float64, false_match_rate: Float64, rate: float) -> float:
    """Where the falling curve, (g,) each, has this rate."""
    wanted = np.log(rate)
    measured = false_match_rate > 0
    log_rate, at = np.log(false_match_rate[measured]), similarity[measured]
    if wanted >= log_rate[-1]:
        return float(np.interp(-wanted, -log_rate, at))
    # the slope over the last tenfold fall: the last two points alone may be a few comparisons apart
    decade = int(np.flatnonzero(log_rate >= min(log_rate[-1] + np.log(10), log_rate[0]))[-1])
    slope = (at[-1] - at[decade]) / (log_rate[-1] - log_rate[decade])
    return float(min(1.0, at[-1] + slope * (wanted - log_rate[-1])))


@lru_cache(maxsize=8)  # as above
def _confidence_curves(calibration: Calibration, identities: int) -> list[tuple[Float64, Float64]]:
    """For each number of templates: similarities, ascending, and the share of right candidates.

    Searches are counted between neighbouring points of the table, before the first and after the
    last. Where there are none, there is no point.
    """
    s = calibration.similarity
    at = np.concatenate([s[:1], (s[:-1] + s[1:]) / 2, s[-1:]])
    curves = []
    for fmr, fnmr in zip(
        calibration.false_match_rate, calibration.false_non_match_rate, strict=True
    ):
        # reached by the best of that many people whom the probe does not show
        reached = -np.expm1(identities * np.log1p(-np.minimum(fmr, 1 - 1e-12)))
        non_mated = -np.diff(np.concatenate([[1.0], reached, [0.0]]))
        mated = np.diff(np.concatenate([[0.0], fnmr, [1.0]]))
        filled = mated + non_mated > 0
        curves.append((at[filled], _rising_share(mated[filled], non_mated[filled])))
    return curves


def _rising_share(mated: Float64, non_mated: Float64) -> Float64:
    """The share of mated in each bin, with neighbours pooled until it never falls: (g,) each.

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
        folder: holds `<embedder>.json`, an object with the fields of `Calibration`, in which the
            rates stand with their number of templates in a list `comparisons`.

    Raises:
        MissingWeights: there is none for this embedder; the message says how to make one.
        BadWeights: the file is not a calibration, or one of another fingerprint.
    """
    path = folder / f"{embedder}.json"
    weights = " --weights FILE" if embedder in TAKE_WEIGHTS else ""
    try:
        calibration = parse_calibration(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise MissingWeights(
            f"There is no calibration for the embedder {embedder}; make one with `facestream "
            f"evaluate calibrate --embedder {embedder}{weights} --images DIR --output {path}`."
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadWeights(f"The calibration {path} cannot be used: {error!r}.") from error
    if calibration.embedder != embedder:
        raise BadWeights(f"The calibration {path} is that of {calibration.embedder}.")
    if fingerprint is not None and calibration.fingerprint != fingerprint:
        raise BadWeights(
            f"The calibration {path} was measured with {calibration.fingerprint}, but the program "
            f"embeds with {fingerprint}: measure it again."
        )
    return calibration


def parse_calibration(fields: dict[str, Any]) -> Calibration:
    """The calibration in an object of a file. Raises ValueError, TypeError, KeyError."""
    comparisons = fields["comparisons"]
    return Calibration(
        embedder=str(fields["embedder"]),
        fingerprint=str(fields["fingerprint"]),
        similarity=np.array(fields["similarity"], np.float64),
        templates=np.array([row["templates"] for row in comparisons], np.int64),
        **{
            name: np.array([row[name] for row in comparisons], np.float64)
            for name in ("false_match_rate", "false_non_match_rate")
        },
    )
