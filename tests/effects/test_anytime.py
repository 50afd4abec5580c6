"""Confidence sequences against their formulae, written out one by one, and where they may be looked at."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from seqdo.effects.anytime import bounded, first_look, p_value, stretch


def test_the_asymptotic_sequence_is_that_of_the_paper():
    """calibration.md §0.4 and methods.md §9.3: 1.55 to 1.72 times as wide as a z interval for n = 100 to 2000."""
    for n in (100, 200, 500, 1000, 2000):
        rho2 = (-2 * np.log(0.05) + np.log(-2 * np.log(0.05) + 1)) / 500
        half = np.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * np.log(np.sqrt(n * rho2 + 1) / 0.05))
        assert stretch(n, 0.95) == pytest.approx(half * np.sqrt(n))
        assert 1.545 <= stretch(n, 0.95) / 1.959964 <= 1.725


def test_its_p_is_one_minus_the_level_at_which_0_is_just_left_out():
    for n in (100, 1000):
        for t in (2.5, 4.0, 6.0):
            level = brentq(lambda level, n=n, t=t: float(stretch(n, level)) - t, 1e-9, 1 - 1e-12)
            assert p_value(n, np.array(t)) == pytest.approx(1 - level, rel=1e-6)
    assert p_value(100, np.array(0.0)) == 1


def test_nobody_looks_before_a_hundred_nor_before_skew_allows_nor_at_a_constant(seed):
    rng = np.random.default_rng(seed)
    rare = np.zeros(640)
    rare[:10] = 1.0
    skew = ((rare - rare.mean()) ** 3).mean() / rare.std() ** 3
    assert first_look(rng.normal(size=150)) == 100
    assert first_look(rare) == int(np.ceil(25 * skew**2)) > 640
    for same in (np.zeros(200), np.full(200, -0.03), np.full(200, 1e6 / 3)):
        assert first_look(same) > 10**15


def one_by_one(values, alpha):
    """Theorem 2 of Waudby-Smith & Ramdas, with loops."""
    mean, variance, total, stakes, paid = 0.5, 0.25, 0.0, 0.0, 0.0
    seen, squares, ends = [], 0.0, []
    for t, x in enumerate(values, 1):
        stake = min(np.sqrt(2 * np.log(2 / alpha) / (variance * t * np.log(1 + t))), 0.5)
        total, stakes = total + stake * x, stakes + stake
        paid += 4 * (x - mean) ** 2 * (-np.log(1 - stake) - stake) / 4
        half = (np.log(2 / alpha) + paid) / stakes
        ends.append((max(total / stakes - half, 0), min(total / stakes + half, 1)))
        seen.append(x)
        mean = (0.5 + sum(seen)) / (t + 1)
        squares += (x - mean) ** 2
        variance = (0.25 + squares) / (t + 1)
    return np.array(ends).T


def test_the_bounded_sequence_is_that_of_the_paper_in_any_unit(seed):
    values = np.random.default_rng(seed).beta(2, 5, (3, 40))
    low, high = bounded(values * 3 - 1, -1, 2, 0.9)
    for mine, *ends in zip(values, low, high, strict=True):
        np.testing.assert_allclose((np.array(ends) + 1) / 3, one_by_one(mine, 0.1), atol=1e-12)


def test_more_backgrounds_make_it_narrow(seed):
    """methods.md: 2.7 times a z interval at n = 1000 for a score of SD .05, within a fifth."""
    values = np.clip(0.4 + 0.05 * np.random.default_rng(seed).normal(size=1000), 0, 1)
    low, high = bounded(values, 0, 1)
    assert (high - low)[-1] / 2 / (1.96 * 0.05 / np.sqrt(1000)) == pytest.approx(2.7, rel=0.2)
