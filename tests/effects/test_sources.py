"""More shuffles than sequences: inference is over the sequences, with the cluster-robust variance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy import stats

import seqdo as sd
from seqdo.designs.design import Contrast
from seqdo.effects.analyses.power import power
from seqdo.effects.heterogeneity.heterogeneity import context
from seqdo.effects.statistics.band import critical
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.interval import crossed, interval, paired
from seqdo.errors import InputError
from seqdo.outcomes.extras import Extra

LENGTH, AT, MOTIF = 60, 20, "GATTACA"
OUTSIDE = np.delete(np.arange(LENGTH), np.arange(AT, AT + len(MOTIF)))


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def shuffles_of(m):
    """Provenance of shuffles of m sequences."""
    return {"kind": "shuffled", "k": 2, "fixed": 0, "in_turn": m, "sources": {"number": m, "sha256": "0"}}


def clustered(seed, m, n, icc=0.5, leading=()):
    """Effects (..., n) with variance 1, a share of it between sources; background i is of source i mod m."""
    between = normal(seed, *leading, m)[..., np.arange(n) % m]
    return icc**0.5 * between + (1 - icc) ** 0.5 * normal(seed + 1, *leading, n)


def of_statsmodels(values, m):
    """Mean and its cluster-robust variance as defined, without a small-sample factor."""
    fitted = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(len(values)) % m, "use_correction": False}
    )
    return float(fitted.params[0]), float(fitted.bse[0]) ** 2


# Closed forms


@pytest.mark.parametrize(("m", "n"), [(12, 60), (12, 67), (12, 13), (2, 7), (30, 59)])
def test_the_interval_is_that_of_the_cluster_robust_variance_times_m_of_m_less_1(make_effect, seed, m, n):
    delta = clustered(seed, m, n) + 0.3
    row = sd.estimate(make_effect(delta, background=shuffles_of(m))).table.iloc[0]
    mean, variance = of_statsmodels(delta, m)
    expected = stats.t(m - 1, mean, (variance * m / (m - 1)) ** 0.5)
    assert row["estimate"] == pytest.approx(mean)
    assert row["se"] == pytest.approx((variance * m / (m - 1)) ** 0.5)
    assert row[["low", "high"]].tolist() == pytest.approx(list(expected.interval(0.95)))
    assert row["p"] == pytest.approx(2 * stats.t(m - 1).sf(abs(mean / row["se"])))
    assert row["n"] == n


@pytest.mark.parametrize(("m", "n"), [(5, 20), (5, 23), (7, 8)])
def test_rows_are_the_sums_over_each_source_on_any_leading_axes(seed, m, n):
    values = normal(seed, 2, 3, n)
    rows = Clusters(-(-n // m), m, "", m, m).means(values)
    mean = values.mean(-1)
    for source in range(m):
        apart = sum(values[..., i] - mean for i in range(n) if i % m == source)
        np.testing.assert_allclose(rows[..., source], mean + m / n * apart)
    np.testing.assert_allclose(rows.mean(-1), mean)


def test_as_many_shuffles_of_each_make_the_t_interval_of_the_sources_means(make_effect, seed):
    delta = clustered(seed, 40, 200) + 0.2
    row = sd.estimate(make_effect(delta, background=shuffles_of(40))).table.iloc[0]
    means = delta.reshape(5, 40).mean(0)
    expected = stats.ttest_1samp(means, 0)
    assert (row["se"], row["p"]) == pytest.approx((stats.sem(means), expected.pvalue))
    assert row[["low", "high"]].tolist() == pytest.approx(list(expected.confidence_interval(0.95)))


@pytest.mark.parametrize("n", [200, 230])
def test_the_interval_of_an_ensemble_is_the_crossed_one_of_each_members_rows(make_effect, seed, n):
    m, delta = 40, clustered(seed, 40, n) + 0.3 * clustered(seed + 5, 40, n, leading=(3,)) + 0.2 * normal(seed, 3, 1)
    row = sd.estimate(make_effect(delta, background=shuffles_of(m))).table.iloc[0]
    rows = np.empty((3, m))
    for member in range(3):
        for source in range(m):
            rows[member, source] = (
                delta[member].mean() + m / n * (delta[member] - delta[member].mean())[source::m].sum()
            )
    found = crossed(rows[None])
    low, high = found.bounds(0.95)
    assert row[["estimate", "se"]].tolist() == pytest.approx([delta.mean(), found.se[0]])
    assert row[["low", "high"]].tolist() == pytest.approx([low[0], high[0]])


def test_no_more_shuffles_than_sequences_are_independent_to_the_bit(make_effect, seed):
    delta = normal(seed, 3, 200)
    plain = sd.estimate(make_effect(delta))
    for m in (200, 201, 1000):
        told = sd.estimate(make_effect(delta, background=shuffles_of(m)))
        assert plain.table.equals(told.table)
        assert plain.notes == told.notes
        assert plain.variance_ratio.tolist() == told.variance_ratio.tolist()


def test_shuffles_of_one_sequence_are_independent_given_it_and_that_is_said(make_effect, seed):
    delta = normal(seed, 400)
    plain = sd.estimate(make_effect(delta), margin=1)
    told = sd.estimate(make_effect(delta, background=shuffles_of(1)), margin=1)
    assert plain.table.equals(told.table)
    (said,) = set(told.notes) - set(plain.notes)
    assert "conditional on that sequence" in said


def test_hand_made_provenance_without_sources_says_nothing_of_clusters(make_effect, seed):
    for given in ("shuffled", {"kind": "shuffled"}, {"kind": "profile", "sources": {"number": 5}}):
        assert Clusters.of(make_effect(normal(seed, 40), background=given)).size == 1


# What a shuffle keeps


def counting(places):
    """A model with a motif whose effect is the number of C at some places beside it."""

    def answer(codes):
        there = (codes[:, AT : AT + len(MOTIF)] == sd.DNA.encode(MOTIF)).all(1)
        return there * (codes[:, places] == 1).sum(1).astype(float)

    return sd.wrap(answer, alphabet=sd.DNA, length=LENGTH, layout="codes")


def sequences(m, seed):
    """Sequences without G whose share of C is uniform from .05 to .6."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.05, 0.6, (m, 1))
    codes = np.where(rng.random((m, LENGTH)) < share, 1, rng.choice([0, 3], (m, LENGTH)))
    return sd.Sequences.from_codes(codes.astype(np.uint8), sd.DNA)


