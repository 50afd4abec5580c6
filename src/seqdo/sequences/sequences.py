"""Sequences: an array of codes and each sequence's true length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, PAD, RNA, Alphabet


@dataclass(frozen=True)
class FileRead:
    """The call that read sequences from a file.

    Attributes
    ----------
    function : "read_fasta" or "read_sequences"
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
        0-3 for letters; PAD beyond the end of a shorter sequence. Sequences start at column 0: where
        a model wants its padding is the model's affair, and no position ever counts it.
    lengths : int64, (n,)
    alphabet : None if the letters fit both DNA and RNA (codes were given, or there is no T and no U)
    names : as many as sequences, unique
    file : the call that read them, if they are exactly what a file holds; None if they come from elsewhere

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

    @classmethod
    def from_codes(cls, codes: NDArray[np.integer], alphabet: Alphabet | None = None) -> Sequences:
        """At least one sequence from an (n, length) array of codes 0-3, with PAD (4) only at the end of rows."""
        array = np.asarray(codes)
        if array.ndim != 2 or not np.issubdtype(array.dtype, np.integer):
            raise InputError(
                f"an array of shape {array.shape} and dtype {array.dtype}",
                "codes are whole numbers 0-3 in the shape (sequences, length)",
                "From one-hot (n, 4, length) write x.argmax(1)",
            )
        if array.size and (array.min() < 0 or array.max() > PAD):
            raise InputError(
                f"codes from {array.min()} to {array.max()}", "letters have codes 0-3 (ACGT or ACGU), padding has 4"
            )
        array = array.astype(np.uint8)
        lengths = (array != PAD).sum(1)
        if ((array == PAD) != (np.arange(array.shape[1]) >= lengths[:, None])).any():
            raise InputError("padding (code 4) before a letter", "a sequence starts in column 0 and has no gaps")
        made = cls(array, lengths.astype(np.int64), alphabet)
        _refuse_empty(made)
        return made

    @classmethod
    def from_strings(
        cls, strings: Iterable[str], alphabet: Alphabet | None = None, names: Sequence[str] | None = None
    ) -> Sequences:
        """Sequences from text, upper or lower case; a letter of no alphabet is refused by the sequence's name."""
        texts = list(strings)
        if not texts:
            raise InputError("no sequences (an empty list)", "at least one sequence is needed")
        labels = (
            tuple(f"sequence {i}" for i in range(len(texts))) if names is None else _checked_names(names, len(texts))
        )
        for text, label in zip(texts, labels, strict=True):
            if not isinstance(text, str):
                raise InputError(f"{label} is a {type(text).__name__}", "a sequence is a string of letters")
            if not text:
                raise InputError(f"{label} is empty (length 0)", "every sequence has at least one letter")
        alphabet = alphabet or spelled(texts)
        lengths = np.array([len(text) for text in texts], np.int64)
        flat = (alphabet or DNA).encode("".join(texts))
        _refuse_strange_letters(flat, texts, labels, lengths, alphabet or DNA)
        codes = np.full((len(texts), int(lengths.max())), PAD, np.uint8)
        codes[np.arange(codes.shape[1]) < lengths[:, None]] = flat
        return cls(codes, lengths, alphabet, labels if names is not None else None)

    def read_by(self, file: FileRead | None) -> Sequences:
        """These sequences, with the call that reads them from their file."""
        object.__setattr__(self, "file", file)
        return self

    def to_strings(self) -> list[str]:
        """The letters of each sequence, without padding."""
        alphabet = self.alphabet or DNA
        return [alphabet.decode(row) for row in self.codes]

    def __repr__(self) -> str:
        if not len(self):
            return "<no sequences>"
        low, high = int(self.lengths.min()), int(self.lengths.max())
        letters = f"{low}" if low == high else f"{low} to {high}"
        return f"<{len(self)} sequences of {letters} letters{f', {self.alphabet}' if self.alphabet else ''}>"

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> Sequences:
        picked = None if self.names is None else tuple(np.asarray(self.names, object)[rows])
        return Sequences(self.codes[rows], self.lengths[rows], self.alphabet, picked)


