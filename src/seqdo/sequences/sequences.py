"""Sequences: an array of codes, and the true length of each sequence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, PAD, RNA, Alphabet
from seqdo.sequences.fasta_text import fasta_lines
from seqdo.sequences.letter_errors import advice_for_file, checked_names, refuse_other_characters
from seqdo.sequences.whole_file import whole_file


@dataclass(frozen=True)
class FileRead:
    """The call that read sequences from a file.

    Attributes
    ----------
    function : "read_fasta", "read_sequences", "read_loci" or "read_one_hot"
    path : the file, as it was named
    options : arguments of the function that are not its defaults; the alphabet by its name
    """

    function: str
    path: str
    options: Mapping[str, str | bool | int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Sequences:
    """n sequences of one alphabet.

    Attributes
    ----------
    codes : uint8, (n, longest)
        0-3 for letters, PAD beyond the end of a shorter sequence. Every sequence starts at column 0. Where a model
        needs its padding is decided by the model, and positions never count padding.
    lengths : int64, (n,)
        The true lengths, without padding.
    alphabet : the alphabet; None if the letters fit both DNA and RNA (they came as codes, or have no T and no U)
    names : a unique name for each sequence, or None
    file : the call that read them, if they are exactly what a file holds; None if they come from elsewhere
    loci : DataFrame, a row for every locus that was to be read (`sd.read_loci`); None if they come from no genome

    Examples
    --------
    >>> pair = Sequences.from_strings(["ACGU", "GA"])
    >>> pair.alphabet, pair.lengths.tolist(), pair.codes.tolist()
    (RNA, [4, 2], [[0, 1, 2, 3], [2, 0, 4, 4]])
    """

    codes: NDArray[np.uint8]
    lengths: NDArray[np.int64]
    alphabet: Alphabet | None = None
    names: tuple[str, ...] | None = None
    file: FileRead | None = field(default=None, init=False)  # not copied by replace(): other letters, no file
    loci: pd.DataFrame | None = field(default=None, init=False)

    @classmethod
    def from_codes(cls, codes: NDArray[np.integer], alphabet: Alphabet | None = None) -> Sequences:
        """Build sequences from an array of codes, which is copied.

        Parameters
        ----------
        codes : whole numbers (n, length), n at least 1
            0-3 for letters, PAD (4) only at the end of a row.
        alphabet : ``sd.DNA`` or ``sd.RNA``; None if the codes fit both

        Raises
        ------
        InputError
            The array has another shape or other values, a row is empty, or padding stands before a letter.

        Examples
        --------
        >>> Sequences.from_codes(np.array([[2, 0, 3], [1, 1, 4]]), DNA).to_strings()
        ['GAT', 'CC']
        """
        array = np.asarray(codes)
        if array.ndim != 2 or not np.issubdtype(array.dtype, np.integer):
            raise InputError(
                f"an array of shape {array.shape} and dtype {array.dtype} as `codes`",
                "whole numbers 0-3 in the shape (sequences, length) are needed",
                "From one-hot write sd.read_one_hot(x); x.argmax(1) would read an N as A",
            )
        if array.size and (array.min() < 0 or array.max() > PAD):
            raise InputError(
                f"codes from {array.min()} to {array.max()} in `codes`",
                "letters have the codes 0-3 (ACGT or ACGU), padding has the code 4",
            )
        array = array.astype(np.uint8)
        lengths = (array != PAD).sum(1)
        if ((array == PAD) & (np.arange(array.shape[1]) < lengths[:, None])).any():
            row, position = np.argwhere((array == PAD) & (np.arange(array.shape[1]) < lengths[:, None]))[0]
            raise InputError(
                f"padding (code 4) before a letter in `codes`, at position {position} of sequence {row}",
                "a sequence starts in column 0 and has no gaps; an unknown letter (N) has no code",
                "Leave such sequences out, or write a letter in place of each N",
            )
        sequences = cls(array, lengths.astype(np.int64), alphabet)
        _refuse_empty(sequences, "codes")
        return sequences

    @classmethod
    def from_strings(
        cls, strings: Iterable[str], alphabet: Alphabet | None = None, names: Sequence[str] | None = None
    ) -> Sequences:
        """Build sequences from text.

        Parameters
        ----------
        strings : letters of at least one sequence, upper or lower case
        alphabet : ``sd.DNA`` or ``sd.RNA``; by default DNA if a T occurs, RNA if a U occurs, None if neither occurs
        names : a unique name for each sequence; errors then use these names

        Raises
        ------
        InputError
            There are no sequences, a sequence is empty, or a character is not a letter of the alphabet. The error names
            the sequence and the position. Names are not unique, or their number is not that of the sequences.

        Examples
        --------
        >>> Sequences.from_strings(["gattaca", "CC"], names=["site", "control"]).to_strings()
        ['GATTACA', 'CC']
        """
        texts = list(strings)
        if not texts:
            raise InputError(
                "no sequences in `strings` (an empty list)", "at least one sequence is needed",
                'Write ["ACGT", "GGCA"], or sd.read_fasta(path) for a file',
            )  # fmt: skip
        labels = (
            tuple(f"sequence {i}" for i in range(len(texts))) if names is None else checked_names(names, len(texts))
        )
        for text, label in zip(texts, labels, strict=True):
            if not isinstance(text, str):
                raise InputError(
                    f"{label} is of type {type(text).__name__}", "a sequence is a string of letters",
                    "Write sd.read_fasta(path) for the path of a file, or text.decode() for bytes",
                )  # fmt: skip
            if not text:
                raise InputError(f"{label} is empty (length 0)", "every sequence has at least one letter")
            if "." in text and (advice := advice_for_file(text)):
                raise InputError(f"{label} is {text[-60:]!r}", "a sequence is a string of letters", advice)
        alphabet = alphabet or alphabet_of_letters(texts)
        lengths = np.array([len(text) for text in texts], np.int64)
        flat = (alphabet or DNA).encode("".join(texts))
        refuse_other_characters(flat, texts, labels, lengths, alphabet or DNA)
        codes = np.full((len(texts), int(lengths.max())), PAD, np.uint8)
        codes[np.arange(codes.shape[1]) < lengths[:, None]] = flat
        return cls(codes, lengths, alphabet, labels if names is not None else None)

    def read_by(self, file: FileRead | None) -> Sequences:
        """Record the call that reads these sequences from their file, and return them.

        Parameters
        ----------
        file : the call; None where the sequences are not exactly what a file holds
        """
        object.__setattr__(self, "file", file)
        return self

    def at_loci(self, loci: pd.DataFrame) -> Sequences:
        """Record the loci that these sequences were read at, and return them.

        Parameters
        ----------
        loci : a row for every locus, those that were left out included
        """
        object.__setattr__(self, "loci", loci)
        return self

    def write_fasta(self, path: str | PathLike[str]) -> Path:
        """Write the sequences to a FASTA file, as `sd.write_fasta` does.

        Parameters
        ----------
        path : the file, in a folder that exists; it is replaced if it exists
        """
        names = self.names or tuple(f"sequence_{i}" for i in range(len(self)))
        alphabet = self.alphabet or DNA
        with whole_file(path, "sequences.fa") as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(fasta_lines(names, (alphabet.decode(row) for row in self.codes)))
        return Path(path)

    def to_strings(self) -> list[str]:
        """Letters of each sequence, without padding."""
        alphabet = self.alphabet or DNA
        return [alphabet.decode(row) for row in self.codes]

    def __repr__(self) -> str:
        if not len(self):
            return "<no sequences>"
        low, high = int(self.lengths.min()), int(self.lengths.max())
        length = f"{low}" if low == high else f"{low} to {high}"
        number = f"{len(self)} sequence{'s' if len(self) > 1 else ''}"
        if self.alphabet is None:
            return f"<{number} of {length} positions>"
        return f"<{number} of {length} {'nt' if self.alphabet is RNA else 'bp'}, {self.alphabet}>"

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> Sequences:
        names = None if self.names is None else tuple(np.asarray(self.names, object)[rows])
        return Sequences(self.codes[rows], self.lengths[rows], self.alphabet, names)


def alphabet_of_letters(texts: Iterable[str], argument: str = "sequences") -> Alphabet | None:
    """Alphabet that letters belong to: DNA if a T occurs, RNA if a U occurs, None if neither occurs.

    Parameters
    ----------
    texts : letters, upper or lower case
    argument : name of the argument that the texts come from, for the error

    Raises
    ------
    InputError
        Both T and U occur.
    """
    letters = set().union(*(set(text.upper()) for text in texts))
    if {"T", "U"} <= letters:
        raise InputError(
            f"both T and U in `{argument}`",
            "one alphabet is needed: T for DNA, U for RNA",
            "Replace every U by T, or every T by U",
        )
    return DNA if "T" in letters else RNA if "U" in letters else None


def as_sequences(
    sequences: Sequences | NDArray[np.integer] | Iterable[str], alphabet: Alphabet | None = None
) -> Sequences:
    """Convert what a user passes as sequences to at least one sequence, none of them empty.

    Parameters
    ----------
    sequences : Sequences, an array of codes (n, length), or strings
    alphabet : the alphabet that the sequences must have; no letter is changed, so T in RNA and U in DNA are errors

    Raises
    ------
    InputError
        As in :meth:`Sequences.from_codes` and :meth:`Sequences.from_strings`, or the type cannot hold sequences.

    Examples
    --------
    >>> as_sequences(["GAC"], RNA).alphabet, as_sequences(Sequences.from_strings(["GAC"], DNA), RNA).alphabet
    (RNA, RNA)
    """
    if isinstance(sequences, Sequences):
        _refuse_empty(sequences, "sequences")
        if alphabet is None or sequences.alphabet == alphabet:
            return sequences
        if sequences.alphabet is None:
            return replace(sequences, alphabet=alphabet)
        # DNA and RNA share their codes. Only the letters show a T among sequences that must be RNA.
        return Sequences.from_strings(sequences.to_strings(), alphabet, sequences.names)
    if isinstance(sequences, np.ndarray) and (sequences.ndim != 1 or sequences.dtype.kind not in "USO"):
        return Sequences.from_codes(sequences, alphabet)
    if isinstance(sequences, str | PathLike):
        text = str(sequences)
        raise InputError(
            f"one string, {text[:60]!r}, as `sequences`",
            "a list of sequences is needed",
            advice_for_file(text) or "Write [sequence], or sd.read_fasta(path)",
        )
    if isinstance(sequences, bytes) or hasattr(sequences, "read"):
        raise InputError(
            f"`sequences` is of type {type(sequences).__name__}", "a list of sequences is needed",
            "Write sd.read_sequences(path) for a file, or [text.decode()] for bytes",
        )  # fmt: skip
    if not isinstance(sequences, Iterable):
        raise InputError(
            f"an object of type {type(sequences).__name__} as `sequences`",
            "a list of sequences is needed, or an array of codes (sequences, length)",
            "Write design.own_sequences, or call design.sequences(background, n, rng)"
            if callable(sequences)
            else 'Write ["ACGT", "GGCA"], or sd.read_fasta(path)',
        )
    return Sequences.from_strings(sequences, alphabet)


def _refuse_empty(sequences: Sequences, argument: str) -> None:
    """Refuse no sequences, and a sequence without letters. ``argument`` is where the sequences come from."""
    if not len(sequences):
        raise InputError(f"no sequences in `{argument}` (an empty array)", "at least one sequence is needed")
    empty = np.flatnonzero(sequences.lengths == 0)
    if len(empty):
        label = f"sequence {empty[0]}" if sequences.names is None else sequences.names[empty[0]]
        raise InputError(f"{label} is empty (length 0)", "every sequence has at least one letter")


def gc_content(sequences: Sequences) -> NDArray[np.float64]:
    """(n,) share of G and C in each sequence."""
    return np.asarray(((sequences.codes == 1) | (sequences.codes == 2)).sum(1) / sequences.lengths)


def trimmed(sequences: SequencesLike) -> Sequences:
    """The sequences without columns that hold padding alone."""
    kept = as_sequences(sequences)
    return Sequences(kept.codes[:, : int(kept.lengths.max())], kept.lengths, kept.alphabet, kept.names)


def fingerprint(sequences: Sequences) -> dict[str, Any]:
    """Number and sha256 of sequences: of their lengths (int64, little-endian), then their codes."""
    stored = sha256(sequences.lengths.astype("<i8").tobytes())
    for codes in sequences.codes:  # row by row: hundreds of long sequences are never copied at once
        stored.update(codes[codes != PAD].tobytes())
    return {"number": len(sequences), "sha256": stored.hexdigest()}


SequencesLike = Sequences | NDArray[np.integer] | Iterable[str]
"""What a user may pass as sequences: Sequences, an array of codes, or strings."""
