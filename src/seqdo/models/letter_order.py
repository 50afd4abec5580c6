"""The order of the letters in a network's input: which channel, or which code, stands for A, C, G and T (or U)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD

LETTERS = "ACGT"
"""The order of codes in seqdo, and of the channels that most networks read."""


def checked_letters(letters: object) -> str:
    """The argument ``letters``, with T for U.

    Raises
    ------
    InputError
        Anything but the four letters, each once.

    Examples
    --------
    >>> checked_letters("ACUG")
    'ACTG'
    """
    text = letters.upper().replace("U", "T") if isinstance(letters, str) else ""
    if sorted(text) != sorted(LETTERS):
        raise InputError(
            f"`letters={letters!r}`",
            "the four letters are needed, in the order of the model's channels",
            'Write letters="ACGT", which is the default, or letters="ACTG"',
        )
    return text


def code_table(letters: str) -> NDArray[np.uint8]:
    """For each code of seqdo, padding included, the code in another order of the letters.

    Examples
    --------
    >>> code_table("ACTG").tolist()  # G is the fourth channel, T the third
    [0, 1, 3, 2, 4]
    """
    return np.array([*(letters.index(letter) for letter in LETTERS), PAD], np.uint8)


def channel_order(letters: str) -> list[int]:
    """For each channel in the order of ``letters``, its place among A, C, G, T.

    Examples
    --------
    >>> channel_order("TACG")
    [3, 0, 1, 2]
    """
    return [LETTERS.index(letter) for letter in letters]
