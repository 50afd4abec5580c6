"""The strongest of many moderators, on models whose moderators are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import false_discovery_control, kstest

import seqdo as sd
from seqdo.effects.heterogeneity.heterogeneity import context, slope_of, slopes
from seqdo.effects.heterogeneity.honest import Halves, choose, honest
from seqdo.effects.heterogeneity.moderators import presence
from seqdo.models.planted.terms import Pairs
from seqdo.sequences.stream import root

MOTIF = "GATTACA"


def many(make, values, contrasts=None):
    """Effects of one contrast for each row of (members, rows, n)."""
    values = np.moveaxis(np.asarray(values, np.float64), 1, 2)
    none = np.zeros((*values.shape[:2], 1))
    return sd.estimate(make(np.concatenate([none, values], 2)[..., None], contrasts), margin=0.1)


def named(numbers):
    return {f"number {place}": number for place, number in enumerate(numbers)}


def counting(n, seed):
    """Effects of a pattern that equal the number of CC before it."""
    model = sd.planted.combine([Pairs("CC", MOTIF, (1.0,) * 60)], 60)
    return sd.estimate(sd.run(sd.embed(MOTIF, at=50), model, sd.backgrounds.uniform(60), n=n, rng=seed), margin=0.1)


def test_choice_and_slope_equal_statsmodels_on_the_two_halves(make, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(6, 101))
    effects = many(make, 0.3 * rng.normal(size=(1, 4, 6)) @ numbers + rng.normal(size=(1, 4, 101)))
    table = honest(effects, named(numbers), rng=3)
    choosing, estimating = Halves.drawn(1, 101, root(3)).backgrounds
    assert sorted([*choosing, *estimating]) == list(range(101))
    assert table["n"].tolist() == [len(estimating)] * 4 == [51] * 4
    for row in range(4):
        fits = []
        for half in (choosing, estimating):
            x = (numbers[:, half] - numbers[:, half].mean(1, keepdims=True)) / numbers[:, half].std(1, ddof=1)[:, None]
            y = effects.values(row)[0, half]
            fits.append([sm.OLS(y, sm.add_constant(moderator)).fit(cov_type="HC3", use_t=True) for moderator in x])
        best = int(np.argmax([abs(fit.tvalues[1]) for fit in fits[0]]))
        fit = fits[1][best]
        result = table.loc[row]
        assert (result["moderator"], result["candidates"]) == (f"number {best}", 6)
        expected = [fit.params[1], *fit.conf_int()[1], fit.rsquared, fit.pvalues[1]]
        assert result[["slope", "low", "high", "r2", "p"]].tolist() == pytest.approx(expected, rel=1e-9)


def test_p_is_adjusted_over_the_rows_of_one_name(make, seed):
    rng = np.random.default_rng(seed)
    contrasts = [
        sd.Contrast("a" if place < 4 else "b", {f"arm {place}": 1.0, "none": -1.0}, {"position": place})
        for place in range(1, 7)
    ]
    effects = many(make, rng.normal(size=(1, 6, 60)), contrasts)
    table = honest(effects, named(rng.normal(size=(5, 60))), rng=0)
    assert table["moderator"].nunique() > 1
    for _, rows in table.groupby("contrast"):
        assert len(rows) == 3
        assert rows["p_adjusted"].tolist() == pytest.approx(false_discovery_control(rows["p"]).tolist())


def test_without_moderation_p_is_uniform_on_the_other_half_and_not_on_the_half_that_chose(make, seed):
    """600 effects depend on none of 20 moderators. The test of uniformity fails for 1 in 1,000 seeds."""
    rng, other_half, same_half = np.random.default_rng(seed), [], []
    for _ in range(4):
        numbers, values = rng.normal(size=(20, 200)), rng.normal(size=(1, 150, 200))
        table = honest(many(make, values), named(numbers), rng=rng)
        other_half.extend(table["p"])
        for name, row in zip(table["moderator"], values[0], strict=True):
            halves = Halves.drawn(1, 200, np.random.SeedSequence(int(table.attrs["seed"]["entropy"])))
            moderator = halves.numbers(numbers[int(name.split()[1])], 0)
            same_half.append(slope_of(halves.effects(row[None], 0), moderator)["p"])
    assert kstest(other_half, "uniform").pvalue > 0.001
    assert kstest(same_half, "uniform").pvalue < 1e-9
    assert np.mean(np.array(same_half) <= 0.05) > 0.3


def test_members_that_choose_do_not_estimate_slopes_that_they_learned_by_chance(make, seed):
    """Members have slopes with mean 0: 5 % are significant. More than 21 of 200 occur once in 1,000 seeds.

    If all members choose and estimate, about 90 of 200 slopes are significant (at least 79 in 12 trials).
    """
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(20, 400))
    values = rng.normal(size=(5, 200, 20)) @ numbers + rng.normal(size=(5, 200, 400))
    table = honest(many(make, values), named(numbers), rng=1)
    assert table["members"].tolist() == [3] * 200
    assert (table["p"] <= 0.05).sum() <= 21
    halves, members = Halves.drawn(5, 400, root(1)), np.arange(5)
    assert sorted(np.concatenate(halves.members)) == list(range(5))
    undivided = Halves((members, members), halves.backgrounds)
    significant = 0
    for row in np.moveaxis(values, 1, 0):
        place, _ = choose(row, numbers, undivided)
        significant += slope_of(undivided.effects(row, 1), undivided.numbers(numbers[place], 1))["p"] <= 0.05
    assert significant > 50


def test_the_dinucleotide_that_the_effect_counts_is_chosen_with_its_slope(seed):
    """c₊ counts CC at 49 positions, and c counts CC and GG: by symmetry the slope for one SD is SD(c) / 2.

    Var c = 49 · 7/64 + 2 · 48/64, from positions and neighboring positions (``test_moderators``). A slope is more than
    5 standard errors off once in a million seeds.
    """
    effects = counting(1000, seed)
    sites = {kmer: presence(effects, kmer) for kmer in ("AA", "AC", "CA", "CC", "CG", "GA", "TA")}
    row = honest(effects, sites, rng=seed).iloc[0]
    assert row["moderator"] == "CC"
    assert row["p"] < 1e-9
    error = (row["high"] - row["low"]) / 2 / 1.96
    assert row["slope"] == pytest.approx(np.sqrt(49 * 7 / 64 + 2 * 48 / 64) / 2, abs=5 * error)


def test_by_default_gc_the_prediction_and_dinucleotides_are_compared(seed):
    effects = counting(1000, seed)
    row = honest(effects, rng=seed).iloc[0]
    assert row["candidates"] == 17  # the prediction is 0 on nearly all backgrounds, and is not compared
    assert row["moderator"] == "share of CC"
    first = context(effects).set_index("moderator").index
    assert first.tolist() == ["gc", "prediction"]


def test_halves_depend_on_the_seed_and_are_the_same_for_a_part_of_the_table(make, seed):
    rng = np.random.default_rng(seed)
    numbers = named(rng.normal(size=(3, 60)))
    effects = many(make, rng.normal(size=(2, 5, 60)))
    table = honest(effects, numbers, rng=7)
    assert list(table.columns) == [
        "output", "contrast", "position", "moderator", "slope", "low", "high", "r2", "p", "candidates", "p_adjusted",
        "n", "members",
    ]  # fmt: skip
    assert table.equals(honest(effects, numbers, rng=7))
    assert not table.equals(honest(effects, numbers, rng=8))
    few = honest(replace(effects, table=effects.table.iloc[[3, 1]]), numbers, rng=7)
    same = [name for name in table if name != "p_adjusted"]
    assert few[same].equals(table.iloc[[3, 1]][same].reset_index(drop=True))
    again = honest(effects, numbers)
    assert again.equals(honest(effects, numbers, rng=np.random.SeedSequence(int(again.attrs["seed"]["entropy"]))))


def test_a_moderator_that_varies_on_few_backgrounds_is_not_compared(make, seed):
    """Three of 200 backgrounds have a site and a large effect. The row then states that no moderator was compared."""
    rng = np.random.default_rng(seed)
    rare = np.zeros(200)
    rare[rng.choice(200, 3, replace=False)] = 1
    effects = many(make, (rng.normal(size=(1, 1, 200)) + 9 * rare))
    row = honest(effects, {"rare": rare, "constant": np.ones(200), "other": rng.normal(size=200)}, rng=0).iloc[0]
    assert (row["moderator"], row["candidates"]) == ("other", 1)
    for half in Halves.drawn(1, 200, root(0)).backgrounds:
        uneven = rare.copy()
        uneven[half[:50]] = 1  # half of this half has a site, and almost none of the other half
        assert honest(effects, {"uneven": uneven}, rng=0)["candidates"].tolist() == [0]
    none = honest(effects, {"rare": rare}, rng=0).iloc[0]
    assert (none["moderator"], none["candidates"]) == ("", 0)
    assert np.isnan(none[["slope", "low", "high", "r2", "p", "p_adjusted"]].astype(float)).all()


def test_effects_that_a_moderator_explains_completely_and_constant_effects_are_reported(make):
    half = np.tile([0.0, 1.0], 40)
    effects = many(make, np.stack([half, np.ones(80)])[None])
    table = honest(effects, {"other": np.tile([0.0, 0, 0, 1], 20), "half": half}, rng=0)
    assert table["moderator"][0] == "half"
    assert table["r2"][0] == pytest.approx(1)
    assert table["slope"][1] == 0
    assert np.isnan(table["p"][1])
    halves = Halves((np.arange(1),) * 2, (np.arange(40), np.arange(40, 80)))
    assert slopes(half[None, :40], half[:40])[0].se < 1e-15  # 0 up to rounding
    assert choose(half[None], np.stack([np.arange(80) % 4 / 4, half]), halves)[0] == 1


def test_moderators_are_compared_in_chunks(make, seed, monkeypatch):
    rng = np.random.default_rng(seed)
    numbers = named(rng.normal(size=(7, 60)))
    effects = many(make, rng.normal(size=(3, 4, 60)))
    whole = honest(effects, numbers, rng=0)
    monkeypatch.setattr("seqdo.effects.heterogeneity.honest.LARGEST_ARRAY", 100)
    assert honest(effects, numbers, rng=0).equals(whole)


def test_unusable_searches_are_refused(make, seed):
    effects = many(make, np.random.default_rng(seed).normal(size=(1, 2, 39)))
    with pytest.raises(sd.InputError, match="`n=39` backgrounds: a slope needs at least 40"):
        honest(effects)
    effects = many(make, np.random.default_rng(seed).normal(size=(1, 2, 40)))
    with pytest.raises(sd.InputError, match="one finite number for each of 40"):
        honest(effects, {"mine": np.full(40, np.nan)})
    with pytest.raises(sd.InputError, match="`moderators` is empty"):
        honest(effects, {})
    balanced = sd.backgrounds.uniform(60, balance="columns")
    model = sd.planted.additive({MOTIF: 1.0}, 60)
    outcomes = sd.run(sd.embed(MOTIF, at=20), model, balanced, n=400, rng=0)
    with pytest.raises(sd.InputError, match="are not independent"):
        honest(sd.estimate(outcomes, margin=0.1))
