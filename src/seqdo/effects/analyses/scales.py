"""Other scales: contrasts of logs and log odds, ratios, and whether an interaction is one on every scale.

Whether two patterns "cooperate" depends on the scale of the output: effects that multiply interact on its own scale,
and not on that of its log. What no monotone rescaling can remove is a change of sign: a pattern that raises the output
alone and lowers it beside the other.
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
"""Name to the link, and where it is defined."""

FROM_0 = 3.0
"""Half-widths that what is divided by must be away from 0: nearer, the delta method covers too little."""

COLUMNS = [
    *(f"{link}{end}" for link in LINKS for end in ("", "_low", "_high")),
    *(f"{ratio}{end}" for ratio in ("ratio_to_first", "ratio_to_expected") for end in ("", "_low", "_high")),
]


def scales(effects: Estimates, level: float = 0.95) -> pd.DataFrame:
    """Every row of the table on other scales.

    Returns
    -------
    DataFrame with the rows of ``effects.table``, and columns

    log, logit (with _low and _high) : contrast of logs, or log odds, of predictions; NaN where some have none
    ratio_to_first : for an interaction of A and B, 1 + interaction / A = (AB − B + none) / A (Avsec et al. 2021)
    ratio_to_expected : AB / (A + B − none) (de Almeida et al. 2022 on the scale on which effects add)
    interaction : "robust" to every monotone rescaling (a pattern's effect has another sign beside the other),
        "removable by log" or "by logit", "removable" by some other, "none" (0 is in its interval), "" for others

    Intervals are paired or crossed, as in the table, without ``adjust``; those of ratios are by the delta method, and
    NaN where what is divided by is not well away from 0. What a mean does is not what every background does: "robust"
    is said of effects whose sign changes, and only if neither log nor log odds take the interaction away.
    """
    import pandas as pd

    outcomes = effects.outcomes
    contrasts, clusters = [outcomes.design.contrasts[place] for place, _ in effects.asked], Clusters.of(outcomes)
    seen = outcomes.y.sizes["background"] if outcomes.stopped else 0
    significant = ((effects.table["low"] > 0) | (effects.table["high"] < 0)).to_numpy()
    found = {name: np.full(len(contrasts), np.nan) for name in COLUMNS}
    label = np.full(len(contrasts), "", object)
    for output in range(outcomes.y.sizes["output"]):
        y = outcomes.y.isel(output=[output]).astype(np.float64)
        rows = np.flatnonzero([place == output for _, place in effects.asked])
        for link, (function, defined) in LINKS.items():
            if defined(y.values).all():
                linked = _interval(xr.apply_ufunc(function, y), [contrasts[row] for row in rows], clusters, seen)
                _put(found, rows, link, linked, level)
        for row in rows:
            parts = pair(contrasts[row], outcomes.design)
            if parts:
                for name, upper, lower in _ratios(*parts):
                    _put(found, row, name, _ratio(y, upper, lower, clusters, seen, level), level)
                removed = _removed({name: column[row] for name, column in found.items()})
                turns = significant[row] and _turns(y, parts, clusters, seen, level)
                label[row] = removed if removed != "removable" else "robust" if turns else "removable"
                if not significant[row]:
                    label[row] = "none"
    return pd.DataFrame(found | {"interaction": label}, effects.table.index)


def pair(contrast: Contrast, design: Design) -> tuple[str, str, str, str] | None:
    """Arms AB, A, B and none of a difference in differences; None for another contrast."""
    plus = [arm for arm, weight in contrast.weights.items() if weight == 1]
    minus = [arm for arm, weight in contrast.weights.items() if weight == -1]
    if not len(plus) == len(minus) == 2 or len(contrast.weights) > 4:
        return None
    none, both = sorted(plus, key=lambda arm: len(design.arms[arm].sites))
    return both, minus[0], minus[1], none


def _ratios(both: str, first: str, second: str, none: str) -> list[tuple[str, dict[str, float], dict[str, float]]]:
    """Name, and what is divided by what, as weights of arms."""
    expected = {first: 1.0, second: 1.0, none: -1.0}
    return [
        ("ratio_to_first", {both: 1.0, second: -1.0, none: 1.0}, {first: 1.0}),
        ("ratio_to_expected", {both: 1.0}, expected),
    ]


def _interval(y: xr.DataArray, contrasts: Sequence[Contrast], clusters: Clusters, seen: int) -> Interval:
    values = clusters.means(np.moveaxis(contrast_values(y, contrasts), 3, 1)[:, 0])
    return _at(interval(values, float(y.values.std()), independent=clusters.independent)[0], seen)


def _at(found: Interval, seen: int) -> Interval:
    """The interval, as it holds at every look of a run that could stop."""
    return Stopped.at(found, seen) if seen else found


def _ratio(
    y: xr.DataArray, upper: dict[str, float], lower: dict[str, float], clusters: Clusters, seen: int, level: float
) -> Interval:
    """Of two means over the same backgrounds: the upper less the ratio times the lower has mean 0 (delta method).

    NaN where the lower may be 0, or is near it: then the ratio is anything.
    """
    up, low = (clusters.means(contrast_values(y, [Contrast("", part)])[0, :, :, 0]) for part in (upper, lower))
    below = float(low.mean())
    width = float(_at(interval(low, 0.0)[0], seen).half_width(level))
    if not abs(below) > FROM_0 * width:
        return interval(up * np.nan, np.nan)[0]
    ratio = float(up.mean()) / below
    values = (up - ratio * low) / below + ratio
    return _at(interval(values, abs(ratio), independent=clusters.independent)[0], seen)


def _turns(y: xr.DataArray, parts: tuple[str, str, str, str], clusters: Clusters, seen: int, level: float) -> bool:
    """Does the effect of a pattern change its sign beside the other?"""
    both, first, second, none = parts
    sides = [
        Contrast("", {first: 1.0, none: -1.0}), Contrast("", {both: 1.0, second: -1.0}),
        Contrast("", {second: 1.0, none: -1.0}), Contrast("", {both: 1.0, first: -1.0}),
    ]  # fmt: skip
    low, high = _interval(y, sides, clusters, seen).bounds(level)
    sign = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    return -1 in (sign[0] * sign[1], sign[2] * sign[3])


def _removed(row: Mapping[str, float]) -> str:
    """By which link, if one of these does."""
    by = [link for link in LINKS if row[f"{link}_low"] <= 0 <= row[f"{link}_high"]]
    return f"removable by {by[0]}" if by else "removable"


def _put(
    found: dict[str, Floats], rows: NDArray[np.intp] | np.intp, name: str, one: Interval, level: float
) -> None:  # fmt: skip
    low, high = one.bounds(level)
    for column, values in ((name, one.estimate), (f"{name}_low", low), (f"{name}_high", high)):
        found[column][rows] = values
