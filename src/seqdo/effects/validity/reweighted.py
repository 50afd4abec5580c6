"""Reweighted effects: what they would be on backgrounds that look real, as far as those drawn can say.

Each background counts by its odds of being real (:mod:`seqdo.effects.validity.classifier`). Where an effect moves with
that, it hangs on something in which backgrounds and real sequences differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.interval import SMALLEST, interval
from seqdo.effects.statistics.margin import unseen
from seqdo.effects.validity.classifier import backgrounds_told, effective, weights
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def reweighted(effects: Estimates) -> pd.DataFrame:
    """The rows of the table on backgrounds that are weighted to look like the real sequences of the run.

    Returns
    -------
    DataFrame with the rows of ``effects.table``: output, contrast, a column for each factor, estimate, reweighted
    (weighted mean of the contrasts, without ``adjust``), reweighted_low, reweighted_high (95 %, for these weights: what
    the classifier might have learned from other sequences is not in it; NaN where ``ess``, or the number of sets of
    backgrounds that depend on one another, is below 20), ess (effective sample size,
    :func:`seqdo.effects.validity.classifier.effective`), share (of n, that it is)

    The interval is that of the ratio Σ w d / Σ w, linearised: of r + w (d − r) for each background, with weights of
    mean 1 (Cochran 1977, Sampling Techniques, §6.4), paired or crossed as in the table.

    Raises
    ------
    InputError
        Outcomes without real sequences, or of fewer than 100 backgrounds, or of a run that could stop early.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.gc_biased("GATTACA", 60, slope=30.0)
    >>> rich = sd.backgrounds.profile(["GGGGGATACC" * 6, "CCATGCATTA" * 6]).sample(500, rng=1)
    >>> outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), n=500, rng=0, real=rich)
    >>> row = reweighted(sd.estimate(outcomes)).iloc[0]
    >>> bool(row["reweighted"] < row["estimate"])  # where there is more GC, the motif costs more of it
    True
    """
    outcomes = effects.outcomes
    if outcomes.stopped:
        raise InputError("reweighted effects of run(until=...)", "their errors hold at one look", "Run a fixed n")
    odds, clusters = backgrounds_told(outcomes).odds, Clusters.of(outcomes)
    weight, ess, n = weights(odds), effective(odds), len(odds)
    largest = unseen(outcomes.y, outcomes.scales)
    found: list[tuple[float, float, float]] = []
    for (_, output), values in zip(effects.asked, effects.single(), strict=True):
        rows = clusters.means(influence(values, weight))
        one, _ = interval(values, float(largest[output]), rows, max(1, int(ess)))
        low, high = one.bounds(0.95) if min(ess, rows.shape[-1]) >= SMALLEST else (np.nan, np.nan)
        found.append((float(one.estimate), float(low), float(high)))
    columns = np.array(found, np.float64).reshape(-1, 3).T
    kept = ["output", "contrast", *outcomes.design.factors, "estimate"]
    return effects.table[kept].assign(
        **dict(zip(("reweighted", "reweighted_low", "reweighted_high"), columns, strict=True)), ess=ess, share=ess / n
    )


def influence(values: Floats, weight: Floats) -> Floats:
    """What each background adds to the weighted mean of its row: (members, n), with the weighted mean as its mean.

    >>> influence(np.array([[1.0, 3.0]]), np.array([0.5, 1.5])).tolist()
    [[1.75, 3.25]]
    """
    mean = (values * weight).mean(-1, keepdims=True)
    return np.asarray(mean + weight * (values - mean))
