"""Columns and rows of the table of effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.designs.design import Design
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

BEFORE = ("output", "contrast")
AFTER = (
    "estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "low_band", "high_band", "p",
    "p_adjusted", "n", "members",
    "unit", "margin", "verdict", "flag",
)  # fmt: skip
"""Columns before and after the columns of the factors."""


def has_level(cell: Any) -> bool:  # noqa: ANN401 - a cell of a table holds anything
    """Whether a cell of a factor is a level; it is missing if the contrast has no level of the factor.

    Parameters
    ----------
    cell : a cell of a column of a factor
    """
    return cell is not None and not (isinstance(cell, float) and math.isnan(cell))


def row_order(design: Design) -> list[int]:
    """Order of the contrasts in the table: by name, then by numeric factors, otherwise as in the design.

    Parameters
    ----------
    design : any design; the numbers of its contrasts are returned
    """
    first: dict[str, int] = {}
    for contrast in design.contrasts:
        first.setdefault(contrast.name, len(first))
    numeric = [name for name, levels in design.factors.items() if not isinstance(levels[0], str)]

    def key(place: int) -> tuple[float, ...]:
        contrast = design.contrasts[place]
        return (first[contrast.name], *(float(contrast.levels.get(name, -np.inf)) for name in numeric))

    return sorted(range(len(design.contrasts)), key=key)


def frame(design: Design, order: Sequence[int], outputs: Sequence[str], columns: dict[str, Any]) -> pd.DataFrame:
    """The table of effects: a row for each contrast and output.

    A column of a numeric factor holds whole numbers if every row has one, otherwise floats with NaN. Columns of other
    factors hold text, None where a contrast has no level.

    Parameters
    ----------
    design : the design
    order : numbers of its contrasts, in the order of the rows
    outputs : names of the outputs
    columns : name to values of the columns in AFTER

    Raises
    ------
    InputError
        A factor has the name of another column.
    """
    import pandas as pd

    clash = [name for name in design.factors if name in BEFORE or name in AFTER]
    if clash:
        raise InputError(
            f"`design` has a factor named {clash[0]!r}",
            "the table of effects has a column with this name",
            "Rename the factor",
        )
    contrasts = [design.contrasts[place] for place in order for _ in outputs]
    data: dict[str, Any] = {"output": list(outputs) * len(order), "contrast": [contrast.name for contrast in contrasts]}
    for name, levels in design.factors.items():
        empty = None if isinstance(levels[0], str) else np.nan
        data[name] = [contrast.levels.get(name, empty) for contrast in contrasts]
    return pd.DataFrame(data | {name: columns[name] for name in AFTER})
