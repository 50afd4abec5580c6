"""Alleles that may differ in length from what they replace: kept as alleles, made into letters block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.changes.change import Change
from seqdo.errors import InputError
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences


class Allele(NamedTuple):
    """Letters that replace others in a sequence.

    Attributes
    ----------
    start : 0-based start of what is replaced
    removed : number of letters that are replaced
    letters : codes 0-3 that are written
    """

    start: int
    removed: int
    letters: NDArray[np.uint8]


class Altered(NamedTuple):
    """What happens to one background; the background keeps its length.

    Attributes
    ----------
    alleles : in the order of their starts, none of them overlapping
    before, after : codes that enter at its left end and at its right end, in place of letters that are removed
    cut : letters that are pushed out at its left end
    span : the first position that differs then, and the position behind the last one
    """

    alleles: Sequence[Allele]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    cut: int
    span: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Alleles(Change):
    """Alleles of each background. Background i gets the alleles of row i modulo the number of rows.

    An indel shifts all letters on one side of it. The shifted letters are taken from the background when the edit of a
    block is made, so that no copy of the backgrounds is stored.

    Attributes
    ----------
    what : its name in errors and arms
    row : int64 (alleles,), the row of each allele, in increasing order
    at, removed, stops : int64 (alleles,)
        Start of each allele, number of letters that it replaces, and where its own letters end in ``letters``.
    letters : uint8, codes of all alleles, one after the other
    spans : int64 (rows, 2), first position that differs and the position behind the last one; both 0 without alleles
    cut : int64 (rows,), letters that are pushed out on the left
    entering : uint8, codes that enter at the left and then at the right end of each row, one row after the other
    entering_stops : int64 (rows, 2), where those of the left and of the right end stop in ``entering``

    Raises
    ------
    InputError
        No rows.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> from seqdo.sequences.edit import apply
    >>> insertion = Altered([Allele(2, 0, DNA.encode("GG"))], DNA.encode(""), DNA.encode(""), 0, (2, 6))
    >>> one = Sequences.from_strings(["ACTACT"])
    >>> apply(one, [Alleles.of("alt", [insertion]).edit(np.random.SeedSequence(0), 0, one)]).to_strings()
    ['ACGGTA']
    """

    what: str
    row: NDArray[np.int64]
    at: NDArray[np.int64]
    removed: NDArray[np.int64]
    stops: NDArray[np.int64]
    letters: NDArray[np.uint8]
    spans: NDArray[np.int64]
    cut: NDArray[np.int64]
    entering: NDArray[np.uint8]
    entering_stops: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.spans):
            raise InputError(f"{self.what}: `spans` has no rows", "at least one background is needed")

    @classmethod
    def of(cls, what: str, rows: Sequence[Altered]) -> Alleles:
        """The change of these rows.

        Parameters
        ----------
        what : its name
        rows : what happens to each background
        """
        alleles = [(number, allele) for number, row in enumerate(rows) for allele in row.alleles]
        ends = [(row.before, row.after) for row in rows]
        return cls(
            what,
            row=_numbers([number for number, _ in alleles]),
            at=_numbers([allele.start for _, allele in alleles]),
            removed=_numbers([allele.removed for _, allele in alleles]),
            stops=np.cumsum(_numbers([len(allele.letters) for _, allele in alleles])),
            letters=_joined([allele.letters for _, allele in alleles]),
            spans=np.array([row.span for row in rows], np.int64).reshape(-1, 2),
            cut=_numbers([row.cut for row in rows]),
            entering=_joined([codes for pair in ends for codes in pair]),
            entering_stops=np.cumsum(_numbers([len(codes) for pair in ends for codes in pair])).reshape(-1, 2),
        )

    @property
    def turns(self) -> int:
        """The number of rows."""
        return len(self.spans)

    @property
    def name(self) -> str:
        """Its name in errors and arms."""
        return self.what

    @property
    def label(self) -> str:
        """Its name; starts differ from row to row."""
        return self.what

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for the same alleles at the same places."""
        arrays = (self.row, self.at, self.removed, self.stops, self.letters, self.cut, self.entering, self.spans)
        return tuple(sha256(array.tobytes()).hexdigest() for array in arrays)

    @property
    def starts(self) -> tuple[int, ...]:
        """Every start, in order."""
        return tuple(np.unique(self.spans[:, 0]).tolist())

    @property
    def width(self) -> int:
        """Positions of the longest span; at least 1."""
        return max(1, int((self.spans[:, 1] - self.spans[:, 0]).max()))

    @property
    def columns(self) -> NDArray[np.int64]:
        """Every column inside a span."""
        steps = np.zeros(int(self.spans.max()) + 1, np.int64)
        np.add.at(steps, self.spans[:, 0], 1)
        np.add.at(steps, self.spans[:, 1], -1)
        return np.flatnonzero(np.cumsum(steps) > 0)

    def check(self, lengths: NDArray[np.int64]) -> None:
        """Refuse a sequence that is too short for its own row, whatever other rows need."""
        turns = np.arange(len(lengths)) % self.turns
        off = self.spans[turns, 1] > lengths
        if off.any():
            super().check(lengths[off])

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ..., whatever the seed."""
        rows = np.arange(first, first + len(backgrounds)) % self.turns
        spans, longest = self.spans[rows], backgrounds.codes.shape[1]
        width = max(1, int((spans[:, 1] - spans[:, 0]).max()))
        at = np.minimum(spans[:, 0], longest - width)
        letters = np.full((len(rows), width), KEEP, np.uint8)
        for number, (row, (start, stop)) in enumerate(zip(rows, spans, strict=True)):
            if stop > start:
                codes = backgrounds.codes[number, : backgrounds.lengths[number]]
                altered = self._altered(int(row), codes)[start:stop]
                own = letters[number, start - at[number] : stop - at[number]]
                np.copyto(own, altered, where=altered != codes[start:stop])
        return Edit(self.name, letters, at)

    def _altered(self, row: int, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The whole background with the alleles of a row, as long as it was."""
        low, high = np.searchsorted(self.row, [row, row + 1])
        middle, right = self.entering_stops[row]
        left = self.entering_stops[row - 1, 1] if row else 0
        pieces, place = [self.entering[left:middle]], 0
        for number in range(low, high):
            begin = self.stops[number - 1] if number else 0
            pieces += [codes[place : self.at[number]], self.letters[begin : self.stops[number]]]
            place = self.at[number] + self.removed[number]
        pieces += [codes[place:], self.entering[middle:right]]
        return np.concatenate(pieces)[self.cut[row] :][: len(codes)]


def _numbers(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def _joined(parts: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.concatenate([np.zeros(0, np.uint8), *parts])
