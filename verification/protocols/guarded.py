"""Skewed and rare responses: wrong intervals are flagged, and effects as large as the margin are not called absent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import beta

from seqdo.effects.statistics.interval import interval
from seqdo.effects.statistics.verdicts import ABSENT_NEEDS, verdicts
from verification.laws import LAWS
from verification.protocol import Cell, Draws, chunks

MARGIN = 0.1
"""Margin in SDs, for distributions that are shifted."""


def unflagged(draws: Draws) -> Iterator[Cell]:
    """Intervals that miss the true effect without a flag."""
    cells = ((law, n) for law in LAWS for n in (30, 100, 300, 1000) if n >= ABSENT_NEEDS or not LAWS[law].rare)
    for place, (law, n) in enumerate(cells):
        rng, replicates, wrong = draws.rng(place), draws.replicates(10_000), 0
        for some in chunks(replicates, n):
            effects, guard = interval(LAWS[law](rng, some, 1, n), 1.0)
            low, high = effects.bounds(0.95)
            wrong += int((guard.safe & ((low > 0) | (high < 0))).sum())
        yield Cell(f"{law}, n={n}", wrong / replicates, 0.05, "at most", replicates)


def rare(draws: Draws) -> Iterator[Cell]:
    """One background in 64 responds: runs without a response are flagged, and exact intervals of the share cover."""
    for place, n in enumerate((30, 100, 1000)):
        rng, replicates = draws.rng(place), draws.replicates(20_000)
        covered = silent = constant = 0
        for some in chunks(replicates, n):
            values = (rng.random((some, 1, n)) < 1 / 64) * 3.0
            _, guard = interval(values, 1.0)
            hits = (values[:, 0] > 0).sum(-1)
            low = np.nan_to_num(beta.ppf(0.025, hits, n - hits + 1))
            covered += int(((low <= 1 / 64) & (beta.ppf(0.975, hits + 1, n - hits) >= 1 / 64)).sum())
            silent += int((guard.constant & ((guard.flag != "constant") | guard.safe)).sum())
            constant += int(guard.constant.sum())
        yield Cell(f"Clopper-Pearson interval of the share, n={n}", covered / replicates, 0.95, "at least", replicates)
        yield Cell(f"no response and no flag, n={n}", silent / max(constant, 1), 0.0, "at most", max(constant, 1))


def absent(draws: Draws) -> Iterator[Cell]:
    """Effects of 1 or 1.5 times the margin that are called absent; below n = 300 no effect may be called absent."""
    cells = ((law, n, size) for law in LAWS for n in (20, 50, 100, 300, 1000) for size in (1.0, 1.5))
    for place, (law, n, size) in enumerate(cells):
        rng, replicates, false = draws.rng(place), draws.replicates(10_000), 0
        for some in chunks(replicates, n):
            if law.startswith("gate"):
                # The effect is the response itself, and its mean is the truth.
                values = (LAWS[law](rng, some, 1, n) * LAWS[law].sd + LAWS[law].mean) * size
                margin, sd = LAWS[law].mean, LAWS[law].sd
            else:
                values, margin, sd = LAWS[law](rng, some, 1, n) + size * MARGIN, MARGIN, 1.0
            effects, guard = interval(values, sd)
            low, high = effects.bounds(0.95)
            verdict = verdicts(low, high, np.full(some, margin), n, guard.safe)
            false += int((verdict == "absent").sum())
        claim = 0.05 if n >= ABSENT_NEEDS else 0.0
        yield Cell(f"{law}, n={n}, {size:g} × the margin", false / replicates, claim, "at most", replicates)
