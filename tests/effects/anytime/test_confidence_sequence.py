"""Confidence sequences, compared with their formulae, and the n from which they are usable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from seqdo.effects.anytime.confidence_sequence import first_look, p_value, stretch


def test_the_asymptotic_sequence_equals_the_paper():
    """It is 1.55 to 1.72 times as wide as a z interval for n = 100 to 2000."""
    for n in (100, 200, 500, 1000, 2000):
        rho2 = (-2 * np.log(0.05) + np.log(-2 * np.log(0.05) + 1)) / 500
        half = np.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * np.log(np.sqrt(n * rho2 + 1) / 0.05))
        assert stretch(n, 0.95) == pytest.approx(half * np.sqrt(n))
        assert 1.545 <= stretch(n, 0.95) / 1.959964 <= 1.725


def test_p_is_1_minus_the_level_at_which_the_sequence_just_excludes_0():
    for n in (100, 1000):
        for t in (2.5, 4.0, 6.0):
            level = brentq(lambda level, n=n, t=t: float(stretch(n, level)) - t, 1e-9, 1 - 1e-12)
            assert p_value(n, np.array(t)) == pytest.approx(1 - level, rel=1e-6)
    assert p_value(100, np.array(0.0)) == 1


def test_the_first_analysis_waits_for_100_backgrounds_for_skew_and_for_variation(seed):
    rng = np.random.default_rng(seed)
    rare = np.zeros(640)
    rare[:10] = 1.0
    skew = ((rare - rare.mean()) ** 3).mean() / rare.std() ** 3
    assert first_look(rng.normal(size=150)) == 100
    assert first_look(rare) == int(np.ceil(25 * skew**2)) > 640
    for same in (np.zeros(200), np.full(200, -0.03), np.full(200, 1e6 / 3)):
        assert first_look(same) > 10**15
