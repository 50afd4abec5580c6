"""Planted models: their effects are known exactly, so that what an experiment finds can be checked.

Each builder returns a :class:`Planted`: a :class:`~seqdo.models.model.Model` that can be run like any other,
and whose ``expected`` is the exact mean of its answer in any arm. The truth of a contrast is the same
combination of these means. The answer is a sum of terms (:mod:`seqdo.models.planted.terms`) in float64, with numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import whole as whole_number
from seqdo.errors import InputError
from seqdo.models.adapters.function import FunctionNetwork
from seqdo.models.member import Member
from seqdo.models.model import Model
from seqdo.models.planted.terms import Capped, Floats, Hairpin, LetterScore, Pairs, Part, Term
from seqdo.models.readout import whole
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.sequences.edit import refuse_off_end

Edits = Sequence[tuple[int, str | Motif]]
"""Deterministic or IUPAC edits as (start, pattern); N keeps the background's letter."""


@dataclass(frozen=True, eq=False, repr=False)
class Planted(Model):
    """A model that is a sum of parts, and its exact means."""

    parts: tuple[Part, ...] = field(default=())

    def expected(self, edits: Edits = (), profile: NDArray[np.floating[Any]] | None = None) -> float:
        """The exact mean answer where letters are independent and the edits are made.

        Parameters
        ----------
        edits : (start, pattern) pairs
            A pattern's IUPAC letters, or a Motif's matrix, are drawn independently for each background.
        profile : (length, 4) or (4,) letter probabilities of the backgrounds; uniform by default

        Examples
        --------
        >>> model = additive({"GATTACA": 2.0}, 60)
        >>> round(model.expected([(20, "GATTACA")]) - model.expected(), 2)
        2.0
        """
        return sum(part.expected(self._edited(edits, profile)) for part in self.parts)

    def describe(self) -> dict[str, Any]:
        """What to write down so that the model can be known again; only JSON's own types."""
        return super().describe() | {"parts": [repr(part) for part in self.parts]}

    def _edited(self, edits: Edits, profile: NDArray[np.floating[Any]] | None) -> Floats:
        """Letter probabilities (length, 4) after the edits."""
        base = np.full(4, 0.25) if profile is None else np.asarray(profile, np.float64)
        if base.shape not in ((4,), (self.length, 4)) or not np.allclose(base.sum(-1), 1):
            raise InputError(
                f"a profile of shape {base.shape} with sums from {base.sum(-1).min():.4g} to {base.sum(-1).max():.4g}",
                f"probabilities ({self.length}, 4) or (4,) are needed, each row summing to 1",
            )
        letters = np.array(np.broadcast_to(base, (self.length, 4)))
        for start, pattern in edits:
            motif = pattern if isinstance(pattern, Motif) else Motif.from_string(pattern)
            if start < 0 or start + motif.width > self.length:
                refuse_off_end(motif.name, motif.width, start, self.length, 1, 1)
            written = motif.matrix.sum(1) > 0
            letters[start : start + motif.width][written] = motif.matrix[written]
        return letters


@dataclass(frozen=True)
class Total:
    """The sum of some parts, as a function of codes."""

    parts: tuple[Part, ...]

    def __call__(self, codes: NDArray[np.uint8]) -> Floats:
        """Answers (n,) for codes (n, length)."""
        total: Floats = np.sum([part.answer(codes) for part in self.parts], axis=0)
        return total


def combine(parts: Sequence[Part], length: int, *, alphabet: Alphabet = DNA, name: str = "planted") -> Planted:
    """A planted model that adds up any parts.

    >>> both = combine([Term(1.0, "GATTACA"), Term(-0.5, "TATA", at=3)], 40)
    >>> both.expected([(3, "TATA")]) - both.expected([(3, "CCCC")]) < 0
    True
    """
    if not parts:
        raise InputError("a planted model of no parts", "at least one part is needed")
    length = whole_number("length", length, "a whole number of letters, at least 1, is needed", "Write length=60")
    for part in parts:
        part.check(length, alphabet)
    call = FunctionNetwork(name, "codes", whole, Total(tuple(parts)))
    return Planted(name, alphabet, length, ("y",), (Member(name, call, None, "codes"),), parts=tuple(parts))


