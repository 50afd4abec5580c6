"""The questions that are timed: backgrounds and the edits to make on them, cut to a size that fits a round."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

import seqdo as sd
from seqdo.sequences.stream import root, stream

MOTIF, PARTNER = "TATCGATA", "GGGTGACT"
POSITIONS, GAPS, SCREENED, BACKGROUNDS, MUTATED = 200, 100, 500, 1000, 20
LETTERS = "ACGT"
SEED = root(0)

Arm = list[sd.Edit]
"""What is written into every background, the same letters in each."""

Kind = Literal["site", "pair", "mutagenesis"]


@dataclass(frozen=True)
class Workload:
    """Arms to evaluate on backgrounds.

    Attributes
    ----------
    name : W1, W2, ...
    kind : what its arms write: a motif at one site, a pair of motifs, or a letter at a position, each of the
        four letters in turn; a letter that is there already makes no mutant, and counts as no evaluation
    uncut : the workload that this is a cut of, if it is one
    """

    name: str
    title: str
    kind: Kind
    backgrounds: sd.Sequences
    arms: tuple[Arm, ...]
    uncut: Workload | None = None

    @property
    def entire(self) -> Workload:
        """The workload before anything was cut."""
        return self.uncut or self

    @property
    def whole_call(self) -> bool:
        """Does what a call does first count? For mutagenesis, where tangermeme captures in every call."""
        return self.kind == "mutagenesis"

    @property
    def each(self) -> float:
        """Evaluations for each background."""
        return len(self.arms) * (0.75 if self.kind == "mutagenesis" else 1)

    @property
    def evaluations(self) -> int:
        """Pairs of an edit and a background that it changes."""
        return round(self.each * len(self.backgrounds))

    @property
    def size(self) -> tuple[int, int]:
        """Arms and backgrounds."""
        return len(self.arms), len(self.backgrounds)

    def cut(self, arms: int, backgrounds: int) -> Workload:
        """The same with fewer: arms spread evenly; of mutagenesis a window of positions with all their letters.

        The window begins at a quarter of what it leaves out: edits near the middle reach most, those at the
        ends least.
        """
        if self.kind == "mutagenesis":
            positions = self._positions(arms)
            first = (len(self.arms) // len(LETTERS) - positions) // 4
            return self._kept(range(len(LETTERS) * first, len(LETTERS) * (first + positions)), backgrounds)
        most = min(arms, len(self.arms))
        return self._kept([int((place + 0.5) * len(self.arms) / most) for place in range(most)], backgrounds)

    def corners(self, arms: int, backgrounds: int) -> Workload:
        """The same with fewer, first and last arm among them: those that mistakes are made at."""
        if self.kind == "mutagenesis":
            positions = spread(len(self.arms) // len(LETTERS), self._positions(arms))
            places = [len(LETTERS) * position + letter for position in positions for letter in range(len(LETTERS))]
            return self._kept(places, backgrounds)
        return self._kept(spread(len(self.arms), arms), backgrounds)

    def _positions(self, arms: int) -> int:
        return max(1, min(arms, len(self.arms)) // len(LETTERS))

    def _kept(self, arms: Iterable[int], backgrounds: int) -> Workload:
        some = tuple(self.arms[index] for index in arms)
        return replace(self, arms=some, backgrounds=self.backgrounds[:backgrounds], uncut=self.entire)


def spread(total: int, most: int) -> list[int]:
    """At most so many of range(total), both ends among them."""
    return sorted({round(place) for place in np.linspace(0, total - 1, min(most, total)).tolist()})


def scan(length: int) -> Workload:
    starts = spread(length - len(MOTIF) + 1, POSITIONS)
    return _designed("W1", "position scan", "site", length, sd.positions(MOTIF, starts))


def spacing(length: int) -> Workload:
    gaps = range(1, min(GAPS, length - 2 * len(MOTIF)) + 1)
    at = (length - 2 * len(MOTIF) - gaps[-1]) // 2
    return _designed("W2", "spacing", "pair", length, sd.spacing(MOTIF, PARTNER, gaps=gaps, at=at))


def screen(length: int) -> Workload:
    codes = stream(SEED, "screen").choice(4**8, SCREENED, replace=False)
    motifs = ["".join(LETTERS[code >> 2 * place & 3] for place in range(8)) for code in codes.tolist()]
    return _designed("W4", "screen", "site", length, sd.kmers(motifs, at=(length - 8) // 2))


def mutagenesis(length: int, sequences: int) -> Workload:
    name, title = ("W3", f"ISM of {sequences}") if sequences > 1 else ("W3-1", "ISM of one")
    places = ((letter, position) for position in range(length) for letter in LETTERS)
    arms = tuple([sd.Edit(letter, sd.DNA.encode(letter), position)] for letter, position in places)
    return Workload(name, title, "mutagenesis", _sampled(length, sequences), arms)


WORKLOADS: dict[str, Callable[[int], Workload]] = {
    "W1": scan,
    "W2": spacing,
    "W3": partial(mutagenesis, sequences=MUTATED),
    "W3-1": partial(mutagenesis, sequences=1),
    "W4": screen,
}
"""Name to the workload for a length: the one table to extend."""


def _designed(name: str, title: str, kind: Kind, length: int, design: sd.Design) -> Workload:
    """The arms of a design that write as many motifs as the question is about; its controls are left out."""
    sites = 2 if kind == "pair" else 1
    one = _sampled(length, 1)
    arms = tuple(arm.edits(SEED, 0, one) for arm in design.arms.values() if len(arm.sites) == sites)
    return Workload(name, title, kind, _sampled(length, BACKGROUNDS), arms)


def _sampled(length: int, n: int) -> sd.Sequences:
    return sd.backgrounds.uniform(length).sample(n, rng=SEED)
