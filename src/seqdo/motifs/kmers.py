"""k-mers: all words of a length."""

from __future__ import annotations

from itertools import product

import numpy as np

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, Alphabet

LONGEST = 8
"""The largest k that is screened whole: 4**8 = 65,536 arms."""


def kmers(k: int, alphabet: Alphabet = DNA, gap: int = 0) -> list[str]:
    """All 4**k words of k letters, in the alphabet's order; with a gap, so many N stand in their middle.

    Words of two halves with a gap between them find sites that are bound by two domains, of which plain words hold one
    half each (spaced dyads: van Helden et al., Nucleic Acids Research 28:1808, 2000).

    Raises
    ------
    InputError
        k is not a whole number from 1 to 8; a gap in words of a single letter.

    Examples
    --------
    >>> words = kmers(2)
    >>> len(words), words[:5]
    (16, ['AA', 'AC', 'AG', 'AT', 'CA'])
    >>> kmers(2, gap=3)[:2]
    ['ANNNA', 'ANNNC']
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k={k!r}", f"a whole number from 1 to {LONGEST} is needed")
    if k > LONGEST:
        raise InputError(
            f"k={k}: {4 ** int(k):,} words", f"all words are tried up to k = {LONGEST} ({4**LONGEST:,})",
            "Give a list of the patterns that matter instead",
        )  # fmt: skip
    if gap and k < 2:
        raise InputError(f"k={k} with a gap of {gap}", "a gap has letters on both sides", "Write k=6, or gap=0")
    words, half = ("".join(letters) for letters in product(alphabet.letters, repeat=int(k))), int(k) // 2
    return [word[:half] + "N" * gap + word[half:] for word in words]
