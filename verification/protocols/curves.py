"""Whole curves: bands cover them, and their tests keep their level if the null hypothesis is true."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.curves.harmonic import Wave
from seqdo.effects.statistics.band import adjusted, band
from seqdo.effects.statistics.hotelling import hotelling
from seqdo.effects.statistics.interval import interval, paired
from verification.laws import LAWS
from verification.protocol import Cell, Draws, chunks

Floats = NDArray[np.float64]

POINTS = 153
"""Points of the curve whose band is simulated."""

GAPS = np.arange(11.0, 101.0)
"""Gaps beyond those that count as near, in bp."""


def _sliding(rng: np.random.Generator, replicates: int, points: int, n: int, width: int = 7) -> Floats:
    """Contrasts (replicates, points, n) of a pattern at successive positions, which overlap."""
    weights = rng.normal(size=4)
    weights -= weights.mean()
    scores = weights[rng.integers(0, 4, (replicates, points + width - 1, n))]
    sums = np.cumsum(np.concatenate([np.zeros((replicates, 1, n)), scores], 1), 1)
    return np.asarray(sums[:, width:] - sums[:, :-width])


def bands(draws: Draws) -> Iterator[Cell]:
    """All points are inside the band; and the band is no wider than with a Bonferroni correction."""
    for place, n in enumerate((30, 100, 300, 1000)):
        rng, replicates = draws.rng(place), draws.replicates(2000)
        covered = wide = 0
        for some in chunks(replicates, POINTS * n):
            for values in _sliding(rng, some, POINTS, n):
                effects, _ = interval(values[:, None], 1.0)
                half = band(values[:, None], effects, 0.95)
                covered += bool((np.abs(effects.estimate) <= half).all())
                wide += bool((half > effects.half_width(1 - 0.05 / POINTS) * (1 + 1e-9)).any())
        yield Cell(f"{POINTS} points, n={n}", covered / replicates, 0.95, "at least", replicates)
        yield Cell(f"wider than with Bonferroni, n={n}", wide / replicates, 0.0, "at most", replicates)


def flatness(draws: Draws) -> Iterator[Cell]:
    """Curves without an influence of the position are rejected in at most 5 %."""
    for place, n in enumerate((100, 1000)):
        rng, replicates, rejected = draws.rng(place), draws.replicates(1000), 0
        for some in chunks(replicates, 60 * n):
            for values in _sliding(rng, some, 60, n):
                deviations = values - values.mean(0)
                rejected += bool(adjusted(paired(deviations).p, deviations).min() <= 0.05)
        yield Cell(f"flat, 60 points, n={n}", rejected / replicates, 0.05, "at most", replicates)


def additivity(draws: Draws) -> Iterator[Cell]:
    """Additive sites, by three second differences together; and detection of multiplicative sites."""
    cells = [(law, n) for law in ("normal", "exponential") for n in (100, 1000)]
    for place, (law, n) in enumerate(cells):
        rng, replicates, rejected = draws.rng(place), draws.replicates(4000), 0
        for some in chunks(replicates, 5 * n):
            sites = LAWS[law](rng, some, 5, n)
            copies = np.concatenate([np.zeros((some, 1, n)), np.cumsum(1 + sites, 1)], 1)
            rejected += int((hotelling(np.diff(copies[:, :5], 2, axis=1))[1] <= 0.05).sum())
        # T² of skewed contrasts rejects a little more often at n = 100.
        side = "both" if law == "normal" else "at most"
        if law == "normal" or n >= 1000:
            yield Cell(f"{law} sites, n={n}", rejected / replicates, 0.05, side, replicates)
    rng, replicates = draws.rng(20), draws.replicates(1000)
    sites = LAWS["normal"](rng, replicates, 5, 100)
    copies = np.concatenate([np.zeros((replicates, 1, 100)), np.exp(0.5 * np.cumsum(1 + 0.3 * sites, 1))], 1)
    rejected_share = (hotelling(np.diff(copies[:, :5], 2, axis=1))[1] <= 0.05).mean()
    yield Cell("multiplicative sites, rejected, n=100", float(rejected_share), 0.94, "at least", replicates)


def interactions(draws: Draws) -> Iterator[Cell]:
    """Two patterns with mean interaction 0 but an interaction in each context; and two that interact."""
    for place, n in enumerate((20, 100, 1000)):
        rng, replicates, rejected = draws.rng(place), draws.replicates(10_000), 0
        weights = rng.normal(size=(12, 4))
        weights -= weights.mean(1, keepdims=True)
        for some in chunks(replicates, n * 12):
            context = weights[np.arange(12), rng.integers(0, 4, (some, n, 12))].sum(-1)
            rejected += int((paired(context).p <= 0.05).sum())
        yield Cell(f"context alone, n={n}", rejected / replicates, 0.05, "both", replicates)
    rng, replicates = draws.rng(10), draws.replicates(2000)
    score = rng.normal(size=(replicates, 20)) * 0.5
    raw = np.exp(score + 2) - 2 * np.exp(score + 1) + np.exp(score)
    rejected_share = float((paired(raw).p <= 0.05).mean())
    yield Cell("multiplicative sites, rejected, n=20", rejected_share, 0.94, "at least", replicates)
    for place, law in enumerate(("normal", "exponential"), 20):
        rng, replicates, rejected = draws.rng(place), draws.replicates(20_000), 0
        for some in chunks(replicates, 1000):
            rejected += int((paired(LAWS[law](rng, some, 1000)).p <= 0.05).sum())
        yield Cell(f"orientation, {law}, n=1000", rejected / replicates, 0.05, "both", replicates)


def _spacing(rng: np.random.Generator, replicates: int, n: int, amplitude: float) -> Floats:
    """Interactions (replicates, gaps, n): a wave and a trend, with noise that neighboring gaps share."""
    noise = rng.standard_normal((replicates, len(GAPS) + 6, n))
    sums = np.cumsum(np.concatenate([np.zeros((replicates, 1, n)), noise], 1), 1)
    shared = (sums[:, 7:] - sums[:, :-7]) / np.sqrt(7)
    curve = np.exp(-GAPS / 60) + amplitude * np.cos(2 * np.pi * GAPS / 10.5)
    return np.asarray(shared + curve[:, None])


def periods(draws: Draws) -> Iterator[Cell]:
    """A trend without a wave is not called periodic; a wave with a tenth of the noise is detected."""
    for place, (n, amplitude) in enumerate([(100, 0.0), (1000, 0.0), (1000, 0.1)]):
        rng, replicates, rejected = draws.rng(place), draws.replicates(1000), 0
        wave = Wave(GAPS, 10.5)
        for some in chunks(replicates, 2 * len(GAPS) * n):
            rejected += int((hotelling(wave.coefficients(_spacing(rng, some, n, amplitude)))[1] <= 0.05).sum())
        if amplitude:
            yield Cell(f"a wave of {amplitude}, rejected, n={n}", rejected / replicates, 0.9, "at least", replicates)
        else:
            yield Cell(f"no wave, rejected, n={n}", rejected / replicates, 0.05, "both", replicates)
