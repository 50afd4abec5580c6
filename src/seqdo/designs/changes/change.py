"""A change: one thing that an arm writes into each background, and how its edit is made for given backgrounds.

A motif at a place is one kind (:mod:`seqdo.designs.changes.site`); letters for each sequence, a site that is replaced
by random letters and a substitution are others. A change may depend on the letters of the background. Whatever is drawn
comes from a stream of its own, in whole blocks, so that it depends on the index of the background alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import BLOCK
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.edit import Edit, refuse_off_end
from seqdo.sequences.sequences import Sequences


class Change(ABC):
    """What an arm writes at one place of each background."""

    @property
    def patterns(self) -> tuple[Motif, ...]:
        """The motifs that the change writes, not reverse-complemented; none if it writes no motif."""
        return ()

    @property
    def stranded(self) -> bool:
        """Does the change write a reverse complement?"""
        return False

    @property
    def alphabet(self) -> Alphabet | None:
        """The alphabet of its letters; None if they fit both."""
        return None

    @property
    def turns(self) -> int:
        """How many rows of its own backgrounds cycle through: background i gets row i modulo that. 0 if it has none."""
        return 0

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the change in errors."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What is written where, as in the names of arms: ``GATTACA@20``."""

    @property
    @abstractmethod
    def writes(self) -> tuple[object, ...]:
        """Equal for changes that write the same letters into every background, whatever they are called."""

    @property
    @abstractmethod
    def starts(self) -> tuple[int, ...]:
        """Every start that the change can have."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Positions from its start to its end."""

    @property
    def columns(self) -> NDArray[np.int64]:
        """Every column that the change may write, in order."""
        return np.unique(np.add.outer(np.array(self.starts, np.int64), np.arange(self.width)))

    @property
    def to_the_end(self) -> bool:
        """May the change write every letter after its start, however long the sequence is?"""
        return False

    @abstractmethod
    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ... of the run with this seed."""

    def check(self, lengths: NDArray[np.int64]) -> None:
        """Refuse sequences of these lengths if the change falls off the end of one, with the last start that fits."""
        shortest = int(lengths.min())
        for start in self.starts:
            if start < 0 or start + self.width > shortest:
                affected = lengths < start + self.width if start >= 0 else lengths >= 0
                refuse_off_end(self.name, self.width, start, shortest, int(affected.sum()), len(lengths))


def in_blocks(first: int, n: int, draw: Callable[[int], NDArray[Any]]) -> NDArray[Any]:
    """Rows first to first + n of values that are drawn in whole blocks, as backgrounds are."""
    start = first // BLOCK
    drawn = np.concatenate([draw(block) for block in range(start, (first + n - 1) // BLOCK + 1)])
    return drawn[first - start * BLOCK :][:n]
