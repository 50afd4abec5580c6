"""Context: an effect is a mean over backgrounds. How do single effects differ, and which moderators explain it?"""

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
"""Quantiles of single effects."""

LEAST = 20
"""Fewest backgrounds for a slope."""

ALONE = 1e-9
"""Tolerance of leverage 1: a background with leverage 1 determines its own fitted value."""

ROUNDING = 1e-6
"""Share of the largest single effect below which an effect counts as 0 and has no sign."""


def distribution(effects: Estimates) -> pd.DataFrame:
    """The distribution of single effects, one for each background.

    Parameters
    ----------
    effects : the estimates of a design

    Returns
    -------
    DataFrame with the rows of ``effects.table``: output, contrast, a column for each factor, estimate, sd, q05, q25,
    q50, q75, q95 (of single effects, averaged over members), opposite (share of backgrounds whose effect has the
    opposite sign of the mean), agreement, top (index of the five backgrounds with the largest effects)

    Agreement is the mean correlation of two members over backgrounds, and NaN for one member. Near 1, members learned
    the same dependence on context. Near 0, the variation is noise of single members.
    """
    names = ("sd", *map(_quantile_name, QUANTILES), "opposite", "agreement", "top")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for values in effects.single():
        mean = values.mean(0)
        columns["sd"].append(float(mean.std(ddof=1)) if len(mean) > 1 else np.nan)
        for name, value in zip(map(_quantile_name, QUANTILES), np.quantile(mean, QUANTILES), strict=True):
            columns[name].append(float(value))
        opposite = mean * np.sign(mean.mean()) < -ROUNDING * np.abs(mean).max()
        columns["opposite"].append(float(opposite.mean()))
        columns["agreement"].append(agreement(values))
        columns["top"].append(tuple(np.argsort(-np.abs(mean), kind="stable")[:5].tolist()))
    kept = ["output", "contrast", *effects.outcomes.design.factors, "estimate"]
    return effects.table[kept].assign(**columns)


def context(effects: Estimates, moderators: Mapping[str, ArrayLike] | None = None) -> pd.DataFrame:
    """Regressions of single effects on moderators, one moderator at a time.

    An edit overwrites letters that contribute to the prediction without edits. Their contribution is lost in the
    edited sequence. Effects therefore fall with the prediction even if nothing depends on context. A slope on "gc" is
    hardly affected if the edit is a small part of the sequence.

    Parameters
    ----------
    effects : the estimates of a design
    moderators : name to a number for each background, chosen before the effects are known
        By default "gc" (GC content), and "prediction" (the members' mean prediction without edits) where the design
        has an arm without edits. :func:`seqdo.effects.heterogeneity.moderators.presence` counts the sites of a motif.
        :func:`seqdo.effects.heterogeneity.honest.honest` chooses among many moderators.

    Returns
    -------
    DataFrame, a row for each row of ``effects.table`` and moderator: output, contrast, a column for each factor,
    moderator, slope (change of the effect for one SD of the moderator, in the unit of the output), low, high (95 %
    confidence interval), r2 (of the members' mean), p, p_adjusted (Benjamini-Hochberg over the contrasts of one name
    and moderator)

    The interval of one model has standard errors for unequal variances (HC3, MacKinnon & White 1985, J. Econom.
    29:305). For an ensemble members and backgrounds are crossed, so that the interval covers other members too.

    Raises
    ------
    InputError
        A moderator with another number of values than there are backgrounds; balanced backgrounds; several
        backgrounds from one source sequence; a run that could stop early; fewer than 20 backgrounds.
    """
    import pandas as pd

    outcomes, n = effects.outcomes, unrelated(effects, LEAST)
    custom = None if moderators is None else declared(moderators, n)
    rows, outputs = [], outcomes.outputs
    by_output = [usual(effects, output) if custom is None else custom for output in range(len(outputs))]
    for (place, output), values in zip(effects.row_places, effects.single(), strict=True):
        contrast = outcomes.design.contrasts[place]
        for name, numbers in by_output[output].items():
            labels = {"output": outputs[output], "contrast": contrast.name, **contrast.levels, "moderator": name}
            rows.append({**labels, **slope_of(values, numbers)})
    factors = list(outcomes.design.factors)
    columns = ["output", "contrast", *factors, "moderator", "slope", "low", "high", "r2", "p"]
    table = pd.DataFrame(rows, columns=columns)
    families = (table["contrast"] + "|" + table["moderator"]).to_numpy()
    return table.assign(p_adjusted=adjust(table["p"].to_numpy(np.float64), families))


