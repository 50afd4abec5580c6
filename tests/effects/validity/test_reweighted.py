"""Weighted effects on a model whose effect depends on GC in a known way, and their errors by another road."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.interval import crossed
from seqdo.effects.validity.classifier import Classification, classify_backgrounds, weights
from seqdo.effects.validity.reweighted import influence, reweighted

LENGTH, AT, MOTIF = 60, 20, "GATTACA"
NULL = sd.backgrounds.uniform(LENGTH)
PROFILE = np.array([0.275, 0.225, 0.225, 0.275])


def real(seed, n):
    return sd.Sequences.from_codes(np.random.default_rng(seed).choice(4, p=PROFILE, size=(n, LENGTH)))


def effects_of(model, null=NULL, n=300, **more):
    return sd.estimate(sd.run(sd.embed(MOTIF, at=AT), model, null, n=n, rng=1, **more), margin=0.1)


def test_weights_recover_the_effect_on_real_sequences_of_another_gc_where_plain_ones_do_not(seed):
    """The motif writes over 7 letters. Of these 3.5 are G or C here and 3.15 in real sequences, at 1 each.

    The plain estimate is 0.35 from the truth, 12 standard errors. Weights go nearly all of the way (0.94 to 0.98 of
    it), which leaves 0.02; the rest is chance, beyond 3.3 standard errors in 1 of 1,000.
    """
    model = sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0)
    truth, here = (model.expected([(AT, MOTIF)], p) - model.expected((), p) for p in (PROFILE, np.full(4, 0.25)))
    assert truth - here == pytest.approx(0.35, abs=1e-3)
    effects = effects_of(model, n=2000, real=real(seed, 2000))
    row, plain = effects.reweighted.iloc[0], effects.table.iloc[0]
    assert plain["low"] < here < plain["high"]
    assert plain["high"] < truth - 0.2
    se = (row["reweighted_high"] - row["reweighted_low"]) / (2 * 1.96)
    assert abs(row["reweighted"] - truth) < 0.021 + 3.3 * se
    assert se < 0.06
    # Log odds that are normal with a variance of d² leave exp(−d²) of the backgrounds; d = 0.05/0.0645.
    assert row["share"] == pytest.approx(np.exp(-((0.05 / 0.0645) ** 2)), abs=0.1)


def test_real_sequences_of_the_same_law_move_nothing_beyond_chance(seed):
    effects = effects_of(sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0), n=2000, real=NULL.sample(2000, rng=seed))
    row = effects.reweighted.iloc[0]
    assert row["share"] > 0.9
    # Of n values the weighted and the plain mean differ by SD · sqrt((n/ess − 1)/n): 4.5 of them.
    spread = effects.values(0)[0].std() * np.sqrt((1 / row["share"] - 1) / 2000)
    assert abs(row["reweighted"] - row["estimate"]) < 4.5 * spread


def test_the_error_is_that_of_a_ratio_of_two_means(seed):
    """Variance of Σ w d / Σ w by the delta method, from variances and covariance of its two means."""
    effects = effects_of(sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0), real=real(seed, 300))
    w, d = weights(classify_backgrounds(effects.outcomes).odds), effects.values(0)[0]
    row, n = effects.reweighted.iloc[0], 300
    assert row["reweighted"] == pytest.approx(np.average(d, weights=w), rel=1e-12)
    cov, r = np.cov(w * d, w), np.average(d, weights=w)
    se = np.sqrt((cov[0, 0] - 2 * r * cov[0, 1] + r**2 * cov[1, 1]) / n) / w.mean()
    assert (row["reweighted_high"] - row["reweighted_low"]) / 2 == pytest.approx(
        1.9679 * se, rel=1e-4
    )  # t of 299 degrees of freedom
    assert row["ess"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert row["share"] == pytest.approx(row["ess"] / n)


def with_odds(monkeypatch, odds):
    """The classifier's odds replaced by others."""
    result = Classification(0.5, 0.4, 0.6, 300, odds)
    monkeypatch.setattr("seqdo.effects.validity.reweighted.classify_backgrounds", lambda outcomes: result)


def test_equal_odds_give_the_table_back(seed, monkeypatch):
    with_odds(monkeypatch, np.ones(300))
    effects = effects_of(sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0), real=real(seed, 300))
    table = effects.reweighted
    assert table["ess"].tolist() == [300]
    np.testing.assert_allclose(table["reweighted"], effects.table["estimate"])
    np.testing.assert_allclose(table[["reweighted_low", "reweighted_high"]], effects.table[["low", "high"]])


