"""Confidence sequences: intervals that hold at every look, so that a run may stop when they are narrow enough.

The asymptotic one, for any contrast with a finite variance; one that holds at any n, for bounded contrasts, is in
:mod:`seqdo.effects.anytime.bounded`. A t interval that is looked at until it leaves out 0 errs in half of all runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.interval import PER_SKEW, Interval, skewness

Floats = NDArray[np.float64]

FIRST = 100
"""Backgrounds before which nobody looks."""

NEVER = np.iinfo(np.int64).max // 2
"""More backgrounds than there can be."""

AIM = 500
"""Backgrounds at which the asymptotic sequence is as narrow as it gets, compared with a t interval."""


def first_look(values: Floats) -> NDArray[np.int64]:
    """The n from which on the asymptotic sequence of contrasts (..., n) may be looked at: max(100, 25 skew²).

    Without the delay a gate that one background in 64 opens is missed at some look in 28 % of runs. While a contrast is
    constant there is nothing to look at: then it is larger than any n.
    """
    skew, constant = skewness(values)
    return np.where(constant, NEVER, np.maximum(FIRST, np.ceil(PER_SKEW * skew**2))).astype(np.int64)


def stretch(n: int, level: float | Floats) -> Floats:
    """Half-width of the asymptotic sequence after n backgrounds, in standard errors.

    √(2 (1 + 1/(nρ²)) log(√(nρ² + 1)/α)), with ρ such that it is narrowest at n = 500 (Waudby-Smith, Arbour, Sinha,
    Kennedy & Ramdas 2024, Ann. Stat. 52:2613, eq. 13 and B.2).

    Examples
    --------
    >>> [round(float(stretch(n, 0.95)), 2) for n in (100, 500, 2000)]
    [3.36, 3.04, 3.13]
    """
    alpha = 1 - np.asarray(level, np.float64)
    spread = n * _rho2()
    return np.asarray(np.sqrt(2 * (1 + 1 / spread) * np.log(np.sqrt(spread + 1) / alpha)))


def p_value(n: int, t: Floats) -> Floats:
    """The smallest 1 − level at which the sequence leaves out 0, for an estimate of t standard errors; at most 1."""
    spread = n * _rho2()
    return np.asarray(np.minimum(1.0, np.sqrt(spread + 1) * np.exp(-(t**2) / 2 * spread / (1 + spread))))


def _rho2() -> float:
    wide = -2 * np.log(0.05)
    return float((wide + np.log(wide + 1)) / AIM)


@dataclass(frozen=True, eq=False)
class Stopped(Interval):
    """Intervals of a run that stopped when it had seen enough: those of the asymptotic sequence at that look.

    Attributes
    ----------
    seen : backgrounds
    """

    seen: int = 0

    @classmethod
    def at(cls, found: Interval, seen: int) -> Stopped:
        """Those that an interval becomes."""
        parts = (found.estimate, found.se, found.df, found.member_se, found.member_df, found.share)
        return cls(*parts, seen)

    def half_width(self, level: float | Floats) -> Floats:
        """Half the width of the sequence at a level; with several members at least that of their interval."""
        return np.asarray(np.maximum(super().half_width(level), stretch(self.seen, level) * self.se))

    def __getitem__(self, which: Any) -> Stopped:  # noqa: ANN401 - whatever indexes an array
        """Some of them."""
        return Stopped.at(super().__getitem__(which), self.seen)

    @property
    def p(self) -> Floats:
        """P that holds at every look."""
        own = super().p
        return np.asarray(np.where(self.se > 0, np.maximum(own, p_value(self.seen, self.t)), own))
