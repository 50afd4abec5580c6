"""How many backgrounds are drawn: a whole number of balanced sets."""

from __future__ import annotations

import numpy as np

from seqdo.backgrounds.background import Background
from seqdo.errors import InputError

CUSTOM = 1000
"""Backgrounds of a run that does not say how many."""


def number(n: int | None, null: Background) -> int:
    """How many backgrounds: a whole number of sets; by default as many as are given, or about 1000.

    Parameters
    ----------
    n : the number that a user wrote, or None
    null : the background
    """
    if n is None:
        sets = -(-CUSTOM // null.set_size)
        return null.capacity if null.name == "given" and null.capacity else sets * null.set_size
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputError(
            f"n={n!r}", "a whole number of backgrounds, at least 1 (2 for an interval), is needed", "Write n=1000"
        )
    refuse_parts("n", int(n), null)
    return int(n)


def refuse_parts(name: str, value: int, null: Background) -> None:
    """Refuse a number of backgrounds that is no whole number of sets.

    Parameters
    ----------
    name, value : the argument
    null : the background
    """
    if value % null.set_size:
        whole = -(-value // null.set_size) * null.set_size
        raise InputError(
            f"{name}={value} of the background {null.name}, balanced in sets of {null.set_size}",
            "a whole number of sets is needed: a part of one is not balanced",
            f"Write {name}={whole}",
        )
