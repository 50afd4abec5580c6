"""Were backgrounds chosen by what is then measured on them? Only a run can tell: it has scores and answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.natural import Permuted
from seqdo.designs.design import NONE

SAME = 0.999
"""Rank correlation from which scores are the model's answers, be it on another scale."""

TELLING = 8
"""Sequences from which an equal order is no chance: 8 have 40,320 orders."""


def described(null: Background, seed: np.random.SeedSequence, y: xr.DataArray) -> dict[str, Any]:
    """The background for provenance; ``conditioned_on`` becomes "outcome" if its scores are the model's answers.

    The answers are those without edits, of any member and output, or their mean over members.
    """
    shown = null.describe()
    if not isinstance(null, Permuted) or NONE not in y["arm"].values.tolist():
        return shown
    answers = y.sel(arm=NONE).transpose("output", "model", "background").values.astype(np.float64)
    scores = null.scores_of(0, answers.shape[2], seed)
    if scores is None:
        return shown
    for name, members in zip(y["output"].values.tolist(), answers, strict=True):
        if any(_same(scores, one) for one in (members.mean(0), *members)):
            return shown | {"conditioned_on": "outcome", "outcome": str(name)}
    return shown


def _same(scores: NDArray[np.float64], answers: NDArray[np.float64]) -> bool:
    """Are these the same numbers but for rounding, or, where there are enough, in the same order?"""
    from scipy.stats import rankdata

    if not (np.ptp(scores) and np.ptp(answers)):
        return False
    if np.allclose(scores, answers, rtol=1e-4, atol=1e-4 * np.ptp(scores)):
        return True
    ranks = rankdata(scores), rankdata(answers)
    return len(scores) >= TELLING and bool(abs(np.corrcoef(*ranks)[0, 1]) >= SAME)
