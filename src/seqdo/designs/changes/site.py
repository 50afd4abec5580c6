"""Sites and arms: which motifs are written where, and the edits that come of it for given backgrounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import BLOCK
from seqdo.designs.changes.change import Change, in_blocks
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import Alphabet, complement
from seqdo.sequences.edit import Edit, refuse_overlap
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import stream

NONE = "none"
"""The name of the arm without edits."""


def place(value: int, name: str = "at", lowest: int | None = None) -> int:
    """A place or count as a whole number; 3.7, '17' and True are refused, and numbers below ``lowest``.

    >>> place(np.int64(17))
    17
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        needed = "a whole number is needed" + (" (0-based)" if lowest is None else "")
        raise InputError(f"{name}={value!r} ({type(value).__name__})", needed)
    if lowest is not None and value < lowest:
        raise InputError(f"{name}={value}", f"{lowest} or more is needed")
    return int(value)


@dataclass(frozen=True)
class Slot:
    """The ``rank``-th place in a random order of ``places``, an order drawn once for each background."""

    places: tuple[int, ...]
    rank: int


@dataclass(frozen=True, eq=False)
class Site(Change):
    """One motif at one place of an arm.

    Attributes
    ----------
    at : 0-based start, or the Slot that holds it
    draw : int
        Which draw of the motif this is. Sites of the same motif and draw get the same letters in
        every arm of a background, so that arms stay paired when letters are sampled.
    strand : "+" as given, "-" its reverse complement

    Raises
    ------
    InputError
        Letters instead of a Motif, a place that is no whole number, a strand that is neither.
    """

    motif: Motif
    at: int | Slot
    draw: int = 0
    strand: str = "+"

    def __post_init__(self) -> None:
        if not isinstance(self.motif, Motif):
            raise InputError(
                f"`motif` of a site is {self.motif!r}",
                "a Motif is needed",
                "Write sd.Site(sd.Motif.from_string(letters), at)",
            )
        if not isinstance(self.at, Slot):
            object.__setattr__(self, "at", place(self.at))
        if self.strand not in ("+", "-"):
            raise InputError(f"strand={self.strand!r}", '"+" or "-" is needed', 'Write strand="-"')

    @property
    def alphabet(self) -> Alphabet | None:
        """The alphabet of the motif."""
        return self.motif.alphabet

    @property
    def patterns(self) -> tuple[Motif, ...]:
        """The one motif."""
        return (self.motif,)

    @property
    def stranded(self) -> bool:
        """Is the reverse complement written?"""
        return self.strand == "-"

    @property
    def width(self) -> int:
        """Width of the motif."""
        return self.motif.width

    @property
    def name(self) -> str:
        """Name of the pattern in errors and arms."""
        return self.motif.name if self.strand == "+" else f"{self.motif.name}(rc)"

    @property
    def starts(self) -> tuple[int, ...]:
        """Every start that the site can have."""
        return self.at.places if isinstance(self.at, Slot) else (self.at,)

    @property
    def label(self) -> str:
        """What is written where, such as ``GATTACA@20``."""
        where = f"slot {self.at.rank + 1}" if isinstance(self.at, Slot) else self.at
        again = self.draw and not self.motif.certain and not isinstance(self.at, Slot)
        return f"{self.name}@{where}" + (f" (draw {self.draw + 1})" if again else "")

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for sites that write the same letters into every background, whatever their names."""
        if self.motif.certain:
            return self.at, self._stranded.matrix.tobytes()
        return self.at, self.motif.matrix.tobytes(), self.motif.name, self.draw, self.strand

    @property
    def columns(self) -> NDArray[np.int64]:
        """Columns of its letters at every start; N writes nothing."""
        written = np.flatnonzero(self._stranded.matrix.sum(1) > 0)
        return np.unique(np.add.outer(np.array(self.starts, np.int64), written))

    @property
    def _stranded(self) -> Motif:
        return self.motif if self.strand == "+" else self.motif.reverse_complement()

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ... of the run with this seed.

        Parameters
        ----------
        seed : of the run
        first : index of the first background
        backgrounds : from that index on
        """
        n = len(backgrounds)
        if self.motif.certain:
            letters = self._stranded.draw(n, stream(seed, "letters"))
        else:
            purpose = f"letters of {self.motif.name}, draw {self.draw}"
            drawn = in_blocks(first, n, lambda block: self.motif.draw(BLOCK, stream(seed, purpose, block)))
            letters = drawn if self.strand == "+" else complement(drawn)[:, ::-1]
        return Edit(self.name, letters, self._start(seed, first, n))

    def _start(self, seed: np.random.SeedSequence, first: int, n: int) -> int | NDArray[np.int64]:
        if isinstance(self.at, int):
            return self.at
        places = np.array(self.at.places)
        orders = in_blocks(
            first, n, lambda block: stream(seed, f"slots {self.starts}", block).random((BLOCK, len(places))).argsort(1)
        )
        chosen: NDArray[np.int64] = places[orders[:, self.at.rank]]
        return chosen


@dataclass(frozen=True, eq=False)
class Arm:
    """One treatment: the changes made to each background; an arm without any is left alone.

    Attributes
    ----------
    sites : what is written where: a Site for a motif, or another Change
    agree : may they overlap where they write the same letters? Otherwise an overlap is an InputError.
    """

    sites: tuple[Change, ...] = ()
    agree: bool = False

    def __post_init__(self) -> None:
        if self.agree:
            return  # an overlap then depends on the letters, and `apply` checks it
        fixed = [(site, site.starts[0]) for site in self.sites if len(site.starts) == 1]
        for (first, start), (second, other) in combinations(fixed, 2):
            if start < other + second.width and other < start + first.width:
                refuse_overlap(first.name, start, second.name, other)

    def edits(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> list[Edit]:
        """The arm's edits of backgrounds first, first + 1, ... of the run with this seed.

        Parameters
        ----------
        seed : of the run
        first : index of the first background
        backgrounds : from that index on
        """
        return edits_of([self], seed, first, backgrounds)[0]

    @property
    def settled(self) -> bool:
        """Was every overlap of its changes checked when the arm was made?"""
        return not self.agree and all(len(site.starts) == 1 for site in self.sites)

    @property
    def label(self) -> str:
        """A name from what is written where, such as ``GATTACA@20 + CCGG@30``."""
        return " + ".join(site.label for site in self.sites) or NONE

    @property
    def writes(self) -> frozenset[tuple[object, ...]]:
        """Equal for arms that make the same edit."""
        return frozenset(site.writes for site in self.sites)


def edits_of(arms: Iterable[Arm], seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> list[list[Edit]]:
    """The edits of each arm, of backgrounds first, first + 1, ...; a change that many arms share makes its edit once.

    Two arms share a change if it is the same object.
    """
    edits: dict[tuple[Change, bool], Edit] = {}
    by_arm = []
    for arm in arms:
        for site in arm.sites:
            if (site, arm.agree) not in edits:
                edits[site, arm.agree] = replace(site.edit(seed, first, backgrounds), agree=arm.agree)
        by_arm.append([edits[site, arm.agree] for site in arm.sites])
    return by_arm
