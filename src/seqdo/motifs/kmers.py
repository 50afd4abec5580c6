"""k-mers: all sequences of k letters, with or without a gap in the middle."""

from __future__ import annotations

from itertools import product

import numpy as np

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, Alphabet

LONGEST = 8
"""The largest k for which all k-mers can be tested: 4**8 = 65,536 arms."""


def kmers(k: int, alphabet: Alphabet = DNA, gap: int = 0) -> list[str]:
    """List all 4**k k-mers, in the order of the alphabet.

    A gap splits each k-mer into two halves. Such spaced dyads find the sites of proteins with two binding domains;
    a k-mer without a gap holds only one half of such a site (van Helden et al., Nucleic Acids Research 28:1808, 2000).

    Parameters
    ----------
    k : number of letters, 1 to 8; N of the gap do not count
    alphabet : ``sd.DNA`` or ``sd.RNA``
    gap : number of N in the middle of each k-mer

    Raises
    ------
    InputError
        ``k`` is not a whole number from 1 to 8, or a k-mer of one letter has a gap.

    Examples
    --------
    >>> pairs = kmers(2)
    >>> len(pairs), pairs[:5]
    (16, ['AA', 'AC', 'AG', 'AT', 'CA'])
    >>> kmers(2, gap=3)[:2]
    ['ANNNA', 'ANNNC']
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k={k!r}", f"a whole number from 1 to {LONGEST} is needed")
    if k > LONGEST:
        raise InputError(
            f"k={k} gives {4 ** int(k):,} k-mers", f"k may be at most {LONGEST} ({4**LONGEST:,} k-mers)",
            "Use a list of the patterns that matter instead",
        )  # fmt: skip
    if gap and k < 2:
        raise InputError(f"k={k} with gap={gap}", "a gap needs a letter on both sides", "Write k=6, or gap=0")
    half = int(k) // 2
    return [
        "".join(letters[:half]) + "N" * gap + "".join(letters[half:])
        for letters in product(alphabet.letters, repeat=int(k))
    ]
