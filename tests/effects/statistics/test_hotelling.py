"""T² against statsmodels, and where it can't be had."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from statsmodels.stats.multivariate import test_mvmean as mvmean

from seqdo.effects.statistics.hotelling import hotelling


@pytest.mark.parametrize("k", [2, 5])
def test_it_is_that_of_statsmodels_whatever_the_units(seed, k):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3, k, 40)) * 10.0 ** rng.integers(-8, 8, (3, k, 1)) + 0.0
    values[1] += 0.3 * values[1].std(-1, keepdims=True)
    f, p = hotelling(values)
    for mine, statistic, probability in zip(values, f, p, strict=True):
        # In units of each contrast's own spread, which T² does not depend on and statsmodels' arithmetic does.
        expected = mvmean((mine / mine.std(-1, keepdims=True)).T)
        np.testing.assert_allclose([statistic, probability], [expected.statistic, expected.pvalue], rtol=1e-6)


def test_of_one_contrast_it_is_t_squared(seed):
    values = np.random.default_rng(seed).normal(size=(1, 25)) + 0.3
    f, p = hotelling(values)
    expected = ttest_1samp(values[0], 0)
    np.testing.assert_allclose([f, p], [expected.statistic**2, expected.pvalue], rtol=1e-9)


def test_dependent_constant_or_too_many_contrasts_have_none(seed):
    one = np.random.default_rng(seed).normal(size=30)
    for values in (np.stack([one, 2 * one]), np.stack([one, 0 * one + 3]), np.ones((3, 3)) * one[:3]):
        f, p = hotelling(values)
        assert np.isnan(f)
        assert np.isnan(p)
