"""What the interaction of two sites by the gap between them says: near or far, a step, a wave and its period."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.curves.harmonic import Wave
from seqdo.effects.curves.hypothesis import Asked, Test, said
from seqdo.effects.statistics.curve import POINTS
from seqdo.effects.statistics.hotelling import hotelling
from seqdo.effects.statistics.interval import Guard

Floats = NDArray[np.float64]

NEAR, FAR = 10, 20
"""Gaps up to and from which two sites are near and far: a turn of the helix between sites, and two."""

PERIOD = 10.5
"""Letters to a turn of B-DNA."""

CYCLES = 10
"""Turns below which a curve is too short to tell one period from the next."""


def distance(ask: Asked) -> Test | None:
    """Do near sites do less together than far ones, or more? The mean up to NEAR less the mean from FAR on."""
    near, far = ask.levels <= NEAR, ask.levels >= FAR
    if not _paired(ask) or not (near.any() and far.any()):
        return None
    found, guard = ask.judged((ask.values[near].mean(0) - ask.values[far].mean(0))[None])
    (low,), (high,) = found.bounds(0.95)
    estimate, se = float(found.estimate[0]), float(found.se[0])
    reading = (
        f"Up to {NEAR} letters apart it is {said(estimate, sign='+')} from what it is at {FAR} and more "
        f"({said(low)} to {said(high)})."
    )
    verdict, _ = ask.verdict(*found.bounds(ask.strict), guard)
    return Test(
        "t", estimate / se if se > 0 else np.nan, float(found.p[0]), estimate, float(low), float(high), np.nan,
        ask.unit, verdict, reading,
    )  # fmt: skip


def change(ask: Asked) -> Test | None:
    """Where does the curve step from one level to another? Least squares; its interval from backgrounds drawn again."""
    if not _paired(ask) or len(ask.levels) < 2 * POINTS or ask.still:
        return None
    middles = (ask.levels[1:] + ask.levels[:-1]) / 2
    at = float(middles[_step(ask.values.mean((1, 2))[None])[0]])
    low, high = np.quantile(middles[_step(ask.drawn)], [0.025, 0.975], method="nearest")
    reading = (
        f"If it is one level and then another, the step is at {at:g} ({low:g} to {high:g} in 95 % of resamplings)."
    )
    return Test("", np.nan, np.nan, at, float(low), float(high), at, "letters", "", reading)


def _step(curves: Floats) -> NDArray[np.intp]:
    """For each curve (draws, points) the last point of the first of two levels that fit it best."""
    n = curves.shape[1]
    sums = np.cumsum(curves, 1)
    left = np.arange(1, n)
    before, after = sums[:, :-1], sums[:, -1:] - sums[:, :-1]
    return np.asarray((before**2 / left + after**2 / (n - left)).argmax(1))


def periodic(ask: Asked) -> Test | None:
    """Is there a wave of a turn of the helix? T² of cosine and sine over backgrounds; the amplitude by Scheffé."""
    beyond = _beyond(ask)
    if beyond is None:
        return None
    values = Wave(ask.levels[beyond], PERIOD).coefficients(ask.values[beyond].swapaxes(0, 1)).swapaxes(0, 1)
    amplitude = float(np.hypot(*values.mean((1, 2))))
    found, guard = ask.judged(values)
    # Coefficients that do not vary have no T²; like any constant contrast they have a half-width by the share rule.
    plain = ask.alone and not guard.constant.any()
    half, wide = (
        _scheffe(values[:, 0], q) if plain else np.hypot(*found.half_width((1 + q) / 2)) for q in (0.95, ask.strict)
    )
    low, high = max(amplitude - half, 0.0), amplitude + half
    if plain:
        f, p = hotelling(values[:, 0])
        name, value, chance = "F", float(f), float(p)
    else:
        name, value, chance = "max |t|", float(found.t.max()), float(np.minimum(2 * found.p.min(), 1.0))
    turns = np.ptp(ask.levels[beyond]) / PERIOD
    few = f" The curve has {turns:.1f} turns, and {CYCLES} are needed to tell {PERIOD} from its neighbours."
    reading = f"A wave of {PERIOD} letters has an amplitude of {amplitude:.3g} ({low:.3g} to {high:.3g})."
    both = Guard(np.array([guard.safe.all()]), guard.constant[:1], guard.flag[:1])
    verdict, _ = ask.verdict(np.array([max(amplitude - wide, 0.0)]), np.array([amplitude + wide]), both)
    return Test(
        name, value, chance, amplitude, low, high, PERIOD, ask.unit, verdict,
        reading + (few if turns < CYCLES else ""),
    )  # fmt: skip


def _scheffe(values: Floats, level: float) -> float:
    """How far the mean of two coefficients (2, m) may be off in any direction."""
    from scipy.special import fdtri

    n = values.shape[1]
    if n < 4:
        return math.nan
    widest = max(float(np.linalg.eigvalsh(np.cov(values))[-1]), 0.0)
    return math.sqrt(2 * (n - 1) / (n - 2) * float(fdtri(2, n - 2, level)) * widest / n)


def period(ask: Asked) -> Test | None:
    """Of which period is the wave, if there is one? The peak of the periodogram; backgrounds are drawn again."""
    beyond, there = _beyond(ask), periodic(ask)
    if beyond is None or there is None or ask.still or not there.low > 0:
        return None
    wave = Wave(ask.levels[beyond], PERIOD)
    best = float(wave.periods[wave.power(ask.values[beyond].mean((1, 2))).argmax()])
    found = wave.periods[wave.power(ask.drawn[:, beyond]).argmax(1)]
    low, high = np.quantile(found, [0.025, 0.975], method="nearest")
    apart = abs(np.gradient(wave.periods)[wave.periods == best]).max()  # what is tried is no finer than that
    low, high = low - apart / 2, high + apart / 2
    reading = f"The strongest wave has {best:.2f} letters ({low:.2f} to {high:.2f} in 95 % of resamplings)."
    return Test("", np.nan, np.nan, best, float(low), float(high), best, "letters", "", reading)


def _beyond(ask: Asked) -> NDArray[np.bool_] | None:
    """Points that are not near, if they are as dense as they must be and there are two turns of them."""
    if not _paired(ask):
        return None
    beyond = ask.levels > NEAR
    levels = ask.levels[beyond]
    dense = len(levels) > 1 and np.diff(levels).max() <= PERIOD / 4 and np.ptp(levels) >= 2 * PERIOD
    return beyond if dense else None


def _paired(ask: Asked) -> bool:
    """Is it the interaction of two sites by their gap?"""
    return ask.curve.factor == "gap" and ask.curve.contrast == "interaction"
