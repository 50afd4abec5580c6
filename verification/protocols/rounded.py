"""Rare responses in networks that compute in float32 and have a large common part: rounding is not a response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqdo as sd
from verification.letter_models import Codes, estimated, has_pattern
from verification.protocol import Cell, Draws

LENGTH = 100
PATTERNS, PLACES = ("GATTACA", "CCATGG"), (20, 40)
KEY, KEY_AT = "ACGTA", 70
EFFECT = 150 / 1024
"""The interaction, above the margin of 0.1: 150 where both patterns and a key of five letters are there.

Shorter keys are there more often, and the response is smaller."""


def responses(draws: Draws) -> Iterator[Cell]:
    """An interaction above the margin, from few backgrounds, is called absent."""
    cells = [(letters, common, n) for letters in (5, 4, 3) for common in (0.0, 1.0, 300.0) for n in (300, 1000)]
    for place, (letters, common, n) in enumerate(cells):
        rng, replicates, false = draws.rng(place), draws.replicates(150), 0
        for _ in range(replicates):
            design = sd.interaction(list(PATTERNS), at=list(PLACES))
            table = estimated(design, _network(rng, letters, common), LENGTH, rng, n).table
            false += int(table.loc[table["contrast"] == "interaction", "verdict"].iloc[0] == "absent")
        name = f"a response in 1 of {4**letters:,}, common part of SD {common:g}, n={n}"
        yield Cell(name, false / replicates, 0.05, "at most", replicates)


def _network(rng: np.random.Generator, letters: int, common: float) -> Callable[[Codes], NDArray[Any]]:
    """Patterns that add up, a rare response to both, and a sum over all letters, added one after another in float32."""
    weights = (common / LENGTH**0.5 * rng.standard_normal((LENGTH, 4))).astype(np.float32)
    size = np.float32(EFFECT * 4**letters)

    def predict(codes: Codes) -> NDArray[Any]:
        first, second = (
            has_pattern(codes, pattern, at).astype(np.float32) for pattern, at in zip(PATTERNS, PLACES, strict=True)
        )
        y = first + 2 * second + size * first * second * has_pattern(codes, KEY[:letters], KEY_AT)
        for position in range(LENGTH):
            if not any(at <= position < at + len(pattern) for pattern, at in zip(PATTERNS, PLACES, strict=True)):
                y = y + weights[position, codes[:, position]]
        return y

    return predict
