"""The best of many moderators, on models in which it is known which it is, or that there is none."""

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
    """Effects of a pattern that are the number of CC before it, one of many words that may be there."""
    model = sd.planted.combine([Pairs("CC", MOTIF, (1.0,) * 60)], 60)
    return sd.estimate(sd.run(sd.embed(MOTIF, at=50), model, sd.backgrounds.uniform(60), n=n, rng=seed), margin=0.1)


def test_choice_and_report_are_those_of_statsmodels_on_the_two_halves(make, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(6, 101))
    effects = many(make, 0.3 * rng.normal(size=(1, 4, 6)) @ numbers + rng.normal(size=(1, 4, 101)))
    table = honest(effects, named(numbers), rng=3)
    chosen, told = Halves.drawn(1, 101, root(3)).backgrounds
    assert sorted([*chosen, *told]) == list(range(101))
    assert table["n"].tolist() == [len(told)] * 4 == [51] * 4
    for row in range(4):
        fits = []
        for half in (chosen, told):
            x = (numbers[:, half] - numbers[:, half].mean(1, keepdims=True)) / numbers[:, half].std(1, ddof=1)[:, None]
            y = effects.values(row)[0, half]
            fits.append([sm.OLS(y, sm.add_constant(one)).fit(cov_type="HC3", use_t=True) for one in x])
        best = int(np.argmax([abs(fit.tvalues[1]) for fit in fits[0]]))
        fit = fits[1][best]
        found = table.loc[row]
        assert (found["moderator"], found["candidates"]) == (f"number {best}", 6)
        expected = [fit.params[1], *fit.conf_int()[1], fit.rsquared, fit.pvalues[1]]
        assert found[["slope", "low", "high", "r2", "p"]].tolist() == pytest.approx(expected, rel=1e-9)


def test_p_is_adjusted_over_the_rows_of_one_name_whatever_was_chosen(make, seed):
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


def test_without_moderation_p_of_the_other_half_is_uniform_and_that_of_the_same_half_is_not(make, seed):
    """600 effects that depend on none of 20 numbers. Uniform: but for 1 in 1,000; the largest of 20 never passes."""
    rng, told, same = np.random.default_rng(seed), [], []
    for _ in range(4):
        numbers, values = rng.normal(size=(20, 200)), rng.normal(size=(1, 150, 200))
        table = honest(many(make, values), named(numbers), rng=rng)
        told.extend(table["p"])
        for name, row in zip(table["moderator"], values[0], strict=True):
            halves = Halves.drawn(1, 200, np.random.SeedSequence(int(table.attrs["seed"]["entropy"])))
            mine = numbers[int(name.split()[1])]
            same.append(slope_of(halves.effects(row[None], 0), halves.numbers(mine, 0))["p"])
    assert kstest(told, "uniform").pvalue > 0.001
    assert kstest(same, "uniform").pvalue < 1e-9
    assert np.mean(np.array(same) <= 0.05) > 0.3


def test_what_members_learned_by_chance_is_not_told_by_those_that_chose_it(make, seed):
    """Members with slopes of their own, 0 on average: called in 5 %. Of 200, 21 at most, but for 1 in 1,000.

    Where all members choose and report, both halves call the same slopes: some 90 of 200, in 12 trials 79 or more.
    """
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(20, 400))
    values = rng.normal(size=(5, 200, 20)) @ numbers + rng.normal(size=(5, 200, 400))
    table = honest(many(make, values), named(numbers), rng=1)
    assert table["members"].tolist() == [3] * 200
    assert (table["p"] <= 0.05).sum() <= 21
    halves, every = Halves.drawn(5, 400, root(1)), np.arange(5)
    assert sorted(np.concatenate(halves.members)) == list(range(5))
    all_of_them = Halves((every, every), halves.backgrounds)
    called = 0
    for row in np.moveaxis(values, 1, 0):
        place, _ = choose(row, numbers, all_of_them)
        called += slope_of(all_of_them.effects(row, 1), all_of_them.numbers(numbers[place], 1))["p"] <= 0.05
    assert called > 50


