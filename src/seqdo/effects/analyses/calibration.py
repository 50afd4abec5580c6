"""Calibration: is a small p said of the pattern, or would it be said of any word in its place?

A p over backgrounds tells two words apart. With a thousand backgrounds a network tells almost any two words apart, so
that a scramble of the pattern gets its small p as well. What then still tells is the pattern's rank among scrambles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.effects.statistics.interval import SETTLED, SMALLEST, interval, paired
from seqdo.sequences.stream import root, stream

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

FEWEST = 20
"""Controls from which p is calibrated on them."""

DRAWS = 1999
"""Of the signs that say how far p of controls that all do the same would be from uniform."""

ALARM = 0.001
"""Chance of an alarm where all controls do the same."""

COLUMNS = [
    "output", "contrast", "controls", "estimate", "p_calibrated", "spread", "largest", "called", "ks", "ks_p",
    "calibrated", "reading",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Calibration:
    """A contrast of a pattern with the mean of its controls, and each control with the mean of the others.

    Attributes
    ----------
    row : of the table of effects, its label
    effect : mean over members and backgrounds of the contrast
    others : (m,), the same of each control
    p : (m,), two-sided, over backgrounds, of each control; NaN where nothing varies
    p_calibrated : share of all, the pattern and its controls, that are as far from the mean of all as the pattern is
    called : share of the controls that would be called present by themselves; NaN without an arm without edits
    distance : Kolmogorov's, of ``p`` from uniform; NaN where all controls do the same, or there are too few backgrounds
    allowed : the distance that chance exceeds once in a thousand, for what the controls share
    p_distance : how often chance goes as far
    enough : are there backgrounds enough to tell?
    """

    row: int
    effect: float
    others: Floats
    p: Floats
    p_calibrated: float
    called: float
    distance: float
    allowed: float
    p_distance: float
    enough: bool

    @property
    def uniform(self) -> bool:
        """May the controls' p be uniform? They may where all do the same, and nobody knows of too few backgrounds."""
        return self.enough and not self.p_distance <= ALARM

    @property
    def calibrated(self) -> bool:
        """Does a small p say something of the pattern: p of controls is uniform, or the pattern ranks before them."""
        return self.uniform or self.p_calibrated <= 0.05

    @property
    def reading(self) -> str:
        """What it comes to."""
        m = len(self.others)
        rank = f"p = {self.p_calibrated:.2g} by its rank among {m} controls"
        if self.uniform:
            found = "its controls differ no more than chance lets them: p can be trusted"
            return f"{found}; {rank}" if np.isfinite(self.distance) else f"its controls all do the same; {rank}"
        if not self.enough:
            return f"there are too few backgrounds to tell whether its controls differ; {rank}"
        differ = f"controls differ among themselves ({(self.p < 0.05).mean():.0%} have p < 0.05)"
        if self.calibrated:
            return f"{differ}, and it still does more than they: {rank}"
        return f"{differ}, and it does no more than they: {rank}. A small p is said of any word here"


def calibration(effects: Estimates, calibrations: Iterable[Calibration]) -> pd.DataFrame:
    """Contrasts with the mean of 20 or more controls, judged by what those controls do.

    Parameters
    ----------
    effects : of the design
    calibrations : of its contrasts, from :func:`calibrate`

    Returns
    -------
    DataFrame, a row for each such contrast and output: output, contrast, a column for each factor, controls (how many),
    estimate, p_calibrated (by rank: of all m + 1 words, the share as far from their mean; exact if the pattern is one
    of them), spread (SD of the controls' effects) and largest (of them, in size), called (share of the controls that
    would be called present by themselves), ks (Kolmogorov's distance of the controls' own p from uniform), ks_p (its p,
    by random signs of backgrounds, which keep what the controls share), calibrated (False: p of controls is not
    uniform, or nobody can tell, and the pattern is not beyond them either), reading (a sentence). Members are averaged:
    it is about these.
    No row of a run that could stop early, whose p is of another kind.
    """
    import pandas as pd

    rows = []
    for one in calibrations:
        if one.row not in effects.table.index:
            continue
        row = effects.table.loc[one.row]
        shown = {name: row[name] for name in ("output", "contrast", *effects.outcomes.design.factors)}
        rows.append(
            shown | {
                "controls": len(one.others), "estimate": one.effect, "p_calibrated": one.p_calibrated,
                "spread": float(one.others.std(ddof=1)), "largest": float(np.abs(one.others).max()),
                "called": one.called, "ks": one.distance, "ks_p": one.p_distance,
                "calibrated": one.calibrated, "reading": one.reading,
            }
        )  # fmt: skip
    factors = list(effects.outcomes.design.factors)
    return pd.DataFrame(rows, columns=[*COLUMNS[:2], *factors, *COLUMNS[2:]])


