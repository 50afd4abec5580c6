"""Variation of single effects, on models whose dependence on context is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

import seqdo as sd
from seqdo.effects.heterogeneity.heterogeneity import agreement, context, distribution, regressed, slope_of, slopes

LENGTH, AT, MOTIF = 60, 20, "GATTACA"


def effects_of(model, n=400, **more):
    outcomes = sd.run(sd.embed(MOTIF, at=AT), model, sd.backgrounds.uniform(model.length, **more), n=n, rng=3)
    return sd.estimate(outcomes, margin=0.1)


def test_slopes_and_errors_equal_statsmodels(seed):
    rng = np.random.default_rng(seed)
    number = rng.normal(5, 3, 80)
    effect = 0.3 * number + rng.normal(size=80) * np.abs(number - 5)
    slope, se, r2 = regressed(effect, number)
    expected = sm.OLS(effect, sm.add_constant((number - number.mean()) / number.std(ddof=1))).fit(cov_type="HC3")
    np.testing.assert_allclose([slope, se, r2], [expected.params[1], expected.bse[1], expected.rsquared], rtol=1e-9)
    assert np.isnan(regressed(effect, np.full(80, 1 / 3))).all()


@pytest.mark.parametrize("members", [1, 3])
def test_slopes_on_many_moderators_equal_those_on_each(members, seed):
    rng = np.random.default_rng(seed)
    values, numbers = rng.normal(size=(2, members, 50)), rng.exponential(size=(2, 4, 50))
    many, r2 = slopes(values[:, None], numbers)
    assert many.estimate.shape == r2.shape == (2, 4)
    low, high = many.bounds(0.95)
    for row, place in np.ndindex(2, 4):
        single = slope_of(values[row], numbers[row, place])
        of_many = [column[row, place] for column in (many.estimate, low, high, r2, many.p)]
        assert of_many == pytest.approx([single[name] for name in ("slope", "low", "high", "r2", "p")], rel=1e-9)


def test_a_moderator_that_differs_on_one_background_has_a_slope_without_an_error(seed):
    """The background has leverage 1: the fitted line goes through its effect."""
    effect, moderator = np.random.default_rng(seed).normal(size=50), np.arange(50) == 7
    slope = slope_of(effect[None], moderator * 1.0)
    difference = effect[7] - np.delete(effect, 7).mean()
    assert slope["slope"] == pytest.approx(difference * np.std(moderator, ddof=1))
    assert np.isnan([slope["low"], slope["high"], slope["p"]]).all()


def test_a_motif_with_a_larger_effect_at_high_gc_has_a_slope_on_gc():
    def model(codes):
        gc = np.isin(np.delete(codes, range(AT, AT + 7), 1), (1, 2)).mean(1)
        return (codes[:, AT : AT + 7] == sd.DNA.encode(MOTIF)).all(1) * (1 + gc)

    effects = effects_of(sd.wrap(model, alphabet=sd.DNA, length=LENGTH, layout="codes"))
    table = context(effects).set_index("moderator")
    sd_gc = 0.5 / np.sqrt(LENGTH)
    # The effect depends on the GC content of 53 positions; the moderator is the GC content of all 60.
    assert table.loc["gc", "slope"] == pytest.approx(sd_gc, rel=0.1)
    assert table.loc["gc", "p_adjusted"] < 1e-6
    assert table.loc["gc", "r2"] == pytest.approx(53 / 60, abs=0.05)
    assert np.isnan(table.loc["prediction", "slope"])  # without the motif the prediction is constant


def test_effects_of_both_signs_have_a_share_of_opposite_signs():
    """The effect is +1 if the first letter is G or C, and −1 if it is A or T: half of the backgrounds each."""
    row = distribution(effects_of(sd.planted.context_flip(MOTIF, LENGTH))).iloc[0]
    assert row["opposite"] == pytest.approx(0.5, abs=0.08)
    assert row["sd"] == pytest.approx(1, abs=0.05)
    assert (row["q05"], row["q95"]) == pytest.approx((-1, 1), abs=0.05)
    assert len(row["top"]) == 5
    assert np.isnan(row["agreement"])
    steady = distribution(effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH))).iloc[0]
    assert steady["opposite"] == 0


def test_members_agree_on_shared_context_and_not_on_noise(seed):
    rng = np.random.default_rng(seed)
    shared, noise = rng.normal(size=500), rng.normal(size=(4, 500))
    assert agreement(shared + 0 * noise) == pytest.approx(1)
    assert agreement(shared + noise) == pytest.approx(0.5, abs=0.1)
    assert agreement(noise) == pytest.approx(0, abs=0.1)
    assert np.isnan(agreement(noise[:1]))
    assert np.isnan(agreement(np.stack([shared, np.full(500, 1 / 3)])))


def test_rows_are_in_the_order_of_the_table(seed):
    weights = np.random.default_rng(seed).normal(size=(LENGTH, 4, 2))
    model = sd.wrap(
        lambda codes: weights[np.arange(LENGTH), codes].sum(1), alphabet=sd.DNA, length=LENGTH, layout="codes",
        outputs=["a", "b"],
    )  # fmt: skip
    outcomes = sd.run(sd.positions(MOTIF, [3, 20, 40]), model, sd.backgrounds.uniform(LENGTH), n=100, rng=0)
    effects = sd.estimate(outcomes, margin=0.1)
    table = distribution(effects)
    assert table["output"].tolist() == effects.table["output"].tolist()
    for row in range(6):
        assert table["sd"][row] == pytest.approx(effects.values(row)[0].std(ddof=1))
        assert table["q50"][row] == pytest.approx(np.median(effects.values(row)))
    moderators = {"first letter": (outcomes.backgrounds.codes[:, 0] == 0) * 1.0}
    slopes_table = context(effects, moderators)
    assert len(slopes_table) == 6
    assert slopes_table["position"].tolist() == effects.table["position"].tolist()


def test_unusable_moderators_and_backgrounds_are_refused(seed):
    effects = effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH))
    with pytest.raises(sd.InputError, match="400 backgrounds is needed"):
        context(effects, {"mine": np.zeros(3)})
    with pytest.raises(sd.InputError, match="at least 20 backgrounds"):
        context(effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH), n=10))
    with pytest.raises(sd.InputError, match="are not independent"):
        context(effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH), n=400, balance="columns"))


def test_slopes_of_several_members_cover_those_of_others(seed):
    """Members have slopes with mean 0: 5 % are significant. More than 21 of 200 occur once in 1,000 seeds."""
    rng, significant = np.random.default_rng(seed), 0
    for _ in range(200):
        number = rng.normal(size=100)
        values = rng.normal(size=(3, 1)) * number + rng.normal(size=(3, 100))
        significant += slope_of(values, number)["p"] <= 0.05
    assert significant <= 21


def test_a_filtered_or_sorted_table_keeps_its_rows(seed):
    weights = np.random.default_rng(seed).normal(size=(LENGTH, 4))
    model = sd.wrap(
        lambda codes: np.exp(0.1 * weights[np.arange(LENGTH), codes].sum(1)), alphabet=sd.DNA, length=LENGTH,
        layout="codes",
    )  # fmt: skip
    design = sd.interaction([MOTIF, "CCGG"], at=[AT, 40])
    effects = sd.estimate(sd.run(design, model, sd.backgrounds.uniform(LENGTH), n=100, rng=0), margin=0.1)
    few = replace(effects, table=effects.table.iloc[[3, 1]])
    for whole, part in (
        (effects.distribution, few.distribution), (effects.scales, few.scales),
        (sd.power(effects, 0.1), sd.power(few, 0.1)),
    ):  # fmt: skip
        assert part.equals(whole.loc[[3, 1]])
    assert few.context["contrast"].tolist() == ["interaction"] * 2 + [MOTIF] * 2
