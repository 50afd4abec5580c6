"""The paired interval of one model covers, on models whose effects are known exactly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, stdtr
from scipy.stats import chisquare, kstest

from seqdo.effects.statistics.interval import interval
from verification.protocol import Cell, Draws, chunks

Floats = NDArray[np.float64]

WIDTH, REST = 7, 13
"""Positions that the edit writes, and other positions that the model reads."""


def letters(draws: Draws) -> Iterator[Cell]:
    """Real weights with the score as output (a continuous effect); whole-number weights with a logistic link."""
    for place, n in enumerate((10, 30, 100, 1000)):
        rng, replicates = draws.rng(place), draws.replicates(5000 if n == 1000 else 20_000)
        weights = rng.normal(size=(WIDTH, 4))
        below, covered = _coverage(rng, n, replicates, weights, None)
        yield Cell(f"score of real weights, n={n}", float(covered.mean()), 0.95, "both", replicates)
        counts = np.histogram(below, np.linspace(0, 1, 21))[0]
        yield Cell(
            f"score of real weights, position of the truth in 20 bins, n={n}",
            float(chisquare(counts).pvalue),
            0.001,
            "p",
            replicates,
        )
        ks = float(kstest(below, "uniform").pvalue)
        yield Cell(f"score of real weights, Kolmogorov-Smirnov test of the position, n={n}", ks, 0.001, "p", replicates)
    for place, n in enumerate((100, 1000), 10):
        rng, replicates = draws.rng(place), draws.replicates(5000 if n == 1000 else 20_000)
        weights = rng.integers(-2, 3, (WIDTH + REST, 4)).astype(np.float64)
        _, covered = _coverage(rng, n, replicates, weights, expit)
        yield Cell(f"whole-number weights, logistic, n={n}", float(covered.mean()), 0.95, "both", replicates)


def _coverage(
    rng: np.random.Generator, n: int, replicates: int, weights: Floats, link: object
) -> tuple[Floats, NDArray[np.bool_]]:
    """Position of the true effect in the distribution of each interval, and whether the 95 % interval covers it."""
    places = np.arange(len(weights))
    best = weights[:WIDTH].max(1).sum()
    truth = _truth(weights, link)
    positions, covered = [], []
    for some in chunks(replicates, n * len(weights)):
        terms = weights[places, rng.integers(0, 4, (some, n, len(weights)))]
        before, rest = terms.sum(-1), terms[..., WIDTH:].sum(-1)
        after = best + rest
        values = after - before if link is None else link(after - best) - link(before - best)  # type: ignore[operator]
        effects, _ = interval(values[:, None, :], 1.0)
        low, high = effects.bounds(0.95)
        covered.append((low <= truth) & (truth <= high))
        positions.append(stdtr(effects.df, (effects.estimate - truth) / effects.se))
    return np.concatenate(positions), np.concatenate(covered)


def _truth(weights: Floats, link: object) -> float:
    """The exact mean: from the means of letters, or from the distribution of a sum of whole numbers (convolution)."""
    best = weights[:WIDTH].max(1).sum()
    if link is None:
        return float(best - weights.mean(1).sum())
    unedited, edited = _distribution(weights), _distribution(weights[WIDTH:])
    after = sum(share * link(score) for score, share in edited.items())  # type: ignore[operator]
    before = sum(share * link(score - best) for score, share in unedited.items())  # type: ignore[operator]
    return float(after - before)


def _distribution(weights: Floats) -> dict[float, float]:
    """Sum of weights of random letters to its probability."""
    distribution = {0.0: 1.0}
    for row in weights:
        after: dict[float, float] = {}
        for score, share in distribution.items():
            for weight in row:
                after[score + weight] = after.get(score + weight, 0.0) + share / 4
        distribution = after
    return distribution
