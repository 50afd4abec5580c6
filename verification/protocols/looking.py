"""Looking as one goes: the sequence holds at every look, and where one stopped because of what it said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqdo.effects.anytime import bounded, first_look, stretch
from verification.laws import LAWS
from verification.protocol import Cell, Draws, chunks

LOOKS = np.arange(100, 5001, 100)

TRUTH = 0.05
"""Of an SD: small enough that runs stop for it at every look, some of them wrongly."""


def anytime(draws: Draws) -> Iterator[Cell]:
    """A miss at any look from 100 to 5,000 backgrounds; a wrong interval where it was narrow enough, or left out 0."""
    for place, law in enumerate(
        ("normal", "exponential", "log-normal", "gate 1/8", "gate 1/64", "gamma .3", "t5", "spike in 2 %")
    ):
        rng, replicates = draws.rng(place), draws.replicates(3000)
        any_look = narrow = excluded = 0
        for some in chunks(replicates, 4 * LOOKS[-1]):
            values = TRUTH + LAWS[law](rng, some, LOOKS[-1])
            missed, half = np.zeros((2, some, len(LOOKS)))
            allowed, without_0 = np.zeros((2, some, len(LOOKS)), bool)
            for look, n in enumerate(LOOKS):
                so_far = values[:, :n]
                mean, se = so_far.mean(1), so_far.std(1, ddof=1) / np.sqrt(n)
                half[:, look] = stretch(int(n), 0.95) * se
                missed[:, look] = np.abs(mean - TRUTH) > half[:, look]
                without_0[:, look] = np.abs(mean) > half[:, look]
                allowed[:, look] = n >= first_look(so_far)
            any_look += int((missed.astype(bool) & allowed).any(1).sum())
            narrow += _wrong(missed, allowed & (half <= 0.1))
            excluded += _wrong(missed, allowed & without_0)
        yield Cell(f"{law}, a miss at any look", any_look / replicates, 0.05, "at most", replicates)
        yield Cell(f"{law}, stopped when narrow", narrow / replicates, 0.05, "at most", replicates)
        yield Cell(f"{law}, stopped when 0 is out", excluded / replicates, 0.05, "at most", replicates)
    for place, (name, mean) in enumerate([("Beta(2, 5)", 2 / 7), ("one in 64", 1 / 64)], 20):
        rng, replicates, missed_any = draws.rng(place), draws.replicates(3000), 0
        for some in chunks(replicates, 10_000):
            values = rng.beta(2, 5, (some, 1000)) if "Beta" in name else (rng.random((some, 1000)) < mean) * 1.0
            low, high = bounded(values, 0, 1)
            missed_any += int(((low > mean) | (high < mean)).any(1).sum())
        yield Cell(f"bounded, {name}, a miss at any n to 1,000", missed_any / replicates, 0.05, "at most", replicates)


def _wrong(missed: np.ndarray, stops: np.ndarray) -> int:
    """Runs whose interval misses at the first look at which they stop."""
    rows = np.flatnonzero(stops.any(1))
    return int(missed[rows, stops[rows].argmax(1)].sum())
