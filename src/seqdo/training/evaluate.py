"""Scores of predictions on sequences that were not trained on, and the intervals of these scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.floating]

MeasuredPairs = tuple[NDArray[np.bool_], Floats, NDArray[np.float64]]
"""For one output: which sequences it was measured for (n,), and the predictions and measurements of these."""

LEVEL = 0.95
"""Level of the intervals."""


@dataclass(frozen=True)
class Score:
    """A score of predictions, with its interval.

    Attributes
    ----------
    name : "Pearson r" or "AUROC"
    value, low, high : the score and its 95 % interval
    n : number of sequences
    clusters : number of clusters of near duplicates, or n where no two sequences are near duplicates
    precision : average precision of a classification, else None
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    clusters: int
    precision: float | None = None


def score(predicted: Floats, y: NDArray[np.float64], *, classifies: bool) -> float:
    """Pearson's r, or the area under the ROC curve for labels 0 and 1.

    Constant predictions score 0 (r) or 0.5 (area).

    Parameters
    ----------
    predicted, y : predictions and measurements, (n,)
    classifies : whether y holds labels

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
    a, b = (values - values.mean() for values in (predicted.astype(np.float64), y))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b / scale) if scale > 0 else 0.0


def score_with_interval(
    predicted: Floats, y: NDArray[np.float64], cluster: NDArray[np.intp], *, classifies: bool
) -> Score:
    """The score of n predictions and its interval.

    Without near duplicates the interval is Fisher's z for r, and Hanley and McNeil (1982) for the area under the ROC
    curve. With near duplicates it comes from what each cluster contributes to the score.

    Parameters
    ----------
    predicted, y : predictions and measurements, (n,)
    cluster : number of each sequence's cluster of near duplicates, (n,)
    classifies : whether y holds labels
    """
    value, n, clusters = score(predicted, y, classifies=classifies), len(y), len(np.unique(cluster))
    if clusters < n:
        low, high = (clustered_area if classifies else clustered_r)(predicted, y, cluster)
    elif classifies:
        low, high = hanley_mcneil(value, int((y == 1).sum()), int((y != 1).sum()))
    else:
        low, high = fisher(value, n)
    if not classifies:
        return Score("Pearson r", value, low, high, n, clusters)
    from sklearn.metrics import average_precision_score

    return Score("AUROC", value, low, high, n, clusters, average_precision_score(y, predicted))


def clustered_r(predicted: Floats, y: NDArray[np.float64], cluster: NDArray[np.intp]) -> tuple[float, float]:
    """The interval of Pearson's r for sequences in clusters.

    The influence of each sequence on r is summed within clusters; the interval is formed on Fisher's z scale.
    """
    r = score(predicted, y, classifies=False)
    if abs(r) >= 1:
        return r, r
    if not (np.ptp(predicted) > 0 and np.ptp(y) > 0):  # r is undefined without a spread: nothing is excluded
        return -1.0, 1.0
    a, b = stats.zscore(predicted.astype(np.float64)), stats.zscore(y)
    # a·b − r/2 (a² + b²) is the influence function of r; dividing by 1 − r² turns it into that of Fisher's z.
    half = _half_width((a * b - r / 2 * (a**2 + b**2)) / len(y), cluster) / (1 - r**2)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def clustered_area(predicted: Floats, y: NDArray[np.float64], cluster: NDArray[np.intp]) -> tuple[float, float]:
    """The interval of the area under the ROC curve for sequences in clusters: Obuchowski, Biometrics 53:567 (1997)."""
    area, positive, ranks = score(predicted, y, classifies=True), y == 1, stats.rankdata(predicted)
    contributions = np.empty(len(y))
    for own in (positive, ~positive):
        # A rank among all less the rank among its own label counts the sequences of the other label below it.
        below = (ranks[own] - stats.rankdata(predicted[own])) / (~own).sum()
        contributions[own] = ((below if own is positive else 1 - below) - area) / own.sum()
    half = _half_width(contributions, cluster)
    return max(0.0, area - half), min(1.0, area + half)


def _half_width(contributions: NDArray[np.float64], cluster: NDArray[np.intp]) -> float:
    """Half the width of the interval of a sum over clusters, by Student's t; infinite with fewer than 3 clusters."""
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=contributions)
    n = len(sums)
    return float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * np.sqrt(n / (n - 1) * (sums**2).sum())) if n > 2 else np.inf


def by_output(predicted: Floats, y: NDArray[np.float64]) -> Iterator[MeasuredPairs]:
    """For each column of predictions and measurements (n, outputs), the sequences for which it was measured."""
    for predictions, measurements in zip(predicted.T, y.T, strict=True):
        measured = ~np.isnan(measurements)
        yield measured, predictions[measured], measurements[measured]


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

    Parameters
    ----------
    area : the area, 0 to 1
    positive, negative : number of sequences with label 1 and with label 0

    Examples
    --------
    >>> [round(end, 3) for end in hanley_mcneil(0.9, 50, 50)]
    [0.837, 0.963]
    """
    if not (positive and negative):
        return 0.0, 1.0
    # Q1: two positives both rank above one negative; Q2: one positive ranks above two negatives.
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positive - 1) * (q1 - area**2) + (negative - 1) * (q2 - area**2)
    half = float(stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(variance / (positive * negative)))
    return max(0.0, area - half), min(1.0, area + half)