def spelled(texts: Iterable[str]) -> Alphabet | None:
    """DNA if a T occurs, RNA if a U does, None if neither; both are an error."""
    letters = set().union(*(set(text.upper()) for text in texts))
    if {"T", "U"} <= letters:
        raise InputError(
            "sequences with both T and U", "one alphabet: T for DNA, U for RNA", "Replace one by the other"
        )
    return DNA if "T" in letters else RNA if "U" in letters else None


def as_sequences(given: Sequences | NDArray[np.integer] | Iterable[str], alphabet: Alphabet | None = None) -> Sequences:
    """At least one sequence, none of them empty, from Sequences, an array of codes, or strings.

    Parameters
    ----------
    alphabet : what they have to be; a T in RNA and a U in DNA are refused, and no letter is changed

    Examples
    --------
    >>> as_sequences(["GAC"], RNA).alphabet, as_sequences(Sequences.from_strings(["GAC"], DNA), RNA).alphabet
    (RNA, RNA)
    """
    if isinstance(given, Sequences):
        _refuse_empty(given)
        if alphabet is None or given.alphabet == alphabet:
            return given
        if given.alphabet is None:
            return replace(given, alphabet=alphabet)
        return Sequences.from_strings(given.to_strings(), alphabet, given.names)
    if isinstance(given, np.ndarray) and (given.ndim != 1 or given.dtype.kind not in "USO"):
        return Sequences.from_codes(given, alphabet)
    if isinstance(given, str):
        raise InputError(
            f"one string, {given[:20]!r}", "a list of sequences is needed", "Write [sequence], or sd.read_fasta(path)"
        )
    if not isinstance(given, Iterable):
        raise InputError(
            f"an object of type {type(given).__name__}",
            "a list of sequences is needed, or an array of codes (sequences, length)",
            'Write ["ACGT", "GGCA"], or sd.read_fasta(path)',
        )
    return Sequences.from_strings(given, alphabet)


def _refuse_empty(sequences: Sequences) -> None:
    if not len(sequences):
        raise InputError("no sequences (an empty array)", "at least one sequence is needed")
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
    stored = sequences.lengths.astype("<i8").tobytes() + sequences.codes[sequences.codes != PAD].tobytes()
    return {"number": len(sequences), "sha256": sha256(stored).hexdigest()}


def _checked_names(names: Sequence[str], number: int) -> tuple[str, ...]:
    """The names, if each of so many sequences has one of its own."""
    labels = tuple(names)
    if len(labels) != number:
        raise InputError(
            f"{len(labels)} names for {number} sequences", "each sequence needs one name", "Leave names out for none"
        )
    name, times = Counter(labels).most_common(1)[0]
    if times > 1:
        raise InputError(f"{times} sequences named {name!r}", "names are unique", "Rename them, or leave names out")
    return labels


def _refuse_strange_letters(
    flat: NDArray[np.uint8], texts: list[str], labels: tuple[str, ...], lengths: NDArray[np.int64], alphabet: Alphabet
) -> None:
    strange = np.flatnonzero(flat == 255)
    if not len(strange):
        return
    starts = np.concatenate([[0], np.cumsum(lengths)])
    row = int(np.searchsorted(starts, strange[0], "right")) - 1
    place = int(strange[0] - starts[row])
    letter = texts[row][place]
    where = f"{letter!r} at position {place} of {labels[row]}"
    if letter in "-.*":
        raise InputError(where, "sequences have no gaps", "Take the gaps of an alignment out first")
    if letter in "nN":
        rows = np.searchsorted(starts, strange, "right") - 1
        share = len(strange) / len(flat)
        raise InputError(
            f"{where}; {len(strange)} such letters ({share:.2%}) in {len(np.unique(rows))} of {len(texts)} sequences",
            "an unknown letter has no code",
            'Read the file with n="drop" to leave these sequences out, or n="sample" to fill in random letters',
        )
    if letter.upper() in "TU":
        other = "dna" if letter.upper() == "T" else "rna"
        raise InputError(
            where,
            f"the alphabet {alphabet.name} has the letters {alphabet.letters}",
            f"Use alphabet {other}, or replace the letter",
        )
    raise InputError(where, f"the letters of {alphabet.name} are {alphabet.letters}")


SequencesLike = Sequences | NDArray[np.integer] | Iterable[str]
"""Sequences as a user has them: Sequences, codes, or strings."""
