"""Rows of numbers: one row for each letter, or one row for each position, and how the two are distinguished."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqdo.motifs.files.motif_lines import Block, Line, numbers
from seqdo.motifs.files.motif_records import missing_matrix
from seqdo.sequences.alphabet import DNA, RNA, Alphabet

RowMeaning = Literal["position", "letter"]

LOG_BASES = (np.e, 2.0, 10.0)
"""Bases of the logarithm that log-odds are written in."""

_EQUAL = 0.1
"""How far sums may be apart, relative to their mean, and still be called equal: some sites have gaps."""

_LABEL = re.compile(r"\s*([A-Za-z])(?=[\s\[|:])")
_ROW_OF_LETTER = re.compile(r"\s*[ACGTU]\s*([\[|:]|[\s\[|:]\s*[-+.\d]|\s(nan|inf)\b)", re.IGNORECASE)


def is_letter_row(line: Line) -> bool:
    """Whether a line is a row of numbers that starts with its letter, like ``A [ 3 0 12 ]`` or ``A: 0.1 0.9``.

    Parameters
    ----------
    line : a line of a motif file
    """
    return bool(_ROW_OF_LETTER.match(line.text))


def position_table(block: Block) -> NDArray[np.float64]:
    """Numbers (width, 4) of a block with one row for each position.

    Parameters
    ----------
    block : a motif

    Raises
    ------
    InputError
        There are no rows, or one of them is not four numbers.
    """
    if not block.body:
        raise missing_matrix(block, "rows of numbers are needed")
    rows = []
    for position, line in enumerate(block.body):
        row = numbers(line.text)
        if row is None or len(row) != 4:
            size = "is not" if row is None else f"has {len(row)} numbers, not"
            raise line.refuse(
                f"{line.excerpt} as position {position} of motif {block.name} {size} four numbers",
                "one row of four numbers is needed for each position",
                'If each row is a letter, write format="jaspar"' if row and len(row) > 4 else "",
            )  # fmt: skip
        rows.append(row)
    return np.array(rows)


def letter_table(block: Block) -> tuple[NDArray[np.float64], Alphabet | None]:
    """Numbers (width, 4) of a block with one row for each letter, and the alphabet of these letters.

    Rows without letters have the order A, C, G, T.

    Parameters
    ----------
    block : a motif

    Raises
    ------
    InputError
        The rows are not four rows of numbers, all of one length.
    """
    if not block.body:
        raise missing_matrix(block, "rows of numbers are needed")
    if len(block.body) != 4:
        raise block.head.refuse(
            f"motif {block.name} has {len(block.body)} rows", "four rows are needed: A, C, G, T (or U)"
        )
    letters, rows = list[str](), list[list[float]]()
    for line in block.body:
        label = _LABEL.match(line.text)
        row = numbers(line.text[label.end() if label else 0 :].strip(" \t[]|:"))
        if row is None:
            raise line.refuse(
                f"{line.excerpt} in motif {block.name}", "a row of numbers is needed, like 'A [ 3 0 12 ]'"
            )
        if rows and len(row) != len(rows[0]):
            raise line.refuse(
                f"motif {block.name} has {len(row)} counts in this row and {len(rows[0])} in the first",
                "each row needs one count for each position",
            )
        letters += label[1].upper() if label else ""
        rows.append(row)
    order, alphabet = letter_order(block, letters, "row") if letters else (np.arange(4), None)
    return np.array(rows)[order].T, alphabet


def letter_order(block: Block, letters: Sequence[str], line_kind: str) -> tuple[NDArray[np.intp], Alphabet]:
    """The order that sorts these letters to A, C, G, T (or U), and their alphabet.

    Parameters
    ----------
    block : the motif, for the error
    letters : labels of the rows or columns of its matrix, in upper case
    line_kind : "row" or "column", whichever the letters label

    Raises
    ------
    InputError
        The letters are not those of DNA or RNA, once each.
    """
    if "".join(sorted(letters)) not in ("ACGT", "ACGU"):
        raise block.head.refuse(
            f"motif {block.name} has the {line_kind}s {', '.join(letters)}",
            f"one {line_kind} for each of A, C, G, T (or U) is needed",
        )
    return np.argsort(letters), RNA if "U" in letters else DNA


def row_meaning(motifs: Sequence[Block]) -> RowMeaning | None:
    """What a row without a label is in all motifs of a file: a position or a letter; None if that is ambiguous.

    A motif of another width than 4 decides by its shape. Only if there is none, those of width 4 decide by their sums.

    Parameters
    ----------
    motifs : the motifs of a file, which is of one format
    """
    shapes = Counter[RowMeaning]()
    sums = Counter[RowMeaning]()
    for block in motifs:
        rows = [numbers(line.text.strip(" \t[]")) for line in block.body]
        lengths = Counter(len(row) for row in rows if row)
        # One damaged row does not change what the other rows of a motif are.
        length = lengths.most_common(1)[0][0] if 2 * lengths.total() > len(rows) else 0
        if length and (length == 4) != (len(rows) == 4):
            shapes["position" if length == 4 else "letter"] += 1
        elif len(rows) == lengths[4] == 4 and (meaning := _by_sums(np.array(rows, np.float64))):
            sums[meaning] += 1
    votes = (shapes or sums).most_common(2)
    tied = len(votes) == 2 and votes[0][1] == votes[1][1]
    return votes[0][0] if votes and not tied else None


def log_odds_error(table: NDArray[np.float64], base: float) -> float:
    """How far a table is from log-odds against equal letter frequencies: the largest distance of a sum from 1.

    With s = log(p / 0.25), the sum of 0.25 * base**s over the four letters is the sum of their probabilities.

    Parameters
    ----------
    table : (width, 4) numbers
    base : base of the logarithm
    """
    with np.errstate(over="ignore"):
        return float(np.abs(0.25 * np.power(base, table).sum(1) - 1).max())


def _by_sums(table: NDArray[np.float64]) -> RowMeaning | None:
    """What a row of a 4 x 4 table is. The sums over letters are equal, and none of them is 0."""
    if np.array_equal(table, table.T):
        return "position"  # the two readings are the same motif
    by_position, by_letter = _misfit(table), _misfit(table.T)
    smaller, larger = sorted((by_position, by_letter))
    # Sums over letters differ by a few sites at most. Sums over positions are equal only by chance, as in GATC.
    clear = smaller <= _EQUAL and larger > 3 * smaller + 0.02
    if not clear and not (larger == np.inf and smaller < np.inf):
        return None
    return "position" if by_position < by_letter else "letter"


def _misfit(table: NDArray[np.float64]) -> float:
    """How far the rows of a table are from positions: the spread of their sums; infinite if one can't be a position."""
    if not np.isfinite(table).all():
        return np.inf
    if (table < 0).any():
        return min(log_odds_error(table, base) for base in LOG_BASES)
    sums = table.sum(1)
    return float(np.ptp(sums) / sums.mean()) if sums.all() else np.inf
