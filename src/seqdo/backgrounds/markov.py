"""Markov backgrounds: each letter drawn after the letters before it, as real sequences have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background, Endless, outline, whole
from seqdo.backgrounds.independent import cumulative_sums, letters_at, padded
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed

_HIGHEST_ORDER = 8


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Markov(Endless):
    """A chain that begins with the letters of one source sequence and has the length of another."""

    sources: Sequences
    order: int
    cumulative: NDArray[np.float64]  # (4**order, 4), contexts read as numbers in base 4

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        picks = (rng.random((2, len(rows))) * len(self.sources)).astype(np.int64)
        u = rng.random((len(rows), self.longest - self.order))
        codes = np.empty((len(rows), self.longest), np.uint8)
        codes[:, : self.order] = self.sources.codes[picks[0], : self.order]
        context = codes[:, : self.order] @ 4 ** np.arange(self.order - 1, -1, -1)
        for j in range(self.order, self.longest):
            codes[:, j] = letters_at(u[:, j - self.order], self.cumulative[context])
            context = (4 * context + codes[:, j]) % 4**self.order
        return padded(codes, self.sources.lengths[picks[1]])


def markov(sequences: SequencesLike, order: int = 1) -> Background:
    """A Markov chain of this order, with the letters' frequencies after each k-mer of the sequences.

    Lengths are drawn from the observed lengths, the first ``order`` letters from the beginnings of sequences.
    A k-mer after which the sequences have no letter backs off to its suffix of length k - 1, and so on down
    to the letter frequencies.

    Parameters
    ----------
    sequences : real sequences whose transitions are counted
    order : how many letters before decide the next one, 0 to 8

    Raises
    ------
    InputError
        An order that is above 8 or not below the shortest sequence's length.

    Examples
    --------
    >>> sorted(set(markov(["ACACAC", "CACA"], order=1).sample(100, rng=0).to_strings()))
    ['ACAC', 'ACACAC', 'CACA', 'CACACA']
    """
    sources = trimmed(sequences)
    order = whole("order", order, "a whole number from 0 is needed", "Write order=1", least=0)
    shortest = int(sources.lengths.min())
    highest = min(shortest - 1, _HIGHEST_ORDER)
    if order > highest:
        raise InputError(
            f"order={order} with sequences as short as {shortest}",
            f"the order must be below the length of the shortest sequence, and {_HIGHEST_ORDER} at most",
            f"Write order={highest} or lower",
        )
    shown = outline("markov", sources, {"order": order})
    return Markov(sources=sources, order=order, cumulative=cumulative_sums(_transitions(sources, order)), **shown)


def _transitions(sources: Sequences, order: int) -> NDArray[np.float64]:
    """(4**order, 4) shares of the letters after each k-mer, backed off where no letter follows it."""
    shares = np.full((1, 4), 0.25)
    for k in range(order + 1):
        kmers = np.zeros((len(sources), sources.codes.shape[1] - k), np.int64)
        for j in range(k + 1):
            kmers = 4 * kmers + sources.codes[:, j : j + kmers.shape[1]]
        inside = np.arange(k, sources.codes.shape[1]) < sources.lengths[:, None]
        counts = np.bincount(kmers[inside], minlength=4 ** (k + 1)).reshape(-1, 4)
        totals = counts.sum(1, keepdims=True)
        # The suffix of k-mer w is w mod 4**(k - 1), so tiling puts the lower order's row in its place.
        lower = np.tile(shares, (len(counts) // len(shares), 1))
        shares = np.where(totals > 0, counts / np.maximum(totals, 1), lower)
    return shares
