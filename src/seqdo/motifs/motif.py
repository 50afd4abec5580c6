"""Motifs: what a design writes into backgrounds, as letter probabilities for each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, KEEP, Alphabet
from seqdo.sequences.sequences import alphabet_of_letters


@dataclass(frozen=True, eq=False)
class Motif:
    """A named matrix of letter probabilities; a plain string is a motif too.

    Attributes
    ----------
    name : str
    matrix : float64, (width, 4)
        Each row sums to 1, or is all zeros where the background's letter stays (N or . in a string).
        Rows within 0.02 of 1 (decimals rounded for print) are rescaled to it.
    alphabet : None if the letters fit both DNA and RNA
    axis : 1 or 0, when the motif is made
        Which axis of the given matrix is the letters. Needed for a 4 x 4 matrix that could be read either way.

    Raises
    ------
    InputError
        A value that is no probability: named with motif, position (0-based), letter and value.

    Examples
    --------
    >>> site = Motif.from_string("TGANTCR")
    >>> site.width, site.text
    (7, 'TGANTCR')
    """

    name: str
    matrix: NDArray[np.float64]
    alphabet: Alphabet | None = None
    axis: InitVar[int | None] = None

    def __post_init__(self, axis: int | None) -> None:
        matrix = _numbers(self.name, self.matrix)
        if axis is None:
            _refuse_either_way(self.name, matrix)
        matrix = matrix.T if axis == 0 else matrix
        _check_matrix(self.name, matrix, (self.alphabet or DNA).letters)
        sums = matrix.sum(1, keepdims=True)
        # Rows whose sum is 1 but for float rounding stay as they are, to the bit: a motif made from a motif is equal.
        matrix = np.where((np.abs(sums - 1) < 1e-9) | (sums == 0), matrix, matrix / np.where(sums == 0, 1, sums))
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
        alphabet = alphabet_of_letters([letters], "text")
        rows = np.zeros((len(letters), 4))
        for place, letter in enumerate(letters):
            codes = (alphabet or DNA).iupac(letter)
            if not codes:
                raise InputError(
                    f"{text.strip()[place]!r} at position {place} of pattern {text.strip()}",
                    f"a pattern has the letters {(alphabet or DNA).letters} or IUPAC codes (RYSWKMBDHVN)",
                    "Write N or . where the background's letter should stay",
                )
            if letter != "N":
                rows[place, list(codes)] = 1 / len(codes)
        return cls(name or text.strip(), rows, alphabet, axis=1)

    @classmethod
    def from_counts(
        cls,
        name: str,
        counts: NDArray[np.float64],
        *,
        pseudocount: float = 0.0,
        alphabet: Alphabet | None = None,
        axis: int | None = None,
    ) -> Motif:
        """A motif from a (width, 4) or (4, width) table of letter counts; a pseudocount is added to each cell.

        ``axis`` says which axis is the letters; only a 4 x 4 table needs it.

        >>> Motif.from_counts("two", np.array([[8, 0, 0, 0], [2, 2, 2, 2]])).matrix.tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
        """
        table = _oriented(name, _numbers(name, counts), axis)
        letters = (alphabet or DNA).letters
        hint = "It looks like log-odds: write Motif.from_pwm(name, scores)" if (table < 0).any() else ""
        _refuse_cells(name, table, ~np.isfinite(table) | (table < 0), letters, "counts are finite, 0 or more", hint)
        table = table + pseudocount
        empty = np.flatnonzero(table.sum(1) <= 0)
        if len(empty):
            raise InputError(
                f"motif {name}: all counts at position {empty[0]} are 0", "each place has at least one count",
                "Leave the place out, or write pseudocount=0.5",
            )  # fmt: skip
        return cls(name, table / table.sum(1, keepdims=True), alphabet, axis=1)

    @classmethod
    def from_pwm(cls, name: str, scores: NDArray[np.float64], *, base: float = 2.0, axis: int | None = None) -> Motif:
        """A motif from log-odds scores against a uniform background: p = base**score / 4, rescaled.

        Takes (width, 4) or (4, width); ``axis`` says which axis is the letters (only a 4 x 4 table needs it).
        """
        table = _oriented(name, _numbers(name, scores), axis)
        bad = np.isnan(table) | (table == np.inf)
        _refuse_cells(name, table, bad, DNA.letters, "scores are finite, or -inf for a letter that never occurs", "")
        none = np.flatnonzero((table == -np.inf).all(1))
        if len(none):
            raise InputError(
                f"motif {name}: all scores at position {none[0]} are -inf", "one letter at least can occur"
            )
        # The largest score of a place is taken off first: it changes nothing, and no power overflows.
        odds = np.power(base, table - table.max(1, keepdims=True))
        return cls(name, odds / odds.sum(1, keepdims=True), axis=1)

    @property
    def width(self) -> int:
        """Number of places, those that keep the background's letter included."""
        return len(self.matrix)

    @property
    def certain(self) -> bool:
        """Does every place have one letter, or keep the background's?"""
        return bool(((self.matrix == 0.0) | (self.matrix == 1.0)).all())

    @property
    def text(self) -> str:
        """Letters: the likeliest of each place, the IUPAC code where several tie, N where none is written."""
        alphabet = self.alphabet or DNA
        by_codes = {alphabet.iupac(letter): letter for letter in "RYSWKMBDHVN" + alphabet.letters}
        likeliest = np.isclose(self.matrix, self.matrix.max(1, keepdims=True))
        return "".join(by_codes[tuple(np.flatnonzero(row).tolist())] for row in likeliest)

    def consensus(self) -> Motif:
        """The likeliest letter of each place (the first in ACGT order among equals), as a motif of the same name."""
        best = np.eye(4)[self.matrix.argmax(1)] * (self.matrix.sum(1) > 0)[:, None]
        return Motif(self.name, best, self.alphabet, axis=1)

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
        return Motif(f"{self.name}(rc)", self.matrix[::-1, ::-1], self.alphabet, axis=1)

    @property
    def palindromic(self) -> bool:
        """Is the motif the same on both strands?

        >>> Motif.from_string("CACGTG").palindromic, Motif.from_string("GATTACA").palindromic
        (True, False)
        """
        return bool(np.allclose(self.matrix, self.matrix[::-1, ::-1]))

    def __str__(self) -> str:
        return self.name


