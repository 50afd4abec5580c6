"""Edits: "write these letters at [start, stop)" of each background in a block.

Three laws hold (``tests/laws/test_edits.py``). An edit that writes the letters of the background changes nothing.
Edits of separate spans can be applied in any order. An edit changes no letter outside its span.
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

WIDE = 256
"""Positions of an edit from which it is written row by row."""


@dataclass(frozen=True, eq=False)
class Edit:
    """Letters to write, and where to write them. Both may differ between the sequences of a block.

    Attributes
    ----------
    name : name of the pattern, used in errors
    letters : uint8, (width,) or (n, width)
        Codes 0-3, or KEEP where the letter of the background stays. With one row for each sequence, a row may end in
        KEEP beyond the end of its own sequence. Longer sequences of the block have letters there.
    start : int, or int64 (n,)
        0-based. The edit writes to the span [start, start + width).
    agree : bool
        Whether the edit may overlap another edit with ``agree=True`` if both write the same letters (UGCAUGCAUG).

    Raises
    ------
    InputError
        There is no letter to write, a code is not the code of a letter, or a start is not a whole number.
    """

    name: str
    letters: NDArray[np.uint8]
    start: int | NDArray[np.int64]
    agree: bool = False

    def __post_init__(self) -> None:
        letters = np.asarray(self.letters)
        if letters.dtype != np.uint8 or letters.ndim not in (1, 2) or not letters.shape[-1]:
            raise InputError(
                f"`letters` of pattern {self.name} has dtype {letters.dtype} and shape {letters.shape}",
                "uint8 codes of shape (width,) or (n, width) are needed, with a width of at least 1",
                "Write letters=sd.DNA.encode(text)",
            )
        invalid = letters[(letters > 3) & (letters != KEEP)]
        if invalid.size:
            raise InputError(
                f"`letters` of pattern {self.name} contains the code {invalid[0]}",
                f"letters have the codes 0 to 3, and {KEEP} keeps the letter of the background",
            )
        start = np.asarray(self.start)
        if start.dtype.kind not in "iu" or start.ndim > 1:
            raise InputError(
                f"start={self.start!r} of pattern {self.name}",
                "a whole number (0-based), or one whole number for each sequence, is needed",
            )

    @property
    def width(self) -> int:
        """Number of positions in the span."""
        return int(self.letters.shape[-1])


def apply(sequences: Sequences, edits: Sequence[Edit]) -> Sequences:
    """Copy sequences and write the edits into the copies.

    Parameters
    ----------
    sequences : n sequences
    edits : the edits of one arm; their spans may not overlap, unless both edits have ``agree=True``

    Raises
    ------
    InputError
        An edit reaches beyond the end of a sequence, or two edits overlap. The error names patterns and positions.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> block = Sequences.from_strings(["AAAAAA", "TTTTTT"])
    >>> apply(block, [Edit("GC", DNA.encode("GC"), 2)]).to_strings()
    ['AAGCAA', 'TTGCTT']
    """
    codes = sequences.codes.copy()
    starts = _checked_starts(sequences, edits)
    rows = np.arange(len(codes))[:, None]
    for edit, start in zip(edits, starts, strict=True):
        letters = np.broadcast_to(edit.letters, (len(codes), edit.width))
        if edit.width > WIDE:  # row by row, because the columns of a wide edit would take 8 times its memory
            for row, first in enumerate(start):
                own = codes[row, first : first + edit.width]
                np.copyto(own, letters[row], where=letters[row] != KEEP)
        else:
            columns = start[:, None] + np.arange(edit.width)
            codes[rows, columns] = np.where(letters == KEEP, codes[rows, columns], letters)
    return Sequences(codes, sequences.lengths, sequences.alphabet, sequences.names)


def apply_each(sequences: Sequences, arms: Sequence[Sequence[Edit]]) -> Sequences:
    """The edited copies of all arms, one arm after another.

    Arms of equal widths, such as the substitutions of mutagenesis, are written together. Written one by one, the
    edits of a single sequence took a third of the time of its mutagenesis with ResidualBind.

    Parameters
    ----------
    sequences : n sequences
    arms : the edits of each arm, as in :func:`apply`

    Returns
    -------
    Sequences, n of the first arm, then n of the second, and so on

    Raises
    ------
    InputError
        As in :func:`apply`.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> block = Sequences.from_strings(["AAAA", "TTTT"])
    >>> apply_each(block, [[Edit("C", DNA.encode("C"), 0)], [Edit("G", DNA.encode("G"), 2)]]).to_strings()
    ['CAAA', 'CTTT', 'AAGA', 'TTGT']
    """
    n = len(sequences)
    codes, lengths = np.tile(sequences.codes, (len(arms), 1)), np.tile(sequences.lengths, len(arms))
    repeated = Sequences(codes, lengths, sequences.alphabet)
    forms = {tuple((edit.width, edit.agree) for edit in edits) for edits in arms}
    if len(forms) == 1 and not any(_ends_in_keep(edit) for edits in arms for edit in edits):
        try:
            return apply(repeated, [_stacked(edits, n) for edits in zip(*arms, strict=True)])
        except InputError:  # the loop below names the edit
            pass
    for arm, edits in enumerate(arms):
        repeated.codes[arm * n : (arm + 1) * n] = apply(sequences, edits).codes
    return repeated


def _ends_in_keep(edit: Edit) -> bool:
    """Is the last letter of all rows KEEP? Only letters with a row for each sequence may then end beyond it."""
    return edit.letters.ndim == 1 and bool(edit.letters[-1] == KEEP)


def _stacked(edits: Sequence[Edit], n: int) -> Edit:
    """The edits of several arms as one edit of their joint sequences."""
    letters = np.concatenate([np.broadcast_to(edit.letters, (n, edit.width)) for edit in edits])
    starts = np.concatenate([np.broadcast_to(edit.start, n) for edit in edits])
    return Edit(edits[0].name, letters, starts, edits[0].agree)


def written(sequences: Sequences, edits: Sequence[Edit]) -> list[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Columns and letters that each edit writes.

    Parameters
    ----------
    sequences : n sequences
    edits : the edits of one arm

    Returns
    -------
    list of (int64 (n, width), uint8 (n, width))
        For each edit the columns of its span and the codes for these columns, KEEP included.

    Raises
    ------
    InputError
        As in :func:`apply`.
    """
    starts = _checked_starts(sequences, edits)
    spans = [start[:, None] + np.arange(edit.width) for edit, start in zip(edits, starts, strict=True)]
    return [(span, np.broadcast_to(edit.letters, span.shape)) for edit, span in zip(edits, spans, strict=True)]