@pytest.mark.parametrize("n", [1000, 1100])
@pytest.mark.parametrize(("places", "least", "off"), [(1, 0.05, 0.15), (8, 0.4, 0.052), (53, 0.95, 0.015)])
def test_an_effect_that_hangs_on_what_a_shuffle_keeps_has_the_wider_interval_that_its_icc_says(
    seed, n, places, least, off
):
    """C at some places of a shuffle are hypergeometric, given the sequence: both components are known.

    The ratio to the plain interval is √(1 + (k − 1) ICC), k the mean size of the set of a background. Over 2,000 seeds
    its SD was 3.7, 1.3 and 0.3 %: ``off`` is 4 of them.
    """
    m, given = 200, sequences(200, seed)
    null = sd.backgrounds.shuffled(given, k=1)
    outcomes = sd.run(sd.embed(MOTIF, at=AT), counting(OUTSIDE[:places]), null, n=n, rng=seed)
    effects = sd.estimate(outcomes, margin=1)
    row, plain = effects.table.iloc[0], paired(effects.values(0))
    share = (given.codes == 1).mean(1)
    within = np.mean(places * share * (1 - share) * (LENGTH - places) / (LENGTH - 1))
    between = (places * share).var(ddof=1)
    icc = between / (between + within)
    assert least < icc < least + 0.2
    each = (np.bincount(np.arange(n) % m) ** 2).sum() / n
    ratio = (row["high"] - row["low"]) / (2 * plain.half_width(0.95)[0])
    freedom = stats.t(m - 1).ppf(0.975) / stats.t(n - 1).ppf(0.975)
    assert ratio == pytest.approx(freedom * (1 + (each - 1) * icc) ** 0.5, rel=off)
    assert effects.variance_ratio[0] == pytest.approx((plain.se[0] / row["se"]) ** 2)
    assert f"{1 / effects.variance_ratio[0]:.2g} times as large as that of {n} independent backgrounds" in " ".join(
        effects.notes
    )


