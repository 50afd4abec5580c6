"""Sets of balanced backgrounds: inference is over sets, and covers planted truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from seqdo import backgrounds
from seqdo.effects.estimate import estimate
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.effects.statistics.interval import crossed, guard, interval
from seqdo.errors import InputError
from seqdo.execution.run import run
from seqdo.experiments.embed import embed, positions
from seqdo.models import planted
from seqdo.models.planted.terms import Pairs, Term
from seqdo.outcomes.extras import Extra
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

COLUMNS = {"kind": "uniform", "balance": "columns", "set": 16, "independent": 15}
DINUCLEOTIDES = COLUMNS | {"balance": "dinucleotides", "independent": 12}
L = 24
WEIGHTS = np.random.default_rng(3).integers(-3, 4, (L, 4))


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# What is made of sets


def test_the_interval_of_one_model_is_the_t_interval_of_the_means_of_sets(make_effect, seed):
    """By scipy, with 24 degrees of freedom of 25 sets; n stays the number of backgrounds."""
    delta = normal(seed, 400) + 0.2
    row = estimate(make_effect(delta, background=COLUMNS)).table.iloc[0]
    means = delta.reshape(25, 16).mean(1)
    expected = stats.ttest_1samp(means, 0)
    assert row["estimate"] == pytest.approx(delta.mean())
    assert row["se"] == pytest.approx(stats.sem(means))
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row[["low", "high"]].tolist() == pytest.approx(list(expected.confidence_interval(0.95)))
    assert row["n"] == 400


def test_the_interval_of_an_ensemble_is_the_crossed_one_of_the_means_of_sets(make_effect, seed):
    delta = normal(seed, 1, 400) + 0.3 * normal(seed + 1, 3, 400) + 0.2 * normal(seed + 2, 3, 1)
    row = estimate(make_effect(delta, background=COLUMNS)).table.iloc[0]
    low, high = crossed(delta.reshape(1, 3, 25, 16).mean(-1)).bounds(0.95)
    assert row[["low", "high"]].tolist() == pytest.approx([low[0], high[0]])


def test_backgrounds_without_sets_are_as_they_were(make_effect, seed):
    delta = normal(seed, 2, 400)
    plain = estimate(make_effect(delta))
    told = estimate(make_effect(delta, background={"kind": "uniform"}))
    assert plain.table.equals(told.table)
    assert plain.notes == told.notes
    assert plain.variance_ratio.tolist() == [1.0]


@pytest.mark.parametrize(("n", "hint"), [(1000, "Keep the first 992"), (10, "Run n=16 or more")])
def test_a_part_of_a_set_is_refused(make_effect, seed, n, hint):
    with pytest.raises(InputError, match=rf"{n} backgrounds, balanced in sets of 16: whole sets are needed. {hint}"):
        estimate(make_effect(normal(seed, n), background=COLUMNS))


def test_a_part_of_a_set_of_extra_backgrounds_is_refused(make_effect, seed):
    outcomes = make_effect(normal(seed, 320), background=COLUMNS)
    letters = Sequences(outcomes.backgrounds.codes[:20], outcomes.backgrounds.lengths[:20])
    extra = Extra(xr.DataArray(np.zeros((1, 20, 1)), dims=("model", "extra", "output")), letters)
    with pytest.raises(InputError, match="20 extra backgrounds, balanced in sets of 16"):
        estimate(replace(outcomes, extra=extra))


# Rules that count backgrounds


@pytest.mark.parametrize(
    ("background", "n", "verdict"),
    [(COLUMNS, 304, "inconclusive"), (COLUMNS, 320, "absent"), (DINUCLEOTIDES, 384, "inconclusive"),
     (DINUCLEOTIDES, 400, "absent")],
)  # fmt: skip
def test_absent_needs_sets_that_are_worth_300_independent_backgrounds_STA_07(make_effect, background, n, verdict):
    """19, 20, 24 and 25 sets, worth 285, 300, 288 and 300. Quantiles of a normal law: neither skew nor chance."""
    delta = np.random.default_rng(0).permutation(stats.norm.ppf((np.arange(n) + 0.5) / n)) * 0.05
    effects = estimate(make_effect(delta, background=background), margin=0.1)
    assert effects.table["verdict"].tolist() == [verdict]
    said = "absent below n = 300 independent backgrounds" in " ".join(effects.notes)
    assert said == (verdict == "inconclusive")


def test_what_is_not_excluded_is_3_of_the_independent_backgrounds_STA_07(make_effect, seed):
    notes = " ".join(estimate(make_effect(normal(seed, 1008), background=DINUCLEOTIDES)).notes)
    of = "n = 756 independent backgrounds or more, from 1008 balanced backgrounds"
    assert f"fewer than 3/n = 0.004 of backgrounds is not excluded ({of})" in notes
    assert "over the 63 sets" in notes


def test_a_response_that_is_rare_over_backgrounds_is_flagged_though_means_of_sets_are_not_STA_03(make_effect):
    """One of 16 in each set: a skew of 3.6, which asks for 327 backgrounds. All sets have the same share."""
    delta = np.zeros((20, 16))
    delta[np.arange(20), np.arange(20) % 16] = 1 + 0.1 * normal(0, 20)
    row = estimate(make_effect(delta.ravel(), background=COLUMNS), margin=2).table.iloc[0]
    assert guard(delta.mean(1)[None]).flag.tolist() == [""]
    assert row["flag"] == "rare response; one model"
    assert row["verdict"] != "absent"


def test_skew_over_sets_is_flagged_where_backgrounds_show_none(make_effect, seed):
    """One set of 63 is 30 SD of its kind away; 16 of 1,008 backgrounds are only 7.5 SD of theirs."""
    delta = normal(seed, 63, 16) * 4
    delta -= delta.mean(1, keepdims=True)
    delta += 0.1 * normal(seed + 1, 63, 1)
    delta[5] += 3
    row = estimate(make_effect(delta.ravel(), background=COLUMNS), margin=10).table.iloc[0]
    assert guard(delta.reshape(1, -1)).safe.all()
    assert row["flag"] == "skew; one model"
    assert row["verdict"] != "absent"


@pytest.mark.parametrize(("n", "flag"), [(16, "n<20; one set: no interval"), (32, "sets<20"), (304, "sets<20")])
def test_few_sets_are_flagged(make_effect, seed, n, flag):
    row = estimate(make_effect(normal(seed, n), background=COLUMNS)).table.iloc[0]
    assert row["flag"] == f"{flag}; one model"
    assert np.isnan(row["se"]) == (n == 16)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_balance_makes_exact_has_the_interval_of_the_share_rule_and_its_verdict(make, seed, dtype):
    """The same 16 values in every set, in another order: a mean without variance, but for rounding.

    A response in fewer than 3 of 945 backgrounds is not excluded: half-width 3/945 of the output's SD of 1.
    """
    rng = np.random.default_rng(seed)
    y = np.zeros((1, 1008, 2, 1))
    y[:, :, 0, 0] = 3 * rng.standard_normal(1008)
    y[:, :, 1, 0] = y[:, :, 0, 0] + rng.permuted(np.tile(np.linspace(-0.1, 0.1, 16) + 0.001, (63, 1)), axis=1).ravel()
    row = estimate(make(y.astype(dtype), background=COLUMNS)).table.iloc[0]
    assert row["estimate"] == pytest.approx(0.001, abs=1e-6)
    assert row["high"] - row["estimate"] == pytest.approx(3 / 945)
    assert (row["verdict"], row["flag"]) == ("absent", "no variance left; one model")


# What balance gains


def test_of_an_additive_effect_columns_leave_no_variance_and_the_truth(seed):
    """y is a sum of letters: D = constant − the letters that were there, whose mean is the same in every set."""
    model = planted.letter_score(WEIGHTS, lambda score: score)
    effects = estimate(run(embed("GATTACA", at=8), model, backgrounds.uniform(L, balance="columns"), n=320, rng=seed))
    truth = model.expected([(8, "GATTACA")]) - model.expected()
    row = effects.table.iloc[0]
    assert effects.values(0).std() > 3
    assert row["estimate"] == pytest.approx(truth, abs=1e-12)
    assert row["se"] == 0
    assert "no variance left" in row["flag"]


def test_of_neighbouring_letters_dinucleotides_leave_no_variance_and_columns_some(seed):
    """y counts CG, so that D is what CG at the site and its edges add: a sum of functions of two neighbours."""
    model = planted.combine([Term(1.0, "CG")], L)
    truth = model.expected([(8, "GATTACA")]) - model.expected()
    for balance, exact in (("columns", False), ("dinucleotides", True)):
        null = backgrounds.uniform(L, balance=balance)
        row = estimate(run(embed("GATTACA", at=8), model, null, n=320, rng=seed)).table.iloc[0]
        assert (row["se"] == 0) == exact
        assert abs(row["estimate"] - truth) <= (1e-12 if exact else 5 * row["se"])


def test_the_variance_ratio_says_what_the_spread_of_estimates_says(seed):
    """150 runs of 320 backgrounds each: the ratio of two such variances is within 1.75 of itself, but for 1e-5."""
    model = planted.letter_score(WEIGHTS, lambda score: np.exp(score / 14))
    design = embed("GATTACA", at=8)
    spread, told = {}, []
    for balance in (None, "dinucleotides"):
        values = drawn(model, design, balance, 150, 320, seed)
        spread[balance] = values.mean((1, 2)).var(ddof=1)
        told = values.reshape(150, 320).var(1, ddof=1).mean() / 320
    ratio = spread[None] / spread["dinucleotides"]
    null = backgrounds.uniform(L, balance="dinucleotides")
    reported = estimate(run(design, model, null, n=3200, rng=seed)).variance_ratio[0]
    assert told == pytest.approx(spread[None], rel=0.45)  # of 150 estimates: 4 SD
    assert 2 < reported < 8
    assert 1 / 1.75 < ratio / reported < 1.75
    assert f"{reported:.2g} times smaller than" in " ".join(estimate(run(design, model, null, n=3200, rng=seed)).notes)


# Whether it is right


MODELS = {
    "additive": planted.additive({"GATT": 2.0, "CG": -0.5}, L),
    "curved": planted.letter_score(WEIGHTS, lambda score: np.exp(score / 14)),
    "pairs": planted.combine([Pairs("CA", "TG", (1.0,) * (L - 3)), Term(0.7, "GC"), Term(1.5, "S", at=7)], L),
}


def drawn(model, design, balance, runs, n, seed):
    """Contrasts (runs, 1, n) of a design's first contrast, from one long draw: its sets are independent."""
    null = backgrounds.uniform(L, balance=balance).sample(runs * n, rng=seed)
    contrast = design.contrasts[0]
    values = sum(
        weight * model.predict(apply(null, design.arms[arm].edits(root(seed), 0, null)))[0, :, 0]
        for arm, weight in contrast.weights.items()
    )
    return values.reshape(runs, 1, n)