def calibrate(effects: Estimates) -> Iterator[Calibration]:
    """The calibration of every contrast with the mean of 20 or more controls, whatever rows the table has now."""
    outcomes = effects.outcomes
    if outcomes.stopped:
        return
    unedited, clusters = outcomes.design.unedited, Clusters.of(outcomes)
    for row, (place, output) in enumerate(effects.places):
        pattern, controls = against_mean(outcomes.design.contrasts[place])
        if len(controls) < FEWEST or pattern == unedited:  # replicates of an occlusion are no controls of what stands
            continue
        y = outcomes.y[..., [output]]
        mean = dict.fromkeys(controls, -1.0 / len(controls))
        each = [Contrast("each", mean | {arm: mean.get(arm, 0.0) + 1.0}) for arm in (pattern, *controls)]
        beyond = contrast_values(y, each)[..., 0].mean(1)  # (1 + m, n)
        margin = effects.margins[outcomes.outputs[output]].value
        share = float("nan")
        if unedited is not None and margin is not None:
            alone = contrast_values(y, [Contrast("alone", {arm: 1.0, unedited: -1.0}) for arm in controls])[..., 0]
            share = called(clusters.means(alone), margin)
        yield judged(row, beyond, clusters, share)


def doubted(effects: Estimates, calibrations: Iterable[Calibration]) -> set[int]:
    """Rows called present although any word would be: contrasts with controls, and the effect beside them."""
    contrasts = effects.outcomes.design.contrasts
    grey = {one.row for one in calibrations if not one.calibrated}
    beside = {(effects.places[row][1], tuple(contrasts[effects.places[row][0]].levels.items())) for row in grey}
    for row, (place, output) in enumerate(effects.places):
        if contrasts[place].name == "effect" and (output, tuple(contrasts[place].levels.items())) in beside:
            grey.add(row)
    return {row for row in grey if row in effects.table.index and effects.table.loc[row, "verdict"] == "present"}


def against_mean(contrast: Contrast) -> tuple[str, tuple[str, ...]]:
    """The arm that a contrast compares with the mean of others, and those; no others where it is of another kind."""
    weights = {arm: weight for arm, weight in contrast.weights.items() if weight}
    positive = [arm for arm, weight in weights.items() if weight > 0]
    others = tuple(arm for arm, weight in weights.items() if weight < 0)
    even = all(abs(weights[arm] * len(others) + 1) < 1e-9 for arm in others)
    return (positive[0], others) if len(positive) == 1 and others and even else ("", ())


def called(alone: Floats, margin: float) -> float:
    """Share of contrasts (m, members, backgrounds or sets) whose 95 % interval lies beyond ± margin."""
    low, high = interval(alone, 0.0)[0].bounds(0.95)
    return float(((low > margin) | (high < -margin)).mean())


def judged(row: int, beyond: Floats, clusters: Clusters, share: float) -> Calibration:
    """The calibration of effects beyond the mean of controls, (1 + m, n), the pattern's first."""
    m = len(beyond) - 1
    means = beyond.mean(1)
    # Each against the mean of all: (m + 1)/m times as far from the mean of the others, the same for all.
    far = np.abs(means - means.mean())
    rank = float((far >= far[0] - SETTLED * far.max()).mean())
    own = beyond[1:] * (m / (m - 1))  # against the mean of the other controls
    rows, largest = clusters.means(own), np.abs(beyond).max()
    enough, varies = rows.shape[1] >= SMALLEST, rows.std(1) > SETTLED * largest
    differs = ~varies & (np.abs(rows.mean(1)) > SETTLED * largest)  # from the others, on every background
    p = np.where(varies, paired(rows).p, np.where(differs, 0.0, np.nan))
    if not enough:
        found = (float("nan"),) * 3
    elif differs.any():
        found = float(_kolmogorov(p[varies | differs])), 0.0, 0.0
    else:
        found = distance_from_uniform(rows[varies], p[varies])
    return Calibration(row, float(means[0]), own.mean(1), p, rank, share, *found, enough)


def distance_from_uniform(values: Floats, p: Floats) -> tuple[float, float, float]:
    """Kolmogorov's distance of p (m,) of contrasts (m, n), what chance allows, and how often it goes as far.

    The p of contrasts on the same backgrounds hang together, so that Kolmogorov's own table alarms too often. Here the
    sign of each background's deviations is drawn anew (Wu 1986, Ann. Stat. 14:1261; Mammen's wild bootstrap with
    signs), the same sign for all contrasts: what they share stays, and no effect is left.
    """
    if len(p) < 2:
        return float("nan"), float("nan"), float("nan")
    n = values.shape[1]
    deviation = values - values.mean(1, keepdims=True)
    deviation /= np.sqrt((deviation**2).sum(1, keepdims=True))
    signs = stream(root(0), "signs").integers(0, 2, (n, DRAWS)).astype(np.float64) * 2 - 1
    summed = deviation @ signs  # of squared deviations the sum is 1, whatever the signs
    t = summed * np.sqrt((n - 1) / np.maximum(n - summed**2, 1e-12))
    from scipy.special import stdtr

    drawn = _kolmogorov(2 * stdtr(n - 1, -np.abs(t.T)))
    distance = float(_kolmogorov(p))
    chance = (1 + (drawn >= distance).sum()) / (1 + DRAWS)
    return distance, float(np.quantile(drawn, 1 - ALARM)), float(chance)


def _kolmogorov(p: Floats) -> Floats:
    """Largest distance of the distribution of p (..., m) from uniform."""
    ordered, steps = np.sort(p, -1), np.arange(p.shape[-1] + 1) / p.shape[-1]
    return np.asarray(np.maximum(np.abs(ordered - steps[1:]), np.abs(ordered - steps[:-1])).max(-1))
