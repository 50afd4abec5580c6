"""Tests of the interaction of two sites by the gap between them: near or far, a change point, a wave and its period."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.curves.harmonic import Wave
from seqdo.effects.curves.hypothesis import CurveContrasts, Test, signed
from seqdo.effects.statistics.curve import POINTS
from seqdo.effects.statistics.hotelling import hotelling
from seqdo.effects.statistics.interval import Guard

Floats = NDArray[np.float64]

NEAR, FAR = 10, 20
"""Largest gap of near sites, and smallest gap of far sites: one turn of the helix, and two turns."""

PERIOD = 10.5
"""A turn of B-DNA in bp."""

CYCLES = 10
"""Periods that a curve has to span, so that similar periods can be distinguished."""


def distance(data: CurveContrasts) -> Test | None:
    """Do near sites interact less than far sites, or more? The mean up to NEAR minus the mean from FAR on.

    The test is two-sided, because a pattern can also interact more when it is near.
    """
    near, far = data.levels <= NEAR, data.levels >= FAR
    if not _is_pair(data) or not (near.any() and far.any()):
        return None
    difference, guard = data.intervals((data.values[near].mean(0) - data.values[far].mean(0))[None])
    (low,), (high,) = difference.bounds(0.95)
    estimate, se = float(difference.estimate[0]), float(difference.se[0])
    unit, direction = data.positions, "lower" if estimate < 0 else "higher"
    reading = (
        f"The mean interaction is {signed(abs(estimate))} {direction} at gaps of {NEAR} {unit} or less than "
        f"at gaps of {FAR} {unit} or more (95 % CI of the difference {signed(low)} to {signed(high)})."
    )
    verdict, _ = data.verdict(*difference.bounds(data.verdict_level), guard)
    return Test(
        "t", estimate / se if se > 0 else np.nan, float(difference.p[0]), estimate, float(low), float(high), np.nan,
        data.unit, verdict, reading,
    )  # fmt: skip


def change(data: CurveContrasts) -> Test | None:
    """At which gap does the curve change from one level to another? Least squares, with a bootstrap interval.

    There is no p-value: a step is fitted to every curve, also to a curve that has none.
    """
    if not _is_pair(data) or len(data.levels) < 2 * POINTS or data.constant:
        return None
    middles = (data.levels[1:] + data.levels[:-1]) / 2
    at = float(middles[_step(data.values.mean((1, 2))[None])[0]])
    low, high = np.quantile(middles[_step(data.resampled)], [0.025, 0.975], method="nearest")
    reading = (
        f"If the curve has two levels, it changes at a gap of {at:g} {data.positions} "
        f"({low:g} to {high:g} in 95 % of resamplings)."
    )
    return Test("", np.nan, np.nan, at, float(low), float(high), at, data.positions, "", reading)


def _step(curves: Floats) -> NDArray[np.intp]:
    """For each curve (draws, points), the index of the last point before the best-fitting step."""
    n = curves.shape[1]
    sums = np.cumsum(curves, 1)
    left = np.arange(1, n)
    before, after = sums[:, :-1], sums[:, -1:] - sums[:, :-1]
    # The residual sum of squares is smallest where sum²/n, added up over the two sides, is largest.
    return np.asarray((before**2 / left + after**2 / (n - left)).argmax(1))


def periodic(data: CurveContrasts) -> Test | None:
    """Is there a wave with the period of the helix? Hotelling's T² of cosine and sine over backgrounds.

    The interval of the amplitude is Scheffé's, because the direction of the wave (its phase) is estimated too.
    """
    beyond = _far_enough(data)
    if beyond is None:
        return None
    values = Wave(data.levels[beyond], PERIOD).coefficients(data.values[beyond].swapaxes(0, 1)).swapaxes(0, 1)
    amplitude = float(np.hypot(*values.mean((1, 2))))
    coefficients, guard = data.intervals(values)
    # T² is undefined for coefficients that do not vary: they get the half-width of a constant contrast (share rule).
    # For several members T² would ignore how the members differ: the two coefficients get crossed intervals instead.
    plain = data.one_member and not guard.constant.any()
    half, wide = (
        _scheffe(values[:, 0], level) if plain else np.hypot(*coefficients.half_width((1 + level) / 2))
        for level in (0.95, data.verdict_level)
    )
    low, high = max(amplitude - half, 0.0), amplitude + half
    if plain:
        f, p_value = hotelling(values[:, 0])
        name, value, p = "F", float(f), float(p_value)
    else:
        name, value, p = "max |t|", float(coefficients.t.max()), float(np.minimum(2 * coefficients.p.min(), 1.0))
    both = Guard(np.array([guard.safe.all()]), guard.constant[:1], guard.flag[:1])
    verdict, _ = data.verdict(np.array([max(amplitude - wide, 0.0)]), np.array([amplitude + wide]), both)
    reading = _wave_reading(data, np.ptp(data.levels[beyond]) / PERIOD, amplitude, low, high)
    return Test(name, value, p, amplitude, low, high, PERIOD, data.unit, verdict, reading)


def _wave_reading(data: CurveContrasts, cycles: float, amplitude: float, low: float, high: float) -> str:
    """The sentence about a wave, with a caution if the curve spans few periods."""
    wave = f"A wave with a period of {PERIOD} {data.positions} has an amplitude of {amplitude:.3g}"
    reading = f"{wave} (95 % CI {low:.3g} to {high:.3g})."
    if cycles >= CYCLES:
        return reading
    return (
        f"{reading} The curve spans {cycles:.1f} periods; {CYCLES} are needed to distinguish {PERIOD} {data.positions} "
        "from similar periods."
    )


def _scheffe(values: Floats, level: float) -> float:
    """Half-width of Scheffé's interval: the largest error of the mean of two coefficients (2, m) in any direction."""
    from scipy.special import fdtri

    n = values.shape[1]
    if n < 4:  # F has n − 2 denominator degrees of freedom: with 1 its 95 % quantile is 200
        return math.nan
    # The direction with the largest variance: an upper bound for the direction of the estimated phase.
    widest = max(float(np.linalg.eigvalsh(np.cov(values))[-1]), 0.0)
    return math.sqrt(2 * (n - 1) / (n - 2) * float(fdtri(2, n - 2, level)) * widest / n)


