"""Tests of whole curves of planted models, whose curves are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.curves.gaps import _step, change, distance, period, periodic
from seqdo.effects.curves.hypothesis import CurveContrasts
from seqdo.effects.curves.responses import additive, flat, responses
from seqdo.effects.statistics.curve import Curve

PAIR = ("TATCGATA", "GGGTGACT")
COLUMNS = (
    "output contrast factor curve test at estimate low high unit statistic value p p_adjusted margin verdict reading"
)


def table_of(model, design, n=400):
    effects = sd.estimate(sd.run(design, model, sd.backgrounds.uniform(model.length), n=n, rng=11), margin=0.1)
    table = effects.responses
    assert list(table.columns) == COLUMNS.split()
    return table.set_index(["test", "contrast"])


@pytest.fixture(scope="module")
def spaced():
    """A pair that interacts on one face of the helix, at gaps of 0 to 119 bp."""
    model = sd.planted.periodic(*PAIR, 180)
    return table_of(model, sd.spacing(*PAIR, gaps=range(120), at=20))


def curve_of(values, levels, factor="gap", contrast="interaction", margin=0.1):
    curve = Curve(contrast, factor, {}, np.asarray(levels, float), tuple(range(len(levels))))
    return CurveContrasts(
        curve, values.reshape(len(levels), -1, values.shape[-1]), margin, "unit", 1.0, values.shape[-1]
    )


def test_a_planted_wave_has_its_period_and_amplitude_estimated(spaced):
    wave, length = spaced.loc[("periodic", "interaction")], spaced.loc[("period", "interaction")]
    assert wave["verdict"] == "present"
    assert wave["low"] <= 0.5 <= wave["high"]  # (1 + cos)/2
    assert length["low"] <= 10.5 <= length["high"]
    assert length["unit"] == "bp"
    assert length["high"] - length["low"] < 0.5


def test_only_tests_that_apply_to_a_curve_are_made(spaced):
    assert set(spaced.index) == {
        ("flat", "effect"), ("flat", "interaction"), ("near or far", "interaction"), ("change point", "interaction"),
        ("periodic", "interaction"), ("period", "interaction"),
    }  # fmt: skip


def test_sites_that_exclude_each_other_are_steric_up_to_their_reach():
    model = sd.planted.steric(*PAIR, 100, reach=12)
    table = table_of(model, sd.spacing(*PAIR, gaps=range(0, 60), at=10))
    steric, change = table.loc[("near or far", "interaction")], table.loc[("change point", "interaction")]
    assert steric["verdict"] == "present"
    assert steric["estimate"] == pytest.approx(-1, abs=0.05)
    assert steric["p"] < 1e-6
    assert change["low"] <= 11.5 <= change["high"]
    assert table.loc[("flat", "interaction")]["verdict"] == "present"


def test_a_motif_with_the_same_effect_everywhere_is_flat_and_a_falling_effect_is_not():
    design = sd.positions("TATCGATA", range(10, 80, 5))
    table = table_of(sd.planted.additive({"TATCGATA": 1.0}, 100), design)
    # One background in a thousand has the motif by chance: most contrasts are constant.
    assert table.loc[("flat", "effect")]["verdict"] in ("absent", "negligible", "inconclusive")
    assert abs(table.loc[("flat", "effect")]["estimate"]) < 0.05
    falling = sd.wrap(_falling, alphabet=sd.DNA, length=100)
    flat = table_of(falling, design).loc[("flat", "effect")]
    assert flat["verdict"] == "present"
    assert flat["at"] in (10.0, 75.0)


def _falling(x):
    """The effect of the first three letters of the motif falls with their position."""
    at = x[:, 3, :-2] * x[:, 0, 1:-1] * x[:, 3, 2:]
    return at @ np.linspace(2, 0, at.shape[1]).astype(np.float32)


def test_copies_that_add_are_additive_and_copies_that_saturate_are_not():
    slots = range(10, 90, 20)
    design = sd.copies("TATCGATA", slots)
    sums = table_of(sd.planted.additive({"TATCGA": 1.0}, 110), design).loc[("additive", "second difference")]
    assert abs(sums["estimate"]) < 0.1
    saturated = table_of(sd.planted.saturating("TATCGA", 110, cap=2), design).loc[("additive", "second difference")]
    assert saturated["verdict"] == "present"
    assert saturated["at"] == 3.0
    assert saturated["estimate"] == pytest.approx(-1, abs=0.1)


def test_the_interval_of_an_amplitude_covers(seed):
    """Scheffé's interval covers 95 % or more: of 400 at least 365 with a chance of 0.999."""
    rng, levels, covered = np.random.default_rng(seed), np.arange(11.0, 81.0), 0
    for _ in range(400):
        values = rng.normal(size=(len(levels), 60)) + 0.3 * np.sin(2 * np.pi * levels / 10.5)[:, None]
        wave = periodic(curve_of(values, levels))
        covered += wave.low <= 0.3 <= wave.high
    assert covered >= 365


