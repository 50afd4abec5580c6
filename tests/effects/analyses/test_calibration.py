"""p of a pattern beside what its controls do, on models of which both are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest, kstwo

import seqdo as sd
from seqdo.designs.design import Contrast
from seqdo.effects.analyses.calibration import against_mean, calibration_of, called, distance_from_uniform
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.interval import paired

LENGTH, AT = 40, 12


def clusters(n):
    return Clusters(1, n, "", n)


def wrapped(answer):
    return sd.wrap(answer, alphabet=sd.DNA, length=LENGTH, layout="codes")


def asked(answer, pattern="GATTACA", n=300, scrambles=40, **more):
    design = sd.controls(pattern, at=AT, scrambles=scrambles, kmers=0)
    return sd.estimate(sd.run(design, wrapped(answer), sd.backgrounds.uniform(LENGTH), n=n, rng=5, **more), margin=0.1)


def any_word(codes):
    """Each word does something of its own: the letters at the site are worth what a hash of them says."""
    site = codes[:, AT : AT + 7].astype(np.int64) @ 5 ** np.arange(7)
    return np.sin(site) + 0.3 * (codes[:, :12] == 2).mean(1) * np.cos(site)


def the_motif(codes):
    """Only GATTACA does anything."""
    return (codes[:, AT : AT + 7] == sd.DNA.encode("GATTACA")).all(1).astype(float)


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ({"a": 1.0, "b": -0.5, "c": -0.5}, ("a", ("b", "c"))),
        ({"a": 1.0, "b": -1.0}, ("a", ("b",))),
        ({"a": 1.0, "b": -0.25, "c": -0.75}, ("", ())),  # not their mean
        ({"a": 2 / 3, "b": -1 / 3, "c": -1 / 3}, ("", ())),  # the mean of all, itself among them
        ({"a": 1.0, "b": 1.0, "c": -1.0, "d": -1.0}, ("", ())),
    ],
)
def test_a_contrast_with_the_mean_of_others_is_known_by_its_weights(weights, found):
    assert against_mean(Contrast("specific", weights)) == found


def test_the_rank_counts_all_words_as_far_from_their_mean():
    """Effects 0, 1, ... 19 of controls, and of the pattern: those as far from the mean of all 21, by hand."""
    others, n = np.arange(20.0), 30
    for pattern in (30.0, 15.2, 10.0, -4.0):
        beyond = np.repeat(np.concatenate([[pattern], others])[:, None], n, axis=1) - others.mean()
        middle = (pattern + others.sum()) / 21
        far = sum(abs(value - middle) >= abs(pattern - middle) - 1e-12 for value in [pattern, *others])
        assert calibration_of(0, beyond, clusters(n), 0.0).p_calibrated == pytest.approx(far / 21)


def test_each_control_is_tested_against_the_others(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(31, 50)) + np.arange(31)[:, None] / 100
    found = calibration_of(0, y - y[1:].mean(0), clusters(50), 0.0)
    for i in (1, 17, 30):
        rest = np.delete(y[1:], i - 1, axis=0).mean(0)
        assert found.p[i - 1] == pytest.approx(float(paired(y[i] - rest).p))
        assert found.others[i - 1] == pytest.approx(float((y[i] - rest).mean()))


def test_the_distance_is_kolmogorovs_and_so_is_its_p_where_controls_are_independent(seed):
    """m = 200 independent p: the signs give Kolmogorov's own law. 0.04 is four SE of 1,999 draws at p = 0.5."""
    rng = np.random.default_rng(seed)
    for _ in range(3):
        values = rng.normal(size=(200, 400))
        p = paired(values).p
        distance, allowed, chance = distance_from_uniform(values, p)
        assert distance == pytest.approx(kstest(p, "uniform").statistic)
        assert chance == pytest.approx(kstwo.sf(distance, 200), abs=0.045)
        # the 99.9 % quantile of 1,999 draws is the second largest or so: it scatters by some 5 %
        assert allowed == pytest.approx(kstwo.isf(0.001, 200), rel=0.2)


def test_what_controls_share_is_no_alarm(seed):
    """A gain of the background multiplies all words: Kolmogorov's table would alarm in two of three runs.

    At 5 % five or more alarms of 20 come once in 400 seeds.
    """
    rng, ours, table = np.random.default_rng(seed), 0, 0
    for _ in range(20):
        values = rng.normal(size=(60, 1)) * rng.normal(size=300) + 0.01 * rng.normal(size=(60, 300))
        p = paired(values).p
        distance, _, chance = distance_from_uniform(values, p)
        ours += chance <= 0.05
        table += kstwo.sf(distance, 60) <= 0.05
    assert ours < 5 < table


