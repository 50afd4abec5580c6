"""Parts of planted models: what each adds to the answer, and what it adds on average.

A part knows its answer to a sequence, and the exact mean of that answer under independent letters. An edit
only changes the letters' probabilities at its span, so that one formula gives the mean in every arm.
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
    """A summand of a planted model's answer."""

    def answer(self, codes: NDArray[np.uint8]) -> Floats:
        """What it adds for codes (n, length): (n,)."""

    def expected(self, profile: Floats) -> float:
        """The exact mean of that where letters are independent, with probabilities (length, 4)."""

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a part that does not fit the model."""


@dataclass(frozen=True)
class Term:
    """weight × the number of matches of a pattern, overlapping ones included; or × 0 or 1 at one start.

    The mean is Σ over starts of Π over places of the probability of a letter that matches.
    """

    weight: float
    pattern: str
    at: int | None = None

    def answer(self, codes: NDArray[np.uint8]) -> Floats:
        """What it adds for codes (n, length): (n,)."""
        found = hits(codes, self.pattern)
        count: Floats = (found.sum(1) if self.at is None else found[:, self.at]).astype(np.float64)
        return self.weight * count

    def expected(self, profile: Floats) -> float:
        """The exact mean under independent letters (length, 4)."""
        each = chances(profile, self.pattern)
        return self.weight * float(each.sum() if self.at is None else each[self.at])

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a weight that is no number, a pattern of the other alphabet, or one that does not fit."""
        if isinstance(self.weight, bool) or not isinstance(self.weight, Real) or not np.isfinite(self.weight):
            raise InputError(f"weight {self.weight!r} of {self.pattern}", "a finite number is needed")
        check_pattern(self.pattern, self.at, length, alphabet)


@dataclass(frozen=True)
class Pairs:
    """Σ over pairs "first … second" of a weight that depends on the gap, the letters between the two.

    ``weights[gap]`` counts for gap 0, 1, ...; larger gaps count nothing. With ``at`` only a first at that
    start counts. The two never overlap, so that the mean is Σ weight × P(first there) × P(second there).
    """

    first: str
    second: str
    weights: tuple[float, ...]
    at: int | None = None

    def answer(self, codes: NDArray[np.uint8]) -> Floats:
        """What it adds for codes (n, length): (n,)."""
        one, two = hits(codes, self.first), hits(codes, self.second)
        table = self._table(one.shape[1], two.shape[1])
        total: Floats = ((one @ table) * two).sum(1)
        return total

    def expected(self, profile: Floats) -> float:
        """The exact mean under independent letters (length, 4)."""
        one, two = chances(profile, self.first), chances(profile, self.second)
        return float(one @ self._table(len(one), len(two)) @ two)

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse patterns of the other alphabet, or that do not fit side by side."""
        check_pattern(self.first, self.at, length, alphabet)
        check_pattern(self.second, None, length, alphabet)
        check_pattern(self.first + self.second, None, length, alphabet)

    def _table(self, firsts: int, seconds: int) -> Floats:
        """Weight for each start of the first and each start of the second."""
        gap = np.arange(seconds) - np.arange(firsts)[:, None] - len(self.first)
        inside = (gap >= 0) & (gap < len(self.weights))
        if self.at is not None:
            inside &= np.arange(firsts)[:, None] == self.at
        return np.where(inside, np.array(self.weights)[np.where(inside, gap, 0)], 0.0)


@dataclass(frozen=True)
class Capped:
    """The number of matches of a pattern, overlapping ones included, but never more than ``cap``.

    The mean comes from following, letter by letter, the probability of each set of half-made matches
    together with each count so far (a shift-and automaton): exact, also where matches overlap.
    """

    pattern: str
    cap: int

    def answer(self, codes: NDArray[np.uint8]) -> Floats:
        """What it adds for codes (n, length): (n,)."""
        count: Floats = np.minimum(hits(codes, self.pattern).sum(1), self.cap).astype(np.float64)
        return count

    def expected(self, profile: Floats) -> float:
        """The exact mean under independent letters (length, 4)."""
        allowed = letters(self.pattern)
        bits = [sum(1 << place for place in np.flatnonzero(allowed[:, code]).tolist()) for code in range(4)]
        done = 1 << (len(allowed) - 1)
        law: dict[int, Floats] = {0: np.eye(self.cap + 1)[0]}
        for row in profile:
            following: dict[int, Floats] = defaultdict(lambda: np.zeros(self.cap + 1))
            for begun, counts in law.items():
                for code in np.flatnonzero(row):
                    now = ((begun << 1) | 1) & bits[code]
                    following[now] += row[code] * (_one_more(counts) if now & done else counts)
            law = following
        return float(np.arange(self.cap + 1) @ sum(law.values()))

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a pattern of the other alphabet or that does not fit, and a cap below 1."""
        check_pattern(self.pattern, None, length, alphabet)
        if self.cap < 1:
            raise InputError(f"cap={self.cap}", "a cap of at least 1 match is needed")