@pytest.mark.parametrize("n", [150, 165])
def test_intervals_that_took_shuffles_for_independent_would_cover_too_little(make, seed, n):
    """2,000 replicates, 50 sources, ICC .5: plain ones cover 2Φ(1.96/√(1 + (k − 1)/2)) − 1 = .83, the others .95.

    Both in their binomial bands, but for 1 in 1,000 seeds.
    """
    values = clustered(seed, 50, n, leading=(2000,))
    y = np.stack([0 * values.T, values.T], 1)[None]
    table = sd.estimate(make(y, background=shuffles_of(50))).table
    held = int(((table["low"] <= 0) & (table["high"] >= 0)).sum())
    low, high = interval(values[:, None], 1.0)[0].bounds(0.95)
    plain = int(((low <= 0) & (high >= 0)).sum())
    each = (np.bincount(np.arange(n) % 50) ** 2).sum() / n
    wrong = 2 * stats.norm.cdf(1.96 / (1 + (each - 1) / 2) ** 0.5) - 1
    for covered, share in ((held, 0.95), (plain, wrong)):
        assert stats.binom.ppf(2.5e-4, 2000, share) <= covered <= stats.binom.isf(2.5e-4, 2000, share)
    assert stats.binom.cdf(plain, 2000, 0.95) < 1e-9


# Rules that count backgrounds


@pytest.mark.parametrize(("m", "verdict"), [(299, "inconclusive"), (300, "absent")])
def test_absent_needs_300_sequences_and_notes_say_so_STA_07(make_effect, m, verdict):
    """900 shuffles and quantiles of a normal law, neither skew nor chance."""
    delta = np.random.default_rng(0).permutation(stats.norm.ppf((np.arange(900) + 0.5) / 900)) * 0.05
    effects = sd.estimate(make_effect(delta, background=shuffles_of(m)), margin=0.1)
    assert effects.table["verdict"].tolist() == [verdict]
    notes = " ".join(effects.notes)
    said = "absent below n = 300 sequences, whatever the number of backgrounds of each sequence" in notes
    assert said == (verdict == "inconclusive")
    assert (
        f"fewer than 3/n = 0.01 of sequences is not excluded (n = {m} sequences, the sources of 900 backgrounds)"
        in notes
    )
    assert ("3 or 4 of each" if m == 299 else "3 of each") in notes
    assert ("The first 3 sequences are used once more" in notes) == (m == 299)


def test_a_response_of_few_sequences_is_flagged_though_the_shuffles_would_be_enough(make_effect):
    """Five of 64 sequences respond, in all 20 shuffles: a skew of 3.1 asks for 247, more than 64, less than 1,280."""
    delta = np.zeros((20, 64))
    delta[:, :5] = 1
    assert interval(delta.ravel()[None, None], 1.0)[1].safe.all()
    row = sd.estimate(make_effect(delta.ravel(), background=shuffles_of(64)), margin=2).table.iloc[0]
    assert row["flag"] == "skew; one model"


def test_what_is_identical_has_the_share_rule_of_the_sequences(make_effect):
    """Half-width 3/m of the SD of 1, m = 30, where 100 shuffles would give 3/100."""
    row = sd.estimate(make_effect(np.full(100, 0.5), background=shuffles_of(30)), margin=2).table.iloc[0]
    assert row["high"] - row["estimate"] == pytest.approx(3 / 30)
    assert "constant" in row["flag"]


