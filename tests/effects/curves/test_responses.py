"""What whole curves say of planted models, whose curves are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.curves.gaps import _step, change, period, periodic
from seqdo.effects.curves.hypothesis import Asked
from seqdo.effects.curves.responses import additive, flat, responses
from seqdo.effects.statistics.curve import Curve

PAIR = ("TATCGATA", "GGGTGACT")
COLUMNS = (
    "output contrast factor curve test at estimate low high unit statistic value p p_adjusted margin verdict reading"
)


def asked(model, design, n=400):
    effects = sd.estimate(sd.run(design, model, sd.backgrounds.uniform(model.length), n=n, rng=11), margin=0.1)
    table = effects.responses
    assert list(table.columns) == COLUMNS.split()
    return table.set_index(["test", "contrast"])


@pytest.fixture(scope="module")
def spaced():
    """A pair that likes one side of the helix, at gaps 0 to 119."""
    model = sd.planted.periodic(*PAIR, 180)
    return asked(model, sd.spacing(*PAIR, gaps=range(120), at=20))


def asked_of(values, levels, factor="gap", contrast="interaction", margin=0.1):
    curve = Curve(contrast, factor, {}, np.asarray(levels, float), tuple(range(len(levels))))
    return Asked(curve, values.reshape(len(levels), -1, values.shape[-1]), margin, "unit", 1.0, values.shape[-1])


def test_a_planted_wave_is_found_with_its_period_and_amplitude(spaced):
    wave, length = spaced.loc[("periodic", "interaction")], spaced.loc[("period", "interaction")]
    assert wave["verdict"] == "present"
    assert wave["low"] <= 0.5 <= wave["high"]  # (1 + cos)/2
    assert length["low"] <= 10.5 <= length["high"]
    assert length["unit"] == "letters"
    assert length["high"] - length["low"] < 0.5


def test_its_single_motifs_and_effects_are_asked_no_more_than_fits(spaced):
    assert set(spaced.index) == {
        ("flat", "effect"), ("flat", "interaction"), ("near or far", "interaction"), ("change point", "interaction"),
        ("periodic", "interaction"), ("period", "interaction"),
    }  # fmt: skip


def test_two_that_exclude_each_other_when_close_are_steric_up_to_their_reach():
    model = sd.planted.steric(*PAIR, 100, reach=12)
    table = asked(model, sd.spacing(*PAIR, gaps=range(0, 60), at=10))
    steric, change = table.loc[("near or far", "interaction")], table.loc[("change point", "interaction")]
    assert steric["verdict"] == "present"
    assert steric["estimate"] == pytest.approx(-1, abs=0.05)
    assert steric["p"] < 1e-6
    assert change["low"] <= 11.5 <= change["high"]
    assert table.loc[("flat", "interaction")]["verdict"] == "present"


def test_a_motif_that_works_everywhere_alike_is_flat_and_one_that_does_not_is_not():
    design = sd.positions("TATCGATA", range(10, 80, 5))
    table = asked(sd.planted.additive({"TATCGATA": 1.0}, 100), design)
    # Backgrounds that hold the motif by chance are one in a thousand: most rows are constant.
    assert table.loc[("flat", "effect")]["verdict"] in ("absent", "negligible", "inconclusive")
    assert abs(table.loc[("flat", "effect")]["estimate"]) < 0.05
    falling = sd.wrap(_falling, alphabet=sd.DNA, length=100)
    flat = asked(falling, design).loc[("flat", "effect")]
    assert flat["verdict"] == "present"
    assert flat["at"] in (10.0, 75.0)


def _falling(x):
    """The motif's first letters count the more the further left they stand."""
    at = x[:, 3, :-2] * x[:, 0, 1:-1] * x[:, 3, 2:]
    return at @ np.linspace(2, 0, at.shape[1]).astype(np.float32)


def test_copies_that_add_are_additive_and_copies_that_saturate_are_not():
    slots = range(10, 90, 20)
    design = sd.copies("TATCGATA", slots)
    adds = asked(sd.planted.additive({"TATCGA": 1.0}, 110), design).loc[("additive", "second difference")]
    assert abs(adds["estimate"]) < 0.1
    full = asked(sd.planted.saturating("TATCGA", 110, cap=2), design).loc[("additive", "second difference")]
    assert full["verdict"] == "present"
    assert full["at"] == 3.0
    assert full["estimate"] == pytest.approx(-1, abs=0.1)


def test_the_interval_of_an_amplitude_covers(seed):
    """Scheffé's interval covers 95 % or more: of 400 at least 365 with a chance of 0.999."""
    rng, levels, held = np.random.default_rng(seed), np.arange(11.0, 81.0), 0
    for _ in range(400):
        values = rng.normal(size=(len(levels), 60)) + 0.3 * np.sin(2 * np.pi * levels / 10.5)[:, None]
        found = periodic(asked_of(values, levels))
        held += found.low <= 0.3 <= found.high
    assert held >= 365


def test_a_wave_of_half_the_noise_is_present_with_its_period(seed):
    rng, levels = np.random.default_rng(seed), np.arange(11.0, 131.0)
    ask = asked_of(rng.normal(size=(len(levels), 400)) + 0.5 * np.cos(2 * np.pi * levels / 10.5)[:, None], levels)
    wave, length = periodic(ask), period(ask)
    assert wave.p < 1e-6
    assert wave.verdict == "present"
    assert length.low <= 10.5 <= length.high
    assert length.high - length.low < 0.5


