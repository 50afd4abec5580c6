"""Runs that stop when they have seen enough: the same whatever the blocks, and right about what they saw."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import seqdo as sd
from seqdo.effects.anytime.bounded import Bets
from seqdo.effects.anytime.confidence_sequence import stretch
from seqdo.execution.stopping import EVERY, Looks, Until, spans
from seqdo.outcomes.extras import Scale

DESIGN = sd.positions("GATTACA", [10, 40])


@pytest.fixture(scope="module")
def model():
    """A motif, and a trinucleotide that edits make and break: contrasts that vary."""
    return sd.planted.additive({"GATTACA": 1.0, "TTG": 0.5, "CA": -0.3}, 60)


def run(model, until, **more):
    return sd.run(DESIGN, model, sd.backgrounds.uniform(60), rng=5, until=until, **more)


def test_it_stops_at_the_first_look_at_which_every_interval_is_narrow(model):
    outcomes = run(model, sd.half_width(0.05))
    told, n = outcomes.provenance["until"], outcomes.y.sizes["background"]
    assert told["met"]
    assert [look[0] for look in told["looks"]] == list(range(EVERY, n + 1, EVERY))
    assert len(outcomes.backgrounds) == outcomes.provenance["n"] == n
    assert told["saved"] == (10_000 - n) * 3
    whole = sd.run(DESIGN, model, sd.backgrounds.uniform(60), n=n, rng=5)
    np.testing.assert_array_equal(outcomes.y.values, whole.y.values)
    contrasts = whole.y.values[0, :, 1:, 0] - whole.y.values[0, :, :1, 0]
    for seen, widest in told["looks"]:
        half = stretch(seen, 0.95) * contrasts[:seen].std(0, ddof=1).max() / np.sqrt(seen)
        assert widest == pytest.approx(half)
        assert (widest <= 0.05) == (seen == n)


@pytest.mark.parametrize("block", [7, 100, 1024])
def test_blocks_change_no_look(model, block):
    one, other = run(model, sd.half_width(0.05)), run(model, sd.half_width(0.05), block=block)
    np.testing.assert_array_equal(one.y.values, other.y.values)
    assert one.provenance["until"] == other.provenance["until"]


def test_a_rule_that_is_not_met_ends_at_n_and_says_so(model):
    outcomes = run(model, sd.half_width(1e-4), n=250)
    told = outcomes.provenance["until"]
    assert not told["met"]
    assert [look[0] for look in told["looks"]] == [100, 200, 250]
    assert told["saved"] == 0
    assert any("The rule was not met" in note for note in sd.estimate(outcomes).notes)


def test_decided_stops_when_each_interval_is_on_one_side_of_the_margin(model):
    outcomes = run(model, sd.decided(0.1))
    assert outcomes.provenance["until"]["met"]
    table = sd.estimate(outcomes, margin=0.1).table
    assert ((table["low"] > 0.1) | (table["high"] < -0.1) | ((table["low"] > -0.1) & (table["high"] < 0.1))).all()


def same(*values, n):
    """Answers of an arm without edits, 0, and of others, which are so much on all backgrounds."""
    y = np.zeros((1, n, 1 + len(values), 1))
    y[0, :, 1:, 0] = values
    design = sd.positions("GATTACA", range(0, 10 * len(values), 10)) if len(values) > 1 else sd.embed("GATTACA", at=0)
    coords = {"model": ["m"], "arm": list(design.arms), "output": ["y"]}
    return xr.DataArray(y, dims=("model", "background", "arm", "output"), coords=coords), design


def first(rule, *values, sd_of_output):
    """The first look at which a run would stop, of 40."""
    y, design = same(*values, n=4000)
    scales = {"y": Scale(sd_of_output, "planted")}
    return next(
        (n for n in range(EVERY, 4001, EVERY) if rule.decides(y.isel(background=slice(n)), design, scales)[0]), None
    )


@pytest.mark.parametrize(
    ("rule", "values", "spread", "expected"),
    [
        # 3/n × the larger of size and SD: 6/n <= .05 from n = 120 on, 15/n <= .06 from 250 on, 1.5/n at once
        (sd.half_width(0.05), [0.5], 2.0, 200),
        (sd.half_width(0.06), [-5.0], 2.0, 300),
        (sd.half_width(0.05), [0.5], 0.1, 100),
        (sd.half_width(0.05), [0.0, 0.5, -8.0], 2.0, 500),  # 24/n <= .05 from n = 480 on
        (sd.half_width(1e-3), [0.5], 2.0, None),
        # .5 − 6/n > .1 from n = 16 on; .125 − 6/n > .1 from 241 on
        (sd.decided(0.1), [0.5], 2.0, 100),
        (sd.decided(0.1), [-0.125], 2.0, 300),
        # 6/n < .009 from n = 667 on, .0051 + 6/n < .009 from 1539 on; .1 at once: not at 300, as it is never absent
        (sd.decided(0.009), [0.0], 2.0, 700),
        (sd.decided(0.009), [-0.0051], 2.0, 1600),
        (sd.decided(0.1), [0.0], 2.0, 100),
        # two tests, each at 97.5 %: log(.025)/log(.05) = 1.2314 times as wide, 7.39/n < .01 from n = 739 on
        (sd.decided(0.01), [0.0, 0.0], 2.0, 800),
    ],
)
def test_what_never_varies_stops_a_run_by_the_share_rule(rule, values, spread, expected):
    assert first(rule, *values, sd_of_output=spread) == expected


def test_without_a_scale_the_range_of_answers_is_one_and_without_that_nothing_is_known():
    # 3/n × 4, the range of 0 to −4 (and not × the effect of 1): <= .05 from n = 240 on
    assert first(sd.half_width(0.05, "effect"), 1.0, -3.0, sd_of_output=0.0) == 300
    assert first(sd.half_width(0.05), 0.0, sd_of_output=0.0) is None


def test_a_run_ends_for_an_interaction_that_is_0_on_all_backgrounds_and_estimate_agrees():
    """Sites that add up: the interaction is 0 without a third match, and its interval is the share rule's."""
    model = sd.planted.additive({"GATTACA": 1.0, "TTG": 0.4}, 60)
    design = sd.interaction(["GATTACA", "CCTGCC"], at=[5, 40])
    outcomes = sd.run(
        design, model, sd.backgrounds.uniform(60), rng=3, until=sd.half_width(0.01, "interaction")
    )  # fmt: skip
    n, spread = outcomes.y.sizes["background"], outcomes.scales["y"].sd
    assert outcomes.provenance["until"]["met"]
    assert n == int(np.ceil(3 * spread / 0.01 / EVERY)) * EVERY > EVERY
    assert outcomes.provenance["until"]["looks"][-1][1] == pytest.approx(3 * spread / n)
    row = sd.estimate(outcomes, margin=0.1).table.set_index("contrast").loc["interaction"]
    assert (row["estimate"], row["high"]) == (0, pytest.approx(3 * spread / n))
    # Identical, so never called absent: what the run waited for was a narrow interval.
    assert (row["verdict"], row["flag"].startswith("constant")) == ("inconclusive", True)