@pytest.mark.parametrize(("m", "flag"), [(2, "sets<20; one model"), (19, "sets<20; one model"), (20, "one model")])
def test_few_sequences_are_flagged(make_effect, m, flag):
    delta = np.random.default_rng(0).permutation(stats.norm.ppf((np.arange(200) + 0.5) / 200))
    assert sd.estimate(make_effect(delta, background=shuffles_of(m))).table["flag"].tolist() == [flag]


# What else is made of rows


def test_bands_and_families_are_of_the_sources(make, seed):
    """From 300 sources on simulated from their rows; below the level is shared out, with m − 1 degrees of freedom."""
    for m, n in ((320, 700), (100, 700)):
        y = clustered(seed, m, n, leading=(6,)).T[None, :, :, None]
        outcomes = make(y, background=shuffles_of(m))
        table = sd.estimate(outcomes, multiplicity="max-t").table
        rows = Clusters.of(outcomes).means((y[0, :, 1:, 0] - y[0, :, :1, 0]).T)
        factor = critical(rows, 0.95)
        assert (factor == stats.t(m - 1).ppf(1 - 0.025 / 5)) == (m < 300)
        half = (table["high_band"] - table["low_band"]) / 2
        np.testing.assert_allclose(half / table["se"], factor)
        np.testing.assert_allclose((table["high_adjusted"] - table["low_adjusted"]) / 2, factor * table["se"])


def test_tests_of_curves_are_over_the_sources(make, seed):
    """Near less far is one contrast, whose t is statsmodels' with the factor m/(m − 1)."""
    m, n, gaps = 40, 130, (4, 8, 22, 30)
    y = clustered(seed, m, n, leading=(5,)).T[None, :, :, None]
    contrasts = [
        Contrast("interaction", {f"arm {i + 1}": 1.0, "none": -1.0}, {"gap": gap}) for i, gap in enumerate(gaps)
    ]
    effects = sd.estimate(make(y, contrasts, background=shuffles_of(m)), margin=0.1)
    test = effects.responses.set_index("test").loc["near or far"]
    apart = y[0, :, 1:3, 0].mean(1) - y[0, :, 3:, 0].mean(1)
    mean, variance = of_statsmodels(apart, m)
    t = mean / (variance * m / (m - 1)) ** 0.5
    assert (test["estimate"], test["value"]) == pytest.approx((mean, t))
    assert test["p"] == pytest.approx(2 * stats.t(m - 1).sf(abs(t)))


def test_other_scales_are_over_the_sources(make, seed):
    m, n = 40, 130
    y = np.exp(clustered(seed, m, n, leading=(2,)).T)[None, :, :, None]
    row = sd.estimate(make(y, background=shuffles_of(m)), margin=0.1).scales.iloc[0]
    mean, variance = of_statsmodels(np.log(y[0, :, 1, 0] / y[0, :, 0, 0]), m)
    half = stats.t(m - 1).ppf(0.975) * (variance * m / (m - 1)) ** 0.5
    assert row[["log", "log_low", "log_high"]].tolist() == pytest.approx([mean, mean - half, mean + half])


def test_power_counts_sequences_and_a_run_on_so_many_has_that_interval(make_effect, seed):
    """With 3 shuffles of each, ICC .6: over sources an SD of √(.6 + .4/3). 400 pilot sequences know it to 4 %."""
    pilot = sd.estimate(make_effect(clustered(seed, 400, 1200, 0.6), background=shuffles_of(400)), margin=0.1)
    row = power(pilot, 0.08, effect=0.5).iloc[0]
    over = (0.6 + 0.4 / 3) ** 0.5
    assert row["sd"] == pytest.approx(over, rel=0.15)
    assert row["n_half_width"] == pytest.approx((1.96 * over / 0.08) ** 2, rel=0.3)
    assert row["flag"] == "one model; n counts sequences, with 3 backgrounds each"
    m = int(row["n_half_width"])
    found = sd.estimate(make_effect(clustered(seed + 7, m, 3 * m, 0.6), background=shuffles_of(m))).table.iloc[0]
    assert (found["high"] - found["low"]) / 2 == pytest.approx(0.08, rel=0.15)


