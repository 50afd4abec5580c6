"""Sites: where a motif stands in sequences that are there already."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import RNA, Alphabet

Flags = NDArray[np.bool_]

LIKELY = 0.5
"""Share of a place's most likely letter from which on another counts as the motif."""


def hits(codes: NDArray[np.uint8], motif: Motif) -> Flags:
    """Where a motif stands in sequences (n, length): (n, starts). Padding is no letter."""
    likely = motif.matrix >= LIKELY * motif.matrix.max(1, keepdims=True)  # a place without letters takes any
    allowed = np.concatenate([likely, np.zeros((motif.width, 1), bool)], 1)
    starts = max(codes.shape[1] - motif.width + 1, 0)
    found = np.ones((len(codes), starts), bool)
    for place, letters in enumerate(allowed):
        found &= letters[np.minimum(codes[:, place : place + starts], 4)]
    return found


def refuse_blank(motif: Motif) -> None:
    """Refuse a motif that stands everywhere."""
    if not motif.matrix.any():
        raise InputError(f"pattern {motif.name}", "a pattern has a letter that is not N, or it stands everywhere")


def strands(motif: Motif, alphabet: Alphabet | None) -> list[Motif]:
    """The motif as it may stand in sequences: in RNA as it is, else on both strands; once if these are the same.

    >>> [one.text for one in strands(Motif.from_string("GATTACA"), None)]
    ['GATTACA', 'TGTAATC']
    """
    return [motif] if alphabet is RNA or motif.palindromic else [motif, motif.reverse_complement()]
