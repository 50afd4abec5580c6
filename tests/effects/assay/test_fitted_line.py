"""The line with errors in both, against a published example and where its truth is planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtrit

from seqdo.effects.assay.fitted_line import _york, fit

TRUTH = 0.7


def drawn(rng, n=40, scatter=0.0, x_error=0.4):
    """Points about a line, most of them near 0, with errors of different sizes."""
    true = rng.normal(0, 1, n) * np.where(rng.random(n) < 0.2, 2.0, 0.5)
    x_se, y_se = x_error * rng.uniform(0.5, 1.5, n), rng.uniform(0.05, 0.5, n)
    x, y = true + rng.normal(0, x_se), 0.1 + TRUTH * true + rng.normal(0, y_se) + scatter * rng.normal(size=n)
    return x, y, x_se, y_se


def test_pearsons_data_with_yorks_weights():
    """York 1966, Can. J. Phys. 44:1079: slope -0.480533, intercept 5.47991, chi² 11.8664."""
    x = np.array([0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
    y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
    x_weight = np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1])
    y_weight = np.array([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])
    slope, slope_se, intercept, intercept_se, chi2 = _york(x, y, 1 / x_weight, 1 / y_weight)
    assert slope == pytest.approx(-0.480533, abs=1e-6)
    assert intercept == pytest.approx(5.47991, abs=1e-5)
    assert (slope_se, intercept_se) == pytest.approx((0.0580, 0.295), rel=2e-2)
    assert chi2 == pytest.approx(11.8664, abs=1e-4)


@pytest.mark.parametrize("scatter", [0.0, 0.3])
def test_the_slope_is_unbiased_where_least_squares_is_too_flat(scatter):
    """100 draws: mean slope within 3 of its errors and 0.01 (fails in less than 0.3 % of seeds); 85 or more of 100
    intervals cover (0.1 % at 94 %; in 400 draws they cover 90 to 99 % for 8 to 120 points)."""
    rng = np.random.default_rng(7)
    slopes, flat, covered = [], [], 0
    for _ in range(100):
        points = drawn(rng, scatter=scatter)
        line = fit(*points)
        slopes.append(line.slope)
        flat.append(np.polyfit(points[0], points[1], 1)[0])
        covered += abs(line.slope - TRUTH) <= stdtrit(38, 0.975) * line.slope_se
    assert abs(np.mean(slopes) - TRUTH) < 3 * np.std(slopes) / 10 + 0.01
    assert np.mean(flat) < 0.9 * TRUTH
    assert covered >= 85


def test_scatter_beyond_the_errors_is_found_and_none_where_there_is_none():
    """600 points: scatter within 4 of its errors, 0.3 / sqrt(2 n) and more for what errors hide."""
    rng = np.random.default_rng(8)
    assert fit(*drawn(rng, 600, 0.3, 0.1)).scatter == pytest.approx(0.3, abs=0.05)
    x, y, x_se, y_se = drawn(rng, 600, 0.0, 0.1)
    line = fit(x, y, x_se * 1.2, y_se * 1.2)
    assert line.scatter == 0
    assert line.chi2 < 600


def test_without_errors_along_x_it_is_weighted_least_squares():
    x, y, _, y_se = drawn(np.random.default_rng(9), x_error=0.0)
    line = fit(x, y, np.zeros(40), 3 * y_se)
    want = np.polyfit(x, y, 1, w=1 / y_se)
    assert (line.slope, line.intercept) == pytest.approx(tuple(want))


def test_a_slope_of_0_is_not_called_where_half_of_the_spread_along_x_is_error():
    """200 sets of 50 points: at most 30 are called at 5 % (fewer than 1 seed in 10^4 has more); York's error alone
    calls 70."""
    rng, called, alone = np.random.default_rng(20261123), 0, 0
    for _ in range(200):
        x = rng.normal(0, 1, 50) + rng.normal(0, 1, 50)
        y, x_se, y_se = rng.normal(0, 1, 50), np.ones(50), np.full(50, 0.1)
        line = fit(x, y, x_se, y_se)
        called += abs(line.slope) > 2.0106 * line.slope_se  # t of 48 degrees of freedom
        york = _york(x, y, x_se**2, y_se**2 + line.scatter**2)
        alone += abs(line.slope) > 2.0106 * york[1]
    assert called <= 30
    assert alone >= 45