def test_power_from_as_many_sequences_as_shuffles_counts_sequences_too(make_effect, seed):
    plain, told = (
        power(sd.estimate(make_effect(normal(seed, 200), **given), margin=0.1), 0.08)
        for given in ({}, {"background": shuffles_of(200)})
    )
    assert plain.drop(columns="flag").equals(told.drop(columns="flag"))
    assert told["flag"].tolist() == ["one model; n counts sequences, with 1 background each"]


# What is refused


def run(n, m=40, **more):
    null = sd.backgrounds.shuffled(sequences(m, 0), k=1)
    return sd.run(sd.embed(MOTIF, at=AT), counting(OUTSIDE), null, n=n, rng=0, **more)


def test_context_of_shuffles_that_share_a_sequence_is_refused():
    with pytest.raises(InputError, match=r"context with `n=100` backgrounds from 40 source sequences.*Write n=40"):
        context(sd.estimate(run(100), margin=1))
    assert len(context(sd.estimate(run(40), margin=1))) == 2


def test_adjustment_for_what_extra_shuffles_of_the_same_sequences_measure_is_refused(make_effect, seed):
    for n, extra in ((100, 0), (30, 20), (41, 0)):
        with pytest.raises(
            InputError, match=rf"adjust='gc' for n={n} and extra={extra} backgrounds from 40 source sequences"
        ):
            sd.estimate(run(n, extra=extra), margin=1, adjust="gc")
    assert sd.estimate(run(20, extra=20), margin=1, adjust="gc").adjusted == ("gc",)
    assert sd.estimate(run(100), margin=1).adjusted == ()
    outcomes = make_effect(normal(seed, 30), background=shuffles_of(1))
    y = xr.DataArray(np.zeros((1, 30, 1)), dims=("model", "extra", "output"))
    alone = sd.estimate(replace(outcomes, extra=Extra(y, outcomes.backgrounds)), adjust="gc")
    notes = " ".join(alone.notes)
    assert "adjusted for its GC" in notes
    assert "conditional on that sequence" in notes


def test_a_run_that_may_stop_shuffles_each_sequence_once():
    assert run(None, m=150, until=sd.half_width(1e-6)).y.sizes["background"] == 150
    with pytest.raises(InputError, match=r"`until` with n=151 backgrounds made of 150 sequences.*Write n=150 or fewer"):
        run(151, m=150, until=sd.half_width(1e-6))
    assert run(200, m=1, until=sd.half_width(1e-6)).y.sizes["background"] == 200
    assert run(None, m=150).y.sizes["background"] == 1000


def test_outcomes_whose_looks_took_shuffles_for_independent_are_refused():
    outcomes = run(150, m=150, until=sd.half_width(1e-6))
    background = outcomes.provenance.background
    shared = replace(background, dependence=replace(background.dependence, in_turn=100))
    outcomes = outcomes.recording(background=shared)
    with pytest.raises(InputError, match=r"run\(until=...\) with 150 backgrounds made of 100 sequences"):
        sd.estimate(outcomes, margin=1)


@pytest.mark.parametrize("pool", [False, True])
def test_backgrounds_at_the_gc_of_sequences_in_turn_are_sets_of_their_sequences(pool):
    """BKG: 90 backgrounds at the GC of 30 sequences share it in threes."""
    given = sequences(30, 0)
    null = sd.backgrounds.gc_matched(given, pool=given if pool else None, tolerance=0.5)
    model = sd.planted.additive({"C": 1.0}, null.longest)
    outcomes = sd.run(sd.embed("GAT", at=2), model, null, n=90, rng=0)
    assert (Clusters.of(outcomes).sources, Clusters.of(outcomes).number) == (30, 30)
    assert Clusters.of(sd.run(sd.embed("GAT", at=2), model, null, n=30, rng=0)).sources == 0