def unrelated(effects: Estimates, least: int, what: str = "context") -> int:
    """The number of backgrounds, if they are independent and at least ``least``.

    Parameters
    ----------
    effects : the estimates of a design
    least : fewest backgrounds
    what : the analysis, for messages

    Raises
    ------
    InputError
        Backgrounds that share a source sequence or belong to balanced sets; a run that could stop early; too few
        backgrounds.
    """
    outcomes = effects.outcomes
    n, clusters = outcomes.y.sizes["background"], Clusters.of(outcomes)
    if clusters.sources > 1:
        raise InputError(
            f"{what} with `n={n}` backgrounds from {clusters.sources:,} source sequences",
            "backgrounds from one source sequence are not independent",
            f"Write n={clusters.sources}, or give more source sequences",
        )  # fmt: skip
    if clusters.size > 1:
        raise InputError(
            f"{what} with backgrounds drawn with `balance`",
            "backgrounds of one balanced set are not independent",
            "Draw the backgrounds without balance",
        )
    if outcomes.stopped:
        raise InputError(
            f"{what} of a run with `until`", "errors of slopes are valid for a fixed number of backgrounds only",
            "Run a fixed n, without until",
        )  # fmt: skip
    if n < least:
        raise InputError(
            f"{what} with `n={n}` backgrounds", f"a slope needs at least {least} backgrounds", "Write n=300"
        )
    return n


def agreement(values: Floats) -> float:
    """Mean correlation between the single effects (members, n) of two members.

    NaN for one member, fewer than 3 backgrounds, or a member whose effects do not vary.
    """
    if len(values) < 2 or values.shape[1] < 3:
        return float("nan")
    if (values.std(1) <= CONSTANT * np.abs(values).max(1)).any():
        return float("nan")
    matrix = np.atleast_2d(np.corrcoef(values))
    return float(np.mean([matrix[i, j] for i, j in combinations(range(len(values)), 2)]))


def slope_of(values: Floats, number: Floats) -> dict[str, float]:
    """Slope of single effects (members, n) for one SD of a moderator (n,), with its interval, r2 and p."""
    slope, r2 = slopes(values, number)
    low, high = slope.bounds(0.95)
    tested = len(values) > 1 or slope.se > 0
    p = float(slope.p) if tested else float("nan")
    return {"slope": float(slope.estimate), "low": float(low), "high": float(high), "r2": float(r2), "p": p}


def slopes(values: Floats, number: Floats) -> tuple[Interval, Floats]:
    """Slopes of single effects (..., members, n) for one SD of moderators (..., n), and r2 of the members' mean."""
    slope, se, r2 = regressed(values.mean(-2), number)
    if values.shape[-2] > 1:
        # The slope is a mean of influences, so that its error follows from members × backgrounds as for any mean.
        return replace(crossed(_influence(values, number)), estimate=slope), r2
    zero = np.zeros(slope.shape)
    return Interval(slope, se, zero + number.shape[-1] - 2, zero, 1, zero), r2


def regressed(effect: Floats, number: Floats) -> tuple[Floats, Floats, Floats]:
    """Slope for one SD of a moderator, its HC3 standard error, and the share of variance that it explains.

    The slope is NaN for a moderator that is the same on all backgrounds. The standard error is NaN for a moderator
    that differs on a single background, because that background determines the slope.

    Parameters
    ----------
    effect : single effects, (..., n)
    number : values of the moderator, (..., n)
    """
    x, y = _standard(number), effect - effect.mean(-1, keepdims=True)
    total = (x**2).sum(-1)
    slope = np.asarray((x * y).sum(-1) / total)
    residuals = y - slope[..., None] * x
    # HC3 divides each residual by 1 − its leverage: the residual of a fit without that background.
    leverage = 1 / x.shape[-1] + x**2 / total[..., None]
    shrinkage = np.where(leverage < 1 - ALONE, 1 - leverage, np.nan)
    se = np.sqrt((x**2 * (residuals / shrinkage) ** 2).sum(-1)) / total
    size = np.broadcast_to((y**2).sum(-1), slope.shape)
    unexplained = np.divide((residuals**2).sum(-1), size, out=np.full(slope.shape, np.nan), where=size > 0)
    return slope, np.asarray(se), np.asarray(1 - unexplained)


def _influence(values: Floats, number: Floats) -> Floats:
    """Influence of each member and background on the slope (..., members, n); its mean over n is the member's slope."""
    x = _standard(number)[..., None, :]
    y = values - values.mean(-1, keepdims=True)
    slope = (y * x).sum(-1, keepdims=True) / (x**2).sum(-1, keepdims=True)
    return np.asarray(slope + (y - slope * x) * x * x.shape[-1] / (x**2).sum(-1, keepdims=True))


def _standard(number: Floats) -> Floats:
    """A moderator (..., n) with mean 0 and SD 1; NaN where all values are the same."""
    spread = number.std(-1, ddof=1, keepdims=True)
    varies = spread > CONSTANT * np.abs(number).max(-1, keepdims=True)
    deviation = number - number.mean(-1, keepdims=True)
    return np.asarray(np.divide(deviation, spread, out=np.full(deviation.shape, np.nan), where=varies))


def _quantile_name(quantile: float) -> str:
    return f"q{round(100 * quantile):02d}"
