"""Uniform backgrounds: every letter equally likely at every position, alone or balanced within sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background, Endless, whole
from seqdo.backgrounds.independent import independent
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences

_SET = 16
"""Backgrounds that are balanced together: the fewest that hold every dinucleotide once."""

_INDEPENDENT = {"columns": 15, "dinucleotides": 12}
"""How many independent backgrounds a set is worth at the least, whatever is averaged over it.

The mean over a set has the variance of 16 independent values times 1 + 15 λ, with λ an eigenvalue of the joint law of
two rows of the set. For whatever is balanced, λ is −1/15 and the variance is 0. The largest λ belongs to an interaction
of two letters (1/225) where columns are balanced, and of three adjacent letters (1/45) where dinucleotides are.
"""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Balanced(Endless):
    """Uniform letters in sets: at every position each letter (with ``pairs`` each dinucleotide) is equally frequent.

    The rows of a set are ranked by the letter before (with ``pairs``) and then by u, and the row of rank r gets the
    letter r mod 4. Whatever the letters before, a row is equally likely to have any rank among those with the same
    letter before, so that each row alone is what :class:`Independent` draws: only the set is balanced, not a row.
    """

    pairs: bool

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        u = rng.random((len(rows), self.longest)).reshape(-1, self.set_size, self.longest)
        codes = np.empty(u.shape, np.uint8)
        letters = np.broadcast_to((np.arange(self.set_size) % 4).astype(np.uint8), u.shape[:2])
        for j in range(self.longest):
            order = np.argsort(codes[:, :, j - 1] + u[:, :, j] if self.pairs and j else u[:, :, j], 1, kind="stable")
            np.put_along_axis(codes[:, :, j], order, letters, 1)
        return Sequences(codes.reshape(len(rows), -1), np.full(len(rows), self.longest))


def uniform(length: int, balance: Literal["columns", "dinucleotides"] | None = None) -> Background:
    """Every letter equally likely at every position.

    Letter j of background i is ``floor(4 u)`` with u the double at index (i mod BLOCK, j) of
    ``stream(root(rng), "background", i // BLOCK).random((BLOCK, length))``.

    Parameters
    ----------
    length : of every background, in bp (DNA) or nt (RNA)
    balance : None, "columns" or "dinucleotides"
        Draws backgrounds in sets of 16: at each position a set has each letter four times, and with
        "dinucleotides" at each two adjacent positions each of the 16 pairs once. What single letters (or
        adjacent pairs) add to a prediction then has no variance over sets. Each background alone is as
        uniform as without, so that means are unbiased. Backgrounds of a set are not independent, so n is a
        multiple of 16 and `seqdo.estimate` compares sets.

    Examples
    --------
    >>> uniform(8)
    <background uniform, 8 positions>
    >>> sorted(text[3:5] for text in uniform(8, balance="dinucleotides").sample(16, rng=0).to_strings())[:5]
    ['AA', 'AC', 'AG', 'AT', 'CA']
    """
    length = whole("length", length, "a whole number from 1 is needed", "Write uniform(249)")
    if balance is not None:
        if not isinstance(balance, str) or balance not in _INDEPENDENT:
            raise InputError(
                f"balance={balance!r}", 'None, "columns" or "dinucleotides" is needed', 'Write balance="dinucleotides"'
            )
        return balanced_uniform(length, balance)
    return independent("uniform", {length: np.full((length, 4), 0.25)}, {length: 1.0}, None, {"length": length})


def balanced_uniform(length: int, balance: str, size: int = _SET, worth: int | None = None) -> Balanced:
    """Uniform backgrounds in sets of ``size``, each set worth at least ``worth`` independent backgrounds."""
    worth = _INDEPENDENT[balance] if worth is None else worth
    parameters = {"length": length, "balance": balance, "set": size, "independent": worth}
    return Balanced(
        name="uniform", alphabet=None, shortest=length, longest=length, parameters=parameters, set_size=size,
        pairs=balance == "dinucleotides",
    )  # fmt: skip
