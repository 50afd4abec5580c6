"""k-mers: all words of a length, and where a pattern occurs in sequences."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, PAD, Alphabet
from seqdo.sequences.sequence import Sequences

LONGEST = 8
"""The largest k that is screened whole: 4**8 = 65,536 arms."""


def kmers(k: int, alphabet: Alphabet = DNA) -> list[str]:
    """All 4**k words of k letters, in the alphabet's order.

    Raises
    ------
    InputError
        k is not a whole number from 1 to 8.

    Examples
    --------
    >>> words = kmers(2)
    >>> len(words), words[:5]
    (16, ['AA', 'AC', 'AG', 'AT', 'CA'])
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k={k!r}", f"a whole number from 1 to {LONGEST} is needed")
    if k > LONGEST:
        raise InputError(
            f"k={k}: {4 ** int(k):,} words", f"all words are tried up to k = {LONGEST} ({4**LONGEST:,})",
            "Give a list of the patterns that matter instead",
        )  # fmt: skip
    return ["".join(letters) for letters in product(alphabet.letters, repeat=int(k))]


def occurrences(sequences: Sequences, motif: Motif) -> NDArray[np.bool_]:
    """Where a pattern matches exactly: (n, length - width + 1), True at the starts of matches.

    A place matches each letter to which it gives a probability above 0 (for IUPAC codes, the letters they stand
    for); a place that keeps the background's letter matches any letter; padding matches nothing. A matrix with
    pseudocounts therefore matches everywhere: give ``motif.consensus()``.

    Raises
    ------
    InputError
        The pattern is RNA and the sequences DNA, or the other way round.

    Examples
    --------
    >>> occurrences(Sequences.from_strings(["GATTAGAT"]), Motif.from_string("GAN")).nonzero()[1].tolist()
    [0, 5]
    """
    if motif.alphabet and sequences.alphabet and motif.alphabet != sequences.alphabet:
        raise InputError(
            f"pattern {motif.name} in {motif.alphabet.name} letters",
            f"the sequences have the alphabet {sequences.alphabet.name} ({sequences.alphabet.letters})",
            "Write the pattern in that alphabet",
        )
    kept = motif.matrix.sum(1, keepdims=True) == 0
    allowed = np.zeros((motif.width, PAD + 1), bool)
    allowed[:, :PAD] = (motif.matrix > 0) | kept
    starts = max(0, sequences.codes.shape[1] - motif.width + 1)
    found = np.ones((len(sequences), starts), bool)
    for place, letters in enumerate(allowed):
        found &= letters[sequences.codes[:, place : place + starts]]
    return found
