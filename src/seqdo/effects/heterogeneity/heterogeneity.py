"""Context: an effect is a mean over backgrounds. How do these differ, with what, and do other members agree?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.effects.estimates import Estimates
from seqdo.effects.heterogeneity.moderators import declared, usual
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.interval import CONSTANT, Interval, crossed
from seqdo.effects.statistics.verdicts import adjust
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST = 20
"""Backgrounds below which no slope is fitted."""

ALONE = 1e-9
"""A background is fitted by itself alone where its leverage is 1, but for rounding."""

ROUNDING = 1e-6
"""Share of the largest single effect up to which one has no sign."""


def distribution(effects: Estimates) -> pd.DataFrame:
    """How single effects, one for each background, are distributed.

    Returns
    -------
    DataFrame with the rows of ``effects.table``: output, contrast, a column for each factor, estimate, sd, q05, q25,
    q50, q75, q95 (of the members' mean over backgrounds), opposite (share of backgrounds with the sign that the mean
    has not), agreement (mean correlation of two members over backgrounds: near 1, context matters and is learned
    alike; near 0, what looks like context is one member's noise; NaN with one), top (the five backgrounds with the
    largest effects, by their index)
    """
    names = ("sd", *map(_named, QUANTILES), "opposite", "agreement", "top")
    found: dict[str, list[Any]] = {name: [] for name in names}
    for values in effects.single():
        mean = values.mean(0)
        found["sd"].append(float(mean.std(ddof=1)) if len(mean) > 1 else np.nan)
        for name, value in zip(map(_named, QUANTILES), np.quantile(mean, QUANTILES), strict=True):
            found[name].append(float(value))
        against = mean * np.sign(mean.mean()) < -ROUNDING * np.abs(mean).max()
        found["opposite"].append(float(against.mean()))
        found["agreement"].append(agreement(values))
        found["top"].append(tuple(np.argsort(-np.abs(mean), kind="stable")[:5].tolist()))
    kept = ["output", "contrast", *effects.outcomes.design.factors, "estimate"]
    return effects.table[kept].assign(**found)


def context(effects: Estimates, moderators: Mapping[str, ArrayLike] | None = None) -> pd.DataFrame:
    """With what of a background its effect varies: regressions on one number each.

    Parameters
    ----------
    moderators : name to a number for each background, declared before looking; by default "gc", and "prediction" (the
        members' mean answer without edits) where the design has an arm without edits
        The sites of another motif are :func:`seqdo.effects.heterogeneity.moderators.presence`; to look among many, ask
        :func:`seqdo.effects.heterogeneity.honest.honest`.

    Returns
    -------
    DataFrame, a row for each row of ``effects.table`` and moderator: output, contrast, a column for each factor,
    moderator, slope (change of the effect for one SD of it, in the output's unit), low, high (95 %: of one model with
    errors that allow for unequal variances, HC3, MacKinnon & White 1985; of several crossed, so that they cover what
    other members would have learned), r2 (of the members' mean), p, p_adjusted (Benjamini-Hochberg over the contrasts
    of one name and moderator)

    An edit overwrites letters that count in the prediction and in the effect: what they were worth is gone. So effects
    fall with the prediction even where nothing depends on context; a slope on "gc" is nearly free of that where the
    edit is a small part of the sequence.

    Raises
    ------
    InputError
        A moderator with another number of values than there are backgrounds; balanced backgrounds, or several
        made of one sequence; a run that could stop early; fewer than 20 backgrounds.
    """
    import pandas as pd

    outcomes, n = effects.outcomes, unrelated(effects, LEAST)
    given = None if moderators is None else declared(moderators, n)
    rows, outputs = [], outcomes.outputs
    known = [usual(effects, output) if given is None else given for output in range(len(outputs))]
    for (place, output), values in zip(effects.asked, effects.single(), strict=True):
        contrast = outcomes.design.contrasts[place]
        for name, numbers in known[output].items():
            found = {"output": outputs[output], "contrast": contrast.name, **contrast.levels, "moderator": name}
            rows.append({**found, **slope_of(values, numbers)})
    factors = list(outcomes.design.factors)
    columns = ["output", "contrast", *factors, "moderator", "slope", "low", "high", "r2", "p"]
    table = pd.DataFrame(rows, columns=columns)
    families = (table["contrast"] + "|" + table["moderator"]).to_numpy()
    return table.assign(p_adjusted=adjust(table["p"].to_numpy(np.float64), families))


def unrelated(effects: Estimates, least: int, what: str = "context") -> int:
    """How many backgrounds there are, at least so many and each on its own, or an InputError that says why not."""
    outcomes = effects.outcomes
    n, clusters = outcomes.y.sizes["background"], Clusters.of(outcomes)
    if clusters.sources > 1:
        raise InputError(
            f"{what} of {n:,} backgrounds made of {clusters.sources:,} sequences",
            "those of one sequence depend on one another",
            f"Run n={clusters.sources} or fewer, or give more sequences",
        )  # fmt: skip
    if clusters.size > 1:
        raise InputError(
            f"{what} of balanced backgrounds", "those of a set depend on one another", "Draw them without balance="
        )
    if outcomes.stopped:
        raise InputError(f"{what} of run(until=...)", "its errors hold at one look", "Run a fixed n")
    if n < least:
        raise InputError(f"{what} of {n} backgrounds", f"{least} or more are needed for a slope", "Run n=300")
    return n


def agreement(values: Floats) -> float:
    """Mean correlation of two members' single effects (members, n); NaN with one, or where one does not vary."""
    if len(values) < 2 or values.shape[1] < 3:
        return float("nan")
    if (values.std(1) <= CONSTANT * np.abs(values).max(1)).any():
        return float("nan")
    matrix = np.atleast_2d(np.corrcoef(values))
    return float(np.mean([matrix[i, j] for i, j in combinations(range(len(values)), 2)]))


def slope_of(values: Floats, number: Floats) -> dict[str, float]:
    """The slope of single effects (members, n) for one SD of a number, with interval, r2 and p."""
    found, r2 = slopes(values, number)
    low, high = found.bounds(0.95)
    tested = len(values) > 1 or found.se > 0
    p = float(found.p) if tested else float("nan")
    return {"slope": float(found.estimate), "low": float(low), "high": float(high), "r2": float(r2), "p": p}


def slopes(values: Floats, number: Floats) -> tuple[Interval, Floats]:
    """Slopes of single effects (..., members, n) for one SD of numbers (..., n), and r2 of the members' mean."""
    slope, se, r2 = regressed(values.mean(-2), number)
    if values.shape[-2] > 1:
        return replace(crossed(_influence(values, number)), estimate=slope), r2
    zero = np.zeros(slope.shape)
    return Interval(slope, se, zero + number.shape[-1] - 2, zero, 1, zero), r2


def regressed(effect: Floats, number: Floats) -> tuple[Floats, Floats, Floats]:
    """Slope for one SD of numbers (..., n), its HC3 standard error, and the share of variance that is explained.

    NaN for a number that is the same in all backgrounds; no error for one that differs in a single background alone,
    which any effect fits.
    """
    x, y = _standard(number), effect - effect.mean(-1, keepdims=True)
    total = (x**2).sum(-1)
    slope = np.asarray((x * y).sum(-1) / total)
    left = y - slope[..., None] * x
    lever = 1 / x.shape[-1] + x**2 / total[..., None]
    apart = np.where(lever < 1 - ALONE, 1 - lever, np.nan)
    se = np.sqrt((x**2 * (left / apart) ** 2).sum(-1)) / total
    size = np.broadcast_to((y**2).sum(-1), slope.shape)
    unexplained = np.divide((left**2).sum(-1), size, out=np.full(slope.shape, np.nan), where=size > 0)
    return slope, np.asarray(se), np.asarray(1 - unexplained)


def _influence(values: Floats, number: Floats) -> Floats:
    """What each member and background adds to the slope (..., members, n): its mean over n is the member's slope."""
    x = _standard(number)[..., None, :]
    y = values - values.mean(-1, keepdims=True)
    slope = (y * x).sum(-1, keepdims=True) / (x**2).sum(-1, keepdims=True)
    return np.asarray(slope + (y - slope * x) * x * x.shape[-1] / (x**2).sum(-1, keepdims=True))


def _standard(number: Floats) -> Floats:
    """Numbers (..., n) with mean 0 and SD 1; NaN where all are the same."""
    spread = number.std(-1, ddof=1, keepdims=True)
    varies = spread > CONSTANT * np.abs(number).max(-1, keepdims=True)
    apart = number - number.mean(-1, keepdims=True)
    return np.asarray(np.divide(apart, spread, out=np.full(apart.shape, np.nan), where=varies))


def _named(quantile: float) -> str:
    return f"q{round(100 * quantile):02d}"