def test_it_goes_on_for_what_begins_to_vary():
    """Constant for 150 backgrounds, then one in ten answers: skew delays the look that would end the run."""
    y, design = same(0.0, n=400)
    y.values[0, 150::10, 1, 0] = 1.0
    rule, scales = sd.half_width(0.5), {"y": Scale(10.0, "planted")}
    assert rule.decides(y[:, :100], design, scales) == (True, pytest.approx(0.3))
    assert not rule.decides(y[:, :160], design, scales)[0]  # one of 160: skew 12.5, and 25 × 12.5² are needed
    assert rule.decides(y[:, :400], design, scales)[0]


def test_only_the_contrast_that_is_named_decides(model):
    design = sd.interaction(["GATTACA", "CATTAC"], at=[5, 40])
    rule = sd.half_width(0.08, "CATTAC")
    few = sd.run(design, model, sd.backgrounds.uniform(60), rng=1, until=rule).y.sizes["background"]
    many = sd.run(design, model, sd.backgrounds.uniform(60), rng=1, until=sd.half_width(0.08)).y.sizes["background"]
    assert few <= many


def test_estimates_hold_at_every_look_and_are_saved_and_loaded(model, tmp_path):
    outcomes = run(model, sd.half_width(0.05))
    outcomes.save(tmp_path / "o.nc")
    effects = sd.estimate(sd.Outcomes.load(tmp_path / "o.nc"), margin=0.1)
    n, table = outcomes.y.sizes["background"], effects.table
    np.testing.assert_allclose((table["high"] - table["low"]) / 2, stretch(n, 0.95) * table["se"])
    assert (table["high"] - table["low"] <= 0.1 + 1e-9).all()
    assert not len(effects.responses)
    assert (table["high_adjusted"] >= table["high"]).all()
    plain = sd.estimate(sd.run(DESIGN, model, sd.backgrounds.uniform(60), n=n, rng=5), margin=0.1).table
    assert (table["p"] >= plain["p"]).all()


