"""Context: an effect is a mean over backgrounds. How do these differ, with what, and do other members agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.effects.contrast import contrast_chunks
from seqdo.effects.inference import adjust
from seqdo.effects.interval import CONSTANT, crossed
from seqdo.effects.sets import Sets
from seqdo.errors import InputError
from seqdo.sequences.sources import gc_content

if TYPE_CHECKING:
    import pandas as pd

    from seqdo.effects.estimate import Effects

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
ROUNDING = 1e-6
"""Share of the largest single effect up to which one has no sign."""


def distribution(effects: Effects) -> pd.DataFrame:
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
    for values in _rows(effects):
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


def context(effects: Effects, moderators: Mapping[str, ArrayLike] | None = None) -> pd.DataFrame:
    """With what of a background its effect varies: regressions on one number each.

    Parameters
    ----------
    moderators : name to a number for each background, declared before looking; by default "gc", and "prediction" (the
        members' mean answer without edits) where the design has an arm without edits

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
        A moderator with another number of values than there are backgrounds; balanced backgrounds; a run that could
        stop early; fewer than 20 backgrounds.
    """
    import pandas as pd

    outcomes = effects.outcomes
    if Sets.of(outcomes).size > 1:
        raise InputError(
            "context of balanced backgrounds", "those of a set depend on one another", "Draw them without balance="
        )
    n = outcomes.y.sizes["background"]
    if "until" in outcomes.provenance:
        raise InputError("context of run(until=...)", "its errors hold at one look", "Run a fixed n")
    if n < 20:
        raise InputError(f"context of {n} backgrounds", "20 or more are needed for a slope", "Run n=300")
    rows, outputs = [], outcomes.y["output"].values.tolist()
    for (place, output), values in zip(effects.asked, _rows(effects), strict=True):
        contrast = outcomes.design.contrasts[place]
        for name, numbers in _moderators(effects, output, moderators):
            found = {"output": outputs[output], "contrast": contrast.name, **contrast.levels, "moderator": name}
            rows.append(found | slope_of(values, _checked(name, numbers, n)))
    factors = list(outcomes.design.factors)
    columns = ["output", "contrast", *factors, "moderator", "slope", "low", "high", "r2", "p"]
    table = pd.DataFrame(rows, columns=columns)
    families = (table["contrast"] + "|" + table["moderator"]).to_numpy()
    return table.assign(p_adjusted=adjust(table["p"].to_numpy(np.float64), families))


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
    from scipy.special import stdtr, stdtrit

    slope, se, r2 = regressed(values.mean(0), number)
    half, p = float(stdtrit(len(number) - 2, 0.975)) * se, np.nan
    if se > 0:
        p = float(2 * stdtr(len(number) - 2, -abs(slope) / se))
    if len(values) > 1 and np.isfinite(slope):
        found = crossed(_influence(values, number))
        half, p = float(found.half_width(0.95)), float(found.p)
    return {"slope": slope, "low": slope - half, "high": slope + half, "r2": r2, "p": p}


def regressed(effect: Floats, number: Floats) -> tuple[float, float, float]:
    """Slope for one SD of a number, its HC3 standard error, and the share of variance that is explained."""
    spread = number.std(ddof=1)
    if spread <= CONSTANT * np.abs(number).max(initial=0):
        return float("nan"), float("nan"), float("nan")
    x, y = (number - number.mean()) / spread, effect - effect.mean()
    total = (x**2).sum()
    slope = float((x * y).sum() / total)
    left = y - slope * x
    lever = 1 / len(x) + x**2 / total
    se = float(np.sqrt((x**2 * (left / (1 - lever)) ** 2).sum()) / total)
    explained = 1 - float((left**2).sum() / (y**2).sum()) if y.any() else float("nan")
    return slope, se, explained


def _influence(values: Floats, number: Floats) -> Floats:
    """What each member and background adds to the slope (members, n): its mean over n is the member's slope."""
    x = (number - number.mean()) / number.std(ddof=1)
    y = values - values.mean(1, keepdims=True)
    slopes = (y * x).sum(1, keepdims=True) / (x**2).sum()
    return np.asarray(slopes + (y - slopes * x) * x * len(x) / (x**2).sum())


def _rows(effects: Effects) -> Iterator[Floats]:
    """Single effects (members, n) of each row of the table, as it is now."""
    y, asked = effects.outcomes.y, effects.asked
    contrasts = [effects.outcomes.design.contrasts[place] for place, _ in asked]
    if asked == list(effects.places):  # all of them: each contrast is formed once, for all outputs
        for _, chunk in contrast_chunks(y, contrasts[:: y.sizes["output"]]):
            for values in chunk:
                yield from np.moveaxis(values, 2, 0)
        return
    for (_, output), contrast in zip(asked, contrasts, strict=True):
        yield from (chunk[0, :, :, 0] for _, chunk in contrast_chunks(y[..., [output]], [contrast]))


def _moderators(
    effects: Effects, output: int, given: Mapping[str, ArrayLike] | None
) -> Iterator[tuple[str, ArrayLike]]:  # fmt: skip
    if given is not None:
        yield from given.items()
        return
    yield "gc", gc_content(effects.outcomes.backgrounds)
    arms = effects.outcomes.design.arms
    unedited = next((name for name, arm in arms.items() if not arm.sites), None)
    if unedited is not None:
        y = effects.outcomes.y.sel(arm=unedited).transpose("output", "model", "background").values[output]
        yield "prediction", y.astype(np.float64).mean(0)


def _checked(name: str, numbers: ArrayLike, n: int) -> Floats:
    found = np.asarray(numbers, np.float64)
    if found.shape != (n,) or not np.isfinite(found).all():
        raise InputError(
            f"moderator {name!r} of shape {found.shape}", f"one finite number for each of {n} backgrounds is needed"
        )
    return found


def _named(quantile: float) -> str:
    return f"q{round(100 * quantile):02d}"
