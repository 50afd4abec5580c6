"""Further inputs by example in a run: which of its sequences have rows, and what those without a row exclude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Design
from seqdo.errors import InputError

Rows = Mapping[str, NDArray[Any]]
"""Name of an input to its rows (n, ...)."""


def refuse_real(inputs: Mapping[str, object] | None, real: object) -> None:
    """Refuse real sequences next to rows by background: no row belongs to them.

    Parameters
    ----------
    inputs : the rows; empty or None for a run without
    real : the argument of ``run``

    Raises
    ------
    InputError
        Real sequences, which would be predicted with the row that the model was wrapped with.
    """
    if inputs and real is not None:
        raise InputError(
            "`real` together with `inputs`",
            "rows of `inputs` belong to the backgrounds of a run, and real sequences have no rows",
            "Leave real out, or wrap the model with one row for all sequences",
        )


def own_pilot(pilot: int | None, design: Design, rows: Rows, *, size: int, interim: bool) -> int | None:
    """The number of pilot backgrounds that the user, or the run itself, asks for; None for what suits the run.

    Background i of a pilot gets row i, so that a pilot has no more backgrounds than there are rows.

    Parameters
    ----------
    pilot : the user's number, None for the default
    design : of the run
    rows : the rows; empty for a run without
    size : backgrounds of a default pilot
    interim : does the run have interim analyses, which need the margin before the first block?

    Raises
    ------
    InputError
        A pilot of more backgrounds than there are rows.
    """
    if not rows:
        return pilot
    most = min(map(len, rows.values()))
    if pilot is None:
        default = min(size, most) if interim and most > 1 else 0
        return default if interim or design.unedited is None else None
    if isinstance(pilot, int | np.integer) and pilot > most:
        raise InputError(
            f"`pilot={pilot}` together with `inputs` of {most} rows",
            "background i of the pilot gets row i",
            f"Write pilot={most if most > 1 else 0} or fewer",
        )
    return pilot


def rows_between(rows: Rows, first: int, end: int | None = None) -> dict[str, NDArray[Any]]:
    """The rows of some consecutive backgrounds.

    Parameters
    ----------
    rows : of all backgrounds
    first, end : the first background, and the one behind the last; None for the rest
    """
    return {name: array[first:end] for name, array in rows.items()}
