"""The structure that the context of a motif has to fold into: which letters pair, and how likely the ensemble is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import RNA, complement
from seqdo.sequences.folding import HAIRPIN, PAIRED, letter_probabilities

Columns = NDArray[np.int64]

LOOP, STEM, UNSTRUCTURED = "loop", "stem", "unstructured"

SMALLEST_LOOP = 4
"""Shortest loop of a hairpin next to a motif, in nt; the hairpin keeps the motif out of any structure."""


@dataclass(frozen=True)
class Shape:
    """A motif in a hairpin's loop, in its stem, or single-stranded between two hairpins.

    Attributes
    ----------
    structure : LOOP, STEM or UNSTRUCTURED
    at : 0-based start of the motif
    letters : the letters of the motif; N where the background's letter stays
    core : span within the motif that has to be in the loop
    stem, loop : pairs of the stem, and length of the loop in nt
    before : positions of the loop, or of the stem's 5' arm, before the motif
    reach : positions of a background, from its start, that may be rearranged
        For an unstructured motif the shortest background that is allowed.
    accept : least probability, for every letter, of the structure that it is to have; 0 accepts any
    temperature : of folding, in °C
    """

    structure: str
    at: int
    letters: str
    core: tuple[int, int]
    stem: int
    loop: int
    before: int
    reach: int
    accept: float
    temperature: float

    @property
    def width(self) -> int:
        """Width of the motif."""
        return len(self.letters)

    @property
    def start(self) -> int:
        """The first position of the hairpin, or of the motif if there is no hairpin around it."""
        letters = {LOOP: self.before + self.stem, STEM: self.before, UNSTRUCTURED: 0}
        return self.at - letters[self.structure]

    @property
    def stop(self) -> int:
        """One beyond the last position of the hairpin."""
        return self.at + self.width if self.structure == UNSTRUCTURED else self.start + 2 * self.stem + self.loop

    def within(self, length: int) -> Shape:
        """The shape in a sequence of this length: for an unstructured motif, the two hairpins take every other letter.

        A letter outside the two hairpins, even a single one, can stack on a hairpin with the motif's letters.
        """
        return replace(self, reach=length) if self.structure == UNSTRUCTURED else self

    @property
    def arms(self) -> tuple[Columns, Columns]:
        """Columns of the 5' arm, and of the 3' arm that pairs with it."""
        if self.structure != UNSTRUCTURED:
            return _arms(self.start, self.stem, self.loop)
        sides = (_hairpin(*side) for side in ((0, self.at), (self.at + self.width, self.reach)))
        five, three = (np.concatenate(both) for both in zip(*sides, strict=True))
        return five, three

    @property
    def around(self) -> Columns:
        """Columns that may be rearranged: all up to ``reach`` but the motif's own."""
        columns = np.arange(self.reach)
        return columns[(columns < self.at) | (columns >= self.at + self.width)]

    def refuse(self, shortest: int | None, name: str) -> None:
        """Refuse sequences that are too short for the hairpins, and hairpins that begin before the sequence."""
        first, last = self.at - self.start, (shortest or self.reach) - (self.reach - self.at)
        if self.start < 0 or last < self.at:
            of = f" of a sequence of length {shortest} (padding not counted)" if shortest else ""
            fits = f" to {last}" if last > first else ""
            raise InputError(
                f"{name} at={self.at}: the hairpin spans {min(self.start, 0)} to {self.reach}{of}",
                "the hairpin has to fit into the sequence",
                f"Write at={first}{fits if shortest else ' or more'}" if not shortest or first <= last
                else "Pass a shorter stem or loop",
            )  # fmt: skip

    def built(self, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The letters (length,) with the motif in place, and every 3' arm the reverse complement of its 5' arm."""
        folded = codes.copy()
        written = np.array(list(self.letters)) != "N"
        folded[self.at : self.at + self.width][written] = RNA.encode(self.letters)[written]
        five, three = self.arms
        folded[three] = complement(folded[five])
        return folded

    def met(self, codes: NDArray[np.uint8]) -> bool:
        """Does every letter have its structure with a probability of at least ``accept``?"""
        return self.accept == 0 or self.least(letter_probabilities(codes.tobytes(), self.temperature)) >= self.accept

    def least(self, probabilities: NDArray[np.float64]) -> float:
        """The least probability of a letter to have its structure, from probabilities (length, kinds)."""
        motif = probabilities[self.at : self.at + self.width]
        if self.structure == LOOP:
            return float(motif[slice(*self.core), HAIRPIN].min())
        if self.structure == STEM:
            return float(motif[:, PAIRED].min())
        return float(1 - motif[:, [PAIRED, HAIRPIN]].max())

    @property
    def wanted(self) -> str:
        """The criterion, as errors describe it."""
        if self.structure == LOOP:
            first, last = self.at + self.core[0], self.at + self.core[1] - 1
            return f"P(in a hairpin loop) of {self.accept:g} or more for positions {first} to {last}"
        if self.structure == STEM:
            return f"P(paired) of {self.accept:g} or more for every letter of the motif"
        return f"P(paired) and P(in a hairpin loop) of {1 - self.accept:g} or less for every letter of the motif"


def _hairpin(start: int, stop: int) -> tuple[Columns, Columns]:
    """The arms of a hairpin that takes all letters of a span; empty if the span is too short for a pair."""
    stem = max(0, (stop - start - SMALLEST_LOOP) // 2)
    return _arms(start, stem, stop - start - 2 * stem)


def _arms(start: int, stem: int, loop: int) -> tuple[Columns, Columns]:
    """Columns of the two arms of a hairpin that begins at ``start``, pair by pair from the outside."""
    step = np.arange(stem)
    return start + step, start + 2 * stem + loop - 1 - step
