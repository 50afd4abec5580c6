"""Composition: how often each k-mer occurs in sequences, and how much two spectra differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.sequences import Sequences

Floats = NDArray[np.float64]

LARGEST_K = 3
"""Length of the longest k-mers that are compared. A thousand short backgrounds hold too few longer ones."""

BLOCK_LETTERS = 2**22
"""Number of positions that are counted at once, to limit memory."""


def counts(codes: NDArray[np.uint8], k: int) -> NDArray[np.int64]:
    """Count each k-mer in each sequence.

    Parameters
    ----------
    codes : uint8 (n, length); a k-mer with padding is not counted
    k : length of the k-mers

    Returns
    -------
    int64 (n, 4**k)
        Counts in the order AA, AC, ...

    Examples
    --------
    >>> counts(np.array([[0, 0, 1, 4], [3, 4, 4, 4]], np.uint8), 1).tolist()
    [[2, 1, 0, 0], [0, 0, 0, 1]]
    >>> counts(np.array([[0, 0, 1, 4]], np.uint8), 2)[0, :2].tolist()
    [1, 1]
    """
    totals = np.zeros((len(codes), 4**k), np.int64)
    starts = codes.shape[1] - k + 1
    if starts < 1:
        return totals
    step = max(1, BLOCK_LETTERS // codes.shape[1])
    for first in range(0, len(codes), step):
        block = codes[first : first + step]
        kmer = np.zeros((len(block), starts), np.int64)
        whole = np.ones((len(block), starts), bool)
        for offset in range(k):
            letters = block[:, offset : offset + starts]
            kmer = kmer * 4 + letters
            whole &= letters < 4
        # A number range of its own for each row, so that one bincount counts all rows.
        kmer += 4**k * np.arange(len(block))[:, None]
        totals[first : first + step] = np.bincount(kmer[whole], minlength=len(block) * 4**k).reshape(len(block), -1)
    return totals


def shares(sequences: Sequences) -> Floats:
    """Share of each k-mer among the k-mers of its length, for k = 1, 2, 3, in each sequence.

    Parameters
    ----------
    sequences : n sequences

    Returns
    -------
    float64 (n, 84)
        4 + 16 + 64 shares; 0 if the sequence is shorter than k.

    Examples
    --------
    >>> shares(Sequences.from_strings(["ACAC", "G"])).round(2)[:, [0, 1, 2, 5, 8]].tolist()
    [[0.5, 0.5, 0.0, 0.67, 0.33], [0.0, 0.0, 1.0, 0.0, 0.0]]
    """
    of_length = [counts(sequences.codes, k) for k in range(1, LARGEST_K + 1)]
    return np.concatenate([number / np.maximum(number.sum(1, keepdims=True), 1) for number in of_length], axis=1)


def divergence(p: NDArray[np.number], q: NDArray[np.number]) -> float:
    """Jensen-Shannon divergence in bits (Lin 1991, IEEE Trans. Inf. Theory 37:145, eq. 4.1).

    Parameters
    ----------
    p, q : two distributions or counts, of the same shape

    Examples
    --------
    >>> divergence(np.array([1, 0]), np.array([0, 1])), divergence(np.array([2, 1]), np.array([4, 2]))
    (1.0, 0.0)
    """
    first, second = p / p.sum(), q / q.sum()
    middle = (first + second) / 2

    def relative_entropy(share: Floats) -> float:
        present = share > 0
        return float((share[present] * np.log2(share[present] / middle[present])).sum())

    # Rounding can make the sum of two equal distributions a little negative.
    return max(0.0, (relative_entropy(first) + relative_entropy(second)) / 2)
