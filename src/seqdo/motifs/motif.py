"""Motifs: what a design writes into backgrounds, as letter probabilities for each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, KEEP, Alphabet
from seqdo.sequences.sequence import spelled


@dataclass(frozen=True, eq=False)
class Motif:
    """A named matrix of letter probabilities; a plain string is a motif too.

    Attributes
    ----------
    name : str
    matrix : float64, (width, 4)
        Each row sums to 1, or is all zeros where the background's letter stays (N or . in a string).
    alphabet : None if the letters fit both DNA and RNA

    Examples
    --------
    >>> site = Motif.from_string("TGANTCR")
    >>> site.width, site.text
    (7, 'TGANTCR')
    """

    name: str
    matrix: NDArray[np.float64]
    alphabet: Alphabet | None = None

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, np.float64)
        _check_matrix(self.name, matrix, (self.alphabet or DNA).letters)
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def from_string(cls, text: str, name: str | None = None) -> Motif:
        """A motif from IUPAC letters; N and . leave the background's letter."""
        if not isinstance(text, str):
            raise InputError(f"a pattern of type {type(text).__name__}", "a string of letters or a Motif is needed")
        if not text.strip():
            raise InputError(
                f"an empty pattern ({text!r})", "a pattern has at least one letter", "For no edit, use the arm 'none'"
            )
        letters = text.strip().upper().replace(".", "N")
        alphabet = spelled([letters])
        rows = np.zeros((len(letters), 4))
        for place, letter in enumerate(letters):
            codes = (alphabet or DNA).iupac(letter)
            if not codes:
                raise InputError(
                    f"{text[place]!r} at position {place} of pattern {text}",
                    f"a pattern has the letters {(alphabet or DNA).letters} or IUPAC codes (RYSWKMBDHVN)",
                    "Write N or . where the background's letter should stay",
                )
            if letter != "N":
                rows[place, list(codes)] = 1 / len(codes)
        return cls(name or text.strip(), rows, alphabet)

    @classmethod
    def from_counts(cls, name: str, counts: NDArray[np.float64], *, pseudocount: float = 0.0) -> Motif:
        """A motif from a (width, 4) table of letter counts; a pseudocount is added to each cell.

        >>> Motif.from_counts("two", np.array([[8, 0, 0, 0], [2, 2, 2, 2]])).matrix.tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
        """
        table = _oriented(name, np.asarray(counts, np.float64)) + pseudocount
        return cls(name, table / table.sum(1, keepdims=True))

    @classmethod
    def from_pwm(cls, name: str, scores: NDArray[np.float64], *, base: float = 2.0) -> Motif:
        """A motif from log-odds scores (width, 4) against a uniform background: p = base**score / 4, rescaled."""
        odds = np.power(base, _oriented(name, np.asarray(scores, np.float64)))
        return cls(name, odds / odds.sum(1, keepdims=True))

    @property
    def width(self) -> int:
        """Number of places, those that keep the background's letter included."""
        return len(self.matrix)

    @property
    def certain(self) -> bool:
        """Does every place have one letter, or keep the background's?"""
        return bool(np.isin(self.matrix, (0.0, 1.0)).all())

    @property
    def text(self) -> str:
        """Letters: the likeliest of each place, the IUPAC code where several tie, N where none is written."""
        alphabet = self.alphabet or DNA
        by_codes = {alphabet.iupac(letter): letter for letter in "RYSWKMBDHVN" + alphabet.letters}
        rows = [tuple(np.flatnonzero(np.isclose(row, row.max())).tolist()) for row in self.matrix]
        return "".join(by_codes[codes] for codes in rows)

    def consensus(self) -> Motif:
        """The likeliest letter of each place (the first in ACGT order among equals), as a motif of the same name."""
        best = np.eye(4)[self.matrix.argmax(1)] * (self.matrix.sum(1) > 0)[:, None]
        return Motif(self.name, best, self.alphabet)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Codes to write: (width,) when every place is certain, else (n, width) drawn from the matrix."""
        kept = self.matrix.sum(1) == 0
        if self.certain:
            return np.where(kept, KEEP, self.matrix.argmax(1)).astype(np.uint8)
        bounds = self.matrix.cumsum(1)[:, :3]
        drawn = (rng.random((n, self.width, 1)) >= bounds).sum(2)
        return np.where(kept, KEEP, drawn).astype(np.uint8)

    def reverse_complement(self) -> Motif:
        """The motif as read on the other strand.

        >>> Motif.from_string("GATTACA").reverse_complement().text
        'TGTAATC'
        """
        return Motif(f"{self.name}(rc)", self.matrix[::-1, ::-1], self.alphabet)

    def __str__(self) -> str:
        return self.name


def as_motif(pattern: str | Motif, *, sample: bool = False) -> Motif:
    """The motif to write for a pattern: a string as it is; a Motif as its consensus, or itself when sampled."""
    if isinstance(pattern, Motif):
        return pattern if sample else pattern.consensus()
    return Motif.from_string(pattern)


def _oriented(name: str, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """(width, 4) from a table given either way round; a 4 x 4 table could be both and is refused."""
    if table.ndim != 2 or 4 not in table.shape:
        raise InputError(f"motif {name}: a table of shape {table.shape}", "the shape is (width, 4)")
    if table.shape == (4, 4):
        raise InputError(
            f"motif {name}: a 4 x 4 table", "it is not clear which axis is the letters",
            "Build it with Motif(name, matrix), which takes (width, 4) only",
        )  # fmt: skip
    return table if table.shape[1] == 4 else table.T


def _check_matrix(name: str, matrix: NDArray[np.float64], letters: Sequence[str]) -> None:
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
        raise InputError(
            f"motif {name}: a matrix of shape {matrix.shape}", "a motif has the shape (width, 4), a row for each place",
            "Write matrix.T if the letters are in rows" if matrix.ndim == 2 and len(matrix) == 4 else "",
        )  # fmt: skip
    bad = np.argwhere(~np.isfinite(matrix) | (matrix < 0))
    sums = matrix.sum(1)
    off = np.flatnonzero(~(np.isclose(sums, 1, atol=1e-3) | (sums == 0)))
    if len(bad):
        place, letter = bad[0]
        hint = "It looks like log-odds: write Motif.from_pwm(name, scores)" if (matrix < 0).any() and len(off) else ""
        raise InputError(
            f"motif {name}: {matrix[place, letter]} for {letters[letter]} at position {place}",
            "probabilities are finite and not negative", hint,
        )  # fmt: skip
    if len(off):
        raise InputError(
            f"motif {name}: the probabilities at position {off[0]} sum to {sums[off[0]]:.4g}",
            "they sum to 1", "Counts? Write Motif.from_counts(name, counts)",
        )  # fmt: skip
