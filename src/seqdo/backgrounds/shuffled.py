"""Shuffled backgrounds: real sequences whose letters change places, with the counts of their k-mers kept."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background, Endless, outline, part
from seqdo.backgrounds.shuffle import log_counts, shuffle
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Shuffled(Endless):
    """Shuffles of the source sequences, which backgrounds cycle through."""

    sources: Sequences
    k: int

    def made_of(self, first: int, end: int) -> Shuffled:
        """Shuffles of some of the sources."""
        return replace(self, **part(self.sources[first:end], self.parameters))

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        return shuffle(self.sources[rows % len(self.sources)], self.k, rng)


def shuffled(sequences: SequencesLike, k: Literal[1, 2, 3] = 2, fixed_limit: float = 1.0) -> Background:
    """Shuffles of the sequences that keep the counts of their k-mers: background i shuffles sequence i mod N.

    Every valid shuffle is equally likely (see `seqdo.backgrounds.shuffle`).

    Parameters
    ----------
    sequences : real sequences to shuffle
    k : length of the k-mers whose counts are kept: 1, 2 or 3
        For 2 and 3 the prefix and the suffix of length k - 1 stay, as the counts imply.
    fixed_limit : float
        The largest share of sequences that may have no other shuffle (ACACAC has none for k=2). A larger
        share is an error, a smaller one a warning.

    Examples
    --------
    >>> sorted(set(shuffled(["ACCAGA"], k=2).sample(50, rng=0).to_strings()))
    ['ACCAGA', 'AGACCA']
    """
    sources = trimmed(sequences)
    if not 0 <= fixed_limit <= 1:
        raise InputError(f"fixed_limit={fixed_limit}", "a share from 0 to 1 is needed", "Write fixed_limit=0.5")
    fixed = int((log_counts(sources, k) < np.log(1.5)).sum())
    if fixed:
        problem = f"{fixed} of {len(sources)} sequences have only 1 valid shuffle that keeps their {k}-mers"
        if fixed > fixed_limit * len(sources):
            needed = f"`fixed_limit` allows a share of {fixed_limit:g}"
            raise InputError(problem, needed, "Use a smaller k, or leave these sequences out")
        warnings.warn(f"{problem}, and are used as they are", UserWarning, stacklevel=2)
    shown = outline("shuffled", sources, {"k": int(k), "fixed": fixed})
    return Shuffled(sources=sources, k=k, in_turn=len(sources), **shown)
