"""The interval of an ensemble covers what other trainings, on other backgrounds, would give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from seqdo.effects.statistics.interval import interval
from verification.protocol import Cell, Draws, chunks


def crossed(draws: Draws) -> Iterator[Cell]:
    """Members and backgrounds normal, their interaction .3 of the backgrounds' SD."""
    cells = product((2, 3, 4, 5, 10), (200, 1000), (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0))
    for place, (members, n, share) in enumerate(cells):
        rng, replicates, held = draws.rng(place), draws.replicates(4000), 0
        for some in chunks(replicates, members * n):
            values = rng.standard_normal((some, 1, n)) + share * rng.standard_normal((some, members, 1))
            values = values + 0.3 * rng.standard_normal((some, members, n))
            found, _ = interval(values, 1.0)
            low, high = found.bounds(0.95)
            held += int(((low <= 0) & (high >= 0)).sum())
        name = f"{members} members, n={n}, SD of members {share:g}"
        yield Cell(name, held / replicates, 0.95, "at least", replicates)
        if members > 2:  # two members give the wider of two intervals, whatever that is
            yield Cell(f"{name}: not wider than need be", held / replicates, 0.985, "at most", replicates)
