"""Bands: between the pointwise interval and the shared-out one, as wide as correlation makes them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from seqdo.effects.statistics.band import BOOTSTRAP, DRAWS, adjusted, band, critical, largest
from seqdo.effects.statistics.interval import interval, paired


def values_of(seed, points, n, shared):
    rng = np.random.default_rng(seed)
    return np.sqrt(shared) * rng.normal(size=n) + np.sqrt(1 - shared) * rng.normal(size=(points, n))


def test_few_backgrounds_share_out_the_level(seed):
    n = BOOTSTRAP - 1
    assert critical(values_of(seed, 50, n, 0.5), 0.95) == pytest.approx(t(n - 1).ppf(1 - 0.05 / 100), rel=1e-9)


def test_points_that_are_one_need_no_more_than_one(seed):
    values = np.tile(values_of(seed, 1, 2000, 0), (50, 1))
    # The quantile of |normal| from 2000 draws: SE 0.055, four of them.
    assert critical(values, 0.95) == pytest.approx(norm.ppf(0.975), abs=0.22)


def test_points_that_are_independent_need_what_their_largest_does(seed):
    values = values_of(seed, 50, 2000, 0)
    expected = norm.ppf(1 - (1 - 0.95 ** (1 / 50)) / 2)
    assert critical(values, 0.95) == pytest.approx(expected, abs=0.2)
    assert critical(values, 0.95) <= t(1999).ppf(1 - 0.05 / 100)


def test_the_band_is_that_many_standard_errors_and_constant_points_keep_their_half_width(seed):
    values = values_of(seed, 20, 500, 0.5)
    values[3] = -0.03
    found, _ = interval(values[:, None], 1.0)
    half = band(values[:, None], found, 0.95)
    vary = np.arange(20) != 3
    np.testing.assert_allclose(half[vary], critical(values, 0.95) * found.se[vary])
    assert half[3] == found.half_width(1 - 0.05 / 20)[3] > 0


def test_several_members_or_no_rows_share_out_the_level(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(9, 3, 400))
    found, _ = interval(values, 1.0)
    for rows in (values, None):
        np.testing.assert_array_equal(band(rows, found, 0.95), found.half_width(1 - 0.05 / 9))


def test_the_smallest_adjusted_p_is_at_most_5_percent_just_where_the_band_leaves_0_out(seed):
    rng = np.random.default_rng(seed)
    disagreed = 0
    for _ in range(200):
        values = rng.normal(size=(8, 400)) + rng.normal(0, 0.05, (8, 1))
        found, _ = interval(values[:, None], 1.0)
        out = (np.abs(found.estimate) > band(values[:, None], found, 0.95)).any()
        disagreed += out != (adjusted(found.p, values).min() <= 0.05)
    # t and normal differ by a part in 400 at the edge, which some 1 in 500 lies within: 4 of 200 has a chance of 1e-3.
    assert disagreed <= 4


def test_p_that_is_none_stays_none_and_few_backgrounds_share_out(seed):
    values = values_of(seed, 3, 30, 0)
    p = np.array([0.01, np.nan, 0.9])
    np.testing.assert_allclose(adjusted(p, values), [0.02, np.nan, 1.0])
    many = values_of(seed, 3, 600, 0)
    assert np.isnan(adjusted(np.array([0.01, np.nan, 0.9]), many)).tolist() == [False, True, False]


def test_simulated_p_of_independent_points_is_that_of_the_largest(seed):
    values = values_of(seed, 10, 2000, 0)
    p = paired(values).p
    expected = 1 - (1 - p) ** 10
    assert adjusted(p, values) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(DRAWS) + 0.01)


def test_the_same_outcomes_give_the_same_draws(seed):
    values = values_of(seed, 4, 310, 0.2)
    assert largest(values).tobytes() == largest(values.copy()).tobytes()
    assert (largest(np.zeros((2, 310))) == 0).all()
