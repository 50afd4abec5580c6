"""Moments: means and variances of arms, and the difference of two means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.interval import skewness

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ROUNDING = 1e-6
"""Share of the total variance below which the variance of an arm is computed from its own values. The difference of
two sums would be mostly rounding error then."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Values (m, n) and their sums. With the sums, the moments of a large arm follow from the few values outside it.

    Attributes
    ----------
    values : (m, n)
    middle : (m, 1), mean of all values; the sums are of differences from it
    total, squares : (m,), sum of the differences and of their squares
    """

    values: Floats
    middle: Floats
    total: Floats
    squares: Floats

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """Moments of values (m, n)."""
        middle = values.mean(1, keepdims=True)
        deviation = values - middle
        return cls(values, middle, deviation.sum(1), (deviation**2).sum(1))

    def arm(self, rows: Flags) -> tuple[Floats, Floats]:
        """Mean and variance (n − 1), each (m,), of the values in the rows of an arm."""
        count = int(rows.sum())
        few = rows if 2 * count <= len(rows) else ~rows
        deviation = self.values[:, few] - self.middle
        total, squares = deviation.sum(1), (deviation**2).sum(1)
        if few is not rows:
            total, squares = self.total - total, self.squares - squares
        variance = (squares - total**2 / count) / (count - 1)
        if (variance > ROUNDING * self.squares / len(rows)).all():
            return self.middle[:, 0] + total / count, variance
        # The mean of six hundred times 1.1 is not exactly 1.1, and their variance is 1e-31. It must be 0.
        arm = self.values[:, rows]
        return arm.mean(1), np.where(skewness(arm)[1], 0.0, arm.var(1, ddof=1))


def welch(moments: Moments, holds: Flags, lacks: Flags) -> tuple[Floats, Floats, Floats]:
    """Differences of means between two arms, by Welch (1947, Biometrika 34:28).

    Parameters
    ----------
    moments : of values (m, n)
    holds, lacks : bool (n,), the rows of each arm

    Returns
    -------
    difference, se, df : each (m,)
        The degrees of freedom are Satterthwaite's.
    """
    means, variances = zip(moments.arm(holds), moments.arm(lacks), strict=True)
    counts = [int(arm.sum()) for arm in (holds, lacks)]
    of_mean = [variance / count for variance, count in zip(variances, counts, strict=True)]
    variance = of_mean[0] + of_mean[1]
    denominator = of_mean[0] ** 2 / (counts[0] - 1) + of_mean[1] ** 2 / (counts[1] - 1)
    df = np.divide(variance**2, denominator, out=np.full(len(variance), np.nan), where=denominator > 0)
    return means[0] - means[1], np.sqrt(variance), df
