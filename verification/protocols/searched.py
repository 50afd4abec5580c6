"""Search and report as a user does, through sd.search: what was chosen by luck is not reported with it.

Sums of letters are asked where a pattern works; the exact effect at each start is that of the planted model.
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
"""Where the spans do not overlap, so that what luck adds differs from start to start."""

SCREEN, N, REPLICATES = 64, 200, 200

KINDS = {"no effect": (0, 1, False), "effects": (1, 1, False), "a file": (1, 1, True), "5 members": (1, 5, False)}
"""What varies: the largest effect of a letter, members, and whether backgrounds are given or endless."""


@dataclass(frozen=True)
class Top:
    """The start that ranked first, and its effect as either set of backgrounds has it.

    Attributes
    ----------
    screened, fresh : estimate minus truth, towards the side on which it was chosen
    held_screened, held : is the truth in the interval?
    """

    screened: float
    fresh: float
    held_screened: bool
    held: bool


def _planted(rng: np.random.Generator, largest: int, members: int) -> list[Planted]:
    """Members whose letters have a mean of 0 at each place, and the pattern's 0 too, but for what is planted."""
    drawn = rng.integers(-5, 6, (LENGTH, 2))
    pattern = np.eye(4, dtype=bool)[sd.DNA.encode(MOTIF * len(STARTS))]
    weights = np.zeros((LENGTH, 4), np.int64)
    weights[~pattern] = np.concatenate([drawn, -drawn.sum(1, keepdims=True)], 1).ravel()
    weights[pattern] = rng.integers(-largest, largest + 1, LENGTH)
    spread = int(members > 1)
    each = weights + rng.integers(-spread, spread + 1, (members, LENGTH, 4))
    return [sd.planted.letter_score(one, lambda score: score) for one in each]


def _top(rng: np.random.Generator, planted: Sequence[Planted], given: bool) -> Top:
    """One search, held against the exact mean effect of these models."""
    asked = [model.members[0].predict for model in planted]
    model = planted[0] if len(asked) == 1 else sd.wrap(asked, alphabet=sd.DNA, length=LENGTH, layout="codes")
    null = sd.backgrounds.uniform(LENGTH)
    if given:
        null = sd.backgrounds.natural(null.sample(SCREEN + N, rng=int(rng.integers(2**32))))
    found = sd.search(
        sd.positions(MOTIF, STARTS), model, null, keep=1, screen=SCREEN, n=N, rng=int(rng.integers(2**32)), margin=1.0
    )
    after = found.table.iloc[0]
    start, side = int(after["position"]), np.sign(after["screened"])
    truth = float(np.mean([one.expected([(start, MOTIF)]) - one.expected() for one in planted]))
    before = found.screened.table.set_index("position").loc[start]
    held = (bool(row["low"] <= truth <= row["high"]) for row in (before, after))
    return Top(side * (before["estimate"] - truth), side * (after["estimate"] - truth), *held)


def reported(draws: Draws) -> Iterator[Cell]:
    """The best of 24 starts: where none has an effect, where many have, on sequences of a file, of five members."""
    replicates = draws.replicates(REPLICATES)
    for place, (kind, (largest, members, given)) in enumerate(KINDS.items()):
        rng = draws.rng(place)
        tops = [_top(rng, _planted(rng, largest, members), given) for _ in range(replicates)]
        held = float(np.mean([top.held for top in tops]))
        # Of an ensemble the truth is that of these members; the interval covers others too, and is wider.
        yield Cell(f"{kind}: fresh interval", held, 0.95, "both" if members == 1 else "at least", replicates)
        p = float(ttest_1samp([top.fresh for top in tops], 0.0).pvalue)
        yield Cell(f"{kind}: p of the fresh estimate's bias", p, 0.001, "p", replicates)
        if members == 1:  # the screen must fail, or the trial could not tell
            before = float(np.mean([top.held_screened for top in tops]))
            yield Cell(f"{kind}: interval of the screen", before, 0.9, "at most", replicates)
            right = float(np.mean([top.screened <= 0 for top in tops]))
            yield Cell(f"{kind}: screen not flattered", right, 0.4, "at most", replicates)
