"""One-hot arrays become codes: which axis holds the letters, in which order, and where no letter or several stand."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD

Axes = Literal["NCL", "NLC"]
"""NCL is (n, 4, length), NLC is (n, length, 4)."""

UNKNOWN = 255
"""The code of a position without a letter in front of another letter, or with four equal values: an N."""

ROWS = 1024
"""Sequences that are converted at a time."""

BOTH = (
    'Write layout="NCL" if the letters are in the middle (n, 4, length), layout="NLC" if they are last (n, length, 4)'
)


def letter_order(letters: str) -> NDArray[np.int64]:
    """For each channel of an array, the channel that it has in A, C, G, T (U).

    Parameters
    ----------
    letters : the letters in the order of the channels

    Raises
    ------
    InputError
        The letters are not A, C, G and T (or U), each once.

    Examples
    --------
    >>> letter_order("ATCG").tolist()
    [0, 3, 1, 2]
    """
    text = letters.upper().replace("U", "T") if isinstance(letters, str) else ""
    if sorted(text) != list("ACGT"):
        raise InputError(
            f"letters={letters!r}", "A, C, G and T (or U) are needed, each once, in the order of the channels",
            'Write letters="ACGT"',
        )  # fmt: skip
    return np.array(["ACGT".index(letter) for letter in text], np.int64)


def codes_of_one_hot(array: Any, layout: Axes | None, letters: str) -> NDArray[np.uint8]:  # noqa: ANN401 - array or data set
    """Codes (n, length) of a one-hot array: 0-3, PAD behind the last letter, UNKNOWN where no letter is known.

    Parameters
    ----------
    array : (n, 4, length) or (n, length, 4), numbers or truth values; it is read ``ROWS`` sequences at a time
    layout : which of the two; None finds out, if the shape and the values leave no doubt
    letters : the letters in the order of the channels

    Raises
    ------
    InputError
        The array has another shape, holds other values, or both readings are possible.

    Examples
    --------
    >>> codes_of_one_hot(np.eye(4)[None, [2, 0, 3, 3, 0]], None, "ACGT").tolist()
    [[2, 0, 3, 3, 0]]
    """
    order = letter_order(letters)
    if layout not in (None, *get_args(Axes)):
        raise InputError(f"layout={layout!r}", 'one of "NCL", "NLC" and None is needed', BOTH)
    kind = np.dtype(array.dtype).kind
    if len(array.shape) != 3 or kind not in "fiub" or 0 in array.shape:
        several = "Write sd.read_one_hot(path) for a file, sd.Sequences.from_strings(texts) for letters"
        fix = "Write array[None] for one sequence" if len(array.shape) == 2 else several
        raise InputError(
            f"`array` of shape {tuple(array.shape)} and type {array.dtype}",
            "one-hot numbers (n, 4, length) or (n, length, 4) are needed", fix,
        )  # fmt: skip
    axis = _letter_axis(array, layout)
    return np.concatenate(
        [_codes(np.moveaxis(array[row : row + ROWS], axis, 2), row, order) for row in range(0, array.shape[0], ROWS)]
    )


def _letter_axis(array: Any, layout: Axes | None) -> int:  # noqa: ANN401 - array or data set
    """The axis of the letters, 1 or 2."""
    axes = [axis for axis, name in ((1, "NCL"), (2, "NLC")) if array.shape[axis] == 4 and layout in (None, name)]
    if not axes:
        needed = "one axis after the first has to be 4 long" if layout is None else f"this is not {layout}"
        raise InputError(f"`array` of shape {tuple(array.shape)}", needed, BOTH)
    if len(axes) == 2:
        first = np.asarray(array[:ROWS], np.float64)
        fitting = [axis for axis in axes if ((first.sum(axis) == 1) & (first.max(axis) == 1)).all()]
        axes = fitting or axes
    if len(axes) == 2:
        raise InputError(f"`array` of shape {tuple(array.shape)}", "both axes can be the letters", BOTH)
    return axes[0]


def _codes(array: NDArray[Any], first: int, order: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Codes of sequences (n, length, 4); the first sequence has the number ``first``."""
    values = np.asarray(array, np.float32)
    total, largest = values.sum(2), values.max(2)
    single = (total == 1) & (largest == 1) & (values.min(2) == 0)
    nothing = (values == 0).all(2)
    equal = (values == values[:, :, :1]).all(2) & ~nothing & np.isclose(total, 1)
    other = ~(single | nothing | equal)
    if other.any():
        row, position = np.argwhere(other)[0]
        raise InputError(
            f"`array` holds {values[row, position].tolist()} at position {position} of sequence {first + row}",
            "one-hot has a single 1 at each position; four zeros or four times 0.25 are an unknown letter",
            BOTH if values.shape[1] == 4 else "Is this an array of scores or probabilities? Pass the one-hot array",
        )  # fmt: skip
    codes: NDArray[np.uint8] = order[values.argmax(2)].astype(np.uint8)
    codes[nothing | equal] = UNKNOWN
    behind = np.flip(np.logical_and.accumulate(np.flip(nothing, 1), axis=1), 1)
    codes[behind] = PAD
    return codes
