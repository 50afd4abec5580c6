"""Waves with a trend, compared with least squares and with the periodogram of astropy."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.timeseries import LombScargle

from seqdo.effects.curves.harmonic import Wave

PLACES = np.arange(11.0, 121.0)


def test_the_coefficients_equal_least_squares_with_the_trend(seed):
    wave, rng = Wave(PLACES, 10.5), np.random.default_rng(seed)
    values = rng.normal(size=(len(PLACES), 6))
    angle = 2 * np.pi * PLACES / 10.5
    x = np.column_stack([np.cos(angle), np.sin(angle), wave.trend])
    np.testing.assert_allclose(wave.coefficients(values), np.linalg.lstsq(x, values, rcond=None)[0][:2], atol=1e-10)


def test_a_slow_trend_has_no_wave_and_a_wave_has_its_amplitude_estimated():
    wave = Wave(PLACES, 10.5)
    slow = 3 * np.exp(-PLACES / 50) + 0.02 * PLACES + np.sin(2 * np.pi * PLACES / 150)
    assert np.hypot(*wave.coefficients(slow[:, None])) < 2e-3
    mixed = slow + 0.7 * np.cos(2 * np.pi * (PLACES - 4) / 10.5)
    assert np.hypot(*wave.coefficients(mixed[:, None]))[0] == pytest.approx(0.7, abs=2e-3)


def test_the_trend_is_orthonormal_and_contains_every_cubic():
    trend = Wave(PLACES, 10.5).trend
    np.testing.assert_allclose(trend.T @ trend, np.eye(trend.shape[1]), atol=1e-10)
    cubic = 1 - PLACES + 0.1 * PLACES**2 - 1e-3 * PLACES**3
    np.testing.assert_allclose(trend @ (trend.T @ cubic), cubic, atol=1e-6)


@pytest.mark.parametrize("period", [8.0, 10.5, 12.3])
def test_the_periodogram_peaks_at_the_period_of_the_wave_and_agrees_with_astropy(seed, period):
    wave, rng = Wave(PLACES, 10.5), np.random.default_rng(seed)
    curve = np.cos(2 * np.pi * PLACES / period) + 0.1 * rng.normal(size=len(PLACES))
    power = wave.power(curve)
    best = wave.periods[power.argmax()]
    # Neighboring periods are period² / (8 · span) apart.
    assert best == pytest.approx(period, abs=period**2 / (8 * 109))
    astropy_power = LombScargle(PLACES, curve).power(1 / wave.periods)
    assert wave.periods[astropy_power.argmax()] == pytest.approx(best, abs=period**2 / (8 * 109))
    # astropy fits a constant instead of a trend: the two agree at periods that the splines do not follow.
    fast = wave.periods < 15
    np.testing.assert_allclose(power[fast], astropy_power[fast], atol=0.05)
    assert ((power >= 0) & (power <= 1 + 1e-9)).all()


def test_a_curve_that_is_all_trend_has_no_power():
    assert (Wave(PLACES, 10.5).power(np.zeros(len(PLACES))) == 0).all()
