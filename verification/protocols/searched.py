"""Whole searches through sd.search: the estimate of the chosen start is unbiased.

The models are sums of letters, and the search is for the start with the largest effect of a pattern. The true effect at
each start is known from the planted model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_1samp

import seqdo as sd
from seqdo.models.planted import Planted
from verification.protocol import Cell, Draws

MOTIF, LENGTH = "GATTA", 120
STARTS = range(0, LENGTH, len(MOTIF))
"""Starts whose spans do not overlap, so that random errors differ between starts."""

SCREEN, N, REPLICATES = 64, 200, 200

KINDS = {"no effect": (0, 1, False), "effects": (1, 1, False), "a file": (1, 1, True), "5 members": (1, 5, False)}
"""Name to the largest effect of a letter, the number of members, and whether backgrounds are sequences of a file."""


@dataclass(frozen=True)
class Top:
    """The start that ranked first, and its estimates on the screening backgrounds and on fresh backgrounds.

    Attributes
    ----------
    screened, fresh : estimate minus true effect, positive in the direction in which the start was chosen
    covered_screened, covered : whether the interval covers the true effect
    """

    screened: float
    fresh: float
    covered_screened: bool
    covered: bool


def _planted(rng: np.random.Generator, largest: int, members: int) -> list[Planted]:
    """Members whose weights have mean 0 at each position; letters of the pattern have the planted weights."""
    drawn = rng.integers(-5, 6, (LENGTH, 2))
    pattern = np.eye(4, dtype=bool)[sd.DNA.encode(MOTIF * len(STARTS))]
    weights = np.zeros((LENGTH, 4), np.int64)
    weights[~pattern] = np.concatenate([drawn, -drawn.sum(1, keepdims=True)], 1).ravel()
    weights[pattern] = rng.integers(-largest, largest + 1, LENGTH)
    spread = int(members > 1)
    by_member = weights + rng.integers(-spread, spread + 1, (members, LENGTH, 4))
    return [sd.planted.letter_score(member, lambda score: score) for member in by_member]


def _top(rng: np.random.Generator, planted: Sequence[Planted], from_file: bool) -> Top:
    """One search, compared with the exact mean effect of these models."""
    members = [model.members[0].predict for model in planted]
    model = planted[0] if len(members) == 1 else sd.wrap(members, alphabet=sd.DNA, length=LENGTH, layout="codes")
    null = sd.backgrounds.uniform(LENGTH)
    if from_file:
        null = sd.backgrounds.natural(null.sample(SCREEN + N, rng=int(rng.integers(2**32))))
    search = sd.search(
        sd.positions(MOTIF, STARTS), model, null, keep=1, screen=SCREEN, n=N, rng=int(rng.integers(2**32)), margin=1.0
    )
    after = search.table.iloc[0]
    start, side = int(after["position"]), np.sign(after["screened"])
    truth = float(np.mean([member.expected([(start, MOTIF)]) - member.expected() for member in planted]))
    before = search.screened.table.set_index("position").loc[start]
    covered = (bool(row["low"] <= truth <= row["high"]) for row in (before, after))
    return Top(side * (before["estimate"] - truth), side * (after["estimate"] - truth), *covered)


def reported(draws: Draws) -> Iterator[Cell]:
    """The best of 24 starts: without effects, with effects, on sequences of a file, and with five members."""
    replicates = draws.replicates(REPLICATES)
    for place, (kind, (largest, members, from_file)) in enumerate(KINDS.items()):
        rng = draws.rng(place)
        tops = [_top(rng, _planted(rng, largest, members), from_file) for _ in range(replicates)]
        covered = float(np.mean([top.covered for top in tops]))
        # The truth is that of these members. The interval of an ensemble also covers other members, and is wider.
        yield Cell(f"{kind}: fresh interval", covered, 0.95, "both" if members == 1 else "at least", replicates)
        p = float(ttest_1samp([top.fresh for top in tops], 0.0).pvalue)
        yield Cell(f"{kind}: p-value of the bias of the fresh estimate", p, 0.001, "p", replicates)
        if members == 1:  # the screen has to fail: otherwise the simulation could not detect a bias
            before = float(np.mean([top.covered_screened for top in tops]))
            yield Cell(f"{kind}: interval on the screening backgrounds", before, 0.9, "at most", replicates)
            unbiased = float(np.mean([top.screened <= 0 for top in tops]))
            yield Cell(f"{kind}: screening estimate not above the true effect", unbiased, 0.4, "at most", replicates)
