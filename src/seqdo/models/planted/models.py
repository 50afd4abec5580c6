"""Planted models: their effects are known exactly, so that the estimates of an experiment can be checked.

Each function returns a :class:`Planted`: a :class:`~seqdo.models.model.Model` that runs like any other model. Its
method ``expected`` gives the exact mean of the prediction in any arm. The true value of a contrast is the same
combination of these means. A prediction is a sum of parts (:mod:`seqdo.models.planted.terms`) in float64.
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
"""Edits as pairs of start and pattern. IUPAC letters are drawn for each background; N keeps the background's letter."""


@dataclass(frozen=True, eq=False, repr=False)
class Planted(Model):
    """A model that is a sum of parts, and whose exact means are known.

    Attributes
    ----------
    parts : the summands of a prediction
    """

    parts: tuple[Part, ...] = field(default=())

    def expected(self, edits: Edits = (), profile: NDArray[np.floating[Any]] | None = None) -> float:
        """The exact mean prediction for backgrounds of independent letters with these edits.

        Parameters
        ----------
        edits : pairs of start and pattern
            IUPAC letters of a pattern, and letters of a Motif's matrix, are drawn independently for each background.
        profile : letter probabilities of the backgrounds, (length, 4) or (4,); uniform by default

        Raises
        ------
        InputError
            A profile of another shape, or whose rows do not sum to 1; an edit that extends beyond the sequence.

        Examples
        --------
        >>> model = additive({"GATTACA": 2.0}, 60)
        >>> round(model.expected([(20, "GATTACA")]) - model.expected(), 2)
        2.0
        """
        return sum(part.expected(self._edited(edits, profile)) for part in self.parts)

    def describe(self) -> dict[str, Any]:
        """A record of the model for provenance, in types of JSON."""
        return super().describe() | {"parts": [repr(part) for part in self.parts]}

    def _edited(self, edits: Edits, profile: NDArray[np.floating[Any]] | None) -> Floats:
        """Letter probabilities (length, 4) after the edits."""
        base = np.full(4, 0.25) if profile is None else np.asarray(profile, np.float64)
        if base.shape not in ((4,), (self.length, 4)) or not np.allclose(base.sum(-1), 1):
            raise InputError(
                f"`profile` of shape {base.shape} with sums from {base.sum(-1).min():.4g} to {base.sum(-1).max():.4g}",
                f"probabilities of the shape ({self.length}, 4) or (4,) are needed, and each row sums to 1",
                "Write profile=[0.3, 0.2, 0.2, 0.3]",
            )
        letters = np.array(np.broadcast_to(base, (self.length, 4)))
        for start, pattern in edits:
            motif = pattern if isinstance(pattern, Motif) else Motif.from_string(pattern)
            if start < 0 or start + motif.width > self.length:
                refuse_off_end(motif.name, motif.width, start, self.length, 1, 1)
            written = motif.matrix.sum(1) > 0  # an N has a row of zeros and keeps the background's letter
            letters[start : start + motif.width][written] = motif.matrix[written]
        return letters


@dataclass(frozen=True)
class Total:
    """The sum of some parts, as a function of codes."""

    parts: tuple[Part, ...]

    def __call__(self, codes: NDArray[np.uint8]) -> Floats:
        """Predictions (n,) for codes (n, length)."""
        total: Floats = np.sum([part.predict(codes) for part in self.parts], axis=0)
        return total


def combine(parts: Sequence[Part], length: int, *, alphabet: Alphabet = DNA, name: str = "planted") -> Planted:
    """A planted model that is the sum of any parts.

    Parameters
    ----------
    parts : for example ``Term``, ``Pairs``, ``Capped`` or ``Hairpin`` of :mod:`seqdo.models.planted.terms`
    length : length of a sequence in bp or nt
    alphabet : ``sd.DNA`` or ``sd.RNA``
    name : name of the model

    Raises
    ------
    InputError
        No part; a part that does not fit the length or the alphabet.

    Examples
    --------
    >>> both = combine([Term(1.0, "GATTACA"), Term(-0.5, "TATA", at=3)], 40)
    >>> both.expected([(3, "TATA")]) - both.expected([(3, "CCCC")]) < 0
    True
    """
    if not parts:
        raise InputError(
            "`parts` (or `weights`) is empty", "a planted model needs at least one part",
            'Write sd.planted.additive({"GATTACA": 2.0}, length=60)',
        )  # fmt: skip
    length = whole_number("length", length, "a whole number of bp or nt, at least 1, is needed", "Write length=60")
    for part in parts:
        part.check(length, alphabet)
    call = FunctionNetwork(name, "codes", whole, Total(tuple(parts)))
    return Planted(name, alphabet, length, ("y",), (Member(name, call, None, "codes"),), parts=tuple(parts))


def additive(weights: Mapping[str, float], length: int, *, alphabet: Alphabet = DNA) -> Planted:
    """Sites without interaction: y = sum over patterns of weight × number of matches.

    Parameters
    ----------
    weights : pattern (IUPAC letters) to the weight of a match
    length : length of a sequence in bp or nt
    alphabet : ``sd.DNA`` or ``sd.RNA``

    Examples
    --------
    >>> model = additive({"GATTACA": 2.0}, length=60)
    >>> round(model.expected([(5, "GATTACA"), (30, "GATTACA")]) - model.expected(), 2)
    4.0
    """
    if not isinstance(weights, Mapping):
        raise InputError(
            f"`weights` is a {type(weights).__name__}",
            "a dict of pattern to weight is needed",
            'Write {"GATTACA": 2.0}',
        )
    parts = [Term(weight, pattern) for pattern, weight in weights.items()]
    return combine(parts, length, alphabet=alphabet, name="additive")


