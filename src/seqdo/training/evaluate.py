"""Scores of predictions on sequences that were not trained on, with their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.floating]

Known = tuple[NDArray[np.bool_], Floats, NDArray[np.float64]]
"""Of an output: which sequences it was measured of (n,), and what was predicted and measured of these."""

LEVEL = 0.95
"""Level of the intervals."""


@dataclass(frozen=True)
class Score:
    """A score of predictions on n sequences, its interval, and what goes with it (average precision).

    ``clusters`` is how many of the n can be counted as apart from each other: near twins are not.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    clusters: int
    precision: float | None = None


def score(predicted: Floats, y: NDArray[np.float64], *, classifies: bool) -> float:
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


def scored(predicted: Floats, y: NDArray[np.float64], cluster: NDArray[np.intp], *, classifies: bool) -> Score:
    """The score of n predictions with its interval; sequences of one number in ``cluster`` (n,) are near twins.

    Of sequences without near twins by Fisher's z for r, and Hanley and McNeil (1982) for the area under the ROC curve;
    else by what each cluster adds to the score.
    """
    value, n, number = score(predicted, y, classifies=classifies), len(y), len(np.unique(cluster))
    if number < n:
        low, high = (clustered_area if classifies else clustered_r)(predicted, y, cluster)
    elif classifies:
        low, high = hanley_mcneil(value, int((y == 1).sum()), int((y != 1).sum()))
    else:
        low, high = fisher(value, n)
    if not classifies:
        return Score("Pearson r", value, low, high, n, number)
    from sklearn.metrics import average_precision_score

    return Score("AUROC", value, low, high, n, number, average_precision_score(y, predicted))


def clustered_r(predicted: Floats, y: NDArray[np.float64], cluster: NDArray[np.intp]) -> tuple[float, float]:
    """The interval of Pearson's r of sequences in clusters, on Fisher's scale: by the influence of each on r."""
    r = score(predicted, y, classifies=False)
    if abs(r) >= 1:
        return r, r
    if not (np.ptp(predicted) > 0 and np.ptp(y) > 0):  # no share of a spread that there is not
        return -1.0, 1.0
    a, b = stats.zscore(predicted.astype(np.float64)), stats.zscore(y)
    half = _half((a * b - r / 2 * (a**2 + b**2)) / len(y), cluster) / (1 - r**2)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def clustered_area(predicted: Floats, y: NDArray[np.float64], cluster: NDArray[np.intp]) -> tuple[float, float]:
    """The interval of the area under the ROC curve of sequences in clusters: Obuchowski, Biometrics 53:567 (1997)."""
    area, positive, ranks = score(predicted, y, classifies=True), y == 1, stats.rankdata(predicted)
    adds = np.empty(len(y))
    for one in (positive, ~positive):
        below = (ranks[one] - stats.rankdata(predicted[one])) / (~one).sum()  # its share of the other label
        adds[one] = ((below if one is positive else 1 - below) - area) / one.sum()
    half = _half(adds, cluster)
    return max(0.0, area - half), min(1.0, area + half)


def _half(adds: NDArray[np.float64], cluster: NDArray[np.intp]) -> float:
    """Half an interval of a sum over clusters, by Student's t; all there is where clusters are fewer than three."""
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=adds)
    n = len(sums)
    return float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * np.sqrt(n / (n - 1) * (sums**2).sum())) if n > 2 else np.inf


def known_of(predicted: Floats, y: NDArray[np.float64]) -> Iterator[Known]:
    """For each output, which sequences it was measured of, what was predicted of them, and what was; (n, outputs)."""
    for answers, truth in zip(predicted.T, y.T, strict=True):
        there = ~np.isnan(truth)
        yield there, answers[there], truth[there]


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
