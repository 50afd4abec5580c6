"""How single effects differ, on models in which it is known with what."""

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


def test_slopes_and_errors_are_those_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    number = rng.normal(5, 3, 80)
    effect = 0.3 * number + rng.normal(size=80) * np.abs(number - 5)
    slope, se, r2 = regressed(effect, number)
    expected = sm.OLS(effect, sm.add_constant((number - number.mean()) / number.std(ddof=1))).fit(cov_type="HC3")
    np.testing.assert_allclose([slope, se, r2], [expected.params[1], expected.bse[1], expected.rsquared], rtol=1e-9)
    assert np.isnan(regressed(effect, np.full(80, 1 / 3))).all()


@pytest.mark.parametrize("members", [1, 3])
def test_slopes_of_many_numbers_are_those_of_each(members, seed):
    rng = np.random.default_rng(seed)
    values, numbers = rng.normal(size=(2, members, 50)), rng.exponential(size=(2, 4, 50))
    found, r2 = slopes(values[:, None], numbers)
    assert found.estimate.shape == r2.shape == (2, 4)
    low, high = found.bounds(0.95)
    for row, place in np.ndindex(2, 4):
        one = slope_of(values[row], numbers[row, place])
        mine = [part[row, place] for part in (found.estimate, low, high, r2, found.p)]
        assert mine == pytest.approx([one[name] for name in ("slope", "low", "high", "r2", "p")], rel=1e-9)


def test_a_number_of_one_background_alone_has_a_slope_without_an_error(seed):
    """Its leverage is 1: the line goes through that background, whatever the effect there."""
    effect, alone = np.random.default_rng(seed).normal(size=50), np.arange(50) == 7
    found = slope_of(effect[None], alone * 1.0)
    apart = effect[7] - np.delete(effect, 7).mean()
    assert found["slope"] == pytest.approx(apart * np.std(alone, ddof=1))
    assert np.isnan([found["low"], found["high"], found["p"]]).all()


def test_a_motif_that_counts_more_among_gc_has_a_slope_on_gc():
    def model(codes):
        gc = np.isin(np.delete(codes, range(AT, AT + 7), 1), (1, 2)).mean(1)
        return (codes[:, AT : AT + 7] == sd.DNA.encode(MOTIF)).all(1) * (1 + gc)

    effects = effects_of(sd.wrap(model, alphabet=sd.DNA, length=LENGTH, layout="codes"))
    table = context(effects).set_index("moderator")
    sd_gc = 0.5 / np.sqrt(LENGTH)
    # GC of the 53 letters that stay is what counts; the share of all 60 varies with the other 7 as well.
    assert table.loc["gc", "slope"] == pytest.approx(sd_gc, rel=0.1)
    assert table.loc["gc", "p_adjusted"] < 1e-6
    assert table.loc["gc", "r2"] == pytest.approx(53 / 60, abs=0.05)
    assert np.isnan(table.loc["prediction", "slope"])  # nothing but the motif is answered


def test_a_flipping_sign_is_seen_in_the_share_that_is_opposite():
    """+1 beside a first letter G or C, −1 beside A or T: half of the backgrounds."""
    row = distribution(effects_of(sd.planted.context_flip(MOTIF, LENGTH))).iloc[0]
    assert row["opposite"] == pytest.approx(0.5, abs=0.08)
    assert row["sd"] == pytest.approx(1, abs=0.05)
    assert (row["q05"], row["q95"]) == pytest.approx((-1, 1), abs=0.05)
    assert len(row["top"]) == 5
    assert np.isnan(row["agreement"])
    steady = distribution(effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH))).iloc[0]
    assert steady["opposite"] == 0


def test_members_agree_on_context_that_both_learned_and_not_on_their_noise(seed):
    rng = np.random.default_rng(seed)
    shared, noise = rng.normal(size=500), rng.normal(size=(4, 500))
    assert agreement(shared + 0 * noise) == pytest.approx(1)
    assert agreement(shared + noise) == pytest.approx(0.5, abs=0.1)
    assert agreement(noise) == pytest.approx(0, abs=0.1)
    assert np.isnan(agreement(noise[:1]))
    assert np.isnan(agreement(np.stack([shared, np.full(500, 1 / 3)])))


def test_rows_are_those_of_the_table_with_outputs_inside(seed):
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
    mine = {"first letter": (outcomes.backgrounds.codes[:, 0] == 0) * 1.0}
    found = context(effects, mine)
    assert len(found) == 6
    assert found["position"].tolist() == effects.table["position"].tolist()


def test_what_cant_be_regressed_is_refused(seed):
    effects = effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH))
    with pytest.raises(sd.InputError, match="400 backgrounds is needed"):
        context(effects, {"mine": np.zeros(3)})
    with pytest.raises(sd.InputError, match="20 or more"):
        context(effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH), n=10))
    with pytest.raises(sd.InputError, match="depend on one another"):
        context(effects_of(sd.planted.additive({MOTIF: 1.0}, LENGTH), n=400, balance="columns"))


def test_slopes_of_several_members_cover_those_of_others(seed):
    """Members with slopes of their own, 0 on average: called a slope in 5 %. Of 200, 21 at most, but for 1 in 1,000."""
    rng, called = np.random.default_rng(seed), 0
    for _ in range(200):
        number = rng.normal(size=100)
        values = rng.normal(size=(3, 1)) * number + rng.normal(size=(3, 100))
        called += slope_of(values, number)["p"] <= 0.05
    assert called <= 21


def test_a_filtered_or_sorted_table_is_answered_row_by_row(seed):
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
