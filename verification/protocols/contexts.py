"""The strongest of twenty moderators: the half of the backgrounds that did not choose it gives valid tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.heterogeneity.heterogeneity import slopes
from seqdo.effects.heterogeneity.honest import Halves, choose
from verification.protocol import Cell, Draws, Side, chunks

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NUMBERS = 20
"""Number of moderators: half of them are normal and half are counts. All share a factor, as shares of letters do."""

SIGNIFICANT: dict[tuple[str, int], tuple[float, Side]] = {("normal", 1000): (0.05, "both")}
"""Claimed share of significant slopes of 0, and its side; for other cases the claim is ``ASYMPTOTIC``."""

ASYMPTOTIC = 0.06
"""HC3 is exact for large n only. If errors grow with the moderators, 5 to 6 % of slopes of 0 are significant, chosen
or not. The share is largest if both are skewed, even on 500 backgrounds (6.0 % of 5,000 replicates): 6 % is claimed."""

FAR = 6.0
"""Distance of a planted slope from 0 in standard errors of a half. Its moderator has correlations of up to 0.5."""

OWN = 0.3
"""SD over members of the slopes that each member learned by chance, in SDs of the error that they share."""


def searched(draws: Draws) -> Iterator[Cell]:
    """No slope, and a planted slope; errors are normal or skewed, and larger far from the mean of the moderators."""
    for place, (law, n) in enumerate(product(("normal", "skewed"), (100, 1000))):
        rng, replicates = draws.rng(place), draws.replicates(4000 if n == 100 else 2000)
        parts = [_searched(rng, some, n, law) for some in chunks(replicates, NUMBERS * n)]
        other, same, detected, covered = (np.concatenate(part) for part in zip(*parts, strict=True))
        claim, side = SIGNIFICANT.get((law, n), (ASYMPTOTIC, "at most"))
        yield Cell(
            f"{law}, n={n}, no slope, significant on the other half", float(other.mean()), claim, side, replicates
        )
        # On the half that chose, many have to be significant: otherwise the simulation could not detect a bias.
        yield Cell(
            f"{law}, n={n}, no slope, significant on the half that chose",
            float(same.mean()),
            0.25,
            "at least",
            replicates,
        )
        yield Cell(
            f"{law}, n={n}, planted slope chosen and significant", float(detected.mean()), 0.8, "at least", replicates
        )
        name = f"{law}, n={n}, interval of a planted slope"
        yield Cell(name, float(covered.mean()), 1 - ASYMPTOTIC, "at least", len(covered))
    yield from _members(draws)


def _searched(rng: np.random.Generator, some: int, n: int, law: str) -> tuple[Flags, Flags, Flags, Flags]:
    """Significance of slopes of 0 on the other half and on the same half; detection and coverage of a planted slope."""
    numbers, errors = _drawn(rng, some, n, law)
    halves = _halves(rng, 1, n)
    chosen = _of(numbers, choose(errors, numbers, halves)[0])
    same, other = (slopes(halves.effects(errors, part), halves.numbers(chosen, part))[0].p <= 0.05 for part in (0, 1))
    planted = numbers[:, 0]
    # se² of a slope is E x²e² / n (E x²)²; here E x² = 0.98 and, by the moments of a normal, E x²e² = 3.378.
    slope = FAR * np.sqrt(3.378 / (n // 2)) / 0.98
    values = errors + slope * planted[:, None]
    detected = choose(values, numbers, halves)[0] == 0
    estimating = halves.numbers(planted, 1)
    estimate, _ = slopes(halves.effects(values, 1), estimating)
    low, high = estimate.bounds(0.95)
    truth = slope * estimating.std(-1, ddof=1)  # slopes are for one SD of the moderator in the sample
    return other, same, detected & (estimate.p <= 0.05), ((low <= truth) & (truth <= high))[detected]


def _members(draws: Draws) -> Iterator[Cell]:
    """Five members whose slopes have mean 0, with members divided into halves, and with all members in both halves."""
    n, members, rng, replicates = 400, 5, draws.rng(10), draws.replicates(1000)
    significant: dict[str, list[Flags]] = {"other members": [], "the members that chose": []}
    for some in chunks(replicates, NUMBERS * members * n):
        numbers = rng.standard_normal((some, NUMBERS, n))
        own = OWN * rng.standard_normal((some, members, NUMBERS))
        values = own @ numbers + rng.standard_normal((some, 1, n)) + 0.3 * rng.standard_normal((some, members, n))
        divided = _halves(rng, members, n)
        together = Halves((np.arange(members),) * 2, divided.backgrounds)
        for halves, name in zip((divided, together), significant, strict=True):
            chosen = halves.numbers(_of(numbers, choose(values, numbers, halves)[0]), 1)
            significant[name].append(slopes(halves.effects(values, 1), chosen)[0].p <= 0.05)
    sides: tuple[tuple[float, Side], ...] = ((0.05, "at most"), (0.2, "at least"))
    for (name, flags), (claim, side) in zip(significant.items(), sides, strict=True):
        share = float(np.concatenate(flags).mean())
        yield Cell(
            f"{members} members, n={n}, slopes of each member, significant for {name}", share, claim, side, replicates
        )


def _drawn(rng: np.random.Generator, some: int, n: int, law: str) -> tuple[Floats, Floats]:
    """Moderators (some, NUMBERS, n), and errors (some, 1, n) that grow with the size of the shared factor."""
    shared = rng.standard_normal((some, 1, n))
    waves = 0.7 * shared + 0.7 * rng.standard_normal((some, NUMBERS // 2, n))
    counts = rng.poisson(np.broadcast_to(2 * np.exp(0.5 * shared), waves.shape)).astype(np.float64)
    errors = rng.standard_normal(shared.shape) if law == "normal" else rng.exponential(size=shared.shape) - 1
    return np.concatenate([waves, counts], 1), (0.5 + np.abs(shared)) * errors


def _halves(rng: np.random.Generator, members: int, n: int) -> Halves:
    return Halves.drawn(members, n, np.random.SeedSequence(int(rng.integers(2**32))))


def _of(numbers: Floats, place: NDArray[np.intp]) -> Floats:
    return np.take_along_axis(numbers, place[:, None, None], 1)[:, 0]