def saturating(pattern: str, length: int, cap: int, *, alphabet: Alphabet = DNA) -> Planted:
    """Copies that saturate: y = number of matches, up to ``cap``.

    Parameters
    ----------
    pattern : IUPAC letters
    length : length of a sequence in bp or nt
    cap : largest number of matches that counts
    alphabet : ``sd.DNA`` or ``sd.RNA``
    """
    return combine([Capped(pattern, cap)], length, alphabet=alphabet, name="saturating")


def steric(first: str, second: str, length: int, reach: int, *, alphabet: Alphabet = DNA) -> Planted:
    """Sites that exclude each other: y = number of pairs "first … second" with a gap of at least ``reach``.

    Parameters
    ----------
    first, second : IUPAC letters of the pattern on the left and of the pattern on the right
    length : length of a sequence in bp or nt
    reach : smallest gap between the two patterns, in positions, at which a pair counts
    alphabet : ``sd.DNA`` or ``sd.RNA``

    Examples
    --------
    >>> model = steric("GATTACA", "CCGGCC", 60, reach=5)
    >>> near, far = (model.expected([(10, "GATTACA"), (17 + gap, "CCGGCC")]) for gap in (4, 5))
    >>> round(far - near, 2)
    1.0
    """
    weights = tuple(float(gap >= reach) for gap in _gaps(first, second, length))
    return combine([Pairs(first, second, weights)], length, alphabet=alphabet, name="steric")


def periodic(first: str, second: str, length: int, period: float = 10.5, *, alphabet: Alphabet = DNA) -> Planted:
    """Sites that act together on one face of the helix: y = sum over pairs of (1 + cos(2π gap / period)) / 2.

    The sum is over pairs "first … second" that do not overlap.

    Parameters
    ----------
    first, second : IUPAC letters of the pattern on the left and of the pattern on the right
    length : length of a sequence in bp or nt
    period : period of the interaction, in positions; 10.5 bp is a turn of B-DNA
    alphabet : ``sd.DNA`` or ``sd.RNA``
    """
    weights = tuple(float(0.5 + 0.5 * np.cos(2 * np.pi * gap / period)) for gap in _gaps(first, second, length))
    return combine([Pairs(first, second, weights)], length, alphabet=alphabet, name="periodic")


def context_flip(pattern: str, length: int, *, alphabet: Alphabet = DNA) -> Planted:
    """An effect whose sign depends on the context: y = ± number of matches after the first letter.

    The sign is + if the first letter of the sequence is G or C, and − if it is A, T or U.

    Parameters
    ----------
    pattern : IUPAC letters
    length : length of a sequence in bp or nt
    alphabet : ``sd.DNA`` or ``sd.RNA``
    """
    gaps = length - len(pattern)
    parts = [Pairs("S", pattern, (1.0,) * gaps, at=0), Pairs("W", pattern, (-1.0,) * gaps, at=0)]
    return combine(parts, length, alphabet=alphabet, name="context flip")


def gc_biased(pattern: str, length: int, slope: float, *, alphabet: Alphabet = DNA) -> Planted:
    """A motif and a composition bias: y = number of matches + slope × GC content.

    Parameters
    ----------
    pattern : IUPAC letters
    length : length of a sequence in bp or nt
    slope : change of y from a GC content of 0 to a GC content of 1
    alphabet : ``sd.DNA`` or ``sd.RNA``
    """
    return combine([Term(1.0, pattern), Term(slope / length, "S")], length, alphabet=alphabet, name="GC biased")


def hairpin_gated(pattern: str, length: int, at: int, stem: int, *, alphabet: Alphabet = DNA) -> Planted:
    """A motif that has an effect only in the loop of a hairpin: y = 1 if the hairpin is complete, else 0.

    Parameters
    ----------
    pattern : IUPAC letters of the loop
    length : length of a sequence in bp or nt
    at : start of the pattern
    stem : number of Watson-Crick pairs that close the loop
    alphabet : ``sd.DNA`` or ``sd.RNA``
    """
    return combine([Hairpin(pattern, at, stem)], length, alphabet=alphabet, name="hairpin gated")


def letter_score(
    weights: NDArray[np.integer[Any]], link: Callable[[Floats], Floats], *, alphabet: Alphabet = DNA
) -> Planted:
    """A nonlinear function of a sum over positions: y = link(S), where S adds up the weight of each letter.

    Parameters
    ----------
    weights : int (length, 4), weight of each letter at each position
    link : function of an array of sums, element by element
    alphabet : ``sd.DNA`` or ``sd.RNA``

    Examples
    --------
    >>> weights = np.zeros((10, 4), int)
    >>> weights[:2, 0] = 1
    >>> round(letter_score(weights, np.exp).expected([(0, "AA")]), 3)  # e squared
    7.389
    """
    table = np.asarray(weights)
    return combine([LetterScore(table, link)], len(table), alphabet=alphabet, name="letter score")


def _gaps(first: str, second: str, length: int) -> range:
    return range(max(length - len(first) - len(second) + 1, 0))
