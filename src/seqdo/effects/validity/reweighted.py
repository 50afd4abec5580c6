"""Reweighted effects: an estimate of the effects on backgrounds that resemble real sequences.

Each background counts by its odds of being real (:mod:`seqdo.effects.validity.classifier`). If an effect changes with
these weights, it depends on a property in which backgrounds and real sequences differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.interval import SMALLEST, interval
from seqdo.effects.statistics.margin import unseen
from seqdo.effects.validity.classifier import classify_backgrounds, effective, weights
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def reweighted(effects: Estimates) -> pd.DataFrame:
    """Estimate each effect on backgrounds that are weighted to resemble the real sequences of the run.

    The interval is that of the ratio Σ w d / Σ w, linearized: of r + w (d − r) for each background, with weights of
    mean 1 (Cochran 1977, Sampling Techniques, §6.4), paired or crossed as in the table.

    Parameters
    ----------
    effects : effects of a run with real sequences

    Returns
    -------
    DataFrame
        The rows of ``effects.table``, with the columns output, contrast, one for each factor, estimate, and:
        reweighted (weighted mean of the contrasts, without ``adjust``); reweighted_low, reweighted_high (95 % CI, which
        treats the weights as exact; NaN if ``ess`` or the number of independent clusters of backgrounds is below 20);
        ess (effective sample size, :func:`seqdo.effects.validity.classifier.effective`); share (ess divided by n).

    Raises
    ------
    InputError
        The run has no real sequences, has fewer than 100 backgrounds, or could stop early.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.gc_biased("GATTACA", 60, slope=30.0)
    >>> rich = sd.backgrounds.profile(["GGGGGATACC" * 6, "CCATGCATTA" * 6]).sample(500, rng=1)
    >>> outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), n=500, rng=0, real=rich)
    >>> row = reweighted(sd.estimate(outcomes)).iloc[0]
    >>> bool(row["reweighted"] < row["estimate"])  # with more GC in the background, the motif replaces more GC
    True
    """
    outcomes = effects.outcomes
    if outcomes.stopped:
        raise InputError(
            "`effects` of run(until=...)", "reweighted effects have valid errors only for a fixed n", "Run a fixed n"
        )
    odds, clusters = classify_backgrounds(outcomes).odds, Clusters.of(outcomes)
    weight, ess, n = weights(odds), effective(odds), len(odds)
    largest = unseen(outcomes.y, outcomes.scales)
    estimates: list[tuple[float, float, float]] = []
    for (_, output), values in zip(effects.row_places, effects.single(), strict=True):
        rows = clusters.means(influence(values, weight))
        weighted, _ = interval(values, float(largest[output]), rows, max(1, int(ess)))
        low, high = weighted.bounds(0.95) if min(ess, rows.shape[-1]) >= SMALLEST else (np.nan, np.nan)
        estimates.append((float(weighted.estimate), float(low), float(high)))
    columns = np.array(estimates, np.float64).reshape(-1, 3).T
    kept = ["output", "contrast", *outcomes.design.factors, "estimate"]
    return effects.table[kept].assign(
        **dict(zip(("reweighted", "reweighted_low", "reweighted_high"), columns, strict=True)), ess=ess, share=ess / n
    )


def influence(values: Floats, weight: Floats) -> Floats:
    """Contribution of each background to the weighted mean of its row. The contributions have that mean.

    Parameters
    ----------
    values : (members, n), contrasts
    weight : (n,), weights of mean 1

    Returns
    -------
    float64 (members, n)

    Examples
    --------
    >>> influence(np.array([[1.0, 3.0]]), np.array([0.5, 1.5])).tolist()
    [[1.75, 3.25]]
    """
    mean = (values * weight).mean(-1, keepdims=True)
    return np.asarray(mean + weight * (values - mean))
