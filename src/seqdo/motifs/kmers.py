"""k-mers: all words of a length."""

from __future__ import annotations

from itertools import product

import numpy as np

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, Alphabet

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
