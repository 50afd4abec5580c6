"""A test of a whole curve: the numbers that it uses, and the result that it returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.curve import Curve
from seqdo.effects.statistics.interval import SETTLED, Guard, Interval, interval
from seqdo.effects.statistics.verdicts import verdicts
from seqdo.sequences.stream import root, stream

Floats = NDArray[np.float64]

RESAMPLED = 1000
"""Bootstrap samples of the backgrounds for the interval of a change point or a period."""


@dataclass(frozen=True)
class Test:
    """The result of a test of a curve.

    Attributes
    ----------
    statistic, value : "F", "t" or "max |t|", and its value; "" and NaN where a position is estimated and not tested
    p : p-value; NaN where a position is estimated and not tested
    estimate, low, high : the number that the reading states, with its 95 % confidence interval
    at : level of the curve's factor that the estimate belongs to; NaN for none
    unit : unit of the estimate
    verdict : verdict as for an effect; "" where nothing is compared with the margin
    reading : the result as a sentence
    """

    statistic: str
    value: float
    p: float
    estimate: float
    low: float
    high: float
    at: float
    unit: str
    verdict: str
    reading: str


@dataclass(frozen=True, eq=False)
class CurveContrasts:
    """A curve of one output, as the tests use it.

    Attributes
    ----------
    curve : contrast, factor and levels
    values : float64 (points, members, m), contrasts on each background, or on each cluster of backgrounds
    margin : smallest effect size of interest, in the unit of the output; NaN without one
    unit : unit of the output
    sd : largest response that is assumed for backgrounds that were not drawn, in the unit of the output
    independent : number of independent backgrounds that the m values are worth
    tests : number of curves and outputs with the same test; verdicts divide 5 % by this number
    positions : unit of a length or a distance, "bp" for DNA and "nt" for RNA
    """

    curve: Curve
    values: Floats
    margin: float
    unit: str
    sd: float
    independent: int
    tests: int = 1
    positions: str = "positions"

    @property
    def levels(self) -> Floats:
        """Levels of the curve's factor, float64 (points,)."""
        return self.curve.levels

    @property
    def one_member(self) -> bool:
        """Whether the curve is of one model, and not of an ensemble."""
        return bool(self.values.shape[1] == 1)

    def intervals(self, values: Floats) -> tuple[Interval, Guard]:
        """Intervals of contrasts (..., members, m) of the curve's points, and the guard against skewed values."""
        return interval(values, self.sd, independent=self.independent)

    @cached_property
    def resampled(self) -> Floats:
        """Mean curves (draws, points) of bootstrap samples of the backgrounds, and of the members."""
        # A sample drawn with replacement is a multinomial count for each background: its mean is a weighted mean.
        rng = stream(root(0), "bootstrap")
        shares = [rng.multinomial(n, np.full(n, 1 / n), RESAMPLED) / n for n in self.values.shape[1:]]
        return np.asarray(np.einsum("pmd,dm->dp", self.values @ shares[1].T, shares[0]))

    @property
    def verdict_level(self) -> float:
        """The level of the intervals that verdicts use."""
        return 1 - 0.05 / self.tests

    @cached_property
    def constant(self) -> bool:
        """Whether the points of the curve differ by no more than float32 rounding: then it has no change point."""
        mean = self.values.mean((1, 2))
        return bool(np.ptp(mean) <= SETTLED * max(np.abs(self.values).max(), self.sd if self.sd > 0 else 0.0))

    def verdict(self, low: Floats, high: Floats, guard: Guard) -> tuple[str, int]:
        """The verdict of several contrasts together, and the index of the contrast that decides it.

        The verdict is "present" if any contrast is present, then "inconclusive", then "negligible", and "absent" if
        all contrasts are absent. Limits are those of a simultaneous band, so that the verdict holds for all contrasts.

        Parameters
        ----------
        low, high : limits of the band, (contrasts,)
        guard : guard of the contrasts
        """
        each = verdicts(low, high, np.full(low.shape, self.margin), self.independent, guard.safe).tolist()
        for verdict in ("present", "inconclusive", "negligible"):
            if verdict in each:
                furthest = np.where(np.array(each) == verdict, np.maximum(np.abs(low), np.abs(high)), -1.0)
                return verdict, int(np.argmax(furthest))
        return "absent", int(np.argmax(np.maximum(np.abs(low), np.abs(high))))


def signed(number: float | Floats, sign: str = "") -> str:
    """A number with three significant digits and a typographic minus sign."""
    return f"{float(number):{sign}.3g}".replace("-", "−")