def test_members_are_crossed_and_rows_are_those_of_the_table_as_it_is(seed):
    tables = np.random.default_rng(seed).normal(size=(3, LENGTH, 4))
    members = [lambda codes, one=one: one[np.arange(LENGTH), codes].sum(1) for one in tables]
    model = sd.wrap(members, alphabet=sd.DNA, length=LENGTH, layout="codes", outputs=["y"])
    outcomes = sd.run(sd.positions(MOTIF, [3, AT, 40]), model, NULL, n=200, rng=1, real=real(seed, 200))
    effects = sd.estimate(outcomes, margin=0.1)
    table, w = effects.reweighted, weights(classify_backgrounds(outcomes).odds)
    assert table.columns.tolist()[:4] == ["output", "contrast", "position", "estimate"]
    for row in range(3):
        found = crossed(influence(effects.values(row), w))
        assert table["reweighted"][row] == pytest.approx(np.average(effects.values(row).mean(0), weights=w))
        assert (table["reweighted_low"][row], table["reweighted_high"][row]) == pytest.approx(found.bounds(0.95))
    few = replace(effects, table=effects.table.iloc[[2, 0]])
    assert few.reweighted.equals(table.loc[[2, 0]])
    assert replace(effects, table=effects.table.iloc[:0]).reweighted.empty


def test_of_backgrounds_that_depend_on_one_another_the_sets_are_what_is_counted(seed):
    """Of 30 sequences 10 shuffles each: 30 sets. Two sequences are too few for an interval."""
    texts = sd.backgrounds.uniform(LENGTH).sample(30, rng=seed).to_strings()
    model = sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0)
    effects = effects_of(model, sd.backgrounds.shuffled(texts), n=300, real=real(seed, 300))
    w, d = weights(classify_backgrounds(effects.outcomes).odds), effects.values(0)
    rows = Clusters.of(effects.outcomes).means(influence(d, w))
    row = effects.reweighted.iloc[0]
    assert rows.shape == (1, 30)
    half = 2.0452 * rows[0].std(ddof=1) / np.sqrt(30)  # t of 29 degrees of freedom
    assert (row["reweighted_high"] - row["reweighted_low"]) / 2 == pytest.approx(half, rel=1e-4)
    assert row["reweighted"] == pytest.approx(np.average(d[0], weights=w))
    few = effects_of(model, sd.backgrounds.shuffled(texts[:2]), n=300, real=real(seed, 300)).reweighted
    assert few[["reweighted_low", "reweighted_high"]].isna().all(axis=None)
    assert few["reweighted"].notna().all()


def test_a_few_that_speak_for_all_have_no_interval(seed, monkeypatch):
    with_odds(monkeypatch, 30.0 * (np.arange(300) < 10))
    row = effects_of(sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0), real=real(seed, 300)).reweighted.iloc[0]
    assert row["ess"] == pytest.approx(10)
    assert np.isnan([row["reweighted_low"], row["reweighted_high"]]).all()


def test_what_can_not_be_weighted_is_refused_with_what_to_write(seed):
    model = sd.planted.gc_biased(MOTIF, LENGTH, slope=60.0)
    with pytest.raises(sd.InputError, match=r"without real sequences.*run\(\.\.\., real=sequences\)"):
        reweighted(effects_of(model))
    with pytest.raises(sd.InputError, match=r"60 backgrounds.*needs 100 of each.*n=100"):
        reweighted(effects_of(model, n=60, real=real(seed, 300)))
    with pytest.raises(sd.InputError, match=r"`effects` of run\(until=.*fixed n"):
        reweighted(effects_of(model, until=sd.half_width(0.5), real=real(seed, 300)))


def test_a_constant_effect_is_known_by_the_share_rule_of_the_effective_size(seed):
    """GATTACA is worth 1 on every background without it: half-width 3/ess of the larger of 1 and the SD."""
    model = sd.planted.additive({"GATTACAGATTACA": 1.0}, 60)
    rich = sd.backgrounds.profile(["GGGGGATACC" * 6, "CCATGCATTA" * 6]).sample(300, rng=seed)
    null = sd.backgrounds.uniform(60)
    outcomes = sd.run(sd.embed("GATTACAGATTACA", at=20), model, null, n=500, rng=seed, real=rich)
    row = sd.estimate(outcomes, margin=0.1).reweighted.iloc[0]
    assert row["reweighted"] == pytest.approx(1)
    half = (row["reweighted_high"] - row["reweighted_low"]) / 2
    assert half == pytest.approx(3 / int(row["ess"]), rel=1e-6)
