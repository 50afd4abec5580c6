"""What a claim is held against: cells with a count, and the band that the count may lie in by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
from scipy.stats import binom

FAMILY = 0.001
"""Chance that any cell of a protocol falls out of its band although its claim holds."""

SEED = 20261122
"""Of all simulations, with the number of the protocol and of the cell, and with the release."""

Side = Literal["both", "at least", "at most", "p"]


@dataclass(frozen=True)
class Cell:
    """One simulated figure.

    Attributes
    ----------
    name : what was varied
    value : a share of ``replicates``, or a p-value of a test of the claim (``side`` "p")
    claim : the share that is claimed, or the smallest p that is no alarm
    side : whether the share may be larger than claimed, or smaller, or neither
    """

    name: str
    value: float
    claim: float
    side: Side
    replicates: int

    def limits(self, cells: int) -> tuple[float, float]:
        """Smallest and largest value that chance explains, one of so many cells being looked at (exact binomial)."""
        if self.side == "p":
            return self.claim / cells, 1.0
        tail = FAMILY / cells / (2 if self.side == "both" else 1)
        low, high = (float(binom.ppf(q, self.replicates, self.claim)) / self.replicates for q in (tail, 1 - tail))
        return (0.0 if self.side == "at most" else low), (1.0 if self.side == "at least" else high)


@dataclass(frozen=True)
class Draws:
    """Randomness and replicates of one protocol.

    Attributes
    ----------
    key : of the protocol
    release : 0 for the stored seeds; another gives others
    share : of the replicates that are made
    """

    key: str
    release: int = 0
    share: float = 1.0

    def rng(self, cell: int) -> np.random.Generator:
        """The generator of a cell."""
        return np.random.default_rng(np.random.SeedSequence([SEED, self.release, crc32(self.key.encode()), cell]))

    def replicates(self, most: int) -> int:
        """As many, or the share of them."""
        return max(1, math.ceil(most * self.share))


@dataclass(frozen=True)
class Protocol:
    """A claim and how it is tried.

    Attributes
    ----------
    key : that of the published protocol (C1, C2, ...), or a word
    claim : in a sentence that a biologist reads
    cells : makes the figures
    """

    key: str
    claim: str
    cells: Callable[[Draws], Iterator[Cell]]


@dataclass(frozen=True)
class Result:
    """What a protocol gave."""

    protocol: Protocol
    cells: tuple[Cell, ...]
    seconds: float

    @property
    def outside(self) -> list[Cell]:
        """Cells out of their bands."""
        return [cell for cell in self.cells if not self.inside(cell)]

    def inside(self, cell: Cell) -> bool:
        """Is the figure one that chance explains?"""
        low, high = cell.limits(len(self.cells))
        return bool(low <= cell.value <= high)


def chunks(replicates: int, numbers: int, most: int = 4_000_000) -> Iterator[int]:
    """Replicates in parts, so that what is in memory stays below so many numbers."""
    step = max(1, most // numbers)
    for first in range(0, replicates, step):
        yield min(step, replicates - first)
