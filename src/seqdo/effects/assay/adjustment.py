"""Adjustment of a measured effect: a regression on the pattern and on other properties of a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.assay.occurrences import Occurrences
from seqdo.effects.heterogeneity.heterogeneity import ALONE
from seqdo.effects.statistics.interval import CONSTANT
from seqdo.sequences.sequences import Sequences

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEFT = 1e-8
"""Share of the variance of "has the pattern" that the covariates must leave unexplained, or no slope is estimated."""


@dataclass(frozen=True, eq=False)
class Covariates:
    """Properties of the sequences of a library, outside the places of a pattern.

    Attributes
    ----------
    library : n sequences
    places : where each pattern occurs
    names : some of "gc", "length" and "patterns"
    """

    library: Sequences
    places: list[Occurrences]
    names: tuple[str, ...]

    def of(self, pattern: Occurrences, holds: Flags) -> Floats:
        """Covariates (n, k) for one pattern, from the letters outside its places.

        The letters of the pattern belong to its effect. Neither their GC nor another pattern that overlaps them is a
        confounder.
        """
        inside = pattern.covered(self.library.codes.shape)
        columns = []
        if "gc" in self.names:
            columns.append(self._gc(inside)[:, None])
        if "length" in self.names:
            columns.append(self.library.lengths[:, None].astype(np.float64))
        if "patterns" in self.names:
            columns.append(self._others(pattern, inside))
        return np.concatenate(columns, 1)

    def _gc(self, inside: Flags) -> Floats:
        """GC content (n,) outside the places of the pattern."""
        codes = self.library.codes
        outside = (codes < 4) & ~inside
        gc = ((codes == 1) | (codes == 2)) & outside
        return np.asarray(gc.sum(1) / np.maximum(outside.sum(1), 1), np.float64)

    def _others(self, pattern: Occurrences, inside: Flags) -> Floats:
        """For each other pattern (n, patterns - 1): 1 if it occurs without overlap with the pattern, else 0."""
        # before[i, j] counts the covered positions of sequence i before j: a span is free if both ends count the same.
        before = np.concatenate([np.zeros((len(inside), 1), np.int32), inside.cumsum(1, dtype=np.int32)], 1)
        others = [other for other in self.places if other is not pattern]
        present = np.zeros((len(inside), len(others)))
        for column, other in enumerate(others):
            stops = other.starts + other.motif.width
            free = before[other.rows, stops] == before[other.rows, other.starts]
            present[other.rows[free], column] = 1.0
        return present


def pattern_slopes(values: Floats, holds: Flags, lacks: Flags, covariates: Floats) -> tuple[Floats, Floats, Floats]:
    """Slopes of values on having the pattern, adjusted for covariates, with HC3 errors.

    The part that the covariates explain is first removed from the pattern and from the values (Frisch & Waugh 1933,
    Econometrica 1:387). Covariates that are copies of one another count once.

    Parameters
    ----------
    values : (m, n), m numbers for each of n sequences
    holds, lacks : bool (n,), which sequences have the pattern and which do not; sequences in neither are left out
    covariates : (n, k)

    Returns
    -------
    slope, se, df : each (m,)
        NaN if the covariates predict which sequences have the pattern.
    """
    rows = holds | lacks
    present, y = holds[rows].astype(np.float64), values[:, rows]
    unit, weights, rank = _standardized(covariates[rows])
    unexplained = present - _explained(present[None], unit, weights)[0]
    total = float((unexplained**2).sum())
    if total <= LEFT * float(((present - present.mean()) ** 2).sum()) or rows.sum() < rank + 3:
        nothing = np.full(len(values), np.nan)
        return nothing, nothing, nothing
    slope = y @ unexplained / total
    residual = y - _explained(y, unit, weights) - slope[:, None] * unexplained
    leverage = 1 / len(present) + ((unit @ weights) * unit).sum(1) + unexplained**2 / total
    # If a covariate fits a single sequence exactly, this sequence has no information on the pattern and no residual.
    informative = leverage < 1 - ALONE
    scaled = np.divide(residual, 1 - leverage, out=np.zeros(residual.shape), where=informative)
    se = np.sqrt((unexplained**2 * scaled**2).sum(1)) / total
    se[np.abs(residual).max(1) <= CONSTANT * np.abs(y).max(1)] = 0  # a residual of rounding size is no variance
    if (unexplained[~informative] ** 2 > ALONE * total).any():
        se = np.full(len(values), np.nan)
    return slope, se, np.where(se == 0, np.nan, float(len(present) - rank - 2))


def _standardized(covariates: Floats) -> tuple[Floats, Floats, int]:
    """Covariates with mean 0 and length 1 (0 where constant), the inverse of their products, and their rank."""
    centered = covariates - covariates.mean(0)
    size = np.sqrt((centered**2).sum(0))
    varies = size > CONSTANT * np.abs(covariates).max(0, initial=0.0) * np.sqrt(len(covariates))
    unit = np.divide(centered, size, out=np.zeros(centered.shape), where=varies)
    value, vector = np.linalg.eigh(unit.T @ unit)
    # Directions with an eigenvalue near 0 are copies of others. Left out, they can't blow up the inverse.
    kept = value > LEFT
    vector = vector[:, kept]
    return unit, (vector / value[kept]) @ vector.T, int(kept.sum())


def _explained(values: Floats, unit: Floats, weights: Floats) -> Floats:
    """Part of values (m, rows) that the standardized covariates and a constant explain."""
    return np.asarray(values.mean(1, keepdims=True) + (values @ unit) @ weights @ unit.T)