@pytest.mark.parametrize("balance", ["columns", "dinucleotides"])
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_balanced_effects_are_unbiased_and_their_intervals_cover_the_exact_truth(model, balance, seed):
    """400 runs of 640 backgrounds (40 sets): mean within 4.4 SE of the truth, which fails once in 90,000.

    Coverage in the band of .94 to .96, but for 1e-4 on either side.
    """
    design = embed("GATTACA", at=8)
    truth = model.expected([(8, "GATTACA")]) - model.expected()
    values = drawn(model, design, balance, 400, 640, seed)
    clusters = Clusters(16, 40, balance, 480)
    found, _ = interval(values, 1.0, clusters.means(values), clusters.independent)
    estimates = found.estimate
    assert abs(estimates.mean() - truth) <= 4.4 * estimates.std(ddof=1) / 20 + 1e-12
    low, high = found.bounds(0.95)
    covered = ((low <= truth) & (truth <= high)).sum()
    assert stats.binom.ppf(1e-4, 400, 0.94) <= covered <= stats.binom.isf(1e-4, 400, 0.96)


def test_intervals_that_took_balanced_backgrounds_for_independent_would_cover_too_much(seed):
    """The negative control: the t interval over backgrounds is twice as wide as needed, and covers nearly all."""
    model, design = MODELS["curved"], embed("GATTACA", at=8)
    values = drawn(model, design, "dinucleotides", 400, 640, seed)
    low, high = interval(values, 1.0)[0].bounds(0.95)
    truth = model.expected([(8, "GATTACA")]) - model.expected()
    assert ((low <= truth) & (truth <= high)).sum() >= 398


def test_a_scan_on_balanced_backgrounds_recovers_every_exact_effect(seed):
    """Nine places, each within 5 SE (or the share rule's width) of its truth: fails once in 10,000."""
    model = MODELS["pairs"]
    starts = range(0, 18, 2)
    outcomes = run(positions("GATTACA", starts), model, backgrounds.uniform(L, balance="dinucleotides"), rng=seed)
    assert outcomes.y.sizes["background"] == 1008
    table = estimate(outcomes).table
    for start, row in zip(starts, table.to_dict("records"), strict=True):
        truth = model.expected([(start, "GATTACA")]) - model.expected()
        assert abs(row["estimate"] - truth) <= 5 * row["se"] + 1e-9
    assert contrast_values(outcomes.y, outcomes.design.contrasts).shape == (9, 1, 1008, 1)