def test_the_word_that_the_effect_counts_is_found_with_its_slope(seed):
    """The number of 49 places with CC is c₊, and of CC or GG c: the slope for one SD is SD(c) / 2 by their symmetry.

    Var c = 49 · 7/64 + 2 · 48/64 of places and neighbours (``test_moderators``). Of slopes 5 standard errors, 1 in a
    million is off.
    """
    effects = counting(1000, seed)
    words = {word: presence(effects, word) for word in ("AA", "AC", "CA", "CC", "CG", "GA", "TA")}
    row = honest(effects, words, rng=seed).iloc[0]
    assert row["moderator"] == "CC"
    assert row["p"] < 1e-9
    error = (row["high"] - row["low"]) / 2 / 1.96
    assert row["slope"] == pytest.approx(np.sqrt(49 * 7 / 64 + 2 * 48 / 64) / 2, abs=5 * error)


def test_by_default_gc_the_prediction_and_dinucleotides_are_tried(seed):
    effects = counting(1000, seed)
    row = honest(effects, rng=seed).iloc[0]
    assert row["candidates"] == 17  # the prediction is nearly always 0 here: too few backgrounds carry it
    assert row["moderator"] == "share of CC"
    first = context(effects).set_index("moderator").index
    assert first.tolist() == ["gc", "prediction"]


def test_halves_are_of_the_seed_and_the_same_for_a_part_of_the_table(make, seed):
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


def test_what_few_backgrounds_carry_is_not_tried(make, seed):
    """Three backgrounds of 200 have a site, and a large effect: not tried. None tried is said."""
    rng = np.random.default_rng(seed)
    rare = np.zeros(200)
    rare[rng.choice(200, 3, replace=False)] = 1
    effects = many(make, (rng.normal(size=(1, 1, 200)) + 9 * rare))
    row = honest(effects, {"rare": rare, "constant": np.ones(200), "other": rng.normal(size=200)}, rng=0).iloc[0]
    assert (row["moderator"], row["candidates"]) == ("other", 1)
    for half in Halves.drawn(1, 200, root(0)).backgrounds:
        there = rare.copy()
        there[half[:50]] = 1  # every second one of this half has a site, and hardly one of the other
        assert honest(effects, {"there": there}, rng=0)["candidates"].tolist() == [0]
    none = honest(effects, {"rare": rare}, rng=0).iloc[0]
    assert (none["moderator"], none["candidates"]) == ("", 0)
    assert np.isnan(none[["slope", "low", "high", "r2", "p", "p_adjusted"]].astype(float)).all()


def test_an_effect_that_a_number_explains_wholly_or_that_is_constant_is_told(make):
    half = np.tile([0.0, 1.0], 40)
    effects = many(make, np.stack([half, np.ones(80)])[None])
    table = honest(effects, {"other": np.tile([0.0, 0, 0, 1], 20), "half": half}, rng=0)
    assert table["moderator"][0] == "half"
    assert table["r2"][0] == pytest.approx(1)
    assert table["slope"][1] == 0
    assert np.isnan(table["p"][1])
    halves = Halves((np.arange(1),) * 2, (np.arange(40), np.arange(40, 80)))
    assert slopes(half[None, :40], half[:40])[0].se < 1e-15  # 0, where rounding allows
    assert choose(half[None], np.stack([np.arange(80) % 4 / 4, half]), halves)[0] == 1


def test_many_numbers_are_tried_a_few_at_a_time(make, seed, monkeypatch):
    rng = np.random.default_rng(seed)
    numbers = named(rng.normal(size=(7, 60)))
    effects = many(make, rng.normal(size=(3, 4, 60)))
    whole = honest(effects, numbers, rng=0)
    monkeypatch.setattr("seqdo.effects.heterogeneity.honest.HELD", 100)
    assert honest(effects, numbers, rng=0).equals(whole)


def test_what_cant_be_searched_is_refused(make, seed):
    effects = many(make, np.random.default_rng(seed).normal(size=(1, 2, 39)))
    with pytest.raises(sd.InputError, match="39 backgrounds: 40 or more"):
        honest(effects)
    effects = many(make, np.random.default_rng(seed).normal(size=(1, 2, 40)))
    with pytest.raises(sd.InputError, match="one finite number for each of 40"):
        honest(effects, {"mine": np.full(40, np.nan)})
    with pytest.raises(sd.InputError, match="among no moderators"):
        honest(effects, {})
    balanced = sd.backgrounds.uniform(60, balance="columns")
    model = sd.planted.additive({MOTIF: 1.0}, 60)
    outcomes = sd.run(sd.embed(MOTIF, at=20), model, balanced, n=400, rng=0)
    with pytest.raises(sd.InputError, match="depend on one another"):
        honest(sd.estimate(outcomes, margin=0.1))
