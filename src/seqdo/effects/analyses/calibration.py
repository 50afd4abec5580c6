"""Calibration: whether a small p-value singles out the pattern, or any other k-mer would get one too.

A p-value over backgrounds tests whether two k-mers have different effects. With a thousand backgrounds a network
distinguishes almost any two k-mers, so that a scramble of the pattern has a small p-value as well. The rank of the
pattern among its scrambles remains informative.
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
"""Smallest number of controls for a calibration."""

DRAWS = 1999
"""Number of draws of random signs: the distances from uniform when all controls have the same effect."""

ALARM = 0.001
"""Probability of an alarm when all controls have the same effect."""

COLUMNS = [
    "output", "contrast", "controls", "estimate", "p_calibrated", "spread", "largest", "called", "ks", "ks_p",
    "calibrated", "reading",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Calibration:
    """A pattern compared with the mean of its controls, and each control compared with the mean of the others.

    Attributes
    ----------
    row : label of the contrast in the table of effects
    effect : mean of the contrast over members and backgrounds
    others : (m,), the same for each control
    p : (m,), two-sided p-value over backgrounds of each control; NaN where nothing varies
    p_calibrated : share, among the pattern and its controls, whose distance from their mean is at least the pattern's
    called : share of the controls whose own effect would be called present; NaN without an arm without edits
    distance : Kolmogorov's distance of ``p`` from uniform
        NaN if all controls have the same effect, or if there are too few backgrounds.
    allowed : the distance that chance exceeds once in a thousand runs, given the correlation of the controls
    p_distance : probability of such a distance by chance
    enough : whether there are enough backgrounds to test the controls
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
        """Whether the p-values of the controls are consistent with a uniform distribution."""
        return self.enough and not self.p_distance <= ALARM

    @property
    def calibrated(self) -> bool:
        """Whether a small p-value is informative: p of the controls is uniform, or the pattern ranks before them."""
        return self.uniform or self.p_calibrated <= 0.05

    @property
    def reading(self) -> str:
        """The result as a sentence."""
        m = len(self.others)
        rank = f"by its rank among {m} controls, p = {self.p_calibrated:.2g}"
        if self.uniform and np.isfinite(self.distance):
            return f"the controls differ no more than chance allows, so the p-value can be read as it is; {rank}"
        if self.uniform:
            return f"the controls all have the same effect; {rank}"
        if not self.enough:
            return f"there are too few backgrounds to test whether the controls differ; {rank}"
        differ = f"the controls differ from each other ({(self.p < 0.05).mean():.0%} of them have p < 0.05)"
        if self.calibrated:
            return f"{differ}, and the pattern still exceeds them: {rank}"
        return f"{differ}, and the pattern does not exceed them: {rank}. Any k-mer would get a small p-value here"


