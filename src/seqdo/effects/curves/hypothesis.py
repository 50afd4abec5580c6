"""A question to a whole curve: what is asked of which numbers, and what an answer is made of."""

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
"""Times that backgrounds are drawn again for the interval of a place or a period."""


@dataclass(frozen=True)
class Test:
    """What a test of a curve found.

    Attributes
    ----------
    statistic, value : "F", "t" or "max |t|", and how large it is; "" where nothing is tested
    p : NaN where nothing is tested and a place is estimated
    estimate, low, high : the number that the reading is about, at 95 %
    at : level of the curve's factor at which it is, NaN for none
    unit : of the estimate
    verdict : as of an effect, "" where nothing is compared with the margin
    reading : what it says, in a sentence
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
class Asked:
    """A curve of one output.

    Attributes
    ----------
    levels : float64 (points,), of the factor
    values : float64 (points, members, m), contrasts on each background, or set of them
    margin : smallest difference that matters; NaN without one
    independent : backgrounds that all m are worth
    tests : curves and outputs of which the same is asked; verdicts share out the 5 % over them
    """

    curve: Curve
    values: Floats
    margin: float
    unit: str
    sd: float
    independent: int
    tests: int = 1

    @property
    def levels(self) -> Floats:
        """Of the curve's factor."""
        return self.curve.levels

    @property
    def alone(self) -> bool:
        """Is it one model's?"""
        return bool(self.values.shape[1] == 1)

    def judged(self, values: Floats) -> tuple[Interval, Guard]:
        """Intervals of contrasts (..., members, m) of the points, and the guard."""
        return interval(values, self.sd, independent=self.independent)

    @cached_property
    def drawn(self) -> Floats:
        """Curves (draws, points) of backgrounds, and of members, drawn again."""
        rng = stream(root(0), "bootstrap")
        shares = [rng.multinomial(n, np.full(n, 1 / n), RESAMPLED) / n for n in self.values.shape[1:]]
        return np.asarray(np.einsum("pmd,dm->dp", self.values @ shares[1].T, shares[0]))

    @property
    def strict(self) -> float:
        """The level that verdicts are read at."""
        return 1 - 0.05 / self.tests

    @cached_property
    def still(self) -> bool:
        """Does nothing of the curve vary, from point to point, beyond rounding? Then there is no place to find."""
        mean = self.values.mean((1, 2))
        return bool(np.ptp(mean) <= SETTLED * max(np.abs(self.values).max(), self.sd if self.sd > 0 else 0.0))

    def verdict(self, low: Floats, high: Floats, guard: Guard) -> tuple[str, int]:
        """Of several contrasts at once, from their simultaneous band: is any beyond the margin, or none? And which."""
        each = verdicts(low, high, np.full(low.shape, self.margin), self.independent, guard.safe).tolist()
        for verdict in ("present", "inconclusive", "negligible"):
            if verdict in each:
                far = np.where(np.array(each) == verdict, np.maximum(np.abs(low), np.abs(high)), -1.0)
                return verdict, int(np.argmax(far))
        return "absent", int(np.argmax(np.maximum(np.abs(low), np.abs(high))))


def said(number: float | Floats, sign: str = "") -> str:
    """A number with the minus sign of the page."""
    return f"{float(number):{sign}.3g}".replace("-", "−")