def period(data: CurveContrasts) -> Test | None:
    """Which period has the strongest wave? The peak of the periodogram, with a bootstrap interval.

    Only a curve whose wave has an amplitude above 0 has a period.
    """
    beyond, wave_test = _far_enough(data), periodic(data)
    if beyond is None or wave_test is None or data.constant or not wave_test.low > 0:
        return None
    wave = Wave(data.levels[beyond], PERIOD)
    best = float(wave.periods[wave.power(data.values[beyond].mean((1, 2))).argmax()])
    peaks = wave.periods[wave.power(data.resampled[:, beyond]).argmax(1)]
    low, high = np.quantile(peaks, [0.025, 0.975], method="nearest")
    # Peaks lie on a grid of periods: half a step of the grid on either side covers the periods between two points.
    step = abs(np.gradient(wave.periods)[wave.periods == best]).max()
    low, high = low - step / 2, high + step / 2
    reading = (
        f"The strongest wave has a period of {best:.2f} {data.positions} "
        f"({low:.2f} to {high:.2f} in 95 % of resamplings)."
    )
    return Test("", np.nan, np.nan, best, float(low), float(high), best, data.positions, "", reading)


def _far_enough(data: CurveContrasts) -> NDArray[np.bool_] | None:
    """Points beyond NEAR; None if they are not dense enough for the wave, or span fewer than two periods."""
    if not _is_pair(data):
        return None
    beyond = data.levels > NEAR
    levels = data.levels[beyond]
    dense = len(levels) > 1 and np.diff(levels).max() <= PERIOD / 4 and np.ptp(levels) >= 2 * PERIOD
    return beyond if dense else None


def _is_pair(data: CurveContrasts) -> bool:
    """Whether the curve is the interaction of two sites by their gap."""
    return data.curve.factor == "gap" and data.curve.contrast == "interaction"
