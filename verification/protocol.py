"""Protocols: cells with a simulated figure each, and the band that chance explains."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
from scipy.stats import binom

FAMILY = 0.001
"""Chance that any cell of a protocol is outside its band although the claim is true."""

SEED = 20261122
"""Seed of all simulations, together with the protocol, the cell and the release."""

Side = Literal["both", "at least", "at most", "p"]


@dataclass(frozen=True)
class Cell:
    """One simulated figure.

    Attributes
    ----------
    name : conditions of the simulation
    value : a share of ``replicates``, or the p-value of a test of the claim (``side`` "p")
    claim : the claimed share, or the smallest p-value that agrees with the claim
    side : whether the share may be larger than claimed ("at least"), smaller ("at most"), or neither ("both")
    replicates : number of simulations
    """

    name: str
    value: float
    claim: float
    side: Side
    replicates: int

    def limits(self, cells: int) -> tuple[float, float]:
        """Smallest and largest value that chance explains, for one of ``cells`` cells (exact binomial)."""
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
    key : key of the protocol
    release : 0 for the stored seeds; each number has other seeds
    share : share of the replicates that are simulated
    """

    key: str
    release: int = 0
    share: float = 1.0

    def rng(self, cell: int) -> np.random.Generator:
        """The generator of a cell."""
        return np.random.default_rng(np.random.SeedSequence([SEED, self.release, crc32(self.key.encode()), cell]))

    def replicates(self, most: int) -> int:
        """The number of replicates: ``most``, or its share."""
        return max(1, math.ceil(most * self.share))


@dataclass(frozen=True)
class Protocol:
    """A claim and its simulations.

    Attributes
    ----------
    key : number of the published protocol (C1, C2, ...), or a name
    claim : the claim as a sentence for biologists
    cells : simulates the figures
    """

    key: str
    claim: str
    cells: Callable[[Draws], Iterator[Cell]]


@dataclass(frozen=True)
class Result:
    """The figures of a protocol."""

    protocol: Protocol
    cells: tuple[Cell, ...]
    seconds: float

    @property
    def outside(self) -> list[Cell]:
        """Cells outside their bands."""
        return [cell for cell in self.cells if not self.inside(cell)]

    def inside(self, cell: Cell) -> bool:
        """Whether chance explains the figure."""
        low, high = cell.limits(len(self.cells))
        return bool(low <= cell.value <= high)


def chunks(replicates: int, numbers: int, most: int = 4_000_000) -> Iterator[int]:
    """Replicates in parts, so that at most ``most`` numbers are in memory."""
    step = max(1, most // numbers)
    for first in range(0, replicates, step):
        yield min(step, replicates - first)
