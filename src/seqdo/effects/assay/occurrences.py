"""Occurrences: where patterns occur in a library, and which sequences have a pattern and which do not."""

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

BLOCK = 2**24
"""Positions of a library that are searched at once: the size of an array of flags in bytes."""

MANY = 16
"""Number of k-mers of one width from which on an index of the library is built first."""


@dataclass(frozen=True, eq=False)
class Occurrences:
    """Places where a motif occurs: in sequence ``rows[i]`` from ``starts[i]`` on, sorted by row and then by start.

    Attributes
    ----------
    motif : the motif
    rows, starts : (m,), sequence and 0-based start of each place
    """

    motif: Motif
    rows: Places
    starts: Places

    def covered(self, shape: tuple[int, int]) -> Flags:
        """Which positions (n, length) lie in a place of the motif."""
        inside = np.zeros(shape, bool)
        for offset in range(self.motif.width):
            inside[self.rows, self.starts + offset] = True
        return inside


def find(
    library: Sequences, patterns: str | Motif | Sequence[str | Motif], both_strands: bool | None = None
) -> list[Occurrences]:
    """Find the places of each pattern in a library.

    Parameters
    ----------
    library : n sequences
    patterns : letters, a Motif, or a list of these, no two with the same name
    both_strands : whether to search both strands; None means both for DNA and one for RNA
        A palindrome is counted once.

    Raises
    ------
    InputError
        There is no pattern, a pattern occurs twice in the list, or a pattern cannot occur in the library.

    Examples
    --------
    >>> (site,) = find(Sequences.from_strings(["GATTACA", "CCTGTAATC", "CCCC"]), "GATTACA")
    >>> site.rows.tolist(), site.starts.tolist()
    ([0, 1], [0, 2])
    """
    motifs = _motifs(patterns)
    alphabet = library.alphabet or next((motif.alphabet for motif in motifs if motif.alphabet), DNA)
    for motif in motifs:
        _check(motif, alphabet, int(library.lengths.max()))
    kmers = Counter(motif.width for motif in motifs if _is_kmer(motif))
    index = {width: KmerIndex.of(library.codes, width) for width, number in kmers.items() if number >= MANY}
    occurrences = []
    for motif in motifs:
        read = {None: strands(motif, alphabet), True: strands(motif, None), False: [motif]}[both_strands]
        if _is_kmer(motif) and motif.width in index:
            occurrences.append(index[motif.width].find(motif, read))
        else:
            occurrences.append(_find(library.codes, motif, read))
    return occurrences


@dataclass(frozen=True, eq=False)
class KmerIndex:
    """Every place of a library, sorted by the k-mer that stands there, so that many k-mers can be looked up.

    Attributes
    ----------
    starts : number of starts in one sequence
    kmers : (places,), the number of each k-mer in base 4, sorted; −1 for a place with padding, which comes first
    order : (places,), row * starts + start of each place; for equal k-mers in order
    """

    starts: int
    kmers: NDArray[np.int32]
    order: Places

    @classmethod
    def of(cls, codes: NDArray[np.uint8], width: int) -> KmerIndex:
        """Index all k-mers of a width up to 15. Needs 16 bytes for each position of the library (n, length)."""
        starts = max(codes.shape[1] - width + 1, 0)
        numbers, whole = np.zeros((len(codes), starts), np.int32), np.ones((len(codes), starts), bool)
        for position in range(width):
            letters = codes[:, position : position + starts]
            numbers = numbers * 4 + np.minimum(letters, 3)
            whole &= letters < 4
        numbers = np.where(whole, numbers, -1).ravel()
        order = numbers.argsort(kind="stable")
        return cls(starts, numbers[order], order)

    def find(self, motif: Motif, read: Sequence[Motif]) -> Occurrences:
        """Places of a k-mer; ``read`` are its orientations."""
        places = np.empty(0, np.intp)
        for orientation in read:
            number = int("".join(map(str, orientation.matrix.argmax(1))), 4)
            first, end = np.searchsorted(self.kmers, np.array([number, number + 1], np.int32))
            places = np.union1d(places, self.order[first:end])
        return Occurrences(motif, *np.divmod(places, max(self.starts, 1)))


def arms_of(occurrences: Occurrences, n: int, once: bool, span: tuple[int, int] | None = None) -> tuple[Flags, Flags]:
    """Split n sequences by whether they have a motif.

    Parameters
    ----------
    occurrences : places of the motif
    n : number of sequences
    once : whether sequences with the motif must have it exactly once
    span : start and stop; sequences with the motif must have it with a start in this span

    Returns
    -------
    holds, lacks : bool (n,)
        Sequences with the motif, and sequences without it anywhere. Some sequences are neither.
    """
    counts = np.bincount(occurrences.rows, minlength=n)
    starts = occurrences.starts
    inside = np.ones(len(starts), bool) if span is None else (starts >= span[0]) & (starts < span[1])
    present = np.bincount(occurrences.rows[inside], minlength=n) > 0
    return (present & (counts == 1) if once else present), counts == 0


def _is_kmer(motif: Motif) -> bool:
    """Whether the motif is one k-mer, short enough for a number of 32 bits."""
    return motif.certain and bool(motif.matrix.any(1).all()) and motif.width < 16


def _find(codes: NDArray[np.uint8], motif: Motif, read: Sequence[Motif]) -> Occurrences:
    """Places of any motif, by a search of every position; ``read`` are its orientations."""
    block = max(BLOCK // codes.shape[1], 1)
    rows, starts = [], []
    for first in range(0, len(codes), block):
        matches = np.logical_or.reduce([hits(codes[first : first + block], orientation) for orientation in read])
        row, start = np.nonzero(matches)
        rows.append(row + first)
        starts.append(start)
    return Occurrences(motif, np.concatenate(rows), np.concatenate(starts))


def _motifs(patterns: str | Motif | Sequence[str | Motif]) -> list[Motif]:
    listed = [patterns] if isinstance(patterns, str | Motif) else patterns
    if not isinstance(listed, Iterable):
        raise InputError(f"patterns={patterns!r}", "letters, a Motif, or a list of these is needed")
    return distinct([as_motif(pattern, sample=True) for pattern in listed], "pattern")


def _check(motif: Motif, alphabet: Alphabet, longest: int) -> None:
    """Refuse a motif that cannot occur in the library, or that occurs everywhere."""
    name = motif.name
    if motif.alphabet not in (None, alphabet):
        raise InputError(
            f"pattern {name} is {motif.alphabet}", f"the sequences are {alphabet}",
            f"Write it with the letters {alphabet.letters}",
        )  # fmt: skip
    if motif.width > longest:
        raise InputError(
            f"pattern {name} is {motif.width} positions wide", f"the longest sequence has only {longest} positions"
        )
    refuse_blank(motif)