def additive(weights: Mapping[str, float], length: int, *, alphabet: Alphabet = DNA) -> Planted:
    """Sites that know nothing of each other: y = Σ weight × number of matches."""
    if not isinstance(weights, Mapping):
        raise InputError(
            f"weights of type {type(weights).__name__}", "pattern to weight is needed", 'Write {"GATTACA": 2.0}'
        )
    parts = [Term(weight, pattern) for pattern, weight in weights.items()]
    return combine(parts, length, alphabet=alphabet, name="additive")


def saturating(pattern: str, length: int, cap: int, *, alphabet: Alphabet = DNA) -> Planted:
    """Copies add until there are enough: y = number of matches, at most ``cap``."""
    return combine([Capped(pattern, cap)], length, alphabet=alphabet, name="saturating")


def steric(first: str, second: str, length: int, reach: int, *, alphabet: Alphabet = DNA) -> Planted:
    """Two that exclude each other when close: y = number of pairs "first … second" with a gap of ``reach`` or more.

    >>> model = steric("GATTACA", "CCGGCC", 60, reach=5)
    >>> near, far = (model.expected([(10, "GATTACA"), (17 + gap, "CCGGCC")]) for gap in (4, 5))
    >>> round(far - near, 2)
    1.0
    """
    weights = tuple(float(gap >= reach) for gap in _gaps(first, second, length))
    return combine([Pairs(first, second, weights)], length, alphabet=alphabet, name="steric")


def periodic(first: str, second: str, length: int, period: float = 10.5, *, alphabet: Alphabet = DNA) -> Planted:
    """Two that like one face of the helix: y = Σ over pairs "first … second" of (1 + cos(2π gap / period)) / 2."""
    weights = tuple(float(0.5 + 0.5 * np.cos(2 * np.pi * gap / period)) for gap in _gaps(first, second, length))
    return combine([Pairs(first, second, weights)], length, alphabet=alphabet, name="periodic")


def context_flip(pattern: str, length: int, *, alphabet: Alphabet = DNA) -> Planted:
    """A sign set by the first letter: y = number of matches after it, times 1 if it is G or C and −1 if A, T or U."""
    ones = (1.0,) * (length - len(pattern))
    parts = [Pairs("S", pattern, ones, at=0), Pairs("W", pattern, tuple(-one for one in ones), at=0)]
    return combine(parts, length, alphabet=alphabet, name="context flip")


def gc_biased(pattern: str, length: int, slope: float, *, alphabet: Alphabet = DNA) -> Planted:
    """A motif, and a bias that looks like one: y = number of matches + slope × share of G and C."""
    return combine([Term(1.0, pattern), Term(slope / length, "S")], length, alphabet=alphabet, name="GC biased")


def hairpin_gated(pattern: str, length: int, at: int, stem: int, *, alphabet: Alphabet = DNA) -> Planted:
    """A motif that counts only in a loop: y = 1 where it is at ``at``, between ``stem`` Watson-Crick pairs, else 0."""
    return combine([Hairpin(pattern, at, stem)], length, alphabet=alphabet, name="hairpin gated")


def letter_score(
    weights: NDArray[np.integer[Any]], link: Callable[[Floats], Floats], *, alphabet: Alphabet = DNA
) -> Planted:
    """Any curved scale: y = link(S), S the sum of a whole-number weight (length, 4) for each letter.

    >>> weights = np.zeros((10, 4), int)
    >>> weights[:2, 0] = 1
    >>> round(letter_score(weights, np.exp).expected([(0, "AA")]), 3)  # e squared
    7.389
    """
    table = np.asarray(weights)
    return combine([LetterScore(table, link)], len(table), alphabet=alphabet, name="letter score")


def _gaps(first: str, second: str, length: int) -> range:
    return range(max(length - len(first) - len(second) + 1, 0))
