"""Simultaneous bands: whole curves, or families of effects, lie inside them as often as the level says.

Below 300 backgrounds the level is shared out over the points (Bonferroni, by t), above the largest |t| of all points is
simulated with Gaussian multipliers (Chernozhukov, Chetverikov & Kato 2013, Ann. Stat. 41:2786): with few
backgrounds such a band is too narrow, and covers .83 instead of .95 with 30.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.interval import CONSTANT, Interval
from seqdo.sequences.stream import root, stream

Floats = NDArray[np.float64]

BOOTSTRAP = 300
"""Backgrounds from which on the largest |t| is simulated."""

PART = 2048
"""Backgrounds whose multipliers are held at once."""

DRAWS = 2000
"""Of the multipliers: the 95 % quantile of as many is known to 1 %."""


def largest(values: Floats) -> Floats:
    """What the largest |t| of contrasts (points, n) could be if there were no effects: float64 (draws,), ascending.

    The same multipliers for all contrasts, so that the same outcomes give the same band.

    Examples
    --------
    >>> drawn = largest(np.random.default_rng(0).normal(size=(1, 500)))
    >>> bool(1.8 < np.quantile(drawn, 0.95) < 2.1)  # one point: |t| of a normal
    True
    """
    deviation = values - values.mean(-1, keepdims=True)
    size = np.sqrt((deviation**2).sum(-1, keepdims=True))
    vary = size[:, 0] > CONSTANT * np.abs(values).max(initial=0)
    if not vary.any():
        return np.zeros(DRAWS)
    unit = (deviation[vary] / size[vary]).astype(np.float32)
    drawn = np.zeros((len(unit), DRAWS), np.float32)
    for part, first in enumerate(range(0, unit.shape[1], PART)):
        some = unit[:, first : first + PART]
        drawn += some @ _multipliers(part)[: some.shape[1]]
    return np.sort(np.abs(drawn).max(0).astype(np.float64))


@lru_cache(maxsize=4)
def _multipliers(part: int) -> NDArray[np.float32]:
    return stream(root(0), "multipliers", part).standard_normal((PART, DRAWS), np.float32)


def critical(values: Floats, level: float) -> float:
    """How many standard errors a simultaneous band of contrasts (points, n) is wide on either side."""
    from scipy.special import ndtr, stdtrit

    points, n = values.shape
    shared = float(stdtrit(n - 1, 1 - (1 - level) / (2 * points)))
    if n < BOOTSTRAP:
        return shared
    simulated = float(np.quantile(largest(values), level))
    # As far out on Student's scale as on the normal one; sharing out is right as well, and never wider by chance.
    return min(float(stdtrit(n - 1, ndtr(simulated))), shared)


def adjusted(p: Floats, values: Floats) -> Floats:
    """p-values (points,) of contrasts (points, n) for the family: how often the largest |t| of all is as large.

    NaN stays NaN. At least 1/(draws + 1), as for any simulated p, unless sharing out gives less.
    """
    from scipy.special import ndtri

    n, tested = values.shape[-1], int((~np.isnan(p)).sum())
    shared = np.minimum(p * tested, 1.0)
    if n < BOOTSTRAP:
        return shared
    drawn = largest(values)
    above = DRAWS - np.searchsorted(drawn, -ndtri(p / 2), side="left")
    return np.where(np.isnan(p), np.nan, np.minimum((1 + above) / (1 + DRAWS), shared))


def shared_out(level: float, points: int) -> float:
    """The level of each of so many intervals at which all of them hold together (Bonferroni)."""
    return 1 - (1 - level) / points


def band(rows: Floats | None, found: Interval, level: float) -> Floats:
    """Half-widths (points,) of the band of a curve.

    Parameters
    ----------
    rows : (points, S, n), independent of one another over n; without them the level is shared out over the points
    found : their intervals, (points,)

    Members vary too where there are several: then the level is shared out over the points, and the intervals of
    :class:`Interval` are taken at it.
    """
    shared = found.half_width(shared_out(level, len(found.estimate)))
    if rows is None or rows.shape[1] > 1 or rows.shape[2] < BOOTSTRAP:
        return shared
    # Constant contrasts have no t; their half-width is a matter of what could not have been seen.
    return np.where(found.se > 0, critical(rows[:, 0], level) * found.se, shared)


def family(rows: Floats, p: Floats, q: float) -> tuple[Floats, float]:
    """P (contrasts,) of contrasts (contrasts, n) for the family, and the level of intervals that all hold in 1 − q."""
    from scipy.special import stdtr

    level = 2 * float(stdtr(rows.shape[1] - 1, critical(rows, 1 - q))) - 1
    return adjusted(p, rows), level
