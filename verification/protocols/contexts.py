"""Of twenty numbers the one that an effect varies with most: the half that did not choose it does not flatter it."""

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
"""Half of them normal, half counts; all share a factor, as shares of letters do."""

CALLED: dict[tuple[str, int], tuple[float, Side]] = {("normal", 1000): (0.05, "both")}
"""The share of slopes of 0 that is called, and its side; that of others is ``ASYMPTOTIC``."""

ASYMPTOTIC = 0.06
"""HC3 is exact for large n only. Where errors grow with the numbers it calls 5 to 6 % of slopes of 0, chosen or not:
the most where both are skewed, even on 500 backgrounds (6.0 % of 5,000 replicates). 6 % is claimed."""

FAR = 6.0
"""Standard errors that a planted slope is from 0 in each half: others of the twenty are correlated with it to 0.5."""

OWN = 0.3
"""SD over members of the slopes that each has by chance, in SDs of the error that they share."""


def searched(draws: Draws) -> Iterator[Cell]:
    """No slope, and a planted one; errors normal or skewed, larger where the numbers are far from their means."""
    for place, (law, n) in enumerate(product(("normal", "skewed"), (100, 1000))):
        rng, replicates = draws.rng(place), draws.replicates(4000 if n == 100 else 2000)
        parts = [_asked(rng, some, n, law) for some in chunks(replicates, NUMBERS * n)]
        other, same, found, held = (np.concatenate(part) for part in zip(*parts, strict=True))
        claim, side = CALLED.get((law, n), (ASYMPTOTIC, "at most"))
        yield Cell(f"{law}, n={n}, no slope, called by the other half", float(other.mean()), claim, side, replicates)
        # The half that chose it must call many, or the trial could not tell.
        yield Cell(f"{law}, n={n}, the same, by the half that chose", float(same.mean()), 0.25, "at least", replicates)
        yield Cell(f"{law}, n={n}, planted slope found and called", float(found.mean()), 0.8, "at least", replicates)
        name = f"{law}, n={n}, interval of a planted slope"
        yield Cell(name, float(held.mean()), 1 - ASYMPTOTIC, "at least", len(held))
    yield from _members(draws)


def _asked(rng: np.random.Generator, some: int, n: int, law: str) -> tuple[Flags, Flags, Flags, Flags]:
    """Slopes of 0 called by the other half and by the same; a planted one found; held, where it was found."""
    numbers, errors = _drawn(rng, some, n, law)
    halves = _halves(rng, 1, n)
    mine = _of(numbers, choose(errors, numbers, halves)[0])
    same, other = (slopes(halves.effects(errors, part), halves.numbers(mine, part))[0].p <= 0.05 for part in (0, 1))
    planted = numbers[:, 0]
    # se² of a slope is E x²e² / n (E x²)²; here E x² = 0.98 and, by the moments of a normal, E x²e² = 3.378.
    slope = FAR * np.sqrt(3.378 / (n // 2)) / 0.98
    values = errors + slope * planted[:, None]
    found = choose(values, numbers, halves)[0] == 0
    reported = halves.numbers(planted, 1)
    told, _ = slopes(halves.effects(values, 1), reported)
    low, high = told.bounds(0.95)
    truth = slope * reported.std(-1, ddof=1)  # slopes are for one SD of what was seen
    return other, same, found & (told.p <= 0.05), ((low <= truth) & (truth <= high))[found]


def _members(draws: Draws) -> Iterator[Cell]:
    """Five members that learned slopes of their own, 0 on average; and what they would say if all of them chose."""
    n, members, rng, replicates = 400, 5, draws.rng(10), draws.replicates(1000)
    called: dict[str, list[Flags]] = {"other members": [], "the members that chose": []}
    for some in chunks(replicates, NUMBERS * members * n):
        numbers = rng.standard_normal((some, NUMBERS, n))
        own = OWN * rng.standard_normal((some, members, NUMBERS))
        values = own @ numbers + rng.standard_normal((some, 1, n)) + 0.3 * rng.standard_normal((some, members, n))
        apart = _halves(rng, members, n)
        every = np.arange(members)
        for halves, name in zip((apart, Halves((every, every), apart.backgrounds)), called, strict=True):
            mine = halves.numbers(_of(numbers, choose(values, numbers, halves)[0]), 1)
            called[name].append(slopes(halves.effects(values, 1), mine)[0].p <= 0.05)
    sides: tuple[tuple[float, Side], ...] = ((0.05, "at most"), (0.2, "at least"))
    for (name, flags), (claim, side) in zip(called.items(), sides, strict=True):
        share = float(np.concatenate(flags).mean())
        yield Cell(f"{members} members, n={n}, slopes of their own, called by {name}", share, claim, side, replicates)


def _drawn(rng: np.random.Generator, some: int, n: int, law: str) -> tuple[Floats, Floats]:
    """Numbers (some, NUMBERS, n), and errors (some, 1, n) that are larger where the shared factor is."""
    shared = rng.standard_normal((some, 1, n))
    waves = 0.7 * shared + 0.7 * rng.standard_normal((some, NUMBERS // 2, n))
    counts = rng.poisson(np.broadcast_to(2 * np.exp(0.5 * shared), waves.shape)).astype(np.float64)
    errors = rng.standard_normal(shared.shape) if law == "normal" else rng.exponential(size=shared.shape) - 1
    return np.concatenate([waves, counts], 1), (0.5 + np.abs(shared)) * errors


def _halves(rng: np.random.Generator, members: int, n: int) -> Halves:
    return Halves.drawn(members, n, np.random.SeedSequence(int(rng.integers(2**32))))


def _of(numbers: Floats, place: NDArray[np.intp]) -> Floats:
    return np.take_along_axis(numbers, place[:, None, None], 1)[:, 0]