def calibration(effects: Estimates, calibrations: Iterable[Calibration]) -> pd.DataFrame:
    """Contrasts with the mean of 20 or more controls, compared with the effects of these controls.

    Members of an ensemble are averaged: the result is conditional on them. A run that could stop early has no rows,
    because its p-values are anytime-valid.

    Parameters
    ----------
    effects : estimates of the run
    calibrations : the calibrations of its contrasts, from :func:`calibrate`

    Returns
    -------
    DataFrame
        A row for each such contrast and output, with the columns output, contrast, one for each factor, controls
        (number), estimate, p_calibrated (the share, among the pattern and its m controls, whose distance from their
        mean is at least the pattern's), spread (SD of the effects of the controls), largest (their largest absolute
        effect), called (share of controls whose own effect would be called present), ks (Kolmogorov's distance of the
        p-values of the controls from uniform), ks_p (its p-value, from random signs of the backgrounds), calibrated
        (whether a small p-value is specific to the pattern), and reading (a sentence).
    """
    import pandas as pd

    factors = list(effects.outcomes.design.factors)
    rows = []
    for each in calibrations:
        if each.row not in effects.table.index:
            continue
        row = effects.table.loc[each.row]
        rows.append(
            {name: row[name] for name in ("output", "contrast", *factors)} | {
                "controls": len(each.others), "estimate": each.effect, "p_calibrated": each.p_calibrated,
                "spread": float(each.others.std(ddof=1)), "largest": float(np.abs(each.others).max()),
                "called": each.called, "ks": each.distance, "ks_p": each.p_distance,
                "calibrated": each.calibrated, "reading": each.reading,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[*COLUMNS[:2], *factors, *COLUMNS[2:]])


def calibrate(effects: Estimates) -> Iterator[Calibration]:
    """Calibrate every contrast with the mean of 20 or more controls, including rows that the table no longer shows.

    Parameters
    ----------
    effects : estimates of a run
    """
    outcomes = effects.outcomes
    if outcomes.stopped:
        return
    unedited, clusters = outcomes.design.unedited, Clusters.of(outcomes)
    for row, (place, output) in enumerate(effects.places):
        pattern, controls = against_mean(outcomes.design.contrasts[place])
        if len(controls) < FEWEST or pattern == unedited:  # replicates of an occlusion are not controls of a pattern
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
        yield calibration_of(row, beyond, clusters, share)


def doubted(effects: Estimates, calibrations: Iterable[Calibration]) -> set[int]:
    """Labels of rows that are called present although any k-mer would be.

    These are contrasts with controls that are not calibrated, and the ``effect`` at the same levels.

    Parameters
    ----------
    effects : estimates of the run
    calibrations : the calibrations of its contrasts, from :func:`calibrate`
    """
    contrasts = effects.outcomes.design.contrasts
    rows = {each.row for each in calibrations if not each.calibrated}
    levels = {(effects.places[row][1], tuple(contrasts[effects.places[row][0]].levels.items())) for row in rows}
    for row, (place, output) in enumerate(effects.places):
        if contrasts[place].name == "effect" and (output, tuple(contrasts[place].levels.items())) in levels:
            rows.add(row)
    return {row for row in rows if row in effects.table.index and effects.table.loc[row, "verdict"] == "present"}


def against_mean(contrast: Contrast) -> tuple[str, tuple[str, ...]]:
    """The arm that a contrast compares with the mean of others, and these others; ("", ()) for any other contrast.

    Parameters
    ----------
    contrast : any contrast
    """
    weights = {arm: weight for arm, weight in contrast.weights.items() if weight}
    positive = [arm for arm, weight in weights.items() if weight > 0]
    others = tuple(arm for arm, weight in weights.items() if weight < 0)
    even = all(abs(weights[arm] * len(others) + 1) < 1e-9 for arm in others)
    return (positive[0], others) if len(positive) == 1 and others and even else ("", ())


def called(alone: Floats, margin: float) -> float:
    """Share of contrasts whose 95 % interval lies outside ±margin.

    Parameters
    ----------
    alone : (m, members, n), values of m contrasts on n backgrounds, or on n means of sets
    margin : in the unit of the values
    """
    low, high = interval(alone, 0.0)[0].bounds(0.95)
    return float(((low > margin) | (high < -margin)).mean())


def calibration_of(row: int, beyond: Floats, clusters: Clusters, share: float) -> Calibration:
    """The calibration of one contrast.

    Parameters
    ----------
    row : label of the contrast in the table of effects
    beyond : (1 + m, n), effect of the pattern (first) and of each control minus the mean of the controls
    clusters : which backgrounds are not independent
    share : share of the controls whose own effect would be called present
    """
    m = len(beyond) - 1
    means = beyond.mean(1)
    # Distances from the mean of all are (m + 1)/m times smaller than from the mean of the others, the same for each.
    far = np.abs(means - means.mean())
    rank = float((far >= far[0] - SETTLED * far.max()).mean())
    own = beyond[1:] * (m / (m - 1))  # each control minus the mean of the other controls
    rows, largest = clusters.means(own), np.abs(beyond).max()
    enough, varies = rows.shape[1] >= SMALLEST, rows.std(1) > SETTLED * largest
    differs = ~varies & (np.abs(rows.mean(1)) > SETTLED * largest)  # by the same amount on every background
    p = np.where(varies, paired(rows).p, np.where(differs, 0.0, np.nan))
    if not enough:
        distances = (float("nan"),) * 3
    elif differs.any():
        distances = float(_kolmogorov(p[varies | differs])), 0.0, 0.0
    else:
        distances = distance_from_uniform(rows[varies], p[varies])
    return Calibration(row, float(means[0]), own.mean(1), p, rank, share, *distances, enough)


def distance_from_uniform(values: Floats, p: Floats) -> tuple[float, float, float]:
    """Kolmogorov's distance of p-values from uniform, the distance that chance allows, and its probability by chance.

    The p-values of contrasts on the same backgrounds are correlated, so that Kolmogorov's table gives false alarms.
    Here the sign of each background's deviations is drawn at random (Wu 1986, Ann. Stat. 14:1261; Mammen's wild
    bootstrap with signs), the same sign for all contrasts. This keeps the correlation and removes every effect.

    Parameters
    ----------
    values : (m, n), values of m contrasts on n backgrounds
    p : (m,), their p-values
    """
    if len(p) < 2:
        return float("nan"), float("nan"), float("nan")
    n = values.shape[1]
    deviation = values - values.mean(1, keepdims=True)
    deviation /= np.sqrt((deviation**2).sum(1, keepdims=True))
    signs = stream(root(0), "signs").integers(0, 2, (n, DRAWS)).astype(np.float64) * 2 - 1
    summed = deviation @ signs  # squared deviations sum to 1 for any signs, so t follows from this sum alone
    t = summed * np.sqrt((n - 1) / np.maximum(n - summed**2, 1e-12))
    from scipy.special import stdtr

    drawn = _kolmogorov(2 * stdtr(n - 1, -np.abs(t.T)))
    distance = float(_kolmogorov(p))
    chance = (1 + (drawn >= distance).sum()) / (1 + DRAWS)
    return distance, float(np.quantile(drawn, 1 - ALARM)), float(chance)


def _kolmogorov(p: Floats) -> Floats:
    """Largest distance of the empirical distribution of p (..., m) from the uniform distribution."""
    ordered, steps = np.sort(p, -1), np.arange(p.shape[-1] + 1) / p.shape[-1]
    return np.asarray(np.maximum(np.abs(ordered - steps[1:]), np.abs(ordered - steps[:-1])).max(-1))
