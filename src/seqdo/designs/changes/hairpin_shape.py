"""The shape that a context of a motif shall fold into: which letters pair, and what the ensemble has to say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import RNA, complement
from seqdo.sequences.folding import HAIRPIN, PAIRED, letter_probabilities

Columns = NDArray[np.int64]

LOOP, STEM, UNSTRUCTURED = "loop", "stem", "unstructured"

BESIDE = 4
"""Least letters in the loop of a hairpin that is made beside a motif, so that the motif is in none."""


@dataclass(frozen=True)
class Shape:
    """A motif in a hairpin's loop, in its stem, or single-stranded between hairpins of its neighbours.

    Attributes
    ----------
    structure : LOOP, STEM or UNSTRUCTURED
    at : 0-based start of the motif
    letters : its own; N where the background's stays
    core : span within the motif that has to be in the loop
    stem, loop : pairs, and letters between them
    before : letters of the loop, or of the stem's 5' arm, before the motif
    reach : letters of a background, from its start, that may be rearranged; unstructured, as many as it has to have
    accept : the least P of every letter that it is what it shall be; 0 asks nothing
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
        """Letters of the motif."""
        return len(self.letters)

    @property
    def start(self) -> int:
        """The first letter of the hairpin; of the motif where it is in none."""
        letters = {LOOP: self.before + self.stem, STEM: self.before, UNSTRUCTURED: 0}
        return self.at - letters[self.structure]

    @property
    def stop(self) -> int:
        """One beyond the last letter of the hairpin."""
        return self.at + self.width if self.structure == UNSTRUCTURED else self.start + 2 * self.stem + self.loop

    def within(self, length: int) -> Shape:
        """The shape in a sequence so long: where the motif shall be unstructured, no letter is left to pair with it.

        Letters outside the two hairpins do: those behind one, even a single one, stack on it with the motif's.
        """
        return replace(self, reach=length) if self.structure == UNSTRUCTURED else self

    @property
    def arms(self) -> tuple[Columns, Columns]:
        """Columns of the 5' arm, and of the letters that they pair with."""
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
        """Refuse sequences into which the hairpins do not fit, or any where they would begin before the start."""
        first, last = self.at - self.start, (shortest or self.reach) - (self.reach - self.at)
        if self.start < 0 or last < self.at:
            of = f" of a sequence of {shortest} letters (padding not counted)" if shortest else ""
            fits = f" to {last}" if last > first else ""
            raise InputError(
                f"{name} at {self.at}: what folds spans {min(self.start, 0)} to {self.reach}{of}",
                "it has to fit into the sequence",
                f"Write at={first}{fits if shortest else ' or more'}" if not shortest or first <= last
                else "Give a shorter stem or loop",
            )  # fmt: skip

    def built(self, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The letters (length,) with the motif in place, and every 3' arm the reverse complement of its 5' arm."""
        made = codes.copy()
        written = np.array(list(self.letters)) != "N"
        made[self.at : self.at + self.width][written] = RNA.encode(self.letters)[written]
        five, three = self.arms
        made[three] = complement(made[five])
        return made

    def met(self, codes: NDArray[np.uint8]) -> bool:
        """Does every letter that has to be what the shape says have at least P = ``accept`` of it?"""
        return self.accept == 0 or self.least(letter_probabilities(codes.tobytes(), self.temperature)) >= self.accept

    def least(self, found: NDArray[np.float64]) -> float:
        """The least P among these letters to be what they shall be, of probabilities (length, kinds)."""
        motif = found[self.at : self.at + self.width]
        if self.structure == LOOP:
            return float(motif[slice(*self.core), HAIRPIN].min())
        if self.structure == STEM:
            return float(motif[:, PAIRED].min())
        return float(1 - motif[:, [PAIRED, HAIRPIN]].max())

    @property
    def wanted(self) -> str:
        """What is asked of the ensemble, in words."""
        if self.structure == LOOP:
            first, last = self.at + self.core[0], self.at + self.core[1] - 1
            return f"P(in a hairpin loop) of {self.accept:g} or more for letters {first} to {last}"
        if self.structure == STEM:
            return f"P(paired) of {self.accept:g} or more for every letter of the motif"
        return f"P(paired) and P(in a hairpin loop) of {1 - self.accept:g} or less for every letter of the motif"


def _hairpin(start: int, stop: int) -> tuple[Columns, Columns]:
    """The arms of the one hairpin that takes all letters of a span; none where it is too short for a pair."""
    stem = max(0, (stop - start - BESIDE) // 2)
    return _arms(start, stem, stop - start - 2 * stem)


def _arms(start: int, stem: int, loop: int) -> tuple[Columns, Columns]:
    """Columns of the two arms of a hairpin that begins at ``start``, pair by pair from outside."""
    step = np.arange(stem)
    return start + step, start + 2 * stem + loop - 1 - step
