"""Matches: where a motif occurs in sequences, as an array of true and false."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import RNA, Alphabet

Flags = NDArray[np.bool_]

LIKELY = 0.5
"""A letter matches a position if its probability is at least this share of the probability of the likeliest letter."""


def hits(codes: NDArray[np.uint8], motif: Motif) -> Flags:
    """Find every start at which a motif matches, overlapping matches included.

    Parameters
    ----------
    codes : uint8 (n, length); padding matches no letter
    motif : read in one orientation only, see :func:`strands`

    Returns
    -------
    bool (n, starts)
        Whether the motif matches from each start; starts = length - width + 1, or 0.
    """
    # A position without letters (N) has a row of zeros, and 0 >= 0 holds for each letter: any letter matches.
    likely = motif.matrix >= LIKELY * motif.matrix.max(1, keepdims=True)
    # The fifth column is padding, which must not match.
    allowed = np.concatenate([likely, np.zeros((motif.width, 1), bool)], 1)
    starts = max(codes.shape[1] - motif.width + 1, 0)
    matches = np.ones((len(codes), starts), bool)
    for position, letters in enumerate(allowed):
        matches &= letters[np.minimum(codes[:, position : position + starts], 4)]
    return matches


def refuse_blank(motif: Motif) -> None:
    """Refuse a motif without letters, because it matches everywhere.

    Parameters
    ----------
    motif : the motif to look for

    Raises
    ------
    InputError
        Every position is N.
    """
    if not motif.matrix.any():
        name = motif.name
        raise InputError(
            f"pattern {name} has no letter",
            "at least one letter that is not N is needed, or it matches everywhere",
        )


def strands(motif: Motif, alphabet: Alphabet | None) -> list[Motif]:
    """List the orientations in which a motif can occur.

    Parameters
    ----------
    motif : the motif
    alphabet : alphabet of the sequences

    Returns
    -------
    list of Motif
        The motif, and for DNA its reverse complement, unless the motif is a palindrome.

    Examples
    --------
    >>> [orientation.text for orientation in strands(Motif.from_string("GATTACA"), None)]
    ['GATTACA', 'TGTAATC']
    """
    return [motif] if alphabet is RNA or motif.palindromic else [motif, motif.reverse_complement()]
