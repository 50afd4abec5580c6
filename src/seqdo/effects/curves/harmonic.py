"""Periodicity of a curve: a cosine, a sine and a slow trend are fitted to the contrasts of each background.

The test is Hotelling's T² of the two coefficients over backgrounds, because backgrounds are the random sample.
Permuting positions, or surrogates with the curve's autocorrelation, would call almost any smooth curve periodic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PERIODS = (4.0, 30.0)
"""Shortest and longest period of the periodogram, in positions."""

SLOW = 2.5
"""Distance of the knots of the trend, in periods: the trend follows slower changes and does not absorb the wave."""

STEPS = 40
"""Frequencies of the periodogram for each frequency that the length of the curve can resolve."""


@dataclass(frozen=True, eq=False)
class Wave:
    """Waves in curves over the same positions.

    Attributes
    ----------
    places : float64 (points,), ascending positions or gaps, in bp or nt
    period : period of the wave that is tested, in bp or nt
    """

    places: Floats
    period: float

    @cached_property
    def trend(self) -> Floats:
        """The slow trend: cubic splines with knots 2.5 periods apart, as orthonormal columns (points, k)."""
        from scipy.interpolate import BSpline

        low, high = self.places[0], self.places[-1]
        pieces = max(1, round((high - low) / (SLOW * self.period)))
        knots = np.concatenate([[low] * 3, np.linspace(low, high, pieces + 1), [high] * 3])
        basis = BSpline.design_matrix(self.places, knots, 3).toarray()
        # With few points some splines depend on others: singular values near 0 are dropped, so that Q'Q stays I.
        left, size, _ = np.linalg.svd(basis, full_matrices=False)
        return np.asarray(left[:, size > 1e-9 * size[0]])

    @cached_property
    def weights(self) -> Floats:
        """Least-squares weights (2, points): their product with a curve gives the coefficients of cosine and sine.

        The coefficients are adjusted for the trend (Frisch-Waugh-Lovell: the waves are taken less their own trend).
        """
        angle = 2 * np.pi * self.places / self.period
        x = self.without_trend(np.stack([np.cos(angle), np.sin(angle)]))
        return np.asarray(np.linalg.pinv(x.T))

    def without_trend(self, curves: Floats) -> Floats:
        """Residuals of curves (..., points) after their trend."""
        return np.asarray(curves - (curves @ self.trend) @ self.trend.T, np.float64)

    def coefficients(self, values: Floats) -> Floats:
        """Coefficients of cosine and sine on each background: (..., points, n) to (..., 2, n)."""
        return np.asarray(np.einsum("kp,...pn->...kn", self.weights, values))

    @cached_property
    def periods(self) -> Floats:
        """Periods of the periodogram, evenly spaced in frequency, the longest first."""
        span = self.places[-1] - self.places[0]
        # Two whole waves have to fit into the curve, and a wave needs two points (Nyquist).
        longest, shortest = min(PERIODS[1], span / 2), max(PERIODS[0], 2 * float(np.diff(self.places).min()))
        steps = int(STEPS * span * (1 / shortest - 1 / longest)) + 1
        return np.asarray(1 / np.linspace(1 / longest, 1 / shortest, max(steps, 2)))

    @cached_property
    def _waves(self) -> Floats:
        """Cosine and sine of each period less their trend, as orthonormal pairs of columns (points, 2 · periods)."""
        angle = 2 * np.pi * self.places / self.periods[:, None]
        waves = self.without_trend(np.stack([np.cos(angle), np.sin(angle)], 1))  # (periods, 2, points)
        basis = np.linalg.qr(waves.transpose(0, 2, 1))[0]
        return np.asarray(basis.transpose(1, 0, 2).reshape(len(self.places), -1))

    def power(self, curves: Floats) -> Floats:
        """Share of the variance after the trend that a wave of each period explains: (..., points) to (..., periods).

        The generalized Lomb-Scargle periodogram (Zechmeister & Kürster 2009, A&A 496:577), with a trend instead of a
        constant mean. A curve that is all trend has power 0.
        """
        residuals = self.without_trend(curves)
        projections = residuals @ self._waves
        explained = projections.reshape(*residuals.shape[:-1], len(self.periods), 2) ** 2
        total = (residuals**2).sum(-1)[..., None]
        share = np.zeros((*residuals.shape[:-1], len(self.periods)))
        return np.asarray(np.divide(explained.sum(-1), total, out=share, where=total > 0))
