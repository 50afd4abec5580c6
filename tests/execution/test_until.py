"""Runs that stop when they have seen enough: the same whatever the blocks, and right about what they saw."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.anytime import stretch
from seqdo.execution.until import EVERY, Looks, Until, spans

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


def test_a_contrast_that_never_varies_never_stops_a_run():
    """One background in 4^7 answers: nothing is seen, so nothing is known."""
    model = sd.planted.additive({"GATTACA": 1.0}, 60)
    outcomes = sd.run(sd.embed("CCC", at=3), model, sd.backgrounds.uniform(60), n=300, rng=0, until=sd.half_width(0.5))
    assert not outcomes.provenance["until"]["met"]


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


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda: sd.half_width(0), "half_width=0"),
        (lambda: sd.half_width(True), "half_width=True"),
        (lambda: sd.decided(-1), "margin=-1"),
        (lambda: sd.decided("a"), "margin='a'"),
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
    with pytest.raises(sd.InputError, match="not adjusted"):
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
