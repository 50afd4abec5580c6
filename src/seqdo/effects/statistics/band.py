"""Simultaneous bands: they contain a whole curve, or a whole family of effects, with the stated probability.

With 300 backgrounds or more, the distribution of the largest |t| over all points is simulated with Gaussian multipliers
(Chernozhukov, Chetverikov & Kato 2013, Ann. Stat. 41:2786). With fewer, the error rate is divided by the number of
points (Bonferroni, by t): the simulated band is then too narrow, and covers 0.83 instead of 0.95 with 30 backgrounds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.interval import CONSTANT, Interval
from seqdo.sequences.stream import root, stream

Floats = NDArray[np.float64]

BOOTSTRAP = 300
"""Fewest backgrounds for which the largest |t| is simulated."""

PART = 2048
"""Backgrounds whose multipliers are in memory at once."""

DRAWS = 2000
"""Simulated draws of the largest |t|: enough to know its 95 % quantile to 1 %."""


def largest(values: Floats) -> Floats:
    """Draws of the largest |t| over contrasts (points, n) under no effect: float64 (draws,), ascending.

    The multipliers are the same at every call, so that the same outcomes give the same band.

    Examples
    --------
    >>> draws = largest(np.random.default_rng(0).normal(size=(1, 500)))
    >>> bool(1.8 < np.quantile(draws, 0.95) < 2.1)  # with one point it is |t| of a normal variable
    True
    """
    deviation = values - values.mean(-1, keepdims=True)
    size = np.sqrt((deviation**2).sum(-1, keepdims=True))
    vary = size[:, 0] > CONSTANT * np.abs(values).max(initial=0)
    if not vary.any():
        return np.zeros(DRAWS)
    unit = (deviation[vary] / size[vary]).astype(np.float32)
    draws = np.zeros((len(unit), DRAWS), np.float32)
    # Multipliers of all backgrounds at once would be 80 MB for each 10,000 of them.
    for part, first in enumerate(range(0, unit.shape[1], PART)):
        columns = unit[:, first : first + PART]
        draws += columns @ _multipliers(part)[: columns.shape[1]]
    return np.sort(np.abs(draws).max(0).astype(np.float64))


@lru_cache(maxsize=4)
def _multipliers(part: int) -> NDArray[np.float32]:
    return stream(root(0), "multipliers", part).standard_normal((PART, DRAWS), np.float32)


def critical(values: Floats, level: float) -> float:
    """Half-width of the simultaneous band of contrasts (points, n), in standard errors."""
    from scipy.special import ndtr, stdtrit

    points, n = values.shape
    bonferroni = float(stdtrit(n - 1, 1 - (1 - level) / (2 * points)))
    if n < BOOTSTRAP:
        return bonferroni
    simulated = float(np.quantile(largest(values), level))
    # The simulated quantile is normal: it moves to the same tail probability of t. Bonferroni is valid too, so
    # the smaller of both is used.
    return min(float(stdtrit(n - 1, ndtr(simulated))), bonferroni)


def adjusted(p: Floats, values: Floats) -> Floats:
    """p-values (points,) of contrasts (points, n), adjusted for the family: P(the largest |t| of all is as large).

    NaN stays NaN. A simulated p-value is at least 1/(draws + 1); where Bonferroni gives less, Bonferroni is used.
    """
    from scipy.special import ndtri

    n, tested = values.shape[-1], int((~np.isnan(p)).sum())
    bonferroni = np.minimum(p * tested, 1.0)
    if n < BOOTSTRAP:
        return bonferroni
    above = DRAWS - np.searchsorted(largest(values), -ndtri(p / 2), side="left")
    return np.where(np.isnan(p), np.nan, np.minimum((1 + above) / (1 + DRAWS), bonferroni))


def shared_out(level: float, points: int) -> float:
    """The level of each of ``points`` intervals at which all of them hold together (Bonferroni)."""
    return 1 - (1 - level) / points


def band(rows: Floats | None, intervals: Interval, level: float) -> Floats:
    """Half-widths (points,) of the band of a curve.

    Parameters
    ----------
    rows : (points, S, n), independent over n; None uses Bonferroni
    intervals : the intervals of the points, (points,)
    level : such as 0.95

    With several members the members vary as well, which the simulation does not cover: Bonferroni is used.
    """
    bonferroni = intervals.half_width(shared_out(level, len(intervals.estimate)))
    if rows is None or rows.shape[1] > 1 or rows.shape[2] < BOOTSTRAP:
        return bonferroni
    # A constant contrast has no t; its half-width comes from the share rule.
    return np.where(intervals.se > 0, critical(rows[:, 0], level) * intervals.se, bonferroni)


def family(rows: Floats, p: Floats, q: float) -> tuple[Floats, float]:
    """p-values of contrasts (contrasts, n) adjusted for the family, and the level of their intervals.

    With probability 1 − q all intervals at that level hold.
    """
    from scipy.special import stdtr

    level = 2 * float(stdtr(rows.shape[1] - 1, critical(rows, 1 - q))) - 1
    return adjusted(p, rows), level
