"""Edits: "write these letters at [start, stop)" of each background in a block.

Laws (``tests/laws/test_edits.py``): an edit that writes what stands there changes nothing; edits at
separate places commute; an edit changes no letter outside its span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Edit:
    """Letters to write, and where; both may differ per background.

    Attributes
    ----------
    name : the pattern, as errors call it
    letters : uint8, (width,) or (n, width)
        Codes 0-3, or KEEP where the background's letter stays. A row of its own may end in KEEP beyond the end of its
        sequence, where a longer one of the block has letters.
    start : int, or int64 (n,)
        0-based; the span is [start, start + width).
    agree : bool
        Overlap with another such edit is allowed where both write the same letters (UGCAUGCAUG).

    Raises
    ------
    InputError
        No letter to write, a code that is no letter, a start that is no whole number.
    """

    name: str
    letters: NDArray[np.uint8]
    start: int | NDArray[np.int64]
    agree: bool = False

    def __post_init__(self) -> None:
        letters = np.asarray(self.letters)
        if letters.dtype != np.uint8 or letters.ndim not in (1, 2) or not letters.shape[-1]:
            raise InputError(
                f"{self.name}: letters of dtype {letters.dtype} and shape {letters.shape}",
                "uint8 codes of the shape (width,) or (n, width) are needed, at least one wide",
                "Write DNA.encode(text)",
            )
        strange = letters[(letters > 3) & (letters != KEEP)]
        if strange.size:
            raise InputError(f"{self.name}: code {strange[0]}", "letters have the codes 0 to 3; KEEP leaves one be")
        start = np.asarray(self.start)
        if start.dtype.kind not in "iu" or start.ndim > 1:
            raise InputError(
                f"{self.name}: start={self.start!r}", "a whole number (0-based), or one for each sequence, is needed"
            )

    @property
    def width(self) -> int:
        """Number of letters in the span."""
        return int(self.letters.shape[-1])


def apply(sequences: Sequences, edits: Sequence[Edit]) -> Sequences:
    """Copies of the sequences with the edits made.

    Raises
    ------
    InputError
        An edit off the end of a sequence, or two edits on one place: named with pattern and position.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> block = Sequences.from_strings(["AAAAAA", "TTTTTT"])
    >>> apply(block, [Edit("GC", DNA.encode("GC"), 2)]).to_strings()
    ['AAGCAA', 'TTGCTT']
    """
    codes = sequences.codes.copy()
    rows = np.arange(len(codes))[:, None]
    for columns, letters in written(sequences, edits):
        codes[rows, columns] = np.where(letters == KEEP, codes[rows, columns], letters)
    return Sequences(codes, sequences.lengths, sequences.alphabet, sequences.names)


def written(sequences: Sequences, edits: Sequence[Edit]) -> list[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """For each edit the columns (n, width) that it writes, and the letters, KEEP among them.

    Raises
    ------
    InputError
        As :func:`apply`.
    """
    spans = [_columns(edit, sequences) for edit in edits]
    for (first, a), (second, b) in combinations(list(zip(edits, spans, strict=True)), 2):
        _check_overlap(first, a, second, b)
    return [(span, np.broadcast_to(edit.letters, span.shape)) for edit, span in zip(edits, spans, strict=True)]


def _columns(edit: Edit, sequences: Sequences) -> NDArray[np.int64]:
    """(n, width) columns that an edit writes, all inside the sequences."""
    n = len(sequences)
    start = np.asarray(edit.start)
    if start.ndim and len(start) != n:
        raise InputError(f"{edit.name}: {len(start)} starts for {n} sequences", "one start, or one for each sequence")
    if edit.letters.ndim == 2 and len(edit.letters) != n:
        raise InputError(f"{edit.name}: letters for {len(edit.letters)} sequences", f"letters for {n} are needed")
    starts = np.broadcast_to(start, (n,)).astype(np.int64)
    stops = starts + edit.width
    past = (stops > sequences.codes.shape[1]) | (starts + _letters(edit) > sequences.lengths)
    off = np.flatnonzero((starts < 0) | past)
    if len(off):
        worst = off[sequences.lengths[off].argmin()]
        refuse_off_end(edit.name, edit.width, int(starts[worst]), int(sequences.lengths[worst]), len(off), n)
    return starts[:, None] + np.arange(edit.width)


def _letters(edit: Edit) -> int | NDArray[np.int64]:
    """Letters to the last that is written, of each row where rows have their own; else all."""
    if edit.letters.ndim == 1:
        return edit.width
    writes = edit.letters != KEEP
    return np.where(writes.any(1), edit.width - writes[:, ::-1].argmax(1), 0)


def refuse_off_end(name: str, width: int, start: int, length: int, affected: int, n: int) -> None:
    """Raise the one error for a pattern that does not fit, with the last start that would fit.

    ``length`` is that of the shortest sequence affected, ``affected`` how many of ``n`` there are.
    """
    if width > length:
        raise InputError(
            f"pattern {name} ({width} letters)", f"the sequence has only {length}: nothing so long fits in it"
        )
    which = f"; so in {affected} of {n} sequences" if affected < n else ""
    where = f"end at {start + width} of" if start >= 0 else "begin before"
    raise InputError(
        f"{name} at {start} would {where} a sequence of length {length}{which}",
        f"the first start is 0 and the last that fits is {length - width} (padding not counted)",
    )


def refuse_overlap(first: str, start: int, second: str, other: int, agree: bool = False) -> None:
    """Raise the one error for two edits of an arm on one place."""
    needed = "edits of one arm may not overlap" + (" unless they write the same letters" if agree else "")
    raise InputError(f"{first} at {start} and {second} at {other} overlap", needed)


def _check_overlap(first: Edit, a: NDArray[np.int64], second: Edit, b: NDArray[np.int64]) -> None:
    touching = np.flatnonzero((a[:, 0] < b[:, 0] + second.width) & (b[:, 0] < a[:, 0] + first.width))
    agree = first.agree and second.agree
    if not len(touching) or (agree and _agree(first, a, second, b)):
        return
    row = touching[0]
    refuse_overlap(first.name, int(a[row, 0]), second.name, int(b[row, 0]), agree)


def _agree(first: Edit, a: NDArray[np.int64], second: Edit, b: NDArray[np.int64]) -> bool:
    """Do the edits write the same letter wherever both write one?"""
    same = a[:, :, None] == b[:, None, :]
    x = np.broadcast_to(first.letters, a.shape)[:, :, None]
    y = np.broadcast_to(second.letters, b.shape)[:, None, :]
    return bool((~same | (x == y) | (x == KEEP) | (y == KEEP)).all())