def as_motif(pattern: str | Motif, *, sample: bool = False) -> Motif:
    """The motif to write for a pattern: a string as it is; a Motif as its consensus, or itself when sampled."""
    if isinstance(pattern, Motif):
        return pattern if sample else pattern.consensus()
    return Motif.from_string(pattern)


def distinct(motifs: list[Motif], what: str) -> list[Motif]:
    """At least one motif, and none of them twice: rows are told apart by their names.

    Raises
    ------
    InputError
        An empty list, or the name of one that is given twice; ``what`` is what they are called.
    """
    if not motifs:
        raise InputError(f"an empty list of {what}s", "at least one is needed")
    names = [motif.name for motif in motifs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{what} {twice} is given twice", "each is given once")
    return motifs


def _numbers(name: str, table: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        return np.array(table, np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"motif {name}: a matrix that is not all numbers", "a table of the shape (width, 4) is needed",
            "For letters write Motif.from_string(text)",
        ) from None  # fmt: skip


def _oriented(name: str, table: NDArray[np.float64], axis: int | None) -> NDArray[np.float64]:
    """(width, 4) from a table given either way round; a 4 x 4 table could be both and needs the axis said."""
    if table.ndim != 2 or 4 not in table.shape or (axis is not None and table.shape[axis] != 4):
        where = "" if axis is None else f" with the letters on axis {axis}"
        raise InputError(
            f"motif {name}: a table of shape {table.shape}{where}", "the shape is (width, 4) or (4, width)"
        )
    if table.shape == (4, 4) and axis is None and (table != table.T).any():
        raise InputError(f"motif {name}: a 4 x 4 table", "it is not clear which axis is the letters", _SAY_AXIS)
    return table if (table.shape[1] == 4 if axis is None else axis == 1) else table.T


_SAY_AXIS = "Say axis=1 if each column is a letter (a row for each place), axis=0 if each row is a letter"


def _refuse_either_way(name: str, matrix: NDArray[np.float64]) -> None:
    """Refuse a 4 x 4 matrix of probabilities that reads as a motif both ways, and not as the same one."""
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        return
    rows, columns = (bool((np.abs(matrix.sum(axis) - 1) < _ROUNDING).all()) for axis in (1, 0))
    if columns and not np.array_equal(matrix, matrix.T):
        how = "reads as probabilities either way" if rows else "has columns, not rows, that sum to 1"
        raise InputError(
            f"motif {name}: a 4 x 4 matrix that {how}", "it is not clear which axis is the letters", _SAY_AXIS
        )


_ROUNDING = 0.02
"""How far four probabilities printed with two decimals may sum from 1."""


def _check_matrix(name: str, matrix: NDArray[np.float64], letters: Sequence[str]) -> None:
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
        raise InputError(
            f"motif {name}: a matrix of shape {matrix.shape}", "a motif has the shape (width, 4), a row for each place",
            "Write matrix.T if the letters are in rows" if matrix.ndim == 2 and len(matrix) == 4 else "",
        )  # fmt: skip
    needed = "probabilities are finite and not negative"
    _refuse_cells(name, matrix, ~np.isfinite(matrix), letters, needed, "")
    sums = matrix.sum(1)
    off = np.flatnonzero((np.abs(sums - 1) > _ROUNDING) & (matrix != 0).any(1))
    log_odds = "It looks like log-odds: write Motif.from_pwm(name, scores)" if len(off) else ""
    _refuse_cells(name, matrix, matrix < 0, letters, needed, log_odds)
    if len(off):
        raise InputError(
            f"motif {name}: the probabilities at position {off[0]} sum to {sums[off[0]]:.4g}",
            "they sum to 1", "Counts? Write Motif.from_counts(name, counts)",
        )  # fmt: skip


def _refuse_cells(
    name: str, table: NDArray[np.float64], bad: NDArray[np.bool_], letters: Sequence[str], needed: str, write: str
) -> None:
    """Name the first bad cell of a (width, 4) table."""
    if bad.any():
        place, letter = np.argwhere(bad)[0]
        raise InputError(
            f"motif {name}: {table[place, letter]} for {letters[letter]} at position {place}", needed, write
        )
