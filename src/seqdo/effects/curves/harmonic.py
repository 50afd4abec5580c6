"""Periodicity of a curve: a cosine and a sine are fitted to each background's contrasts beside a slow trend.

The test is Hotelling's T² of the two coefficients over backgrounds. Shuffled positions, or surrogates with the curve's
autocorrelation, would call almost any smooth curve periodic: what is random is the background, not the position.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PERIODS = (4.0, 30.0)
"""Shortest and longest period that is looked for, in letters."""

SLOW = 2.5
"""Periods between the knots of the trend: it follows what is slower, and leaves the wave alone."""

STEPS = 40
"""Frequencies tried for each that the length of the curve tells apart."""


@dataclass(frozen=True, eq=False)
class Wave:
    """Waves of some period in curves over the same places.

    Attributes
    ----------
    places : float64 (points,), in letters
    period : in letters
    """

    places: Floats
    period: float

    @cached_property
    def trend(self) -> Floats:
        """Orthonormal columns (points, k): cubic splines with knots some periods apart."""
        from scipy.interpolate import BSpline

        low, high = self.places[0], self.places[-1]
        pieces = max(1, round((high - low) / (SLOW * self.period)))
        knots = np.concatenate([[low] * 3, np.linspace(low, high, pieces + 1), [high] * 3])
        basis = BSpline.design_matrix(self.places, knots, 3).toarray()
        left, size, _ = np.linalg.svd(basis, full_matrices=False)
        return np.asarray(left[:, size > 1e-9 * size[0]])

    @cached_property
    def weights(self) -> Floats:
        """(2, points): a curve times these are the least-squares coefficients of cosine and sine beside the trend."""
        angle = 2 * np.pi * self.places / self.period
        x = self.without_trend(np.stack([np.cos(angle), np.sin(angle)]))
        return np.asarray(np.linalg.pinv(x.T))

    def without_trend(self, curves: Floats) -> Floats:
        """Curves (..., points) less their trend."""
        return np.asarray(curves - (curves @ self.trend) @ self.trend.T, np.float64)

    def coefficients(self, values: Floats) -> Floats:
        """Of cosine and sine, for each background: (..., points, n) to (..., 2, n)."""
        return np.asarray(np.einsum("kp,...pn->...kn", self.weights, values))

    @cached_property
    def periods(self) -> Floats:
        """Periods that are looked at, evenly spaced in frequency, the longest first."""
        span = self.places[-1] - self.places[0]
        longest, shortest = min(PERIODS[1], span / 2), max(PERIODS[0], 2 * float(np.diff(self.places).min()))
        steps = int(STEPS * span * (1 / shortest - 1 / longest)) + 1
        return np.asarray(1 / np.linspace(1 / longest, 1 / shortest, max(steps, 2)))

    @cached_property
    def _waves(self) -> Floats:
        """Orthonormal pairs of columns (points, periods · 2), one for each period."""
        angle = 2 * np.pi * self.places / self.periods[:, None]
        waves = self.without_trend(np.stack([np.cos(angle), np.sin(angle)], 1))  # (periods, 2, points)
        basis = np.linalg.qr(waves.transpose(0, 2, 1))[0]
        return np.asarray(basis.transpose(1, 0, 2).reshape(len(self.places), -1))

    def power(self, curves: Floats) -> Floats:
        """The share of what varies in curves (..., points) beside their trend that a wave explains: (..., periods).

        The generalised Lomb-Scargle periodogram (Zechmeister & Kürster 2009, A&A 496:577) with a trend for its mean.
        """
        left = self.without_trend(curves)
        along = left @ self._waves
        explained = along.reshape(*left.shape[:-1], len(self.periods), 2) ** 2
        total = (left**2).sum(-1)[..., None]
        share = np.zeros((*left.shape[:-1], len(self.periods)))
        return np.asarray(np.divide(explained.sum(-1), total, out=share, where=total > 0))
