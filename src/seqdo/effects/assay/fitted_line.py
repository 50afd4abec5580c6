"""A line through points with errors in both coordinates, known for each point, and scatter that they don't explain.

Least squares would draw a line too flat, by the share of the spread along x that is error. York's line weighs each
point by its errors in both (York, Evensen, Martínez & De Basabe Delgado 2004, Am. J. Phys. 72:367). It takes errors for
all that parts points from the line; but a model and an assay part beyond their errors. So a variance, the same for
all points, is added along y, of the size at which chi² is its expectation (Paule & Mandel 1982, J. Res. NBS 87:377):
else a few points with small errors would draw the line alone, with an interval that covers too little.

York's error of the slope takes the places along x for known once they are moved towards the line. Where much of the
spread along x is error they are not, and it is too small, above all of a slope of 0. So the larger is taken of it and
of the sandwich of what each point adds to the equation of the slope (White 1980, Econometrica 48:817). Simulated, 600
sets of 20 and of 50 points: a true slope of 0 is called in 4 to 8 % at 5 %, whatever the share of error (York's alone:
in 8 to 53 %); a slope of 1 is covered by 95 % intervals in 93 to 95 % where at most three tenths of the spread are
error, and in 77 to 88 % where half or seven tenths are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 500
SETTLED = 1e-10
"""Steps of York's iteration at most, and the relative change of the slope at which it has ended."""


@dataclass(frozen=True, eq=False)
class Line:
    """y = intercept + slope x.

    Attributes
    ----------
    slope, slope_se, intercept, intercept_se : of the line; n − 2 degrees of freedom
    scatter : SD along y, beside the errors
    chi2 : sum of squared distances in units of errors alone, without scatter
    n : points
    """

    slope: float
    slope_se: float
    intercept: float
    intercept_se: float
    scatter: float
    chi2: float
    n: int

    def at(self, x: Floats) -> Floats:
        """The line at places x."""
        return np.asarray(self.intercept + self.slope * x)


def fit(x: Floats, y: Floats, x_se: Floats, y_se: Floats) -> Line:
    """The line through points (n,) with standard errors along x and y, and the scatter beside them.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> line = fit(x, 1 + 2 * x, x_se=np.full(5, 0.1), y_se=np.full(5, 0.1))
    >>> round(line.slope, 6), round(line.intercept, 6), line.scatter
    (2.0, 1.0, 0.0)
    """
    from scipy.optimize import brentq

    free = len(x) - 2

    def beyond(variance: float) -> float:
        return _york(x, y, x_se**2, y_se**2 + variance)[4] - free

    chi2 = beyond(0.0) + free
    # With the whole spread along y as scatter, even a flat line is nearer than chi² expects.
    variance = float(brentq(beyond, 0.0, 4 * float(y.var(ddof=1)))) if chi2 > free else 0.0
    slope, slope_se, intercept, intercept_se, _ = _york(x, y, x_se**2, y_se**2 + variance)
    robust = _sandwich(x, y, x_se**2, y_se**2 + variance, slope, slope_se)
    intercept_se, slope_se = intercept_se * max(1.0, robust / slope_se), max(slope_se, robust)
    return Line(slope, slope_se, intercept, intercept_se, float(np.sqrt(variance)), chi2, len(x))


def _york(x: Floats, y: Floats, x_variance: Floats, y_variance: Floats) -> tuple[float, float, float, float, float]:
    """Slope, its error, intercept, its error, and chi²: eq. 13 of York et al., errors along x and y independent."""
    slope = float(np.polyfit(x, y, 1)[0])
    for _ in range(STEPS):
        weight, mean, on_line = _adjusted(x, y, x_variance, y_variance, slope)
        apart = weight * (on_line - mean[0])
        new = float((apart * (y - mean[1])).sum() / (apart * (x - mean[0])).sum())
        ended = abs(new - slope) <= SETTLED * abs(new)
        slope = new
        if ended:
            break
    weight, mean, on_line = _adjusted(x, y, x_variance, y_variance, slope)
    intercept = float(mean[1] - slope * mean[0])
    middle = float((weight * on_line).sum() / weight.sum())
    slope_se = float(1 / np.sqrt((weight * (on_line - middle) ** 2).sum()))
    intercept_se = float(np.sqrt(1 / weight.sum() + (middle * slope_se) ** 2))
    chi2 = float((weight * (y - intercept - slope * x) ** 2).sum())
    return slope, slope_se, intercept, intercept_se, chi2


def _sandwich(x: Floats, y: Floats, x_variance: Floats, y_variance: Floats, slope: float, slope_se: float) -> float:
    """The slope's error from what the points add to its equation, whose steepness includes that they move with it."""

    def added(at: float) -> Floats:
        weight, mean, on_line = _adjusted(x, y, x_variance, y_variance, at)
        middle = (weight * on_line).sum() / weight.sum()
        return np.asarray(weight * (y - mean[1] - at * (x - mean[0])) * (on_line - middle))

    step = 1e-4 * max(abs(slope), slope_se)
    steepness = float((added(slope + step).sum() - added(slope - step).sum()) / (2 * step))
    size = float((added(slope) ** 2).sum()) * len(x) / (len(x) - 2)
    return float(np.sqrt(size) / abs(steepness)) if steepness else 0.0


def _adjusted(
    x: Floats, y: Floats, x_variance: Floats, y_variance: Floats, slope: float
) -> tuple[Floats, tuple[float, float], Floats]:
    """Weights of points for a slope, their weighted mean, and where along x each has most likely its true place."""
    weight = 1 / (y_variance + slope**2 * x_variance)
    mean = float((weight * x).sum() / weight.sum()), float((weight * y).sum() / weight.sum())
    nearer = weight * ((x - mean[0]) * y_variance + slope * (y - mean[1]) * x_variance)
    return weight, mean, mean[0] + nearer
