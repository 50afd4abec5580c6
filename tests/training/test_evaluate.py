"""Scores against their definitions, and intervals against simulations with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seqdo.training.evaluate import clustered_area, clustered_r, fisher, hanley_mcneil, score, score_with_interval


@given(st.integers(0, 2**32))
def test_the_area_is_the_share_of_pairs_in_the_right_order(seed):
    rng = np.random.default_rng(seed)
    predicted, y = rng.integers(0, 5, 30).astype(float), np.array([0.0, 1.0] * 15)
    ahead = predicted[y == 1][:, None] - predicted[y == 0]
    assert score(predicted, y, classifies=True) == pytest.approx((ahead > 0).mean() + (ahead == 0).mean() / 2)


def test_r_equals_numpys_and_constant_predictions_score_nothing():
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    assert score(a, b, classifies=False) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert score(np.ones(40), b, classifies=False) == 0
    assert score(np.ones(40), (b > 0).astype(float), classifies=True) == 0.5


def test_a_classification_comes_with_its_average_precision():
    """Ranked 1, 0, 1: precision is 1 at the first positive and 2/3 at the second."""
    y = np.array([1.0, 0.0, 1.0])
    no_duplicates = np.arange(3)
    average = score_with_interval(np.array([3.0, 2.0, 1.0]), y, no_duplicates, classifies=True)
    assert (average.name, average.value, average.precision) == ("AUROC", 0.5, pytest.approx(5 / 6))
    assert score_with_interval(np.array([3.0, 2.0, 1.0]), y, no_duplicates, classifies=False).precision is None


def test_the_interval_of_r_covers_the_true_r(seed):
    """2,000 samples of 30 pairs with r = 0.6. Coverage leaves 0.93 to 0.97 once in 20,000 seeds."""
    rng = np.random.default_rng(seed)
    a, e = rng.normal(size=(2, 2000, 30))
    b = 0.6 * a + 0.8 * e
    r = [np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)]
    ends = np.array([fisher(each, 30) for each in r])
    assert 0.93 < ((ends[:, 0] < 0.6) & (ends[:, 1] > 0.6)).mean() < 0.97


@pytest.mark.parametrize(("positive", "negative"), [(200, 20), (20, 200)])
def test_the_interval_of_the_area_is_as_wide_as_areas_scatter(positive, negative, seed):
    """The formula is exact for exponential scores. 4,000 areas give their SD to 1.1 %, so that 5 % is 4.5 SE."""
    rng = np.random.default_rng(seed)
    y = np.repeat([1.0, 0.0], [positive, negative])
    areas = [score(rng.exponential(1 + 3 * y), y, classifies=True) for _ in range(4000)]
    assert np.mean(areas) == pytest.approx(0.8, abs=0.01)  # 4 / (1 + 4)
    low, high = hanley_mcneil(0.8, positive, negative)
    assert (high - low) / 2 / 1.96 == pytest.approx(np.std(areas), rel=0.05)


def in_clusters(rng: np.random.Generator, share: float) -> tuple[np.ndarray, np.ndarray]:
    """40 clusters of 10 pairs with correlation 0.6; a cluster shares this fraction of either variance."""
    same = np.sqrt(share) * np.repeat(rng.normal(size=(2, 40)), 10, axis=1)
    a, e = same + np.sqrt(1 - share) * rng.normal(size=(2, 400))
    return a, 0.6 * a + 0.8 * e


@pytest.mark.parametrize("share", [0.8, 0.0])
def test_the_interval_of_r_of_clusters_covers_the_true_r(share, seed):
    """In 4,000 samples it covered the true r in 93.3 % where clusters share variance, and in 95.1 % where they do not.

    Fisher's z assumes 400 independent pairs and covered 53 %. 1,000 samples leave these bounds once in 10,000 seeds.
    """
    rng, cluster = np.random.default_rng(seed), np.repeat(np.arange(40), 10)
    pairs = [in_clusters(rng, share) for _ in range(1000)]
    ends = np.array([[clustered_r(a, b, cluster), fisher(score(a, b, classifies=False), 400)] for a, b in pairs])
    covered, covered_by_fisher = ((ends[..., 0] < 0.6) & (ends[..., 1] > 0.6)).mean(0)
    assert 0.89 < covered < 0.98
    assert (covered_by_fisher < 0.75) == (share > 0)


@pytest.mark.parametrize("share", [0.8, 0.0])
def test_the_interval_of_the_area_of_clusters_covers_the_true_area(share, seed):
    """A normal score that is 1 higher for positives has the area Phi(1 / sqrt 2).

    In 4,000 samples 93.2 and 94.1 % covered it. 1,000 samples leave these bounds once in 10,000 seeds.
    """
    rng, cluster = np.random.default_rng(seed), np.repeat(np.arange(40), 10)
    labels = (rng.random((1000, 400)) < 0.4).astype(float)
    ends = np.array([clustered_area(in_clusters(rng, share)[0] + y, y, cluster) for y in labels])
    truth = stats.norm.cdf(np.sqrt(0.5))
    assert 0.89 < ((ends[:, 0] < truth) & (ends[:, 1] > truth)).mean() < 0.98


def test_clusters_of_one_sequence_change_nothing_and_two_clusters_exclude_nothing():
    a, e = np.random.default_rng(3).normal(size=(2, 400))
    b, cluster = 0.6 * a + 0.8 * e, np.arange(400)
    y = (b > 0).astype(float)
    area, positive = score(a, y, classifies=True), int(y.sum())
    assert clustered_r(a, b, cluster) == pytest.approx(fisher(score(a, b, classifies=False), 400), abs=0.02)
    assert clustered_area(a, y, cluster) == pytest.approx(hanley_mcneil(area, positive, 400 - positive), abs=0.02)
    assert clustered_r(a, b, cluster % 2) == (-1.0, 1.0)
    assert clustered_area(a, y, cluster % 2) == (0.0, 1.0)
    assert clustered_r(a, a, cluster) == pytest.approx((1, 1))
    assert clustered_r(np.ones(400), b, cluster // 2) == (-1.0, 1.0)


def test_intervals_of_perfect_and_of_small_samples_stay_within_the_range_of_the_score():
    assert fisher(1.0, 10) == (1.0, 1.0)
    assert fisher(0.3, 3) == (-1.0, 1.0)
    assert hanley_mcneil(1.0, 5, 5) == (1.0, 1.0)
    assert hanley_mcneil(0.95, 4, 4)[1] == 1.0
