"""Scores of predictions on sequences that were not trained on, with their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Pair = tuple[NDArray[np.floating], NDArray[np.float64]]
"""Predictions and measurements of the same sequences, each (n,)."""

LEVEL = 0.95
"""Level of the intervals."""


@dataclass(frozen=True)
class Score:
    """A score of predictions on n sequences, its interval, and what goes with it (average precision)."""

    name: str
    value: float
    low: float
    high: float
    n: int
    precision: float | None = None


def score(predicted: NDArray[np.floating], y: NDArray[np.float64], *, classifies: bool) -> float:
    """Pearson's r, or for labels 0 and 1 the area under the ROC curve; both of (n,) and (n,).

    Predictions that are all the same score 0 and 0.5.

    Examples
    --------
    >>> score(np.array([1.0, 2, 3]), np.array([0.0, 1, 1]), classifies=True)
    1.0
    """
    if classifies:
        ranks = stats.rankdata(predicted)
        positive = y == 1
        n1, n0 = int(positive.sum()), int((~positive).sum())
        return float((ranks[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)) if n1 and n0 else 0.5
    a, b = (each - each.mean() for each in (predicted.astype(np.float64), y))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b / scale) if scale > 0 else 0.0


def scored(predicted: NDArray[np.floating], y: NDArray[np.float64], *, classifies: bool) -> Score:
    """The score with its interval: Fisher's z for r, Hanley and McNeil (1982) for the area under the ROC curve."""
    value, n = score(predicted, y, classifies=classifies), len(y)
    if not classifies:
        return Score("Pearson r", value, *fisher(value, n), n)
    from sklearn.metrics import average_precision_score

    positive = int((y == 1).sum())
    return Score(
        "AUROC", value, *hanley_mcneil(value, positive, n - positive), n, average_precision_score(y, predicted)
    )


def known_of(predicted: NDArray[np.floating], y: NDArray[np.float64]) -> Iterator[Pair]:
    """For each output, what was predicted of the sequences that it was measured of, and what was; both (n, outputs)."""
    for answers, truth in zip(predicted.T, y.T, strict=True):
        there = ~np.isnan(truth)
        yield answers[there], truth[there]


def fisher(r: float, n: int) -> tuple[float, float]:
    """The interval of a Pearson r of n pairs, by Fisher's z.

    >>> [round(end, 3) for end in fisher(0.5, 103)]
    [0.339, 0.632]
    """
    if n <= 3 or abs(r) >= 1:
        return (-1.0, 1.0) if n <= 3 else (r, r)
    half = stats.norm.ppf((1 + LEVEL) / 2) / np.sqrt(n - 3)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def hanley_mcneil(area: float, positive: int, negative: int) -> tuple[float, float]:
    """The interval of an area under the ROC curve: Hanley & McNeil, Radiology 143:29 (1982).

    >>> [round(end, 3) for end in hanley_mcneil(0.9, 50, 50)]
    [0.837, 0.963]
    """
    if not (positive and negative):
        return 0.0, 1.0
    two_positive, two_negative = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positive - 1) * (two_positive - area**2) + (negative - 1) * (two_negative - area**2)
    half = float(stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(variance / (positive * negative)))
    return max(0.0, area - half), min(1.0, area + half)
