"""What holds for several effects at once: families of tests, and bands of curves."""

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
"""Contrasts of one curve or family up to which it is simulated; of more, the level is shared out."""


def corrected(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates, p: NDArray[np.float64],
    families: NDArray[np.str_], rate: float, method: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """P for each family as a whole, and the levels of intervals that verdicts are read from."""
    plain = "holm" if method == "max-t" else method
    p_adjusted = adjust(p, families, plain)
    levels = adjusted_level(p_adjusted, families, rate, plain)
    for name in dict.fromkeys(families) if method == "max-t" else ():
        some = [contrast for contrast in contrasts if contrast.name == name]
        rows = _rows(outcomes, some, variates)
        if rows is not None and rows.shape[2] == 1 and rows.shape[3] >= BOOTSTRAP:
            mine = families == name
            p_adjusted[mine], levels[mine] = family(rows.reshape(-1, rows.shape[3]), p[mine], rate)
    return p_adjusted, levels


def _rows(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates
) -> NDArray[np.float64] | None:  # fmt: skip
    """Contrasts (contrasts, outputs, members, n) that intervals are made of; None for more than fits."""
    if outcomes.stopped or len(contrasts) * outcomes.y[:, :, 0].size * 8 > BAND_BYTES:
        return None
    values = np.moveaxis(contrast_values(outcomes.y, contrasts), 3, 1)
    return variates.adjust(values, contrasts).rows


def bands(
    outcomes: Outcomes, contrasts: Sequence[Contrast], variates: ControlVariates, found: Interval, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends of the simultaneous band of each curve and output, in rows of the table; NaN off curves."""
    low, high = np.full((2, len(found.estimate)), np.nan)
    outputs = outcomes.y.sizes["output"]
    for curve in curves(contrasts):
        rows = _rows(outcomes, [contrasts[place] for place in curve.places], variates)
        for output in range(outputs):
            mine = np.array(curve.places) * outputs + output
            if rows is None:  # ends at a level, as bounded contrasts have no interval that is centred on their mean
                low[mine], high[mine] = found[mine].bounds(shared_out(level, len(mine)))
                continue
            half = band(rows[:, output], found[mine], level)
            low[mine], high[mine] = found.estimate[mine] - half, found.estimate[mine] + half
    return low, high