def test_a_motif_among_words_that_do_nothing():
    (row,) = asked(the_motif).calibration.to_dict("records")
    assert row["controls"] == 40
    assert row["p_calibrated"] == pytest.approx(1 / 41)
    assert row["called"] == 0
    assert np.isnan(row["ks"])
    assert row["calibrated"]
    assert "the controls all have the same effect" in row["reading"]


def test_a_word_among_words_is_shown_grey():
    effects = asked(any_word, pattern="ACCTGAA")
    (row,) = effects.calibration.to_dict("records")
    table = effects.table.set_index("contrast")
    assert row["ks_p"] <= 0.001
    assert row["called"] > 0.5
    assert row["p_calibrated"] > 0.05
    assert not row["calibrated"]
    present = effects.table[(effects.table["verdict"] == "present") & (effects.table["contrast"] != "identity")]
    assert effects.doubted == set(present.index)
    assert table.loc["specific", "verdict"] == "present"


def test_too_few_controls_say_nothing():
    assert asked(the_motif, scrambles=19).calibration.empty
    assert list(asked(the_motif, scrambles=19).calibration) == list(asked(the_motif).calibration)


def test_a_run_that_could_stop_has_no_p_to_calibrate():
    assert asked(any_word, n=200, until=sd.half_width(10.0)).calibration.empty


def test_factors_and_outputs_keep_their_rows():
    def answer(codes):
        return np.stack([the_motif(codes), any_word(codes)], 1)

    model = sd.wrap(answer, alphabet=sd.DNA, length=LENGTH, layout="codes", outputs=["motif", "any"])
    design = sd.positions("GATTACA", at=[AT, 25], scrambles=20)
    effects = sd.estimate(sd.run(design, model, sd.backgrounds.uniform(LENGTH), n=300, rng=0), margin=0.1)
    table = effects.calibration
    assert table[["output", "position"]].to_numpy().tolist() == [["motif", 12], ["any", 12], ["motif", 25], ["any", 25]]
    filtered = replace(effects, table=effects.table.query("output == 'any'"))
    assert filtered.calibration.equals(table[table["output"] == "any"].reset_index(drop=True))


def test_called_is_the_share_whose_interval_lies_beyond_the_margin():
    values = np.stack([np.full((1, 50), 0.3), np.full((1, 50), -0.3), np.full((1, 50), 0.05)])
    values += 0.01 * np.random.default_rng(0).normal(size=values.shape)
    assert called(values, 0.1) == pytest.approx(2 / 3)


def test_controls_that_differ_in_the_same_way_everywhere_are_no_less_different():
    """A sum of letters: each word differs from the others by the same on every background, and for sure."""
    weights = np.random.default_rng(3).integers(-64, 64, (LENGTH, 4)) / 64

    def answer(codes):
        return weights[np.arange(LENGTH), codes].sum(1)

    effects = asked(answer, pattern="ACCTGAA", n=100)
    (row,) = effects.calibration.to_dict("records")
    assert row["p_calibrated"] > 0.05
    assert not row["calibrated"]
    assert "100% of them have p < 0.05" in row["reading"]
    assert effects.doubted == set(effects.table.index[effects.table["verdict"] == "present"])


@pytest.mark.parametrize("n", [1, 2, 5, 19])
def test_of_too_few_backgrounds_nothing_is_said(n):
    effects = asked(any_word, pattern="ACCTGAA", n=n)
    (row,) = effects.calibration.to_dict("records")
    assert np.isnan(row["ks_p"])
    assert not row["calibrated"]
    assert "too few backgrounds" in row["reading"]


def test_a_filtered_table_stays_grey():
    effects = asked(any_word, pattern="ACCTGAA")
    shown = replace(effects, table=effects.table.query("contrast == 'effect'"))
    assert shown.doubted == set(shown.table.index) == {0}
    assert shown.calibration.empty


def test_rounding_of_float32_is_no_difference_between_words():
    """Only GATTACA does anything, and float32 rounds another way for each word: 1e-8 for sure is nothing."""

    def answer(codes):
        site = codes[:, AT : AT + 7].astype(np.int64) @ 5 ** np.arange(7)
        return (the_motif(codes) + 1e-8 * np.sin(site) * (1 + codes[:, 0])).astype(np.float64)

    (row,) = asked(answer).calibration.to_dict("records")
    assert row["calibrated"]
    assert np.isnan(row["ks"])