@dataclass(frozen=True)
class Hairpin:
    """1 where the pattern at ``at`` is the loop of a hairpin: ``stem`` Watson-Crick pairs close it.

    The mean is P(pattern there) × Π over pairs of P(the two letters are complementary).
    """

    pattern: str
    at: int
    stem: int

    def answer(self, codes: NDArray[np.uint8]) -> Floats:
        """What it adds for codes (n, length): (n,)."""
        left, right = self._stem()
        closed = (codes[:, left] + codes[:, right] == 3).all(1)  # complementary codes sum to 3
        gated: Floats = (hits(codes, self.pattern)[:, self.at] & closed).astype(np.float64)
        return gated

    def expected(self, profile: Floats) -> float:
        """The exact mean under independent letters (length, 4)."""
        left, right = self._stem()
        paired = (profile[left] * profile[right, ::-1]).sum(1)
        return float(chances(profile, self.pattern)[self.at] * paired.prod())

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse a pattern of the other alphabet, or a stem off the end."""
        check_pattern(self.pattern, self.at, length, alphabet)
        whole = "N" * self.stem + self.pattern + "N" * self.stem
        check_pattern(whole, self.at - self.stem, length, alphabet)

    def _stem(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        step = np.arange(self.stem)
        return self.at - 1 - step, self.at + len(self.pattern) + step


@dataclass(frozen=True, eq=False, repr=False)
class LetterScore:
    """link(S), where S is the sum of a whole-number weight (length, 4) for each letter.

    The law of S is the convolution of the laws of its summands, which makes the mean of any link exact.
    """

    weights: NDArray[np.int64]
    link: Callable[[Floats], Floats]

    def answer(self, codes: NDArray[np.uint8]) -> Floats:
        """What it adds for codes (n, length): (n,)."""
        score = self.weights[np.arange(codes.shape[1]), codes].sum(1)
        return np.asarray(self.link(score.astype(np.float64)), np.float64)

    def expected(self, profile: Floats) -> float:
        """The exact mean under independent letters (length, 4)."""
        law = np.ones(1)
        for weights, row in zip(self.weights, profile, strict=True):
            law = np.convolve(law, np.bincount(weights - weights.min(), weights=row))
        scores = self.weights.min(1).sum() + np.arange(len(law), dtype=np.float64)
        return float(law @ self.link(scores))

    def __repr__(self) -> str:
        digest = sha256(self.weights.astype("<i8").tobytes()).hexdigest()[:12]
        return f"LetterScore(weights sha256 {digest}, link={getattr(self.link, '__name__', self.link)})"

    def check(self, length: int, alphabet: Alphabet) -> None:
        """Refuse weights of another shape, and fractions."""
        if self.weights.shape != (length, 4) or self.weights.dtype.kind not in "iu":
            raise InputError(
                f"weights of shape {self.weights.shape} and dtype {self.weights.dtype}",
                f"whole numbers in the shape ({length}, 4) are needed: the truth is a convolution",
            )


def letters(pattern: str) -> NDArray[np.bool_]:
    """(width, 4): which letters match at each place; all at N."""
    matrix = Motif.from_string(pattern).matrix
    allowed: NDArray[np.bool_] = (matrix > 0) | (matrix.sum(1, keepdims=True) == 0)
    return allowed


def hits(codes: NDArray[np.uint8], pattern: str) -> NDArray[np.bool_]:
    """(n, starts): does the pattern match there?"""
    allowed = np.pad(letters(pattern), ((0, 0), (0, 1)))  # padding matches nothing
    starts = codes.shape[1] - len(allowed) + 1
    found = np.ones((len(codes), starts), bool)
    for place, row in enumerate(allowed):
        if not row[:4].all():
            found &= row[codes[:, place : place + starts]]
    return found


def chances(profile: Floats, pattern: str) -> Floats:
    """(starts,): the probability that the pattern matches there, where letters are independent."""
    allowed = letters(pattern)
    starts = len(profile) - len(allowed) + 1
    each = profile @ allowed.T
    return np.asarray(np.prod([each[place : place + starts, place] for place in range(len(allowed))], axis=0))


def check_pattern(pattern: str, at: int | None, length: int, alphabet: Alphabet) -> None:
    """Refuse a pattern of the other alphabet, and one that does not fit a sequence of this length."""
    motif = Motif.from_string(pattern)
    if motif.alphabet is not None and motif.alphabet != alphabet:
        raise InputError(
            f"pattern {pattern}", f"the model reads {alphabet.name} ({alphabet.letters})", "Give alphabet=sd.RNA for U"
        )
    if motif.width > length or not 0 <= (at or 0) <= length - motif.width:
        refuse_off_end(pattern, motif.width, at or 0, length, 1, 1)


def _one_more(counts: Floats) -> Floats:
    """The law of the count after one more match; at the cap it stays."""
    more = np.roll(counts, 1)
    more[0] = 0
    more[-1] += counts[-1]
    return more
