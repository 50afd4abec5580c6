"""Motifs: the patterns that a design writes into backgrounds, as letter probabilities for each position."""

from __future__ import annotations

from dataclasses import InitVar, dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif_matrix import LOG_ODDS, check_matrix, number_table, oriented, refuse_ambiguous, refuse_cells
from seqdo.sequences.alphabet import DNA, KEEP, Alphabet
from seqdo.sequences.sequences import alphabet_of_letters


@dataclass(frozen=True, eq=False)
class Motif:
    """A named matrix of letter probabilities. Functions that take a Motif also take a plain string.

    Attributes
    ----------
    name : str
    matrix : float64, (width, 4)
        Each row sums to 1, or is all zeros where the letter of the background stays (N or . in a string). A row that
        sums to 1 ± 0.02, because its decimals were rounded for print, is rescaled to 1.
    alphabet : the alphabet; None if the letters fit both DNA and RNA
    axis : 1 or 0, only when the motif is created
        The axis of the given matrix that is the letters. Needed for a 4 x 4 matrix that fits both ways.

    Raises
    ------
    InputError
        A value is not a probability. The error names the motif, the position (0-based), the letter and the value.

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
        matrix = number_table(self.name, self.matrix)
        if axis is None:
            refuse_ambiguous(self.name, matrix)
        matrix = matrix.T if axis == 0 else matrix
        check_matrix(self.name, matrix, (self.alphabet or DNA).letters)
        sums = matrix.sum(1, keepdims=True)
        # A row that sums to 1 up to float rounding stays as it is, to the bit: a motif made from a motif is equal.
        matrix = np.where((np.abs(sums - 1) < 1e-9) | (sums == 0), matrix, matrix / np.where(sums == 0, 1, sums))
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def from_string(cls, text: str, name: str | None = None) -> Motif:
        """Build a motif from IUPAC letters.

        Parameters
        ----------
        text : IUPAC letters, upper or lower case; N and . keep the letter of the background
            The letters of an ambiguous code get equal probabilities.
        name : name of the motif; by default the text

        Raises
        ------
        InputError
            The text is empty, has both T and U, or has a character that is not an IUPAC letter.

        Examples
        --------
        >>> Motif.from_string("GR").matrix.tolist()
        [[0.0, 0.0, 1.0, 0.0], [0.5, 0.0, 0.5, 0.0]]
        """
        if not isinstance(text, str):
            raise InputError(
                f"a pattern of type {type(text).__name__} as `text`", "a string of letters or a Motif is needed"
            )
        if not text.strip():
            raise InputError(
                f"an empty pattern (text={text!r})", "a pattern has at least one letter",
                "For the background without an edit, use the arm 'none'",
            )  # fmt: skip
        letters = text.strip().upper().replace(".", "N")
        alphabet = alphabet_of_letters([letters], "text")
        rows = np.zeros((len(letters), 4))
        for position, letter in enumerate(letters):
            codes = (alphabet or DNA).iupac(letter)
            if not codes:
                place = f"position {position} of pattern {text.strip()}"
                raise InputError(
                    f"{text.strip()[position]!r} at {place}",
                    f"a pattern has the letters {(alphabet or DNA).letters} or IUPAC codes (RYSWKMBDHVN)",
                    "Write N or . where the letter of the background should stay",
                )
            if letter != "N":
                rows[position, list(codes)] = 1 / len(codes)
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
        """Build a motif from a table of letter counts, divided by their sum at each position.

        Parameters
        ----------
        name : name of the motif
        counts : (width, 4) or (4, width), finite and not negative
        pseudocount : number added to each cell
        alphabet : ``sd.DNA`` or ``sd.RNA``; None if the motif fits both
        axis : the axis that is the letters; needed for a 4 x 4 table only

        Raises
        ------
        InputError
            A value is not a count, all counts at a position are 0, or ``axis`` is needed.

        Examples
        --------
        >>> Motif.from_counts("two", np.array([[8, 0, 0, 0], [2, 2, 2, 2]])).matrix.tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
        """
        table = oriented(name, number_table(name, counts), axis)
        letters = (alphabet or DNA).letters
        fix = LOG_ODDS if (table < 0).any() else ""
        refuse_cells(name, table, ~np.isfinite(table) | (table < 0), letters, "counts are finite, 0 or more", fix)
        table = table + pseudocount
        empty = np.flatnonzero(table.sum(1) <= 0)
        if len(empty):
            raise InputError(
                f"motif {name}: all counts at position {empty[0]} are 0", "each position needs at least one count",
                "Leave the position out, or write pseudocount=0.5",
            )  # fmt: skip
        return cls(name, table / table.sum(1, keepdims=True), alphabet, axis=1)

    @classmethod
    def from_pwm(cls, name: str, scores: NDArray[np.float64], *, base: float = 2.0, axis: int | None = None) -> Motif:
        """Build a motif from log-odds scores against a uniform background: p = base**score / 4, rescaled to sum to 1.

        Parameters
        ----------
        name : name of the motif
        scores : (width, 4) or (4, width), finite, or -inf for a letter that never occurs
        base : base of the logarithm
        axis : the axis that is the letters; needed for a 4 x 4 table only

        Raises
        ------
        InputError
            A score is NaN or inf, all scores at a position are -inf, or ``axis`` is needed.

        Examples
        --------
        >>> Motif.from_pwm("one", np.array([[2.0, -np.inf, -np.inf, -np.inf]])).text
        'A'
        """
        table = oriented(name, number_table(name, scores), axis)
        invalid = np.isnan(table) | (table == np.inf)
        accepted = "scores are finite, or -inf for a letter that never occurs"
        refuse_cells(name, table, invalid, DNA.letters, accepted, "")
        impossible = np.flatnonzero((table == -np.inf).all(1))
        if len(impossible):
            raise InputError(
                f"motif {name}: all scores at position {impossible[0]} are -inf", "at least one letter must be possible"
            )
        # Subtracting the largest score of a position changes nothing after rescaling, and no power can overflow.
        odds = np.power(base, table - table.max(1, keepdims=True))
        return cls(name, odds / odds.sum(1, keepdims=True), axis=1)

    @property
    def width(self) -> int:
        """Number of positions, including those that keep the letter of the background."""
        return len(self.matrix)

    @property
    def certain(self) -> bool:
        """Whether every position has exactly one possible letter, or keeps the letter of the background."""
        return bool(((self.matrix == 0.0) | (self.matrix == 1.0)).all())

    @property
    def text(self) -> str:
        """The likeliest letter of each position.

        Equally likely letters give their IUPAC code. A position that keeps the letter of the background gives N.
        """
        alphabet = self.alphabet or DNA
        by_codes = {alphabet.iupac(letter): letter for letter in "RYSWKMBDHVN" + alphabet.letters}
        likeliest = np.isclose(self.matrix, self.matrix.max(1, keepdims=True))
        return "".join(by_codes[tuple(np.flatnonzero(row).tolist())] for row in likeliest)

    def consensus(self) -> Motif:
        """Motif of the likeliest letter of each position, with the same name. Of equal letters the first is taken."""
        best = np.eye(4)[self.matrix.argmax(1)] * (self.matrix.sum(1) > 0)[:, None]
        return Motif(self.name, best, self.alphabet, axis=1)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw the letters to write into n backgrounds.

        Parameters
        ----------
        n : number of backgrounds
        rng : random generator; not used if every position is certain

        Returns
        -------
        uint8 (width,) or (n, width)
            Codes, KEEP where the letter of the background stays. One row is enough if every position is certain.
        """
        kept = self.matrix.sum(1) == 0
        if self.certain:
            return np.where(kept, KEEP, self.matrix.argmax(1)).astype(np.uint8)
        bounds = self.matrix.cumsum(1)[:, :3]
        letters = (rng.random((n, self.width, 1)) >= bounds).sum(2)
        return np.where(kept, KEEP, letters).astype(np.uint8)

    def reverse_complement(self) -> Motif:
        """The motif as it is read on the other strand.

        Examples
        --------
        >>> Motif.from_string("GATTACA").reverse_complement().text
        'TGTAATC'
        """
        return Motif(f"{self.name}(rc)", self.matrix[::-1, ::-1], self.alphabet, axis=1)

    @property
    def palindromic(self) -> bool:
        """Whether the motif is the same on both strands.

        Examples
        --------
        >>> Motif.from_string("CACGTG").palindromic, Motif.from_string("GATTACA").palindromic
        (True, False)
        """
        return bool(np.allclose(self.matrix, self.matrix[::-1, ::-1]))

    def __str__(self) -> str:
        return self.name


def as_motif(pattern: str | Motif, *, sample: bool = False) -> Motif:
    """Convert a pattern to the motif that is written.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif
    sample : whether to draw letters from the matrix of a Motif; otherwise its consensus is written
    """
    if isinstance(pattern, Motif):
        return pattern if sample else pattern.consensus()
    return Motif.from_string(pattern)


def distinct(motifs: list[Motif], kind: str) -> list[Motif]:
    """Refuse an empty list, and motifs with the same name: the rows of a table are distinguished by these names.

    Parameters
    ----------
    motifs : the motifs of the argument ``patterns``
    kind : what the motifs are, for the error ("k-mer", "pattern")

    Raises
    ------
    InputError
        The list is empty, or two motifs have the same name.
    """
    if not motifs:
        raise InputError(f"`patterns` is an empty list of {kind}s", f"at least one {kind} is needed")
    names = [motif.name for motif in motifs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{kind} {twice} is given twice in `patterns`", f"each {kind} may be given once")
    return motifs
