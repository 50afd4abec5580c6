"""Estimates: the effects of a run as numbers, which every analysis uses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.columns import has_level
from seqdo.effects.statistics.contrast import contrast_chunks, contrast_values
from seqdo.effects.statistics.margin import Margin
from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

UNIT = "model output"
"""The unit of an output whose unit is not declared."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimates:
    """The effects of a run as numbers.

    Attributes
    ----------
    table : DataFrame with a row for each contrast and output
        The columns are output, contrast, one for each factor of the design, estimate, se, low, high (at ``level``),
        low_adjusted, high_adjusted (at the level adjusted for the family), low_band, high_band (limits of the whole
        curve, at ``level``; NaN without a curve), p, p_adjusted, n (backgrounds), members, unit, margin, verdict and
        flag. A missing number is NaN, and the flag gives the reason.
    outcomes : outcomes from which the table was computed
    margins : output to margin
    notes : sentences for the reader of the table
    level : level of low and high
    places : for each row of the table, the number of its contrast in the design and the number of its output
    adjusted : names of the control variates that were used
    multiplicity : how families of tests were corrected
    variance_ratio : float64, one for each row
        Variance over the same number of independent backgrounds without adjustment, divided by the actual variance.
        Above 1 it is the gain from balanced backgrounds and ``adjust``. Below 1 it is the cost of several backgrounds
        from one sequence. 1 for independent backgrounds without adjustment, NaN where nothing varies.
    """

    table: pd.DataFrame
    outcomes: Outcomes
    margins: dict[str, Margin]
    notes: tuple[str, ...]
    level: float
    places: tuple[tuple[int, int], ...]
    adjusted: tuple[str, ...] = ()
    variance_ratio: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    multiplicity: str = "bh"

    def __repr__(self) -> str:
        counts = self.table["verdict"].value_counts()
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        return f"<effects of {self.outcomes.design.experiment}: {verdicts}; the rows are in .table>"

    @property
    def row_places(self) -> list[tuple[int, int]]:
        """``places`` of the rows that the table has now, because a user may have filtered or sorted it."""
        return [self.places[int(str(label))] for label in self.table.index]

    def values(self, row: int) -> NDArray[np.float64]:
        """Contrast on each background for one row of the table: float64 (members, n), without adjustment.

        Parameters
        ----------
        row : label of the row in ``table.index``

        Raises
        ------
        InputError
            The table has no such row.
        """
        if not 0 <= row < len(self.places):
            raise InputError(f"`row={row!r}`", f"the table has rows 0 to {len(self.places) - 1}", "Write row=0")
        contrast, output = self.places[row]
        return contrast_values(self.outcomes.y, [self.outcomes.design.contrasts[contrast]])[0, :, :, output]

    def single(self) -> Iterator[NDArray[np.float64]]:
        """``values`` of each row that the table has now."""
        y, contrasts = self.outcomes.y, [self.outcomes.design.contrasts[place] for place, _ in self.row_places]
        if self.row_places == list(self.places):  # the whole table: compute each contrast once for all outputs
            for _, chunk in contrast_chunks(y, contrasts[:: y.sizes["output"]]):
                for values in chunk:
                    yield from np.moveaxis(values, 2, 0)
            return
        for (_, output), contrast in zip(self.row_places, contrasts, strict=True):
            yield from (chunk[0, :, :, 0] for _, chunk in contrast_chunks(y[..., [output]], [contrast]))

    @property
    def contrast_names(self) -> list[str]:
        """Names of the contrasts in the table, in order."""
        return self._distinct("contrast")

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs in the table, in order."""
        return self._distinct("output")

    def factors_of(self, rows: pd.DataFrame) -> list[str]:
        """Factors of the design for which some of these rows have a level.

        Parameters
        ----------
        rows : rows of the table
        """
        factors = self.outcomes.design.factors
        return [name for name in factors if name in rows and bool(rows[name].map(has_level).any())]

    def margin_of(self, output: str) -> float:
        """The margin of an output, in its unit; NaN if there is none.

        Parameters
        ----------
        output : name of the output
        """
        margin = self.margins.get(output)
        return math.nan if margin is None or margin.value is None else float(margin.value)

    def unit_of(self, output: str) -> str:
        """The unit of an output; "" if its unit is not declared.

        Parameters
        ----------
        output : name of the output
        """
        units = self.table.loc[self.table["output"].astype(str) == output, "unit"]
        unit = str(units.iloc[0]) if len(units) else UNIT
        return "" if unit == UNIT else unit

    def _distinct(self, column: str) -> list[str]:
        return list(dict.fromkeys(self.table[column].astype(str))) if len(self.table) else []
