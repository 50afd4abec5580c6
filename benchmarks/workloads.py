"""Workloads: backgrounds and the edits to make on them, and parts of a workload that fit into a round."""

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
"""Edits of every background; each background gets the same letters."""

Kind = Literal["site", "pair", "mutagenesis"]


@dataclass(frozen=True)
class Workload:
    """Arms to evaluate on backgrounds.

    Attributes
    ----------
    name : W1, W2, ...
    kind : a motif at one site, a pair of motifs, or each of the four letters at each position
        Writing the background's own letter is no mutant, and is not counted as an evaluation.
    uncut : the whole workload, if this is a part of it
    """

    name: str
    title: str
    kind: Kind
    backgrounds: sd.Sequences
    arms: tuple[Arm, ...]
    uncut: Workload | None = None

    @property
    def entire(self) -> Workload:
        """The whole workload."""
        return self.uncut or self

    @property
    def whole_call(self) -> bool:
        """Whether the time for each call counts: for mutagenesis, where tangermeme captures in every call."""
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
        """Number of arms and number of backgrounds."""
        return len(self.arms), len(self.backgrounds)

    def cut(self, arms: int, backgrounds: int) -> Workload:
        """A part with fewer arms, spread evenly, and fewer backgrounds.

        For mutagenesis the arms are a window of positions with all letters. A quarter of the other positions is left
        of the window. Edits near the middle reach most outputs, and edits at the ends reach fewest.
        """
        if self.kind == "mutagenesis":
            positions = self._positions(arms)
            first = (len(self.arms) // len(LETTERS) - positions) // 4
            return self._kept(range(len(LETTERS) * first, len(LETTERS) * (first + positions)), backgrounds)
        most = min(arms, len(self.arms))
        return self._kept([int((place + 0.5) * len(self.arms) / most) for place in range(most)], backgrounds)

    def corners(self, arms: int, backgrounds: int) -> Workload:
        """A part that includes the first and the last arm, where errors are most likely."""
        if self.kind == "mutagenesis":
            positions = spread(len(self.arms) // len(LETTERS), self._positions(arms))
            places = [len(LETTERS) * position + letter for position in positions for letter in range(len(LETTERS))]
            return self._kept(places, backgrounds)
        return self._kept(spread(len(self.arms), arms), backgrounds)

    def _positions(self, arms: int) -> int:
        return max(1, min(arms, len(self.arms)) // len(LETTERS))

    def _kept(self, arms: Iterable[int], backgrounds: int) -> Workload:
        kept = tuple(self.arms[index] for index in arms)
        return replace(self, arms=kept, backgrounds=self.backgrounds[:backgrounds], uncut=self.entire)


def spread(total: int, most: int) -> list[int]:
    """At most ``most`` numbers of range(total), with both ends."""
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
"""Name to a function from length to workload. A new workload needs a row here."""


def _designed(name: str, title: str, kind: Kind, length: int, design: sd.Design) -> Workload:
    """The arms of a design that write all of its motifs; controls are left out."""
    sites = 2 if kind == "pair" else 1
    background = _sampled(length, 1)
    arms = tuple(arm.edits(SEED, 0, background) for arm in design.arms.values() if len(arm.sites) == sites)
    return Workload(name, title, kind, _sampled(length, BACKGROUNDS), arms)


def _sampled(length: int, n: int) -> sd.Sequences:
    return sd.backgrounds.uniform(length).sample(n, rng=SEED)
