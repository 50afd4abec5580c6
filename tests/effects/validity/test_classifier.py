"""The classifier: chance for equal classes, certainty for disjoint ones, and its AUC computed in two other ways."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

import seqdo as sd
from seqdo.effects.validity import classifier
from seqdo.effects.validity.classifier import (
    classify,
    classify_backgrounds,
    effective,
    hanley_mcneil,
    made_of_real,
    rank_auc,
    weights,
)
from seqdo.effects.validity.composition import shares
from seqdo.sequences.sequences import Sequences


def letters(rng, n, length=40, gc=0.5):
    return Sequences.from_codes(rng.choice(4, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2], size=(n, length)))


def test_identical_populations_have_an_auc_of_a_half_within_its_interval(seed):
    """Of 40 pairs 2 are missed on average; more than 8 in 1 of 1,000 by the binomial law."""
    rng = np.random.default_rng(seed)
    results = [classify(letters(rng, 150), letters(rng, 150)) for _ in range(40)]
    assert sum(not result.low <= 0.5 <= result.high for result in results) <= 8
    # The SD of an AUC is 0.047 (0.033, and twice the variance), of the mean of 40 it is 0.0075.
    assert np.mean([result.auc for result in results]) == pytest.approx(0.5, abs=4 * 0.0075)


def test_disjoint_compositions_are_always_distinguished(seed):
    rng = np.random.default_rng(seed)
    result = classify(Sequences.from_codes(rng.integers(0, 2, (200, 30))), letters(rng, 200, gc=0.98))
    assert result.auc > 0.999
    result = classify(Sequences.from_strings(["ACAC" * 5] * 150), Sequences.from_strings(["GTGT" * 5] * 120))
    assert (result.auc, result.low, result.high, result.each) == (1, 1, 1, 120)
    assert result.odds.max() < 1


def test_a_shift_of_one_score_gives_the_auc_of_two_normal_laws(seed):
    """GC 8 points apart in 60 letters: 1.24 SD, so Φ(1.24/√2) = 0.81 at best; 84 shares to learn cost a little.

    The standard error is 0.0098: five of them, and 0.03 below for what is not learned.
    """
    rng = np.random.default_rng(seed)
    result = classify(letters(rng, 1000, 60, 0.46), letters(rng, 1000, 60, 0.54))
    assert 0.81 - 0.03 - 5 * 0.0098 < result.auc < 0.81 + 5 * 0.0098
    assert result.low < result.auc < result.high


def test_the_auc_is_the_rank_statistic_of_mann_and_whitney(seed):
    rng = np.random.default_rng(seed)
    ours, theirs = letters(rng, 150), letters(rng, 150, gc=0.6)
    score, log_odds = classifier._scored(shares(ours), shares(theirs))
    u = mannwhitneyu(score[150:], score[:150]).statistic
    assert classify(ours, theirs).auc == pytest.approx(u / 150**2, rel=1e-12)
    np.testing.assert_allclose(classify(ours, theirs).odds, np.exp(log_odds))
    tied, others = rng.integers(0, 4, 30) * 1.0, rng.integers(1, 5, 20) * 1.0
    assert rank_auc(tied, others) == pytest.approx(mannwhitneyu(tied, others).statistic / 600)


def test_the_error_of_hanley_and_mcneil_is_exact_for_exponential_scores(seed):
    """Their formula is that of two exponential laws, and so is the SD over 20,000 draws to 2 % (4 of its errors)."""
    rate, n, others = 0.4, 30, 45
    rng = np.random.default_rng(seed)
    larger, smaller = rng.exponential(1 / rate, (20000, n, 1)), rng.exponential(1, (20000, 1, others))
    found = np.concatenate([(larger[i : i + 500] > smaller[i : i + 500]).mean((1, 2)) for i in range(0, 20000, 500)])
    assert found.mean() == pytest.approx(1 / (1 + rate), abs=0.002)
    assert found.std() == pytest.approx(hanley_mcneil(1 / (1 + rate), n, others), rel=0.02)
    # As published: Q1 = A/(2 − A), Q2 = 2A²/(1 + A).
    q1, q2 = 0.9 / 1.1, 2 * 0.81 / 1.9
    expected = ((0.9 * 0.1 + 9 * (q1 - 0.81) + 19 * (q2 - 0.81)) / 200) ** 0.5
    assert hanley_mcneil(0.9, 10, 20) == pytest.approx(expected)


def test_no_sequence_is_judged_by_a_classifier_trained_on_it(seed):
    """A classifier judging its own training set would know random labels: 84 shares fit 60 sequences of each class."""
    rng = np.random.default_rng(seed)
    ours, theirs = letters(rng, 900), letters(rng, 120)
    result = classify(ours, theirs)
    assert result.each == 120
    assert len(result.odds) == 900
    assert result.odds.min() > 0
    # Odds of those that were taken and of those that were left have one law; their means differ by chance alone.
    taken = np.isin(np.arange(900), classifier.evenly(900, 120))
    log_odds = np.log(result.odds)
    apart = log_odds[taken].mean() - log_odds[~taken].mean()
    assert abs(apart) < 4.5 * log_odds.std() * np.sqrt(1 / 120 + 1 / 780)


def test_at_most_2000_of_each_are_taken_and_fewer_than_100_refused(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(classifier, "MOST", 150)
    assert classify(letters(rng, 300), letters(rng, 200)).each == 150
    with pytest.raises(sd.InputError, match=r"300 backgrounds and 99 sequences in `real`.*needs 100 of each"):
        classify(letters(rng, 300), letters(rng, 99))


def test_weights_have_mean_1_and_are_cut_at_their_99_percent_quantile(seed):
    odds = np.exp(np.random.default_rng(seed).normal(0, 3, 1001))
    weight = weights(odds)
    assert weight.mean() == pytest.approx(1)
    cut = np.sort(odds)[990]  # 0.99 × 1000
    np.testing.assert_allclose(weight, np.minimum(odds, cut) / np.minimum(odds, cut).mean())
    assert (weight == weight.max()).sum() == 11


def test_equal_odds_are_worth_all_and_a_few_that_look_real_are_worth_their_number():
    assert effective(np.ones(300)) == pytest.approx(300)
    assert effective(np.full(300, 3.0)) == pytest.approx(300)
    assert effective((np.arange(400) < 8) * 50.0) == pytest.approx(8)
    assert effective(np.full(300, 0.2)) == pytest.approx(60)  # none of them is real but with a chance of 1 in 6
    # Odds of two normal laws d apart: E w² / (E w)² = exp(d²), here by quadrature.
    z = np.linspace(-9, 9, 20001)
    density = np.exp(-(z**2) / 2)
    w = np.exp(0.74 * z - 0.74**2 / 2)
    share = (density * w).sum() ** 2 / ((density * w**2).sum() * density.sum())
    assert share == pytest.approx(np.exp(-(0.74**2)), rel=1e-6)


@pytest.mark.parametrize("gc", [0.2, 0.05])
def test_backgrounds_unlike_any_real_sequence_are_worth_next_to_nothing_however_equal_their_odds(seed, gc):
    """With GC 5 SD apart, and more, weights keep exp(−5²) of them; their odds may be equal, and equally low."""
    rng = np.random.default_rng(seed)
    result = classify(letters(rng, 500, 60), letters(rng, 500, 60, gc=gc))
    assert effective(result.odds) / 500 < 0.1
    assert weights(result.odds).mean() == pytest.approx(1)


def test_a_run_is_learned_once_and_forgotten_with_it(seed):
    model, null = sd.planted.additive({"GATTACA": 1.0}, 30), sd.backgrounds.uniform(30)
    outcomes = sd.run(sd.embed("GATTACA", at=3), model, null, n=120, rng=seed, real=null.sample(120, rng=1))
    result = classify_backgrounds(outcomes)
    assert classify_backgrounds(outcomes) is result
    assert classify_backgrounds(replace(outcomes)) is not result
    np.testing.assert_array_equal(classify_backgrounds(replace(outcomes)).odds, result.odds)
    del outcomes
    gc.collect()
    assert len(classifier._classifications) == 0
    with pytest.raises(sd.InputError, match=r"without real sequences.*run\(\.\.\., real=sequences\)"):
        classify_backgrounds(sd.run(sd.embed("GATTACA", at=3), model, null, n=120, rng=seed))


@pytest.mark.parametrize("k", [2, 3])
def test_shuffles_of_the_real_sequences_are_not_distinguished_by_their_sources(k, seed):
    """A shuffle keeps the k-mers of its source: trained on one and tested on the other, the AUC would be 0.2.

    The truth is 0.5 for k = 3 (all 84 shares are kept) and nearly so for k = 2; its SD is 0.03, doubled in variance.
    """
    sources = sd.backgrounds.uniform(60).sample(300, rng=seed).to_strings()
    null = sd.backgrounds.shuffled(sources, k=k)
    model = sd.planted.additive({"GATTACA": 1.0}, 60)
    outcomes = sd.run(sd.embed("GATTACA", at=9), model, null, n=300, rng=seed, real=sources)
    assert made_of_real(outcomes) == 300
    assert abs(classify_backgrounds(outcomes).auc - 0.5) < 0.15
    assert k == 2 or classify(outcomes.backgrounds, outcomes.real.sequences).auc < 0.45
    other = sd.run(sd.embed("GATTACA", at=9), model, null, n=300, rng=seed, real=sources[::-1])
    assert made_of_real(other) == 0
