"""Parts of planted models: each part's contribution to a prediction, and its exact mean.

A part computes its contribution for a sequence, and the exact mean of that contribution under independent letters. An
edit only changes the letter probabilities at the positions that it writes. One formula therefore gives the mean in
every arm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from numbers import Real
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.edit import refuse_off_end

Floats = NDArray[np.float64]


class Part(Protocol):
    """One summand of a planted model's prediction."""

    def predict(self, codes: NDArray[np.uint8]) -> Floats:
        """The contribution to the prediction for codes (n, length): (n,)."""

    def expected(self, profile: Floats) -> float:
        """The exact mean of the contribution for independent letters with probabilities (length, 4)."""

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a part that does not fit a model of this length and alphabet."""


@dataclass(frozen=True)
class Term:
    """weight × number of matches of a pattern, overlapping matches included.

    The mean is the sum over starts of the product over positions of the probability that the letter matches.

    Attributes
    ----------
    weight : added for each match
    pattern : IUPAC letters
    at : the only start that counts; by default all starts count
    """

    weight: float
    pattern: str
    at: int | None = None

    def predict(self, codes: NDArray[np.uint8]) -> Floats:
        """The contribution to the prediction for codes (n, length): (n,)."""
        matches = hits(codes, self.pattern)
        count: Floats = (matches.sum(1) if self.at is None else matches[:, self.at]).astype(np.float64)
        return self.weight * count

    def expected(self, profile: Floats) -> float:
        """The exact mean for independent letters with probabilities (length, 4)."""
        probabilities = match_probabilities(profile, self.pattern)
        return self.weight * float(probabilities.sum() if self.at is None else probabilities[self.at])

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a weight that is not a finite number, and a pattern of the other alphabet or of too great a length."""
        if isinstance(self.weight, bool) or not isinstance(self.weight, Real) or not np.isfinite(self.weight):
            raise InputError(
                f"`weight` is {self.weight!r} for {self.pattern}",
                "a finite number is needed",
                f'Write {{"{self.pattern}": 2.0}}',
            )
        check_pattern(self.pattern, self.at, length, alphabet)


@dataclass(frozen=True)
class Pairs:
    """Sum over pairs "first … second" of a weight that depends on the gap between the two.

    The two patterns of a pair never overlap. The mean is therefore the sum of weight × P(first matches) ×
    P(second matches).

    Attributes
    ----------
    first, second : IUPAC letters of the pattern on the left and of the pattern on the right
    weights : weight for a gap of 0, 1, ... positions between the two; larger gaps have weight 0
    at : the only start of ``first`` that counts; by default all starts count
    """

    first: str
    second: str
    weights: tuple[float, ...]
    at: int | None = None

    def predict(self, codes: NDArray[np.uint8]) -> Floats:
        """The contribution to the prediction for codes (n, length): (n,)."""
        first, second = hits(codes, self.first), hits(codes, self.second)
        table = self._weight_table(first.shape[1], second.shape[1])
        total: Floats = ((first @ table) * second).sum(1)
        return total

    def expected(self, profile: Floats) -> float:
        """The exact mean for independent letters with probabilities (length, 4)."""
        first, second = match_probabilities(profile, self.first), match_probabilities(profile, self.second)
        return float(first @ self._weight_table(len(first), len(second)) @ second)

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse patterns of the other alphabet, and patterns that do not fit next to each other."""
        check_pattern(self.first, self.at, length, alphabet)
        check_pattern(self.second, None, length, alphabet)
        check_pattern(self.first + self.second, None, length, alphabet)

    def _weight_table(self, firsts: int, seconds: int) -> Floats:
        """Weight for each start of the first and each start of the second: (firsts, seconds)."""
        gap = np.arange(seconds) - np.arange(firsts)[:, None] - len(self.first)
        inside = (gap >= 0) & (gap < len(self.weights))
        if self.at is not None:
            inside &= np.arange(firsts)[:, None] == self.at
        return np.where(inside, np.array(self.weights)[np.where(inside, gap, 0)], 0.0)


@dataclass(frozen=True)
class Capped:
    """The number of matches of a pattern, overlapping matches included, up to ``cap``.

    The mean is computed letter by letter with a shift-and automaton. Its state is the set of partial matches that are
    open and the number of matches so far. The mean is exact, also where matches overlap.

    Attributes
    ----------
    pattern : IUPAC letters
    cap : largest number of matches that counts
    """

    pattern: str
    cap: int

    def predict(self, codes: NDArray[np.uint8]) -> Floats:
        """The contribution to the prediction for codes (n, length): (n,)."""
        count: Floats = np.minimum(hits(codes, self.pattern).sum(1), self.cap).astype(np.float64)
        return count

    def expected(self, profile: Floats) -> float:
        """The exact mean for independent letters with probabilities (length, 4)."""
        allowed = letters(self.pattern)
        bits = [sum(1 << place for place in np.flatnonzero(allowed[:, code]).tolist()) for code in range(4)]
        complete = 1 << (len(allowed) - 1)
        # Bit i of a state: the last i + 1 letters match the first i + 1 of the pattern. Values: P(number of matches).
        distribution: dict[int, Floats] = {0: np.eye(self.cap + 1)[0]}
        for row in profile:
            following: dict[int, Floats] = defaultdict(lambda: np.zeros(self.cap + 1))
            for state, counts in distribution.items():
                for code in np.flatnonzero(row):
                    extended = ((state << 1) | 1) & bits[code]
                    following[extended] += row[code] * (_one_more(counts) if extended & complete else counts)
            distribution = following
        return float(np.arange(self.cap + 1) @ sum(distribution.values()))

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a pattern of the other alphabet or of too great a length, and a cap below 1."""
        check_pattern(self.pattern, None, length, alphabet)
        if self.cap < 1:
            raise InputError(f"`cap={self.cap}`", "a cap of at least 1 match is needed", "Write cap=3")


