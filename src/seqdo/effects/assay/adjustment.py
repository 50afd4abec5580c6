"""Adjustment of a measured effect: a regression on the pattern and on what else is known of a sequence."""

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
"""Share of the pattern's variance that must be left beside the covariates, or there is nothing to tell it by."""


@dataclass(frozen=True, eq=False)
class Covariates:
    """What is known of a sequence beside a pattern: some of "gc", "length" and "patterns"."""

    library: Sequences
    places: list[Occurrences]
    names: tuple[str, ...]

    def of(self, one: Occurrences, holds: Flags) -> Floats:
        """Covariates (n, k); those of sequences that hold the pattern are of what lies outside its place.

        The pattern's own letters are what is asked about: their GC, or a word that they are part of, is no confounder.
        """
        inside = one.covered(self.library.codes.shape)
        columns = []
        if "gc" in self.names:
            columns.append(self._gc(inside)[:, None])
        if "length" in self.names:
            columns.append(self.library.lengths[:, None].astype(np.float64))
        if "patterns" in self.names:
            columns.append(self._others(one, inside))
        return np.concatenate(columns, 1)

    def _gc(self, inside: Flags) -> Floats:
        codes = self.library.codes
        letters = (codes < 4) & ~inside
        found = ((codes == 1) | (codes == 2)) & letters
        return np.asarray(found.sum(1) / np.maximum(letters.sum(1), 1), np.float64)

    def _others(self, one: Occurrences, inside: Flags) -> Floats:
        before = np.concatenate([np.zeros((len(inside), 1), np.int32), inside.cumsum(1, dtype=np.int32)], 1)
        others = [other for other in self.places if other is not one]
        present = np.zeros((len(inside), len(others)))
        for column, other in enumerate(others):
            stops = other.starts + other.motif.width
            apart = before[other.rows, stops] == before[other.rows, other.starts]
            present[other.rows[apart], column] = 1.0
        return present


def regressed(values: Floats, holds: Flags, lacks: Flags, known: Floats) -> tuple[Floats, Floats, Floats]:
    """Slope of values (m, n) on holding the pattern beside covariates (n, k), with HC3 errors and degrees of freedom.

    What covariates explain is taken out of the pattern and of the values first (Frisch & Waugh 1933, Econometrica
    1:387); covariates that say the same count once. NaN where the covariates tell who holds the pattern.
    """
    rows = holds | lacks
    there, y = holds[rows].astype(np.float64), values[:, rows]
    covariates, weights, rank = _solved(known[rows])
    alone = there - _explained(there[None], covariates, weights)[0]
    total = float((alone**2).sum())
    if total <= LEFT * float(((there - there.mean()) ** 2).sum()) or rows.sum() < rank + 3:
        nothing = np.full(len(values), np.nan)
        return nothing, nothing, nothing
    slope = y @ alone / total
    left = y - _explained(y, covariates, weights) - slope[:, None] * alone
    lever = 1 / len(there) + ((covariates @ weights) * covariates).sum(1) + alone**2 / total
    # A sequence that a covariate fits by itself alone says nothing of the pattern, and has no residual to scale.
    apart = lever < 1 - ALONE
    scaled = np.divide(left, 1 - lever, out=np.zeros(left.shape), where=apart)
    se = np.sqrt((alone**2 * scaled**2).sum(1)) / total
    se[np.abs(left).max(1) <= CONSTANT * np.abs(y).max(1)] = 0  # what is left is rounding, and no variance
    if (alone[~apart] ** 2 > ALONE * total).any():
        se = np.full(len(values), np.nan)
    return slope, se, np.where(se == 0, np.nan, float(len(there) - rank - 2))


def _solved(known: Floats) -> tuple[Floats, Floats, int]:
    """Covariates with mean 0 and length 1 (0 where they are constant), the inverse of their products, their rank."""
    apart = known - known.mean(0)
    size = np.sqrt((apart**2).sum(0))
    varies = size > CONSTANT * np.abs(known).max(0, initial=0.0) * np.sqrt(len(known))
    unit = np.divide(apart, size, out=np.zeros(apart.shape), where=varies)
    value, vector = np.linalg.eigh(unit.T @ unit)
    kept = value > LEFT
    vector = vector[:, kept]
    return unit, (vector / value[kept]) @ vector.T, int(kept.sum())


def _explained(values: Floats, covariates: Floats, weights: Floats) -> Floats:
    """What the covariates and a constant explain of values (m, rows)."""
    return np.asarray(values.mean(1, keepdims=True) + (values @ covariates) @ weights @ covariates.T)