NO_BOUNDS = [(1, 0), (0, 0), (0, "1"), (0,), (0, 0.5, 1), (False, True), (0, float("nan")), (0, np.inf), 1, "01", ()]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda: sd.half_width(0), "half_width=0"),
        (lambda: sd.half_width(True), "half_width=True"),
        (lambda: sd.decided(-1), "margin=-1"),
        (lambda: sd.decided("a"), "margin='a'"),
        *((lambda bounds=bounds: sd.half_width(0.1, bounds=bounds), r"bounds=.*\(0, 1\)") for bounds in NO_BOUNDS),
        (lambda: sd.decided(0.1, bounds=(1, 0)), r"bounds=\(1, 0\).*the smaller first"),
    ],
)
def test_rules_that_are_none_are_refused(given, told):
    with pytest.raises(sd.InputError, match=told):
        given()


def test_what_cant_be_looked_at_is_refused_before_anything_is_predicted(model):
    with pytest.raises(sd.InputError, match=r"sd\.half_width\(0\.05\)"):
        run(model, 0.05)
    with pytest.raises(sd.InputError, match="its contrasts are effect"):
        run(model, sd.half_width(0.05, "interaction"))
    with pytest.raises(sd.InputError, match="balanced in sets"):
        sd.run(DESIGN, model, sd.backgrounds.uniform(60, balance="columns"), rng=0, until=sd.half_width(0.1))
    with pytest.raises(sd.InputError, match="contrasts without adjustment"):
        sd.estimate(run(model, sd.half_width(0.1), extra=200), adjust="prediction")


def test_spans_end_at_every_look():
    assert list(spans(250, 70, None)) == [(0, 70), (70, 140), (140, 210), (210, 250)]
    looks = Looks(Until(half_width=1.0), 250)
    assert list(spans(250, 70, looks)) == [(0, 70), (70, 100), (100, 170), (170, 200), (200, 250)]


def test_decided_goes_on_until_absent_can_be_said():
    """The mean effect is 0, and 100 backgrounds show an interval within the margin; absent needs 300."""
    weights = np.array([0.5, -0.5, 0.0, 0.0])  # G is worth what a letter is on average
    model = sd.wrap(lambda codes: weights[codes[:, 20]], alphabet=sd.DNA, length=60, layout="codes")
    outcomes = sd.run(sd.embed("G", at=20), model, sd.backgrounds.uniform(60), rng=5, until=sd.decided(0.3))
    assert outcomes.y.sizes["background"] == 300
    assert sd.estimate(outcomes, margin=0.3).table["verdict"].iloc[0] == "absent"


def test_what_an_ensemble_waits_for_is_said():
    def member(weight):
        return lambda codes: weight * (codes[:, 10] == 2) + 0.1 * (codes[:, 11] == 3)

    model = sd.wrap([member(weight) for weight in (0.5, 1.0, 1.5)], alphabet=sd.DNA, length=60, layout="codes")
    outcomes = sd.run(sd.embed("GA", at=10), model, sd.backgrounds.uniform(60), rng=0, until=sd.half_width(0.05))
    assert any("of the 3 members' mean" in note for note in sd.estimate(outcomes, margin=0.1).notes)


@pytest.fixture(scope="module")
def probability():
    weights = np.random.default_rng(1).normal(0, 0.5, (60, 4))
    return sd.wrap(
        lambda codes: 1 / (1 + np.exp(-weights[np.arange(60), codes].sum(1))),
        alphabet=sd.DNA, length=60, layout="codes",
    )  # fmt: skip


