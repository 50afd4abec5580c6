"""From p-values and intervals to verdicts: families of tests, false coverage rate, margins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

VERDICTS = ("present", "negligible", "absent", "inconclusive")
"""In the order in which reports list them."""

ABSENT_NEEDS = 300
"""Fewest backgrounds for the verdict "absent": fewer are likely to miss a rare response."""


METHODS = ("bh", "by", "holm", "max-t")
"""How a family of tests is corrected.

bh : false discovery rate, for positively dependent tests, such as effects on the same backgrounds
    (Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57:289)
by : false discovery rate under any dependence (Benjamini & Yekutieli 2001, Ann. Stat. 29:1165)
holm : familywise error rate, no false discovery in 95 % of families (Holm 1979, Scand. J. Stat. 6:65)
max-t : familywise error rate, with the correlation of the effects simulated (:mod:`seqdo.effects.statistics.band`)
"""


def adjust(p: Floats, families: NDArray[Any], method: str = "bh") -> Floats:
    """p-values adjusted within each family by "bh", "by" or "holm"; NaN is not counted and stays NaN.

    Examples
    --------
    >>> p, families = np.array([0.01, 0.04, np.nan, 0.04]), np.array(["a", "a", "a", "b"])
    >>> adjust(p, families).tolist(), adjust(p, families, "holm").tolist()
    ([0.02, 0.04, nan, 0.04], [0.02, 0.04, nan, 0.04])
    """
    p, adjusted = np.asarray(p, np.float64), np.full(len(p), np.nan)  # a column of a table has labels of its own
    for family in np.unique(families):
        tested = np.flatnonzero((families == family) & ~np.isnan(p))
        if len(tested) and method == "holm":
            adjusted[tested] = _holm(p[tested])
        elif len(tested):
            adjusted[tested] = _false_discovery_rate(p[tested], method)
    return adjusted


def _false_discovery_rate(p: Floats, method: str) -> Floats:
    """p-values of one family for "bh" or "by", as ``scipy.stats.false_discovery_control`` computes them.

    To import scipy.stats takes longer than a whole first question.
    """
    order = np.argsort(p, kind="stable")
    ranks = np.arange(1, len(p) + 1)
    steps = p[order] * (len(p) / ranks)
    if method == "by":
        steps = steps * (1 / ranks).sum()
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(steps[::-1])[::-1]
    return np.clip(adjusted, 0.0, 1.0)


def _holm(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def adjusted_level(p_adjusted: Floats, families: NDArray[Any], q: float = 0.05, method: str = "bh") -> Floats:
    """The level of each interval at which its family has a false coverage rate of q (holm: a familywise error rate).

    bh: 1 − q·R/m, where R of the m tests have p_adjusted <= q (at least 1) (Benjamini & Yekutieli 2005, JASA 100:71,
    theorem 1); by: q divided by 1 + 1/2 + ... + 1/m (theorem 4); holm: 1 − q/m.

    Examples
    --------
    >>> p, families = np.array([0.01, 0.2, 0.3, 0.4]), np.array(["a"] * 4)
    >>> [adjusted_level(p, families, method=method)[0].round(4).item() for method in ("bh", "by", "holm")]
    [0.9875, 0.994, 0.9875]
    """
    levels = np.full(len(p_adjusted), 1 - q)
    for family in np.unique(families):
        members = families == family
        tested = max(int((members & ~np.isnan(p_adjusted)).sum()), 1)
        # Every test gets an interval at one level; with none rejected the level is that of one rejection.
        rejected = 1 if method == "holm" else max(int((p_adjusted[members] <= q).sum()), 1)
        harmonic = float((1 / np.arange(1, tested + 1)).sum()) if method == "by" else 1.0
        levels[members] = 1 - q * rejected / (tested * harmonic)
    return levels


def verdicts(low: Floats, high: Floats, margin: Floats, n: int, safe: NDArray[np.bool_]) -> NDArray[np.object_]:
    """The verdict on each effect, from its interval and the margin; arrays of one shape.

    Parameters
    ----------
    low, high : interval at the adjusted level, which must be 95 % or more
    margin : smallest effect size of interest, in the output's unit; NaN if there is none
    n : number of backgrounds
    safe : did the contrast pass the guard?

    Returns
    -------
    object array of "present" (the interval lies outside ±margin), "negligible" (inside, and excludes 0), "absent"
    (inside, and includes 0, with n >= 300 and the guard passed) and "inconclusive" (anything else)

    Examples
    --------
    >>> low, high, margin = (np.array([value]) for value in (-0.1, 0.2, 0.5))
    >>> verdicts(low, high, margin, 1000, np.array([True])), verdicts(low, high, margin, 200, np.array([True]))
    (array(['absent'], dtype=object), array(['inconclusive'], dtype=object))
    """
    outside = (low > margin) | (high < -margin)
    inside = (low > -margin) & (high < margin)
    excludes_zero = (low > 0) | (high < 0)
    # Few backgrounds, or a skewed contrast, can hide a rare response behind a narrow interval around 0.
    absent = inside & ~excludes_zero & safe & (n >= ABSENT_NEEDS)
    return np.select(
        [outside, inside & excludes_zero, absent], ["present", "negligible", "absent"], "inconclusive"
    ).astype(object)
