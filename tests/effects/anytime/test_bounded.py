"""Bets on bounded contrasts, compared with a direct implementation of the theorem, and the intervals of a run."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

import seqdo as sd
from seqdo.designs.design import Contrast
from seqdo.effects.anytime.bounded import Bets, Bounded, limits, refuse_outside
from seqdo.effects.anytime.interim import look
from seqdo.effects.statistics.interval import crossed, interval, paired
from seqdo.outcomes.extras import Scale

EFFECT = Contrast("effect", {"edited": 1.0, "none": -1.0})


def theorem_2(values, alpha, planned=0.05):
    """Theorem 2 of Waudby-Smith & Ramdas for numbers from 0 to 1, in a loop; stakes for level 1 − ``planned``."""
    mean, variance, total, stakes, paid = 0.5, 0.25, 0.0, 0.0, 0.0
    past, squares, ends = [], 0.0, []
    for t, x in enumerate(values, 1):
        stake = min(np.sqrt(2 * np.log(2 / planned) / (variance * t * np.log(1 + t))), 0.5)
        total, stakes = total + stake * x, stakes + stake
        paid += 4 * (x - mean) ** 2 * (-np.log(1 - stake) - stake) / 4
        half = (np.log(2 / alpha) + paid) / stakes
        ends.append((max(total / stakes - half, 0), min(total / stakes + half, 1)))
        past.append(x)
        mean = (0.5 + sum(past)) / (t + 1)
        squares += (x - mean) ** 2
        variance = (0.25 + squares) / (t + 1)
    return np.array(ends).T


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.001])
def test_the_sequence_equals_the_paper_in_any_unit(seed, alpha):
    values = np.random.default_rng(seed).beta(2, 5, (3, 40))
    low, high = Bets.on(values * 3 - 1, -1.0, 2.0).ends(1 - alpha)
    for row, *ends in zip(values, low, high, strict=True):
        np.testing.assert_allclose((np.array(ends) + 1) / 3, theorem_2(row, alpha), atol=1e-12)


def test_more_backgrounds_make_the_sequence_narrow(seed):
    """An independent simulation gave 2.7 times a z interval at n = 1000 for an SD of .05; 20 % are allowed."""
    values = np.clip(0.4 + 0.05 * np.random.default_rng(seed).normal(size=1000), 0, 1)
    low, high = Bets.on(values, 0.0, 1.0)[-1].ends(0.95)
    assert (high - low) / 2 / (1.96 * 0.05 / np.sqrt(1000)) == pytest.approx(2.7, rel=0.2)


def test_limits_are_reached_by_the_most_extreme_outputs():
    mean = {"a": 1.0} | {f"b{i}": -0.25 for i in range(4)}
    both = {"ab": 1.0, "a": -1.0, "b": -1.0, "none": 1.0}
    low, high = limits([Contrast("specific", mean), Contrast("interaction", both), Contrast("same", {})], (-1.0, 3.0))
    # 1·(−1) − 1·3 and 1·3 − 1·(−1); −1 − 3 − 3 − 1 and 3 + 1 + 1 + 3.
    np.testing.assert_allclose(low, [-4, -8, 0])
    np.testing.assert_allclose(high, [4, 8, 0])


def test_at_level_1_minus_p_one_end_of_the_sequence_is_0(seed):
    rng = np.random.default_rng(seed)
    bets = Bets.on(np.clip(rng.normal([[0.15], [-0.1], [0.0]], 0.2, (3, 600)), -1, 1), -1.0, 1.0)[..., -1]
    assert (bets.p[:2] < 0.05).all()
    assert bets.p[2] > 0.05  # the SD of the mean is .008, and the half-width some .04
    low, high = bets.ends(1 - bets.p)
    np.testing.assert_allclose([low[0], high[1]], 0, atol=1e-9)
    for factor, excluded in ((0.99, False), (1.01, True)):
        low, high = bets[:2].ends(1 - factor * bets.p[:2])
        assert (((low > 0) | (high < 0)) == excluded).all()


def test_intervals_of_higher_levels_contain_those_of_lower_levels(seed):
    values = np.random.default_rng(seed).beta(0.3, 3, (50, 300))
    ends = [Bets.on(values, 0.0, 1.0)[..., -1].ends(level) for level in np.linspace(0.5, 0.999, 20)]
    for (low, high), (lower, higher) in pairwise(ends):
        assert (lower <= low).all()
        assert (high <= higher).all()


def predictions(none, edited, members=None):
    """The array of predictions of two arms: (members, n, 2, outputs)."""
    y = np.stack([np.broadcast_to(none, np.shape(edited)), edited], -1)[..., None]
    y = y if members else y[None]
    coords = {"model": [f"m{i}" for i in range(len(y))], "arm": ["none", "edited"], "output": ["y"]}
    return xr.DataArray(y, dims=("model", "background", "arm", "output"), coords=coords)


def test_where_a_run_stopped_the_sequence_misses_no_more_often_than_its_level(seed):
    """One background in 40 responds to an arm with 1. A run stops when its interval excludes 0, or at n = 600.

    If 5 % of runs miss, more than 33 of 300 runs miss with a probability of 1e-5: so rarely another seed would fail.
    """
    rng, runs, most, truth = np.random.default_rng(seed), 300, 600, 0.8 / 40
    edited = np.where(rng.random((runs, most)) < 1 / 40, 1.0, 0.2)
    low, high = Bets.on(edited - 0.2, -1.0, 1.0).ends(0.95)
    analyses = np.arange(99, most, 100)
    stops = (low > 0) | (high < 0)
    stops[:, -1] = True
    at = analyses[stops[:, analyses].argmax(1)]
    missed = (low[np.arange(runs), at] > truth) | (high[np.arange(runs), at] < truth)
    assert missed.sum() <= binom.isf(1e-5, runs, 0.05)
    too_narrow = np.abs((low + high) / 2 - truth)[np.arange(runs), at] > ((high - low) / 20)[np.arange(runs), at]
    assert too_narrow.sum() > binom.isf(1e-5, runs, 0.05)  # intervals of a tenth of the width are detected


def bounded_of(values, low=-1.0, high=1.0):
    """Bounded intervals of contrasts (contrasts, members, n) of one output."""
    fixed, _ = interval(values, 0.5)
    return Bounded.at(fixed, Bets.on(values.mean(1), low, high)[..., -1])


def test_one_model_has_the_sequence_and_an_ensemble_also_covers_other_members(seed):
    rng = np.random.default_rng(seed)
    noise = 0.05 * rng.normal(size=(2, 1, 400))
    alike, apart = np.tile(0.1 + noise, (1, 3, 1)), 0.1 + noise + np.array([-0.3, 0.0, 0.3])[:, None]
    for level in (0.8, 0.95, np.array([0.99, 0.999])):
        single, bets = bounded_of(alike[:, :1]), Bets.on(alike[:, 0], -1.0, 1.0)[..., -1]
        np.testing.assert_array_equal(single.bounds(level), bets.ends(level))
        np.testing.assert_array_equal(single.half_width(level), np.subtract(*bets.ends(level)[::-1]) / 2)
        np.testing.assert_array_equal(single.p, bets.p)
        many, t = bounded_of(apart), crossed(apart)
        low, high = many.bounds(level)
        np.testing.assert_allclose(low, np.maximum(t.bounds(level)[0], -1))
        np.testing.assert_allclose(high, np.minimum(t.bounds(level)[1], 1))
        np.testing.assert_array_equal(many.p, t.p)
        np.testing.assert_array_equal(np.array(many[1:].bounds(0.9)), np.array(many.bounds(0.9))[:, 1:])


def test_a_constant_contrast_has_an_interval_and_a_p_value_without_the_share_rule():
    """The direct implementation gives the same interval and p-value after n equal values."""
    values = np.array([np.zeros(400), np.full(400, 0.3)])
    constant = bounded_of(values[:, None])
    for value, low, high in zip(values, *constant.bounds(0.99), strict=True):
        np.testing.assert_allclose(np.array([low, high]) / 2 + 0.5, theorem_2(value / 2 + 0.5, 0.01)[:, -1])
    assert constant.p[0] == 1
    assert theorem_2(np.full(400, 0.65), constant.p[1])[0, -1] == pytest.approx(0.5)


def test_chunks_change_nothing_and_a_contrast_that_is_0_by_construction_stays_0(seed, monkeypatch):
    values = np.random.default_rng(seed).random((1, 200, 3, 2))
    y = xr.DataArray(
        values, dims=("model", "background", "arm", "output"), coords={"arm": ["a", "b", "c"], "output": ["u", "v"]}
    )
    contrasts = [Contrast("effect", {"a": 1.0, "b": -1.0}), Contrast("effect", {"a": 1.0, "b": -0.5, "c": -0.5})]
    certain = np.array([[False, False], [False, True]])
    bets = Bets.of(y, contrasts, (0, 1), certain)
    monkeypatch.setattr("seqdo.effects.statistics.contrast.CHUNK_BYTES", 1)
    np.testing.assert_array_equal(Bets.of(y, contrasts, [0.0, 1.0], certain).won, bets.won)
    single = Bets.on(values[0, :, 0, 1] - values[0, :, 1, 1], -1.0, 1.0)[-1]
    np.testing.assert_allclose(np.array(bets[1].ends(0.9)), single.ends(0.9))
    assert np.array(bets[3].ends(0.95)).tolist() == [0, 0]
    assert bool(np.isfinite(bets.p).all())
    nothing = xr.zeros_like(y)
    low, high = Bets.of(nothing, contrasts, (0, 1), certain)[3].ends(0.95)
    assert low == high == 0
    assert Bets.of(nothing, contrasts, (0, 1), certain).p.tolist() == [1, 1, 1, 1]


def test_an_interim_analysis_has_the_intervals_of_estimate_at_the_same_n(seed):
    model, design = sigmoid(), sd.positions("GATTACA", [10, 25, 40])
    outcomes = sd.run(design, model, sd.backgrounds.uniform(60), rng=seed, until=sd.half_width(0.08, bounds=(0, 1)))
    intervals, ready, same = look(outcomes.y, design.contrasts, outcomes.scales, (0, 1))
    table = sd.estimate(outcomes, margin=0.2).table
    np.testing.assert_allclose(np.array(intervals.bounds(0.95)), table[["low", "high"]].to_numpy().T)
    assert ready.all()
    assert not same.any()


def sigmoid(spread=0.4):
    weights = np.random.default_rng(0).normal(0, spread, (60, 4))
    return sd.wrap(
        lambda codes: 1 / (1 + np.exp(-weights[np.arange(60), codes].sum(1))),
        alphabet=sd.DNA, length=60, layout="codes",
    )  # fmt: skip


def test_intervals_adjusted_intervals_bands_and_p_values_are_of_the_same_bets():
    design = sd.positions("GATTACA", [10, 20, 30, 40])
    outcomes = sd.run(
        design, sigmoid(1.5), sd.backgrounds.uniform(60), rng=2, until=sd.half_width(0.06, bounds=(0, 1))
    )  # fmt: skip
    effects = sd.estimate(outcomes, margin=0.2, level=0.9, multiplicity="holm")
    table, y = effects.table, outcomes.y.values[0, :, :, 0].astype(np.float64)
    for row, place in zip(table.itertuples(), [10, 20, 30, 40], strict=True):
        values = y[:, list(design.arms).index(f"GATTACA@{place}")] - y[:, 0]
        bets = Bets.on(values, -1.0, 1.0)[-1]
        assert row.estimate == pytest.approx(values.mean())
        # The adjusted interval of 4 tests is at 95 %, as verdicts need at least that level.
        for ends, alpha in (((row.low, row.high), 0.1), ((row.low_adjusted, row.high_adjusted), 0.05 / 4)):
            np.testing.assert_allclose(ends, bets.ends(1 - alpha))
            np.testing.assert_allclose(ends, 2 * theorem_2(values / 2 + 0.5, alpha)[:, -1] - 1, atol=1e-9)
        assert row.p == pytest.approx(bets.p)
        assert (row.low_band, row.high_band) == pytest.approx(bets.ends(1 - 0.1 / 4))
        assert row.p >= paired(values).p
    # The stakes differ here, so that an estimate is not the middle of its interval.
    assert not np.allclose((table["low_band"] + table["high_band"]) / 2, table["estimate"], atol=1e-4)


def test_absent_needs_300_backgrounds_and_no_guard():
    """One background in 64 responds: too skewed for t at n = 400, but not for the bounded sequence."""
    model = sd.wrap(
        lambda codes: 0.5 + 0.1 * (codes[:, 20] == 2) * (codes[:, 40:43] == [0, 1, 2]).all(1),
        alphabet=sd.DNA, length=60, layout="codes",
    )  # fmt: skip
    rule, null = sd.half_width(1e-3, bounds=(0, 1)), sd.backgrounds.uniform(60)
    outcomes = {n: sd.run(sd.embed("G", at=20), model, null, n=n, rng=0, until=rule) for n in (299, 400)}
    few, many = (sd.estimate(outcomes[n], margin=0.2).table.iloc[0] for n in (299, 400))
    assert "rare response" in many["flag"]
    assert [few["verdict"], many["verdict"]] == ["inconclusive", "absent"]
    unbounded = replace(outcomes[400].provenance.stopping, bounds=None)
    asymptotic = sd.estimate(outcomes[400].recording(stopping=unbounded), margin=0.2).table.iloc[0]
    assert asymptotic["verdict"] == "inconclusive"


def test_predictions_beyond_their_bounds_are_refused_and_rounding_is_accepted():
    y = predictions(0.5, np.full(250, 1 + 1e-7))
    refuse_outside(y, (0, 1), 100)
    y.values[0, 170, 1, 0] = 1.25
    with pytest.raises(
        sd.RunError, match=r"output y is 1\.25, from model m0 for arm edited on background 170"
    ) as error:
        refuse_outside(y, (0, 1), 100)
    assert "bounds=(0, 1)" in str(error.value)
    refuse_outside(y, (0, 1), 79)  # backgrounds of earlier interim analyses are not checked again
    y.values[0, 249, 0, 0] = -0.1
    with pytest.raises(sd.RunError, match=r"is -0\.1, .* none on background 249"):
        refuse_outside(y, (0, 1), 50)


def test_members_are_averaged_for_an_interim_analysis():
    y = predictions(np.full((2, 120), 0.5), np.array([np.full(120, 0.4), np.full(120, 0.8)]), members=True)
    intervals, _, same = look(y, [EFFECT], {"y": Scale(1.0, "")}, None)
    assert intervals.estimate == pytest.approx(0.1)
    assert same.all()
    assert intervals.half_width(0.95) == pytest.approx(3 / 120)
    ends = Bets.of(y, [EFFECT], (0, 1), np.zeros((1, 1), bool)).ends(0.9)
    assert np.ravel(ends) == pytest.approx(np.array(Bets.on(np.full(120, 0.1), -1.0, 1.0)[-1].ends(0.9)))
