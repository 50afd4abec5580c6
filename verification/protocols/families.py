"""Many effects together: the false discovery rate is controlled, and a selected effect is unbiased on fresh draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.statistics.interval import paired
from seqdo.effects.statistics.verdicts import adjust
from verification.protocol import Cell, Draws

Floats = NDArray[np.float64]

TESTS, N = 500, 100
EFFECT = 0.45
"""Effect of contrasts that have an effect, in SDs over backgrounds."""

KMERS = 4096


def discoveries(draws: Draws) -> Iterator[Cell]:
    """Contrasts on shared backgrounds: independent, or with a shared factor of equal or mixed sign."""
    kinds = ("independent", "shared factor", "shared factor, mixed signs")
    cells = [(null, kind) for null in (1.0, 0.9, 0.5) for kind in kinds]
    family = np.zeros(TESTS)
    for place, (null, kind) in enumerate(cells):
        rng, replicates, wrong = draws.rng(place), draws.replicates(1000), 0.0
        effects = np.zeros(TESTS)
        effects[round(null * TESTS) :] = EFFECT
        load = np.zeros(TESTS) if kind == "independent" else np.full(TESTS, 0.7)
        if "mixed" in kind:
            load[::2] *= -1
        for _ in range(replicates):
            values = rng.standard_normal((TESTS, N)) * np.sqrt(1 - load**2)[:, None]
            values += load[:, None] * rng.standard_normal(N) + effects[:, None]
            discoveries = adjust(paired(values).p, family) <= 0.05
            wrong += (discoveries & (effects == 0)).sum() / max(discoveries.sum(), 1)
        yield Cell(f"{null:.0%} without effect, {kind}", wrong / replicates, 0.05 * null, "at most", replicates)


def selected(draws: Draws) -> Iterator[Cell]:
    """The largest of 4,096 effects: its interval covers on fresh draws, and misses on the draws that chose it."""
    for place, (truths, n) in enumerate([("all null", 100), ("diffuse", 100), ("diffuse", 1000)]):
        rng, replicates = draws.rng(place), draws.replicates(2000)
        truth = (
            np.zeros((replicates, KMERS)) if truths == "all null" else 0.1 * rng.standard_normal((replicates, KMERS))
        )
        means = truth + rng.standard_normal(truth.shape) / np.sqrt(n)
        rows, best = np.arange(replicates), means.argmax(1)
        fresh = rng.standard_normal((replicates, n)) + truth[rows, best, None]
        noise = rng.standard_normal((replicates, n))
        same = noise - noise.mean(1, keepdims=True) + means[rows, best, None]
        for name, values, side in (("fresh", fresh, "both"), ("the same", same, "at most")):
            low, high = paired(values).bounds(0.95)
            covered = float(((low <= truth[rows, best]) & (truth[rows, best] <= high)).mean())
            # On the same draws intervals have to fail: otherwise the simulation could not detect a bias.
            claim = 0.95 if name == "fresh" else 0.9
            yield Cell(f"{truths}, n={n}, {name} draws", covered, claim, side, replicates)  # type: ignore[arg-type]
