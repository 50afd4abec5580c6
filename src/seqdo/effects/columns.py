"""The table of effects: its rows in their order, a column for each factor."""

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
"""Columns before and after those of the factors."""


def has_level(cell: Any) -> bool:  # noqa: ANN401 - a cell of a table holds anything
    """Whether a cell of a factor's column is a level, and not the gap of a contrast without one."""
    return cell is not None and not (isinstance(cell, float) and math.isnan(cell))


def row_order(design: Design) -> list[int]:
    """Places of the contrasts in the table: those of one name together, by numeric factors, else as they come."""
    first: dict[str, int] = {}
    for contrast in design.contrasts:
        first.setdefault(contrast.name, len(first))
    numeric = [name for name, levels in design.factors.items() if not isinstance(levels[0], str)]

    def key(place: int) -> tuple[float, ...]:
        contrast = design.contrasts[place]
        return (first[contrast.name], *(float(contrast.levels.get(name, -np.inf)) for name in numeric))

    return sorted(range(len(design.contrasts)), key=key)


def frame(design: Design, order: Sequence[int], outputs: Sequence[str], columns: dict[str, Any]) -> pd.DataFrame:
    """The table: a row for each contrast, in this order, and output; ``columns`` are those of AFTER.

    A numeric factor is of whole numbers where every row has one, else float with NaN; other factors are
    text, missing where a contrast lacks them.

    Raises
    ------
    InputError
        A factor with the name of another column.
    """
    import pandas as pd

    clash = [name for name in design.factors if name in BEFORE or name in AFTER]
    if clash:
        raise InputError(
            f"`design` has a factor named {clash[0]!r}",
            "the table has a column of that name for all effects",
            "Rename the factor",
        )
    contrasts = [design.contrasts[place] for place in order for _ in outputs]
    data: dict[str, Any] = {"output": list(outputs) * len(order), "contrast": [contrast.name for contrast in contrasts]}
    for name, levels in design.factors.items():
        empty = None if isinstance(levels[0], str) else np.nan
        data[name] = [contrast.levels.get(name, empty) for contrast in contrasts]
    return pd.DataFrame(data | {name: columns[name] for name in AFTER})