def test_a_curve_of_few_turns_says_so_and_a_sparse_one_is_not_asked(seed):
    rng = np.random.default_rng(seed)
    short = periodic(asked_of(rng.normal(size=(50, 40)), np.arange(50.0)))
    assert "3.6 turns" in short.reading
    assert periodic(asked_of(rng.normal(size=(20, 40)), np.arange(0, 100, 5.0))) is None
    assert periodic(asked_of(rng.normal(size=(20, 40)), np.arange(20.0))) is None


def test_a_step_is_where_least_squares_puts_it(seed):
    curves = np.random.default_rng(seed).normal(size=(30, 12))
    for curve, found in zip(curves, _step(curves), strict=True):
        costs = [curve[:i].var() * i + curve[i:].var() * (12 - i) for i in range(1, 12)]
        assert found == int(np.argmin(costs))


def test_p_of_no_wave_is_uniform_enough(seed):
    """Rejections at 5 % of 600: 14 to 49 with a chance of 0.999."""
    rng, levels = np.random.default_rng(seed), np.arange(11.0, 81.0)
    p = [periodic(asked_of(rng.normal(size=(len(levels), 50)), levels)).p for _ in range(600)]
    assert 14 <= np.sum(np.array(p) <= 0.05) <= 49


def test_one_background_asks_nothing():
    model = sd.planted.additive({"TATCGATA": 1.0}, 100)
    outcomes = sd.run(sd.positions("TATCGATA", [10, 20, 30]), model, sd.backgrounds.uniform(100), n=1, rng=0)
    assert not len(responses(sd.estimate(outcomes, margin=0.1)))


def test_several_members_that_disagree_are_less_sure_than_their_mean(seed):
    """A wave whose size differs between members: its interval covers the mean of what they are draws of."""
    rng, levels, held = np.random.default_rng(seed), np.arange(11.0, 81.0), 0
    wave = np.cos(2 * np.pi * levels / 10.5)[:, None, None]
    for _ in range(100):
        sizes = 0.5 + 0.2 * rng.normal(size=(1, 5, 1))
        values = rng.normal(size=(len(levels), 5, 60)) + sizes * wave
        found, mean = periodic(asked_of(values, levels)), periodic(asked_of(values.mean(1), levels))
        held += found.low <= 0.5 <= found.high
        assert found.high - found.low > mean.high - mean.low
    assert held >= 88  # of 100 at 95 % or more: fewer with a chance of 0.001


@pytest.mark.parametrize("contrast", ["interaction", "second difference"])
def test_tests_of_several_members_reject_no_more_than_5_percent(seed, contrast):
    """Of 200, at most 21 with a chance of 0.999."""
    rng, rejected = np.random.default_rng(seed), 0
    for _ in range(200):
        values = rng.normal(size=(5, 4, 50)) + 0.3 * rng.normal(size=(5, 4, 1))
        test = flat if contrast == "interaction" else additive
        rejected += test(asked_of(values, np.arange(5.0), contrast=contrast)).p <= 0.05
    assert rejected <= 21


def test_of_a_curve_that_is_rounding_nothing_is_placed():
    """An additive model in a design of two sites: the interaction is 0, or 1e-7 in float32."""
    levels = np.arange(0.0, 90.0)
    rounding = 1e-7 * np.random.default_rng(0).normal(size=(len(levels), 1, 200))
    for values in (np.zeros(rounding.shape), np.ones(rounding.shape), rounding):
        ask = asked_of(values, levels)
        assert change(ask) is None
        assert period(ask) is None
        assert periodic(ask).verdict != "present"
    # What 200 backgrounds that are all the same can't exclude, by the share rule, in two coefficients.
    assert periodic(asked_of(np.zeros(rounding.shape), levels)).high > 3 / 200


def test_the_point_that_is_told_is_the_one_that_decides(seed):
    rng = np.random.default_rng(seed)
    sure, large = 0.02 + 1e-4 * rng.normal(size=(1, 400)), 0.5 + 0.3 * rng.normal(size=(2, 400))
    told = additive(asked_of(np.concatenate([sure, large]), [2, 3, 4], "copies", "second difference"))
    assert told.verdict == "present"
    assert told.at in (3.0, 4.0)
    assert told.low > 0.1


def test_a_constant_contrast_has_no_p_unless_it_is_0(seed):
    some = np.random.default_rng(seed).normal(size=(2, 100)) + 1
    zero = additive(asked_of(np.concatenate([np.zeros((1, 100)), some]), [2, 3, 4], "copies", "second difference"))
    assert zero.p < 1e-6
    one = additive(asked_of(np.concatenate([np.full((1, 100), 0.3), some]), [2, 3, 4], "copies", "second difference"))
    assert np.isnan(one.p)
    slope = flat(asked_of(np.arange(5.0)[:, None] * np.ones(100), np.arange(5.0), "position", "effect"))
    assert np.isnan(slope.p)


def test_verdicts_share_out_5_percent_over_all_that_is_asked(seed):
    """Of 40 outputs with the truth at the margin, each in 60 runs, few runs have any called present: 5 % and chance."""
    rng, wrong = np.random.default_rng(seed), 0
    for _ in range(60):
        values = 0.1 + rng.normal(size=(40, 3, 400))
        told = [additive(replace(asked_of(one, [2, 3, 4], "copies", "second difference"), tests=40)) for one in values]
        wrong += any(one.verdict == "present" for one in told)
    assert wrong <= 10  # of 60 with 5 %: more with a chance of 0.001