def _checked_starts(sequences: Sequences, edits: Sequence[Edit]) -> list[NDArray[np.int64]]:
    """The starts (n,) of each edit; no edit leaves its sequence, and no two overlap."""
    starts = [_starts(edit, sequences) for edit in edits]
    for (first, first_start), (second, second_start) in combinations(list(zip(edits, starts, strict=True)), 2):
        _check_overlap(first, first_start, second, second_start)
    return starts


def _starts(edit: Edit, sequences: Sequences) -> NDArray[np.int64]:
    """Starts of an edit, (n,), with all of its positions inside the sequences."""
    n = len(sequences)
    start = np.asarray(edit.start)
    if start.ndim and len(start) != n:
        raise InputError(
            f"`start` of pattern {edit.name} has {len(start)} starts for {n} sequences",
            "one start for all sequences, or one start for each sequence, is needed",
        )
    if edit.letters.ndim == 2 and len(edit.letters) != n:
        raise InputError(
            f"`letters` of pattern {edit.name} has {len(edit.letters)} rows for {n} sequences",
            "one row for all sequences, or one row for each sequence, is needed",
        )
    starts = np.broadcast_to(start, (n,)).astype(np.int64)
    # A block is as wide as its longest sequence. A row that ends in KEEP may reach beyond its own sequence, but no
    # edit may reach beyond the block.
    beyond = (starts + edit.width > sequences.codes.shape[1]) | (starts + _written_width(edit) > sequences.lengths)
    off = np.flatnonzero((starts < 0) | beyond)
    if len(off):
        shortest = off[sequences.lengths[off].argmin()]
        length = int(sequences.lengths[shortest])
        refuse_off_end(edit.name, edit.width, int(starts[shortest]), length, len(off), n)
    return starts


def _written_width(edit: Edit) -> int | NDArray[np.int64]:
    """Positions up to the last letter that is written; one number for each row if each row has its own letters."""
    if edit.letters.ndim == 1:
        return edit.width
    writes = edit.letters != KEEP
    return np.where(writes.any(1), edit.width - writes[:, ::-1].argmax(1), 0)


def refuse_off_end(name: str, width: int, start: int, length: int, affected: int, n: int) -> None:
    """Raise the error for a pattern that does not fit, with the last start that would fit.

    Parameters
    ----------
    name, width : name and width of the pattern
    start : 0-based start of the pattern in the shortest affected sequence
    length : length of the shortest affected sequence
    affected, n : number of sequences in which the pattern does not fit, and number of all sequences
    """
    if width > length:
        raise InputError(
            f"pattern {name} is {width} positions wide",
            f"the sequence has only {length} positions, so the pattern cannot fit",
        )
    where = f"end at {start + width} of" if start >= 0 else "begin before"
    rows = f", in {affected} of {n} sequences" if affected < n else ""
    raise InputError(
        f"{name} at {start} would {where} a sequence of length {length}{rows}",
        f"the first start is 0 and the last that fits is {length - width} (padding is not counted)",
    )


def refuse_overlap(first_name: str, first_start: int, second_name: str, second_start: int, agree: bool = False) -> None:
    """Raise the error for two edits of one arm that overlap.

    Parameters
    ----------
    first_name, first_start : one pattern
    second_name, second_start : the other pattern
    agree : whether the edits may overlap where they write the same letters
    """
    unless = " unless they write the same letters" if agree else ""
    raise InputError(
        f"pattern {first_name} at {first_start} and {second_name} at {second_start} overlap",
        f"the edits of one arm may not overlap{unless}",
    )


def _check_overlap(first: Edit, first_start: NDArray[np.int64], second: Edit, second_start: NDArray[np.int64]) -> None:
    overlapping = np.flatnonzero(
        (first_start < second_start + second.width) & (second_start < first_start + first.width)
    )
    agree = first.agree and second.agree
    if not len(overlapping) or (agree and _agree(first, first_start, second, second_start)):
        return
    row = overlapping[0]
    refuse_overlap(first.name, int(first_start[row]), second.name, int(second_start[row]), agree)


def _agree(first: Edit, first_start: NDArray[np.int64], second: Edit, second_start: NDArray[np.int64]) -> bool:
    """Whether the edits write the same letter at every position where both write a letter."""
    first_span, second_span = (
        start[:, None] + np.arange(edit.width) for edit, start in ((first, first_start), (second, second_start))
    )
    same = first_span[:, :, None] == second_span[:, None, :]
    a = np.broadcast_to(first.letters, first_span.shape)[:, :, None]
    b = np.broadcast_to(second.letters, second_span.shape)[:, None, :]
    return bool((~same | (a == b) | (a == KEEP) | (b == KEEP)).all())