def test_a_wave_of_half_the_noise_is_present_with_its_period(seed):
    rng, levels = np.random.default_rng(seed), np.arange(11.0, 131.0)
    curve = curve_of(rng.normal(size=(len(levels), 400)) + 0.5 * np.cos(2 * np.pi * levels / 10.5)[:, None], levels)
    wave, length = periodic(curve), period(curve)
    assert wave.p < 1e-6
    assert wave.verdict == "present"
    assert length.low <= 10.5 <= length.high
    assert length.high - length.low < 0.5


def test_a_curve_of_few_periods_gets_a_caution_and_a_sparse_curve_has_no_test(seed):
    rng = np.random.default_rng(seed)
    short = periodic(curve_of(rng.normal(size=(50, 40)), np.arange(50.0)))
    assert "spans 3.6 periods" in short.reading
    assert periodic(curve_of(rng.normal(size=(20, 40)), np.arange(0, 100, 5.0))) is None
    assert periodic(curve_of(rng.normal(size=(20, 40)), np.arange(20.0))) is None


def test_a_step_is_where_least_squares_puts_it(seed):
    curves = np.random.default_rng(seed).normal(size=(30, 12))
    for curve, step in zip(curves, _step(curves), strict=True):
        costs = [curve[:i].var() * i + curve[i:].var() * (12 - i) for i in range(1, 12)]
        assert step == int(np.argmin(costs))


def test_p_of_no_wave_is_uniform_enough(seed):
    """Rejections at 5 % of 600: 14 to 49 with a chance of 0.999."""
    rng, levels = np.random.default_rng(seed), np.arange(11.0, 81.0)
    p = [periodic(curve_of(rng.normal(size=(len(levels), 50)), levels)).p for _ in range(600)]
    assert 14 <= np.sum(np.array(p) <= 0.05) <= 49


def test_one_background_has_no_tests_of_curves():
    model = sd.planted.additive({"TATCGATA": 1.0}, 100)
    outcomes = sd.run(sd.positions("TATCGATA", [10, 20, 30]), model, sd.backgrounds.uniform(100), n=1, rng=0)
    assert not len(responses(sd.estimate(outcomes, margin=0.1)))


def test_members_that_disagree_widen_the_interval(seed):
    """The amplitude differs between members: the interval covers the mean of the amplitudes' distribution."""
    rng, levels, covered = np.random.default_rng(seed), np.arange(11.0, 81.0), 0
    unit_wave = np.cos(2 * np.pi * levels / 10.5)[:, None, None]
    for _ in range(100):
        sizes = 0.5 + 0.2 * rng.normal(size=(1, 5, 1))
        values = rng.normal(size=(len(levels), 5, 60)) + sizes * unit_wave
        members, mean = periodic(curve_of(values, levels)), periodic(curve_of(values.mean(1), levels))
        covered += members.low <= 0.5 <= members.high
        assert members.high - members.low > mean.high - mean.low
    assert covered >= 88  # of 100 at 95 % or more: fewer with a chance of 0.001


@pytest.mark.parametrize("contrast", ["interaction", "second difference"])
def test_tests_of_several_members_reject_no_more_than_5_percent(seed, contrast):
    """Of 200, at most 21 with a chance of 0.999."""
    rng, rejected = np.random.default_rng(seed), 0
    for _ in range(200):
        values = rng.normal(size=(5, 4, 50)) + 0.3 * rng.normal(size=(5, 4, 1))
        test = flat if contrast == "interaction" else additive
        rejected += test(curve_of(values, np.arange(5.0), contrast=contrast)).p <= 0.05
    assert rejected <= 21


def test_a_curve_of_rounding_errors_has_no_change_point_and_no_period():
    """An additive model in a design of two sites: the interaction is 0, or 1e-7 in float32."""
    levels = np.arange(0.0, 90.0)
    rounding = 1e-7 * np.random.default_rng(0).normal(size=(len(levels), 1, 200))
    for values in (np.zeros(rounding.shape), np.ones(rounding.shape), rounding):
        curve = curve_of(values, levels)
        assert change(curve) is None
        assert period(curve) is None
        assert periodic(curve).verdict != "present"
    # The share rule: 200 identical backgrounds cannot exclude this amplitude.
    assert periodic(curve_of(np.zeros(rounding.shape), levels)).high > 3 / 200


def test_the_reading_is_of_the_contrast_that_decides_the_verdict(seed):
    rng = np.random.default_rng(seed)
    precise, large = 0.02 + 1e-4 * rng.normal(size=(1, 400)), 0.5 + 0.3 * rng.normal(size=(2, 400))
    test = additive(curve_of(np.concatenate([precise, large]), [2, 3, 4], "copies", "second difference"))
    assert test.verdict == "present"
    assert test.at in (3.0, 4.0)
    assert test.low > 0.1