@dataclass(frozen=True)
class Hairpin:
    """1 where the pattern is the loop of a hairpin, else 0.

    The mean is P(pattern matches) × the product over base pairs of P(the two letters are complementary).

    Attributes
    ----------
    pattern : IUPAC letters of the loop
    at : start of the pattern
    stem : number of Watson-Crick pairs that close the loop
    """

    pattern: str
    at: int
    stem: int

    def predict(self, codes: NDArray[np.uint8]) -> Floats:
        """The contribution to the prediction for codes (n, length): (n,)."""
        left, right = self._stem_positions()
        closed = (codes[:, left] + codes[:, right] == 3).all(1)  # complementary codes sum to 3
        gated: Floats = (hits(codes, self.pattern)[:, self.at] & closed).astype(np.float64)
        return gated

    def expected(self, profile: Floats) -> float:
        """The exact mean for independent letters with probabilities (length, 4)."""
        left, right = self._stem_positions()
        paired = (profile[left] * profile[right, ::-1]).sum(1)
        return float(match_probabilities(profile, self.pattern)[self.at] * paired.prod())

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a pattern of the other alphabet, and a stem that extends beyond the sequence."""
        check_pattern(self.pattern, self.at, length, alphabet)
        whole = "N" * self.stem + self.pattern + "N" * self.stem
        check_pattern(whole, self.at - self.stem, length, alphabet)

    def _stem_positions(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        step = np.arange(self.stem)
        return self.at - 1 - step, self.at + len(self.pattern) + step


@dataclass(frozen=True, eq=False, repr=False)
class LetterScore:
    """link(S), where S is the sum of a weight for the letter at each position.

    Weights are whole numbers. The distribution of S is therefore the convolution of the distributions of its summands,
    and the mean is exact for any link.

    Attributes
    ----------
    weights : int (length, 4)
    link : function of an array of sums, element by element
    """

    weights: NDArray[np.int64]
    link: Callable[[Floats], Floats]

    def predict(self, codes: NDArray[np.uint8]) -> Floats:
        """The contribution to the prediction for codes (n, length): (n,)."""
        score = self.weights[np.arange(codes.shape[1]), codes].sum(1)
        return np.asarray(self.link(score.astype(np.float64)), np.float64)

    def expected(self, profile: Floats) -> float:
        """The exact mean for independent letters with probabilities (length, 4)."""
        distribution = np.ones(1)
        for weights, row in zip(self.weights, profile, strict=True):
            # Weights less their minimum are the indices of a distribution; the minima are added to S below.
            distribution = np.convolve(distribution, np.bincount(weights - weights.min(), weights=row))
        scores = self.weights.min(1).sum() + np.arange(len(distribution), dtype=np.float64)
        return float(distribution @ self.link(scores))

    def __repr__(self) -> str:
        digest = sha256(self.weights.astype("<i8").tobytes()).hexdigest()[:12]
        return f"LetterScore(weights sha256 {digest}, link={getattr(self.link, '__name__', self.link)})"

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse weights of another shape, and weights that are not whole numbers."""
        if self.weights.shape != (length, 4) or self.weights.dtype.kind not in "iu":
            raise InputError(
                f"`weights` of shape {self.weights.shape} and dtype {self.weights.dtype}",
                f"whole numbers in the shape ({length}, 4) are needed, because the exact mean is a convolution",
                "Write weights=np.rint(weights).astype(int)",
            )


def letters(pattern: str) -> NDArray[np.bool_]:
    """Which letters match at each position of a pattern, bool (width, 4); N matches all letters."""
    matrix = Motif.from_string(pattern).matrix
    allowed: NDArray[np.bool_] = (matrix > 0) | (matrix.sum(1, keepdims=True) == 0)
    return allowed


def hits(codes: NDArray[np.uint8], pattern: str) -> NDArray[np.bool_]:
    """Whether a pattern matches at each start in codes (n, length): bool (n, starts)."""
    allowed = np.pad(letters(pattern), ((0, 0), (0, 1)))  # padding matches nothing
    starts = codes.shape[1] - len(allowed) + 1
    matches = np.ones((len(codes), starts), bool)
    for place, row in enumerate(allowed):
        if not row[:4].all():  # N is skipped: it matches every letter, and padding
            matches &= row[codes[:, place : place + starts]]
    return matches


def match_probabilities(profile: Floats, pattern: str) -> Floats:
    """The probability that a pattern matches at each start, for independent letters (length, 4): (starts,)."""
    allowed = letters(pattern)
    starts = len(profile) - len(allowed) + 1
    matching = profile @ allowed.T  # (length, width): probability that a position matches a letter of the pattern
    return np.asarray(np.prod([matching[place : place + starts, place] for place in range(len(allowed))], axis=0))


def check_pattern(pattern: str, at: int | None, length: int, alphabet: Alphabet) -> None:
    """Refuse a pattern of the other alphabet, and a pattern that extends beyond a sequence of this length."""
    motif = Motif.from_string(pattern)
    if motif.alphabet is not None and motif.alphabet != alphabet:
        raise InputError(
            f"`pattern` is {pattern}",
            f"the model reads {alphabet.name} ({alphabet.letters})",
            "Write alphabet=sd.RNA for a pattern with U",
        )
    if motif.width > length or not 0 <= (at or 0) <= length - motif.width:
        refuse_off_end(pattern, motif.width, at or 0, length, 1, 1)


def _one_more(counts: Floats) -> Floats:
    """The distribution of the number of matches after one more match; the number stays at the cap."""
    more = np.roll(counts, 1)
    more[0] = 0
    more[-1] += counts[-1]
    return more
