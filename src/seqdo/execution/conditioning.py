"""Whether backgrounds were chosen by what is then measured on them: a run has both scores and predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.natural import Permuted
from seqdo.designs.design import NONE
from seqdo.outcomes.run_inputs import BackgroundRecord

SAME = 0.999
"""Rank correlation from which scores are the model's predictions, perhaps on another scale."""

TELLING = 8
"""Sequences from which an equal order is no chance: 8 have 40,320 orders."""


def background_record(null: Background, seed: np.random.SeedSequence, y: xr.DataArray) -> BackgroundRecord:
    """The record of a background, conditioned on "outcome" if its scores are the model's own predictions.

    Predictions without edits count, of any member and output, or their mean over members.

    Parameters
    ----------
    null : the background of the run
    seed : of the run
    y : predictions of the run
    """
    record = BackgroundRecord.of(null)
    if not isinstance(null, Permuted) or NONE not in y["arm"].values.tolist():
        return record
    predictions = y.sel(arm=NONE).transpose("output", "model", "background").values.astype(np.float64)
    scores = null.scores_of(0, predictions.shape[2], seed)
    if scores is None or record.conditioning is None:
        return record
    for name, members in zip(y["output"].values.tolist(), predictions, strict=True):
        if any(_same(scores, numbers) for numbers in (members.mean(0), *members)):
            return replace(record, conditioning=replace(record.conditioning, on="outcome", outcome=str(name)))
    return record


def _same(scores: NDArray[np.float64], predictions: NDArray[np.float64]) -> bool:
    """Whether the numbers are the same but for rounding, or, where there are enough, in the same order."""
    from scipy.stats import rankdata

    if not (np.ptp(scores) and np.ptp(predictions)):
        return False
    if np.allclose(scores, predictions, rtol=1e-4, atol=1e-4 * np.ptp(scores)):
        return True
    ranks = rankdata(scores), rankdata(predictions)
    return len(scores) >= TELLING and bool(abs(np.corrcoef(*ranks)[0, 1]) >= SAME)
