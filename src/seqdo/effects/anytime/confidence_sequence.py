"""Confidence sequences: anytime-valid intervals, so that a run may stop as soon as they are narrow enough.

This file has the asymptotic sequence, for contrasts with a finite variance. :mod:`seqdo.effects.anytime.bounded` has a
sequence for bounded contrasts that is valid at any n. A t interval is not anytime-valid: if a run continues until the
interval excludes 0, it wrongly does so in half of all runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.interval import PER_SKEW, Interval, skewness

Floats = NDArray[np.float64]

FIRST = 100
"""Backgrounds before the first interim analysis."""

NEVER = np.iinfo(np.int64).max // 2
"""A number of backgrounds that no run reaches."""

AIM = 500
"""Number of backgrounds at which the asymptotic sequence is narrowest, relative to a t interval."""


def first_look(values: Floats, resolution: Floats | float = 0.0) -> NDArray[np.int64]:
    """The number of backgrounds at which the asymptotic sequence becomes usable: max(100, 25 skew²).

    Without this delay the sequence is too narrow for rare responses. If one background in 64 responds, the sequence
    then misses the true mean at some interim analysis in 28 % of runs. A constant contrast has no usable sequence, and
    gets a number that no run reaches.

    Parameters
    ----------
    values : contrasts, (..., n)
    resolution : size up to which a difference may be rounding, broadcast to the leading axes

    Returns
    -------
    int64 (...)
    """
    skew, constant = skewness(values, resolution)
    return np.where(constant, NEVER, np.maximum(FIRST, np.ceil(PER_SKEW * skew**2))).astype(np.int64)


def stretch(n: int, level: float | Floats) -> Floats:
    """Half-width of the asymptotic sequence after n backgrounds, in standard errors.

    √(2 (1 + 1/(nρ²)) log(√(nρ² + 1)/α)), with ρ chosen so that the half-width is smallest at n = 500 (Waudby-Smith,
    Arbour, Sinha, Kennedy & Ramdas 2024, Ann. Stat. 52:2613, eq. 13 and B.2).

    Parameters
    ----------
    n : number of backgrounds
    level : level of the interval, such as 0.95

    Examples
    --------
    >>> [round(float(stretch(n, 0.95)), 2) for n in (100, 500, 2000)]
    [3.36, 3.04, 3.13]
    """
    alpha = 1 - np.asarray(level, np.float64)
    spread = n * _rho2()
    return np.asarray(np.sqrt(2 * (1 + 1 / spread) * np.log(np.sqrt(spread + 1) / alpha)))


def p_value(n: int, t: Floats) -> Floats:
    """The anytime-valid p-value: the smallest 1 − level at which the sequence excludes 0, at most 1.

    Parameters
    ----------
    n : number of backgrounds
    t : estimate in standard errors
    """
    spread = n * _rho2()
    return np.asarray(np.minimum(1.0, np.sqrt(spread + 1) * np.exp(-(t**2) / 2 * spread / (1 + spread))))


def _rho2() -> float:
    # An approximation of the ρ² that minimizes the half-width at n = AIM for α = 0.05 (eq. B.2).
    log_term = -2 * np.log(0.05)
    return float((log_term + np.log(log_term + 1)) / AIM)


@dataclass(frozen=True, eq=False)
class Stopped(Interval):
    """Intervals of a run that could stop early: the asymptotic sequence at the last interim analysis.

    Attributes
    ----------
    n : number of backgrounds
    """

    n: int = 0

    @classmethod
    def at(cls, fixed: Interval, n: int) -> Stopped:
        """The anytime-valid intervals with the estimates and errors of intervals for a fixed n."""
        parts = (fixed.estimate, fixed.se, fixed.df, fixed.member_se, fixed.member_df, fixed.share, fixed.least)
        return cls(*parts, n)

    def half_width(self, level: float | Floats) -> Floats:
        """Half the width of the sequence at a level; for an ensemble at least that of the crossed interval."""
        return np.asarray(np.maximum(super().half_width(level), stretch(self.n, level) * self.se))

    def __getitem__(self, which: Any) -> Stopped:  # noqa: ANN401 - any index of an array
        """A selection of the intervals."""
        return Stopped.at(super().__getitem__(which), self.n)

    @property
    def p(self) -> Floats:
        """The anytime-valid p-value."""
        fixed = super().p
        return np.asarray(np.where(self.se > 0, np.maximum(fixed, p_value(self.n, self.t)), fixed))
