"""Several effects at once: p-values adjusted within families, and simultaneous bands of curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.statistics.band import BOOTSTRAP, band, family, shared_out
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.effects.statistics.control_variates import ControlVariates
from seqdo.effects.statistics.curve import curves
from seqdo.effects.statistics.interval import Interval
from seqdo.effects.statistics.verdicts import adjust, adjusted_level
from seqdo.outcomes.outcomes import Outcomes

BAND_BYTES = 2**28
"""Largest size of the contrasts of a curve or family that is simulated; larger ones use Bonferroni."""


def corrected(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates, p: NDArray[np.float64],
    families: NDArray[np.str_], rate: float, method: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """p-values adjusted within each family, and the levels of the intervals from which verdicts follow."""
    plain = "holm" if method == "max-t" else method
    p_adjusted = adjust(p, families, plain)
    levels = adjusted_level(p_adjusted, families, rate, plain)
    for name in dict.fromkeys(families) if method == "max-t" else ():
        rows = _rows(outcomes, [contrast for contrast in contrasts if contrast.name == name], variates)
        if rows is not None and rows.shape[2] == 1 and rows.shape[3] >= BOOTSTRAP:
            members = families == name
            p_adjusted[members], levels[members] = family(rows.reshape(-1, rows.shape[3]), p[members], rate)
    return p_adjusted, levels


def _rows(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates
) -> NDArray[np.float64] | None:  # fmt: skip
    """Contrasts (contrasts, outputs, members, n) from which intervals are formed; None where they exceed memory."""
    if outcomes.stopped or len(contrasts) * outcomes.y[:, :, 0].size * 8 > BAND_BYTES:
        return None
    values = np.moveaxis(contrast_values(outcomes.y, contrasts), 3, 1)
    return variates.adjust(values, contrasts).rows


def bands(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates, intervals: Interval, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper end of the simultaneous band at each row of the table; NaN for contrasts on no curve."""
    low, high = np.full((2, len(intervals.estimate)), np.nan)
    outputs = outcomes.y.sizes["output"]
    for curve in curves(contrasts):
        rows = _rows(outcomes, [contrasts[place] for place in curve.places], variates)
        for output in range(outputs):
            points = np.array(curve.places) * outputs + output
            if rows is None:  # both ends, because intervals of bounded contrasts are not centered on their means
                low[points], high[points] = intervals[points].bounds(shared_out(level, len(points)))
                continue
            half = band(rows[:, output], intervals[points], level)
            low[points], high[points] = intervals.estimate[points] - half, intervals.estimate[points] + half
    return low, high