def test_a_constant_contrast_has_no_p_unless_it_is_0(seed):
    varying = np.random.default_rng(seed).normal(size=(2, 100)) + 1
    zero = additive(curve_of(np.concatenate([np.zeros((1, 100)), varying]), [2, 3, 4], "copies", "second difference"))
    assert zero.p < 1e-6
    values = np.concatenate([np.full((1, 100), 0.3), varying])
    constant = additive(curve_of(values, [2, 3, 4], "copies", "second difference"))
    assert np.isnan(constant.p)
    slope = flat(curve_of(np.arange(5.0)[:, None] * np.ones(100), np.arange(5.0), "position", "effect"))
    assert np.isnan(slope.p)


def test_verdicts_divide_5_percent_over_all_tests(seed):
    """40 outputs have their true value at the margin: about 5 % of 60 runs call any of them present."""
    rng, wrong = np.random.default_rng(seed), 0
    for _ in range(60):
        values = 0.1 + rng.normal(size=(40, 3, 400))
        curves = [curve_of(output, [2, 3, 4], "copies", "second difference") for output in values]
        wrong += any(additive(replace(curve, tests=40)).verdict == "present" for curve in curves)
    assert wrong <= 10  # of 60 with 5 %: more with a chance of 0.001


def test_readings_state_estimate_interval_and_unit(seed):
    """A step of −2 at a gap of 14.5 and a wave of amplitude 0.3; the noise has mean 0 at every gap."""
    levels, noise = np.arange(80.0), np.random.default_rng(seed).normal(0, 0.01, (80, 400))
    curve = np.where(levels < 15, -2.0, 0.0) + 0.3 * np.cos(2 * np.pi * levels / 10.5)
    values = curve[:, None] + noise - noise.mean(1, keepdims=True)
    data = replace(curve_of(values, levels), positions="nt")
    near_or_far, step, wave, length = distance(data), change(data), periodic(data), period(data)
    difference = f"{curve[20:].mean() - curve[:11].mean():.3g}"
    gaps = "at gaps of 10 nt or less than at gaps of 20 nt or more (95 % CI of the difference "
    assert near_or_far.reading.startswith(f"The mean interaction is {difference} lower {gaps}−{difference[:3]}")
    mirrored = distance(replace(data, values=-data.values)).reading
    assert mirrored.startswith(f"The mean interaction is {difference} higher {gaps}{difference[:3]}")
    interval = "(14.5 to 14.5 in 95 % of resamplings)"
    assert step.reading == f"If the curve has two levels, it changes at a gap of 14.5 nt {interval}."
    numbers = f"{wave.estimate:.3g} (95 % CI {wave.low:.3g} to {wave.high:.3g})"
    assert wave.reading == (
        f"A wave with a period of 10.5 nt has an amplitude of {numbers}. The curve spans 6.5 periods; 10 are needed to "
        "distinguish 10.5 nt from similar periods."
    )
    assert length.reading.startswith(f"The strongest wave has a period of {length.estimate:.2f} nt (")
    assert (step.unit, length.unit, wave.unit) == ("nt", "nt", "unit")


@pytest.mark.parametrize(
    ("factor", "contrast", "start"),
    [
        ("gap", "interaction", "At a gap of 3 positions the interaction differs from the mean of the curve by +0.75 ("),
        (
            "position",
            "specific",
            "At position 3 the effect beyond the controls differs from the mean of the curve by +0.75 (",
        ),
        ("dose", "second difference", "At dose 3 the last step differs from the step before by +1 ("),
        (
            "copies",
            "second difference",
            "The effect of adding copy 3 differs from the effect of adding the copy before by +1 (",
        ),
    ],
)
def test_a_joint_reading_names_the_point_that_deviates(factor, contrast, start):
    """One of four points is 1 and the others are 0: its distance from the mean of the curve is 3/4."""
    noise = 1e-3 * np.tile([[1.0, -1.0]], 200) * np.array([[1.0], [-1.0], [1.0], [-1.0]])
    values = np.array([0.0, 0.0, 1.0, 0.0])[:, None] + noise
    test = (additive if contrast == "second difference" else flat)(curve_of(values, [1, 2, 3, 4], factor, contrast))
    assert test.at == 3
    assert test.reading.startswith(start)
    assert test.reading.endswith(", simultaneous over 4 points).")


def test_positions_are_counted_in_the_unit_of_the_alphabet():
    for alphabet, pair, unit in ((sd.DNA, PAIR, "bp"), (sd.RNA, tuple(p.replace("T", "U") for p in PAIR), "nt")):
        model = sd.planted.steric(*pair, 60, reach=12, alphabet=alphabet)
        table = table_of(model, sd.spacing(*pair, gaps=range(30), at=5), n=50)
        assert f"at gaps of 10 {unit} or less" in table.loc[("near or far", "interaction")]["reading"]
