"""Occurrences: where patterns stand in a library, and which sequences hold one and which do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.matches import hits, refuse_blank, strands
from seqdo.motifs.motif import Motif, as_motif, distinct
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.sequences.sequences import Sequences

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

HELD = 2**24
"""Places of a library that are looked at at once, in bytes."""

MANY = 16
"""Words of one width from which on all words of the library are put in order first."""


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
    plain = Counter(motif.width for motif in motifs if _spelled(motif))
    listed = {width: Words.of(library.codes, width) for width, words in plain.items() if words >= MANY}
    found = []
    for motif in motifs:
        read = {None: strands(motif, alphabet), True: strands(motif, None), False: [motif]}[both_strands]
        words = listed.get(motif.width) if _spelled(motif) else None
        found.append(_find(library.codes, motif, read) if words is None else words.find(motif, read))
    return found


@dataclass(frozen=True, eq=False)
class Words:
    """Every place of a library by the word that stands there, so that many words are looked up instead of sought.

    Attributes
    ----------
    starts : places of a sequence
    words : the numbers of the words, in base 4, in order; those with a letter missing come first, as −1
    order : which place each of them is, rows one after another; of one word in order
    """

    starts: int
    words: NDArray[np.int32]
    order: Places

    @classmethod
    def of(cls, codes: NDArray[np.uint8], width: int) -> Words:
        """All words of a width, up to 15; 16 bytes for each place of the library (n, length)."""
        starts = max(codes.shape[1] - width + 1, 0)
        numbers, whole = np.zeros((len(codes), starts), np.int32), np.ones((len(codes), starts), bool)
        for place in range(width):
            letters = codes[:, place : place + starts]
            numbers = numbers * 4 + np.minimum(letters, 3)
            whole &= letters < 4
        numbers = np.where(whole, numbers, -1).ravel()
        order = numbers.argsort(kind="stable")
        return cls(starts, numbers[order], order)

    def find(self, motif: Motif, read: Sequence[Motif]) -> Occurrences:
        """Where a motif stands, as it is ``read`` on each strand."""
        places = np.empty(0, np.intp)
        for one in read:
            number = int("".join(map(str, one.matrix.argmax(1))), 4)
            first, end = np.searchsorted(self.words, np.array([number, number + 1], np.int32))
            places = np.union1d(places, self.order[first:end])
        return Occurrences(motif, *np.divmod(places, max(self.starts, 1)))


def arms_of(one: Occurrences, n: int, once: bool, span: tuple[int, int] | None = None) -> tuple[Flags, Flags]:
    """Which of n sequences hold a motif (exactly once; starting in the span), and which hold it nowhere at all."""
    counts = np.bincount(one.rows, minlength=n)
    inside = np.ones(len(one.rows), bool) if span is None else (one.starts >= span[0]) & (one.starts < span[1])
    there = np.bincount(one.rows[inside], minlength=n) > 0
    return (there & (counts == 1) if once else there), counts == 0


def _spelled(motif: Motif) -> bool:
    """Is it one word, of few enough letters for a number of 32 bits?"""
    return motif.certain and bool(motif.matrix.any(1).all()) and motif.width < 16


def _find(codes: NDArray[np.uint8], motif: Motif, read: Sequence[Motif]) -> Occurrences:
    """The same by looking at every place: of any motif."""
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
