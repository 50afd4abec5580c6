"""A Markov chain fitted to the flanks of a span in its own sequence, and letters drawn from the chain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.alphabet import PAD
from seqdo.sequences.sequences import Sequences

PSEUDO = 16.0
"""Pseudocount: of letters a quarter of it each; of the successors of a letter, by the letter frequencies.

How well the middle 8 positions of real sequences are predicted from 50 on either side (bits per position, where 2 is
uniform; then the Jensen-Shannon divergence of dinucleotides, drawn to real, in 1/1000 bits):

============================ ============= ============= ============= ============= ==================
sequences                    order 0       order 1 + 4   order 1 + 16  order 1 + 32  real, half to half
============================ ============= ============= ============= ============= ==================
1,746 IRF1 peaks (400 bp)    1.942   12.5  1.941   1.9   1.920    4.7  1.919    6.8   1.0
3,524 random RNAs (38 nt)    2.028    1.9  2.178   3.1   2.066    2.0  2.045    2.0   0.3
5,289 random DNAs (80 bp)    1.992    0.3  2.079   0.1   2.025    0.2  2.008    0.2   0.4
============================ ============= ============= ============= ============= ==================

Order 1 reproduces the dinucleotides of genomic sequences; where letters are independent, a pseudocount of 16 keeps the
chain from inventing an order.
"""


def chains(
    sequences: Sequences, start: NDArray[np.int64], stop: NDArray[np.int64], taken: NDArray[np.bool_], window: int
) -> NDArray[np.float64]:
    """A Markov chain of order 1 for each sequence, fitted to the flanks of a span.

    Parameters
    ----------
    sequences : n sequences
    start, stop : (n,), the span of each sequence, 0-based and half-open
    taken : (n, length), True for positions that do not count
    window : length of either flank, as far as the sequence goes

    Returns
    -------
    (n, 5, 4) probabilities: of the next letter after each letter; in the last row, after an unknown letter

    Examples
    --------
    >>> one = Sequences.from_strings(["ATATATGATTACATATATA"])
    >>> taken = np.array([[6 <= place < 13 for place in range(19)]])
    >>> near = chains(one, np.array([6]), np.array([13]), taken, 50)[0]
    >>> near[4].round(2).tolist(), near[0].round(2).tolist()  # letters; what follows A
    ([0.36, 0.14, 0.14, 0.36], [0.27, 0.11, 0.11, 0.51])
    """
    n, length = sequences.codes.shape
    rows = np.arange(n)[:, None]
    left, right = start[:, None] + np.arange(-window, 0), stop[:, None] + np.arange(window)
    near = np.concatenate([left, np.full((n, 1), -1), right], 1)  # -1 separates the flanks: no pair spans the gap
    within = np.clip(near, 0, length - 1)
    counted = (near == within) & ~taken[rows, within]
    letters = np.where(counted, sequences.codes[rows, within], PAD).astype(np.int64)
    singles = _counted(5 * rows + letters, 5 * n).reshape(n, 5)[:, :PAD]
    pairs = _counted(25 * rows + 5 * letters[:, :-1] + letters[:, 1:], 25 * n).reshape(n, 5, 5)[:, :PAD, :PAD]
    mean = (singles + PSEUDO / 4) / (singles.sum(1, keepdims=True) + PSEUDO)
    after = (pairs + PSEUDO * mean[:, None]) / (pairs.sum(2, keepdims=True) + PSEUDO)
    return np.concatenate([after, mean[:, None]], 1)


def follow(chain: NDArray[np.float64], before: NDArray[np.uint8], numbers: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Letters (n, width) that follow ``before`` (PAD if unknown) in each chain, from numbers in [0, 1)."""
    bounds, rows = chain.cumsum(2)[:, :, :3], np.arange(len(chain))
    letters, previous = np.empty(numbers.shape, np.uint8), before
    for place in range(numbers.shape[1]):
        previous = (numbers[:, place, None] >= bounds[rows, previous]).sum(1).astype(np.uint8)
        letters[:, place] = previous
    return letters


def _counted(of: NDArray[np.int64], most: int) -> NDArray[np.float64]:
    return np.bincount(of.ravel(), minlength=most).astype(np.float64)
