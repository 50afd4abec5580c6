"""Checks of the matrix of a motif: its shape, its orientation, and the range and sum of its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError

LOG_ODDS = "Negative values look like log-odds: write sd.Motif.from_pwm(name, scores)"
"""Advice for a table with negative values."""

_WRITE_AXIS = "Write axis=1 if each column is a letter (a row for each position), axis=0 if each row is a letter"

_ROUNDING = 0.02
"""How far the sum of four probabilities may be from 1 if they were printed with two decimals."""


def number_table(name: str, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Copy a table as float64.

    Parameters
    ----------
    name : name of the motif
    table : numbers

    Raises
    ------
    InputError
        The table has values that are not numbers.
    """
    try:
        return np.array(table, np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"motif {name}: a matrix that is not all numbers", "a table of the shape (width, 4) is needed",
            "For letters write sd.Motif.from_string(text)",
        ) from None  # fmt: skip


def oriented(name: str, table: NDArray[np.float64], axis: int | None) -> NDArray[np.float64]:
    """Turn a table so that its letters are columns: (width, 4).

    Parameters
    ----------
    name : name of the motif
    table : (width, 4) or (4, width)
    axis : the axis that is the letters; needed for a 4 x 4 table, unless the table is symmetric

    Raises
    ------
    InputError
        The table has another shape, or ``axis`` is needed.
    """
    if table.ndim != 2 or 4 not in table.shape or (axis is not None and table.shape[axis] != 4):
        letters = "" if axis is None else f" with axis={axis}"
        raise InputError(
            f"motif {name}: a table of shape {table.shape}{letters}",
            "the shape (width, 4) or (4, width) is needed, with the letters on the axis `axis`",
        )
    if table.shape == (4, 4) and axis is None and (table != table.T).any():
        raise InputError(f"motif {name}: a 4 x 4 table without `axis`", "either axis could be the letters", _WRITE_AXIS)
    return table if (table.shape[1] == 4 if axis is None else axis == 1) else table.T


def refuse_ambiguous(name: str, matrix: NDArray[np.float64]) -> None:
    """Refuse a 4 x 4 matrix of probabilities that is a motif both ways, unless both ways are the same motif.

    Parameters
    ----------
    name : name of the motif
    matrix : probabilities; a matrix of another shape passes

    Raises
    ------
    InputError
        Either axis could be the letters.
    """
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        return
    rows, columns = (bool((np.abs(matrix.sum(axis) - 1) < _ROUNDING).all()) for axis in (1, 0))
    if columns and not np.array_equal(matrix, matrix.T):
        sums = "whose rows and columns both sum to 1" if rows else "whose columns sum to 1, not its rows"
        raise InputError(
            f"motif {name}: a 4 x 4 matrix {sums}, without `axis`", "either axis could be the letters", _WRITE_AXIS
        )


def check_matrix(name: str, matrix: NDArray[np.float64], letters: Sequence[str]) -> None:
    """Refuse a matrix that is not (width, 4) probabilities, with advice on what it could be instead.

    Parameters
    ----------
    name : name of the motif
    matrix : the matrix; rows of zeros pass
    letters : the four letters of the alphabet

    Raises
    ------
    InputError
        The shape is another, a value is not a probability, or a row does not sum to 1.
    """
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
        raise InputError(
            f"motif {name}: a matrix of shape {matrix.shape}",
            "the shape (width, 4) is needed, with a row for each position",
            "Write matrix.T if the letters are in rows" if matrix.ndim == 2 and len(matrix) == 4 else "",
        )  # fmt: skip
    accepted = "probabilities are finite and not negative"
    refuse_cells(name, matrix, ~np.isfinite(matrix), letters, accepted, "")
    sums = matrix.sum(1)
    off = np.flatnonzero((np.abs(sums - 1) > _ROUNDING) & (matrix != 0).any(1))
    refuse_cells(name, matrix, matrix < 0, letters, accepted, LOG_ODDS if len(off) else "")
    if len(off):
        raise InputError(
            f"motif {name}: the probabilities at position {off[0]} sum to {sums[off[0]]:.4g}",
            "probabilities sum to 1", "For counts write sd.Motif.from_counts(name, counts)",
        )  # fmt: skip


def refuse_cells(
    name: str, table: NDArray[np.float64], invalid: NDArray[np.bool_], letters: Sequence[str], accepted: str, fix: str
) -> None:
    """Refuse a table with invalid cells. The error names the first of them.

    Parameters
    ----------
    name : name of the motif
    table, invalid : (width, 4), the table and which of its cells are invalid
    letters : the four letters of the alphabet
    accepted, fix : the second and third part of the error

    Raises
    ------
    InputError
        A cell is invalid.
    """
    if invalid.any():
        position, letter = np.argwhere(invalid)[0]
        raise InputError(
            f"motif {name}: {table[position, letter]} for {letters[letter]} at position {position}", accepted, fix
        )
