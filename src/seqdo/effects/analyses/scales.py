"""Other scales: contrasts of logarithms and log odds, ratios, and whether an interaction remains on every scale.

Whether two patterns cooperate depends on the scale of the output. Effects that multiply interact on the scale of the
output, and not on its log scale. A change of sign remains on every monotone scale: a pattern that raises the output
alone and lowers it together with the other pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.designs.design import Contrast, Design
from seqdo.effects.anytime.confidence_sequence import Stopped
from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.effects.statistics.interval import Interval, interval

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

LINKS: Mapping[str, tuple[Callable[[Floats], Floats], Callable[[Floats], NDArray[np.bool_]]]] = {
    "log": (np.log, lambda y: y > 0),
    "logit": (lambda y: np.log(y / (1 - y)), lambda y: (y > 0) & (y < 1)),
}
"""Name to the link function, and where it is defined."""

FROM_0 = 3.0
"""Smallest distance of a denominator from 0, in half-widths. Nearer to 0 the delta method undercovers."""

COLUMNS = [
    *(f"{link}{end}" for link in LINKS for end in ("", "_low", "_high")),
    *(f"{ratio}{end}" for ratio in ("ratio_to_first", "ratio_to_expected") for end in ("", "_low", "_high")),
]


def scales(effects: Estimates, level: float = 0.95) -> pd.DataFrame:
    """Each row of the table on other scales.

    Intervals are paired or crossed, as in the table, without ``adjust``. Those of ratios use the delta method, and are
    NaN if the denominator is close to 0. An interaction is called robust if the mean effect of a pattern changes its
    sign, and neither the log nor the log odds remove the interaction. Single backgrounds may differ from the mean.

    Parameters
    ----------
    effects : estimates of a run
    level : level of the intervals

    Returns
    -------
    DataFrame
        The rows of ``effects.table``, with these columns; the first four also with _low and _high:

        log, logit : contrast of the logarithms, or of the log odds, of predictions; NaN if some have none
        ratio_to_first : for an interaction of A and B, 1 + interaction / A = (AB − B + none) / A (Avsec et al. 2021)
        ratio_to_expected : AB / (A + B − none) (de Almeida et al. 2022, on the scale on which effects add)
        interaction : "robust" on every monotone scale (the effect of a pattern has another sign with the other
            pattern), "removable by log", "removable by logit", "removable" by another scale, "none" (the interval
            includes 0), or "" for other contrasts
    """
    import pandas as pd

    outcomes = effects.outcomes
    contrasts, clusters = [outcomes.design.contrasts[place] for place, _ in effects.row_places], Clusters.of(outcomes)
    interim = outcomes.y.sizes["background"] if outcomes.stopped else 0
    significant = ((effects.table["low"] > 0) | (effects.table["high"] < 0)).to_numpy()
    columns = {name: np.full(len(contrasts), np.nan) for name in COLUMNS}
    label = np.full(len(contrasts), "", object)
    for output in range(outcomes.y.sizes["output"]):
        y = outcomes.y.isel(output=[output]).astype(np.float64)
        rows = np.flatnonzero([place == output for _, place in effects.row_places])
        for link, (function, defined) in LINKS.items():
            if defined(y.values).all():
                linked = _interval(xr.apply_ufunc(function, y), [contrasts[row] for row in rows], clusters, interim)
                _put(columns, rows, link, linked, level)
        for row in rows:
            arms = pair(contrasts[row], outcomes.design)
            if arms:
                for name, numerator, denominator in _ratios(*arms):
                    _put(columns, row, name, _ratio(y, numerator, denominator, clusters, interim, level), level)
                removed = _removed({name: column[row] for name, column in columns.items()})
                reverses = significant[row] and _reverses(y, arms, clusters, interim, level)
                label[row] = removed if removed != "removable" else "robust" if reverses else "removable"
                if not significant[row]:
                    label[row] = "none"
    return pd.DataFrame(columns | {"interaction": label}, effects.table.index)


def pair(contrast: Contrast, design: Design) -> tuple[str, str, str, str] | None:
    """Arms AB, A, B and none of a difference in differences; None for another contrast.

    Parameters
    ----------
    contrast : any contrast
    design : its design
    """
    plus = [arm for arm, weight in contrast.weights.items() if weight == 1]
    minus = [arm for arm, weight in contrast.weights.items() if weight == -1]
    if not len(plus) == len(minus) == 2 or len(contrast.weights) > 4:
        return None
    none, both = sorted(plus, key=lambda arm: len(design.arms[arm].sites))
    return both, minus[0], minus[1], none


def _ratios(both: str, first: str, second: str, none: str) -> list[tuple[str, dict[str, float], dict[str, float]]]:
    """Name, numerator and denominator of each ratio, as weights of arms."""
    expected = {first: 1.0, second: 1.0, none: -1.0}
    return [
        ("ratio_to_first", {both: 1.0, second: -1.0, none: 1.0}, {first: 1.0}),
        ("ratio_to_expected", {both: 1.0}, expected),
    ]


def _interval(y: xr.DataArray, contrasts: Sequence[Contrast], clusters: Clusters, interim: int) -> Interval:
    values = clusters.means(np.moveaxis(contrast_values(y, contrasts), 3, 1)[:, 0])
    return _at(interval(values, float(y.values.std()), independent=clusters.independent)[0], interim)


def _at(fixed: Interval, interim: int) -> Interval:
    """The interval; anytime-valid at n = ``interim`` for a run that could stop early, where that is not 0."""
    return Stopped.at(fixed, interim) if interim else fixed


def _ratio(
    y: xr.DataArray, numerator: dict[str, float], denominator: dict[str, float], clusters: Clusters, interim: int,
    level: float,
) -> Interval:  # fmt: skip
    """Ratio of two means over the same backgrounds (delta method): numerator − ratio × denominator has mean 0.

    NaN if the denominator is close to 0.
    """
    upper, lower = (
        clusters.means(contrast_values(y, [Contrast("", weights)])[0, :, :, 0]) for weights in (numerator, denominator)
    )
    mean = float(lower.mean())
    width = float(_at(interval(lower, 0.0)[0], interim).half_width(level))
    if not abs(mean) > FROM_0 * width:
        return interval(upper * np.nan, np.nan)[0]
    ratio = float(upper.mean()) / mean
    values = (upper - ratio * lower) / mean + ratio
    return _at(interval(values, abs(ratio), independent=clusters.independent)[0], interim)


def _reverses(y: xr.DataArray, arms: tuple[str, str, str, str], clusters: Clusters, interim: int, level: float) -> bool:
    """Whether the effect of a pattern has another sign together with the other pattern."""
    both, first, second, none = arms
    effects = [
        Contrast("", {first: 1.0, none: -1.0}), Contrast("", {both: 1.0, second: -1.0}),
        Contrast("", {second: 1.0, none: -1.0}), Contrast("", {both: 1.0, first: -1.0}),
    ]  # fmt: skip
    low, high = _interval(y, effects, clusters, interim).bounds(level)
    sign = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    return -1 in (sign[0] * sign[1], sign[2] * sign[3])


def _removed(row: Mapping[str, float]) -> str:
    """Label of an interaction that a link removes, or that some other scale may remove."""
    by = [link for link in LINKS if row[f"{link}_low"] <= 0 <= row[f"{link}_high"]]
    return f"removable by {by[0]}" if by else "removable"


def _put(
    columns: dict[str, Floats], rows: NDArray[np.intp] | np.intp, name: str, estimates: Interval, level: float
) -> None:  # fmt: skip
    low, high = estimates.bounds(level)
    for column, values in ((name, estimates.estimate), (f"{name}_low", low), (f"{name}_high", high)):
        columns[column][rows] = values
