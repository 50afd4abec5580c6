"""Composition: how often each k-mer stands in sequences, and how far two spectra are apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.sequences import Sequences

Floats = NDArray[np.float64]

LARGEST_K = 3
"""Longest k-mers compared: of longer ones a thousand short backgrounds hold too few to tell."""

BLOCK_LETTERS = 2**22
"""Letters that are counted at once."""


def counts(codes: NDArray[np.uint8], k: int) -> NDArray[np.int64]:
    """How often each k-mer stands in each row of codes (n, length): (n, 4**k), AA, AC, ...; with padding it is none.

    >>> counts(np.array([[0, 0, 1, 4], [3, 4, 4, 4]], np.uint8), 1).tolist()
    [[2, 1, 0, 0], [0, 0, 0, 1]]
    >>> counts(np.array([[0, 0, 1, 4]], np.uint8), 2)[0, :2].tolist()
    [1, 1]
    """
    found = np.zeros((len(codes), 4**k), np.int64)
    places = codes.shape[1] - k + 1
    if places < 1:
        return found
    step = max(1, BLOCK_LETTERS // codes.shape[1])
    for first in range(0, len(codes), step):
        block = codes[first : first + step]
        word = np.zeros((len(block), places), np.int64)
        whole = np.ones((len(block), places), bool)
        for offset in range(k):
            letters = block[:, offset : offset + places]
            word = word * 4 + letters
            whole &= letters < 4
        word += 4**k * np.arange(len(block))[:, None]
        found[first : first + step] = np.bincount(word[whole], minlength=len(block) * 4**k).reshape(len(block), -1)
    return found


def shares(sequences: Sequences) -> Floats:
    """Share of each k-mer among those of its length, for k = 1, 2, 3, in each sequence: (n, 84); 0 where it has none.

    >>> shares(Sequences.from_strings(["ACAC", "G"])).round(2)[:, [0, 1, 2, 5, 8]].tolist()
    [[0.5, 0.5, 0.0, 0.67, 0.33], [0.0, 0.0, 1.0, 0.0, 0.0]]
    """
    parts = [counts(sequences.codes, k) for k in range(1, LARGEST_K + 1)]
    return np.concatenate([part / np.maximum(part.sum(1, keepdims=True), 1) for part in parts], axis=1)


def divergence(p: NDArray[np.number], q: NDArray[np.number]) -> float:
    """Jensen-Shannon divergence of two distributions, or counts, in bits (Lin 1991, eq. 4.1).

    >>> divergence(np.array([1, 0]), np.array([0, 1])), divergence(np.array([2, 1]), np.array([4, 2]))
    (1.0, 0.0)
    """
    one, two = p / p.sum(), q / q.sum()
    middle = (one + two) / 2

    def kept(part: Floats) -> float:
        seen = part > 0
        return float((part[seen] * np.log2(part[seen] / middle[seen])).sum())

    return max(0.0, (kept(one) + kept(two)) / 2)
