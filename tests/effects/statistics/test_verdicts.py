"""Families, false coverage and verdicts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from seqdo.effects.statistics.interval import paired
from seqdo.effects.statistics.verdicts import adjust, adjusted_level, verdicts


def slow_bh(p):
    """Benjamini & Hochberg 1995 as they wrote it: the smallest q at which each hypothesis is rejected."""
    m = len(p)
    candidates = sorted(m * value / rank for value in p for rank in [sum(other <= value for other in p)])

    def rejected(q):
        passing = [value for value in p if value <= q * sum(other <= value for other in p) / m * (1 + 1e-12)]
        return max(passing, default=-1.0)

    return [next((q for q in candidates if value <= rejected(q)), 1.0) for value in p]


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_adjusted_p_is_the_smallest_rate_at_which_bh_rejects(seed, size):
    rng = np.random.default_rng([seed, size])
    p = rng.random(size) ** 3
    p[size // 2 :] = p[: size - size // 2]  # with ties
    np.testing.assert_allclose(adjust(p, np.array(["f"] * size)), np.minimum(slow_bh(p), 1), rtol=1e-9)


@pytest.mark.parametrize(("method", "theirs"), [("bh", "fdr_bh"), ("by", "fdr_by"), ("holm", "holm")])
def test_the_methods_are_those_of_statsmodels(seed, method, theirs):
    p = np.random.default_rng(seed).random(60) ** 3
    p[7] = p[8]
    expected = multipletests(p, method=theirs)[1]
    np.testing.assert_allclose(adjust(p, np.zeros(60), method), expected, rtol=1e-12)


def test_families_are_adjusted_apart_and_nan_is_not_counted():
    p = np.array([0.01, 0.01, np.nan, 0.04, 0.04, np.nan])
    families = np.array(["a", "b", "a", "a", "b", "c"])
    expected = [0.02, 0.02, np.nan, 0.04, 0.04, np.nan]
    np.testing.assert_allclose(adjust(p, families), expected)


def test_one_nan_leaves_the_others_of_its_family_what_they_were(seed):
    p = np.random.default_rng(seed).random(20)
    one = np.array(["f"] * 21)
    assert (adjust(np.r_[p, np.nan], one)[:20] == adjust(p, one[:20])).all()


def test_the_level_is_1_minus_q_times_the_share_rejected():
    """Two families: 3 of 4 rejected, and none of 5 (counted as one); a NaN is not of the family."""
    p = np.array([0.01, 0.02, 0.05, 0.2, 0.9, 0.8, 0.7, 0.6, 0.5, np.nan])
    families = np.array(["a"] * 4 + ["b"] * 6)
    expected = [1 - 0.05 * 3 / 4] * 4 + [1 - 0.05 / 5] * 6
    np.testing.assert_allclose(adjusted_level(p, families), expected, rtol=1e-12)
    np.testing.assert_allclose(adjusted_level(p, families, q=0.01), [1 - 0.01 / 4] * 4 + [1 - 0.01 / 5] * 6)


def test_without_a_p_in_the_family_the_level_is_the_plain_one():
    assert adjusted_level(np.array([np.nan]), np.array(["f"])).tolist() == [0.95]


def test_an_adjusted_interval_is_never_narrower_than_the_plain_one(seed):
    p = np.random.default_rng(seed).random(200) ** 4
    families = np.arange(200) % 7
    assert (adjusted_level(adjust(p, families), families) >= 0.95).all()


def test_of_the_selected_intervals_5_in_100_miss_and_plain_ones_more(seed):
    """600 families of 100, 90 of them 0 and 10 of 3 standard errors; those with p_adjusted <= .05 are looked at.

    The mean false coverage rate is at most .05 (Benjamini & Yekutieli 2005, theorem 1); 4.3 standard errors
    of the simulation are allowed, which fails for 1 of 100,000 seeds. Plain intervals must fail.
    """
    rng = np.random.default_rng(seed)
    truth = np.r_[np.zeros(90), np.full(10, 3 / 50**0.5)]
    families = np.array(["f"] * 100)
    rates = {"adjusted": [], "plain": []}
    for _ in range(600):
        found = paired(truth[:, None] + rng.standard_normal((100, 50)))
        p = adjust(found.p, families)
        selected = p <= 0.05
        for name, level in (("adjusted", adjusted_level(p, families)), ("plain", 0.95)):
            low, high = found.bounds(level)
            missed = ((truth < low) | (truth > high))[selected]
            rates[name].append(missed.mean() if len(missed) else 0.0)
    adjusted, plain = (np.array(rates[name]) for name in ("adjusted", "plain"))
    assert adjusted.mean() <= 0.05 + 4.3 * stats.sem(adjusted)
    assert plain.mean() > 0.05 + 4.3 * stats.sem(plain)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.1, 3.0, "present"),
        (-3.0, -1.1, "present"),
        (0.9, 3.0, "inconclusive"),  # without 0, but the margin is within
        (1.0, 3.0, "inconclusive"),  # the margin itself is not outside
        (0.1, 0.9, "negligible"),
        (-0.9, -0.1, "negligible"),
        (0.1, 1.0, "inconclusive"),
        (-0.9, 0.9, "absent"),
        (0.0, 0.9, "absent"),
        (-1.0, 0.9, "inconclusive"),
        (-3.0, 3.0, "inconclusive"),
        (np.nan, np.nan, "inconclusive"),
    ],
)
def test_the_verdict_is_where_the_interval_lies_to_0_and_the_margin_of_1(low, high, verdict):
    def said(n, safe):
        return verdicts(np.array([low]), np.array([high]), np.ones(1), n, np.array([safe]))[0]

    assert said(300, True) == verdict
    unsafe = "inconclusive" if verdict == "absent" else verdict
    assert said(300, False) == unsafe
    assert said(299, True) == unsafe


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.1, 1, "present"), (-1, 1, "inconclusive"), (0, 0, "inconclusive")]
)
def test_a_margin_of_0_allows_present_and_inconclusive_only_STA_12(low, high, verdict):
    assert verdicts(np.array([low]), np.array([high]), np.zeros(1), 1000, np.array([True])) == [verdict]


@pytest.mark.parametrize("low", [-1.0, 0.1])
def test_without_a_margin_nothing_is_decided(low):
    assert verdicts(np.array([low]), np.ones(1), np.array([np.nan]), 1000, np.array([True])) == ["inconclusive"]


@pytest.mark.parametrize("method", ["holm", "by"])
def test_stricter_methods_have_levels_no_lower(seed, method):
    p = np.random.default_rng(seed).random(50) ** 4
    family = np.zeros(50)
    bh, strict = (adjusted_level(adjust(p, family, m), family, method=m) for m in ("bh", method))
    assert (strict >= bh).all()
    found = max((adjust(p, family, "by") <= 0.05).sum(), 1) / sum(1 / i for i in range(1, 51))
    assert strict[0] == pytest.approx(1 - 0.05 / 50 * (found if method == "by" else 1))


@pytest.mark.parametrize("method", ["bh", "by"])
def test_false_discovery_rates_are_those_of_scipy_to_the_last_bit(method, seed):
    from scipy.stats import false_discovery_control

    rng = np.random.default_rng(seed)
    for size in (1, 2, 7, 1000):
        p = np.round(rng.uniform(size=size) ** 3, int(rng.integers(2, 9)))  # with ties
        ours = adjust(p, np.zeros(size), method)
        assert ours.tobytes() == false_discovery_control(p, method=method).tobytes()


def test_a_column_with_labels_of_its_own_is_adjusted_by_place():
    import pandas as pd

    p = np.array([0.04, 0.01, np.nan, 0.2])
    column = pd.Series(p, index=[7, 0, 3, 1])
    for method in ("bh", "by", "holm"):
        np.testing.assert_array_equal(adjust(column, np.zeros(4), method), adjust(p, np.zeros(4), method))
