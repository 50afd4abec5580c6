"""Occurrences: where patterns stand in a library, and which sequences hold one and which do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif, as_motif, distinct
from seqdo.motifs.sites import hits, refuse_blank, strands
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.sequences.sequence import Sequences

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

HELD = 2**24
"""Places of a library that are looked at at once, in bytes."""


@dataclass(frozen=True, eq=False)
class Occurrences:
    """Where a motif stands: in sequence ``rows[i]`` at ``starts[i]``, by row and then by start."""

    motif: Motif
    rows: Places
    starts: Places

    def covered(self, shape: tuple[int, int]) -> Flags:
        """Letters (n, length) that lie in a place of the motif."""
        inside = np.zeros(shape, bool)
        for offset in range(self.motif.width):
            inside[self.rows, self.starts + offset] = True
        return inside


def find(
    library: Sequences, patterns: str | Motif | Sequence[str | Motif], both_strands: bool | None = None
) -> list[Occurrences]:
    """Where each pattern stands; in DNA on either strand, and what reads the same on both counts once.

    >>> (one,) = find(Sequences.from_strings(["GATTACA", "CCTGTAATC", "CCCC"]), "GATTACA")
    >>> one.rows.tolist(), one.starts.tolist()
    ([0, 1], [0, 2])
    """
    motifs = _motifs(patterns)
    alphabet = library.alphabet or next((one.alphabet for one in motifs if one.alphabet), DNA)
    for motif in motifs:
        _check(motif, alphabet, int(library.lengths.max()))
    return [_find(library.codes, motif, alphabet, both_strands) for motif in motifs]


def arms_of(one: Occurrences, n: int, once: bool, span: tuple[int, int] | None = None) -> tuple[Flags, Flags]:
    """Which of n sequences hold a motif (exactly once; starting in the span), and which hold it nowhere at all."""
    counts = np.bincount(one.rows, minlength=n)
    inside = np.ones(len(one.rows), bool) if span is None else (one.starts >= span[0]) & (one.starts < span[1])
    there = np.bincount(one.rows[inside], minlength=n) > 0
    return (there & (counts == 1) if once else there), counts == 0


def _find(codes: NDArray[np.uint8], motif: Motif, alphabet: Alphabet, both: bool | None) -> Occurrences:
    read = {None: strands(motif, alphabet), True: strands(motif, None), False: [motif]}[both]
    block = max(HELD // codes.shape[1], 1)
    rows, starts = [], []
    for first in range(0, len(codes), block):
        found = np.logical_or.reduce([hits(codes[first : first + block], one) for one in read])
        row, start = np.nonzero(found)
        rows.append(row + first)
        starts.append(start)
    return Occurrences(motif, np.concatenate(rows), np.concatenate(starts))


def _motifs(patterns: str | Motif | Sequence[str | Motif]) -> list[Motif]:
    given = [patterns] if isinstance(patterns, str | Motif) else patterns
    if not isinstance(given, Iterable):
        raise InputError(f"{patterns!r} as patterns", "letters, a Motif, or a list of these is needed")
    return distinct([as_motif(pattern, sample=True) for pattern in given], "pattern")


def _check(motif: Motif, alphabet: Alphabet, longest: int) -> None:
    if motif.alphabet not in (None, alphabet):
        raise InputError(
            f"pattern {motif.name} is {motif.alphabet}", f"the sequences are {alphabet}",
            f"Write it with the letters {alphabet.letters}",
        )  # fmt: skip
    if motif.width > longest:
        raise InputError(
            f"pattern {motif.name} of {motif.width} letters", f"the longest sequence has {longest}, and can't hold it"
        )
    refuse_blank(motif)
