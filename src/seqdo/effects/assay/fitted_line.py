"""A line through points with known errors in both coordinates, and with scatter that these errors do not explain.

Ordinary least squares gives a line that is too flat, by the share of the spread along x that is error. York's line
weights each point by its errors in both coordinates (York, Evensen, Martínez & De Basabe Delgado 2004, Am. J. Phys.
72:367). York's line assumes that errors explain every distance between a point and the line. A model and an assay
differ by more than their errors. Therefore one variance, the same for all points, is added along y, large enough that
chi² equals its expectation (Paule & Mandel 1982, J. Res. NBS 87:377). Otherwise a few points with small errors would
decide the line, and its interval would cover too little.

York's error of the slope treats the adjusted x of each point as exact. If much of the spread along x is error, this is
wrong, and York's error is too small, most of all for a slope of 0. Therefore the larger of York's error and a sandwich
error is used. The sandwich error comes from the contribution of each point to the equation of the slope (White 1980,
Econometrica 48:817).

Simulations used 600 sets of 20 and of 50 points. A true slope of 0 is called different from 0, at the 5 % level, in 4
to 8 % of sets, whatever the share of error. With York's error alone these are 8 to 53 %. For a slope of 1, the 95 %
interval covers 1 in 93 to 95 % of sets if at most three tenths of the spread along x are error. If half or seven tenths
are error, it covers 1 in 77 to 88 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 500
SETTLED = 1e-10
"""Largest number of York's iterations, and the relative change of the slope at which they end."""


@dataclass(frozen=True, eq=False)
class Line:
    """y = intercept + slope x.

    Attributes
    ----------
    slope, slope_se, intercept, intercept_se : estimates and standard errors, with n − 2 degrees of freedom
    scatter : SD along y that the errors do not explain
    chi2 : sum of squared distances in units of the errors alone, without scatter
    n : number of points
    """

    slope: float
    slope_se: float
    intercept: float
    intercept_se: float
    scatter: float
    chi2: float
    n: int

    def at(self, x: Floats) -> Floats:
        """Values of the line at x."""
        return np.asarray(self.intercept + self.slope * x)


def fit(x: Floats, y: Floats, x_se: Floats, y_se: Floats) -> Line:
    """Fit a line, and the scatter that the errors do not explain.

    Parameters
    ----------
    x, y : (n,), coordinates of the points
    x_se, y_se : (n,), standard errors along x and along y

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> line = fit(x, 1 + 2 * x, x_se=np.full(5, 0.1), y_se=np.full(5, 0.1))
    >>> round(line.slope, 6), round(line.intercept, 6), line.scatter
    (2.0, 1.0, 0.0)
    """
    from scipy.optimize import brentq

    degrees_of_freedom = len(x) - 2

    def excess(variance: float) -> float:
        """chi² minus its expectation, if this variance is added along y."""
        return _york(x, y, x_se**2, y_se**2 + variance)[4] - degrees_of_freedom

    chi2 = excess(0.0) + degrees_of_freedom
    # Bounds of the root: with the whole spread along y as scatter, even a flat line has less than the expected chi².
    variance = float(brentq(excess, 0.0, 4 * float(y.var(ddof=1)))) if chi2 > degrees_of_freedom else 0.0
    slope, slope_se, intercept, intercept_se, _ = _york(x, y, x_se**2, y_se**2 + variance)
    robust = _sandwich(x, y, x_se**2, y_se**2 + variance, slope, slope_se)
    intercept_se, slope_se = intercept_se * max(1.0, robust / slope_se), max(slope_se, robust)
    return Line(slope, slope_se, intercept, intercept_se, float(np.sqrt(variance)), chi2, len(x))


def _york(x: Floats, y: Floats, x_variance: Floats, y_variance: Floats) -> tuple[float, float, float, float, float]:
    """Slope, its error, intercept, its error, and chi²: eq. 13 of York et al., errors along x and y independent."""
    slope = float(np.polyfit(x, y, 1)[0])
    for _ in range(STEPS):
        weight, mean, adjusted = _adjusted(x, y, x_variance, y_variance, slope)
        pull = weight * (adjusted - mean[0])
        new = float((pull * (y - mean[1])).sum() / (pull * (x - mean[0])).sum())
        settled = abs(new - slope) <= SETTLED * abs(new)
        slope = new
        if settled:
            break
    weight, mean, adjusted = _adjusted(x, y, x_variance, y_variance, slope)
    intercept = float(mean[1] - slope * mean[0])
    middle = float((weight * adjusted).sum() / weight.sum())
    slope_se = float(1 / np.sqrt((weight * (adjusted - middle) ** 2).sum()))
    intercept_se = float(np.sqrt(1 / weight.sum() + (middle * slope_se) ** 2))
    chi2 = float((weight * (y - intercept - slope * x) ** 2).sum())
    return slope, slope_se, intercept, intercept_se, chi2


def _sandwich(x: Floats, y: Floats, x_variance: Floats, y_variance: Floats, slope: float, slope_se: float) -> float:
    """Sandwich error of the slope, from the contribution of each point to the equation that the slope solves."""

    def contributions(at: float) -> Floats:
        weight, mean, adjusted = _adjusted(x, y, x_variance, y_variance, at)
        middle = (weight * adjusted).sum() / weight.sum()
        return np.asarray(weight * (y - mean[1] - at * (x - mean[0])) * (adjusted - middle))

    # The adjusted x move with the slope, so the derivative of the sum is numerical.
    step = 1e-4 * max(abs(slope), slope_se)
    derivative = float((contributions(slope + step).sum() - contributions(slope - step).sum()) / (2 * step))
    squares = float((contributions(slope) ** 2).sum()) * len(x) / (len(x) - 2)
    return float(np.sqrt(squares) / abs(derivative)) if derivative else 0.0


def _adjusted(
    x: Floats, y: Floats, x_variance: Floats, y_variance: Floats, slope: float
) -> tuple[Floats, tuple[float, float], Floats]:
    """For a slope: weights of the points, weighted means of x and y, and the most likely true x of each point."""
    weight = 1 / (y_variance + slope**2 * x_variance)
    mean = float((weight * x).sum() / weight.sum()), float((weight * y).sum() / weight.sum())
    shift = weight * ((x - mean[0]) * y_variance + slope * (y - mean[1]) * x_variance)
    return weight, mean, mean[0] + shift
