"""The interval of an ensemble covers the effects of other trained members on other backgrounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from seqdo.effects.statistics.interval import interval
from verification.protocol import Cell, Draws, chunks


def crossed(draws: Draws) -> Iterator[Cell]:
    """Members and backgrounds are normal; the SD of their interaction is 0.3 of the SD over backgrounds."""
    cells = product((2, 3, 4, 5, 10), (200, 1000), (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0))
    for place, (members, n, share) in enumerate(cells):
        rng, replicates, covered = draws.rng(place), draws.replicates(4000), 0
        for some in chunks(replicates, members * n):
            values = rng.standard_normal((some, 1, n)) + share * rng.standard_normal((some, members, 1))
            values = values + 0.3 * rng.standard_normal((some, members, n))
            effects, _ = interval(values, 1.0)
            low, high = effects.bounds(0.95)
            covered += int(((low <= 0) & (high >= 0)).sum())
        name = f"{members} members, n={n}, SD of members {share:g}"
        yield Cell(name, covered / replicates, 0.95, "at least", replicates)
        if members > 2:  # for two members the interval is the wider of two, which can be too wide
            yield Cell(f"{name}: not too wide", covered / replicates, 0.985, "at most", replicates)