@pytest.mark.parametrize("rule", [sd.half_width, sd.decided])
def test_bounded_outputs_are_looked_at_by_the_sequence_of_bets(probability, rule):
    outcomes = run(probability, rule(0.12, "effect", bounds=(0, 1)))
    told, n = outcomes.provenance["until"], outcomes.y.sizes["background"]
    assert (told["met"], told["bounds"]) == (True, [0.0, 1.0])
    assert told["call"] == f"sd.{rule.__name__}(0.12, 'effect', bounds=(0.0, 1.0))"
    whole = sd.run(DESIGN, probability, sd.backgrounds.uniform(60), n=n, rng=5).y.values[0, :, :, 0].astype(float)
    effects, level = (whole[:, 1:] - whole[:, :1]).T, 0.95 if rule is sd.half_width else 0.975
    low, high = (end[:, EVERY - 1 :: EVERY] for end in Bets.on(effects, -1.0, 1.0).ends(level))
    assert [look[1] for look in told["looks"]] == pytest.approx(((high - low) / 2).max(0))
    if rule is sd.half_width:
        met = ((high - low) / 2 <= 0.12).all(0)
    else:
        inside, zero = (low > -0.12) & (high < 0.12), (low < 0) & (high > 0)
        met = ((low > 0.12) | (high < -0.12) | (inside & (~zero | (np.arange(EVERY, n + 1, EVERY) >= 300)))).all(0)
    assert met.tolist() == [False] * (len(met) - 1) + [True]
    assert n > EVERY
    note = next(note for note in sd.estimate(outcomes, margin=0.1).notes if "empirical-Bernstein" in note)
    assert "for any distribution of outputs from 0 to 1" in note


def test_a_bounded_contrast_that_never_varies_needs_no_rule_of_its_own():
    """It stops by the bets, wherever its interval, which holds what was not seen, is narrow."""
    model = sd.planted.additive({"GATTACA": 1.0}, 60)
    rule, design = sd.half_width(0.1, bounds=(0, 5)), sd.embed("CCC", at=3)
    outcomes = sd.run(design, model, sd.backgrounds.uniform(60), rng=0, until=rule)
    n, table = outcomes.y.sizes["background"], sd.estimate(outcomes, margin=0.2).table
    low, high = Bets.on(np.zeros(n), -5.0, 5.0).ends(0.95)
    narrow = np.flatnonzero((high - low) / 2 <= 0.1)[0] + 1
    assert n == -(-narrow // EVERY) * EVERY > 300
    assert table[["low", "high", "p", "verdict"]].iloc[0].tolist() == [low[-1], high[-1], 1.0, "absent"]
    outcomes = sd.run(design, model, sd.backgrounds.uniform(60), rng=0, until=sd.decided(2, bounds=(0, 5)))
    assert outcomes.provenance["until"]["looks"][0][1] < 1  # narrow at once, but absent needs 300
    assert outcomes.y.sizes["background"] == 300
    assert sd.estimate(outcomes, margin=2).table["verdict"].iloc[0] == "absent"


def test_answers_beyond_their_bounds_end_a_run_before_it_looks():
    model = sd.planted.additive({"GATTACA": 2.0, "TTG": 0.1}, 60)
    for n in (50, None):
        with pytest.raises(sd.RunError, match=r"output y is 2(\.\d+)?, from model additive for arm GATTACA@10 .* 0:"):
            run(model, sd.half_width(0.1, bounds=(0, 1.9)), n=n)


def test_bounded_runs_are_saved_and_loaded(probability, tmp_path):
    outcomes = run(probability, sd.half_width(0.12, bounds=(0, 1)))
    outcomes.save(tmp_path / "o.nc")
    one, other = (sd.estimate(each, margin=0.1).table for each in (outcomes, sd.Outcomes.load(tmp_path / "o.nc")))
    np.testing.assert_array_equal(one[["low", "high", "p"]].to_numpy(), other[["low", "high", "p"]].to_numpy())
    assert ((one["high"] - one["low"]) / 2 <= 0.12).all()
