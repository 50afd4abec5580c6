"""Estimation: the table of effects with its rows, columns, flags, verdicts, notes, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from seqdo.designs.design import Contrast
from seqdo.effects.estimate import estimate
from seqdo.errors import InputError, RunError

WEIGHTS = {"arm 1": 1.0, "none": -1.0}
IDENTITY = Contrast("asymmetry", {}, identity="palindrome: both orientations are the same sequence")


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# Rows and columns


def test_the_columns_stand_in_their_order_with_factors_after_the_contrast(make, seed):
    table = estimate(make(normal(seed, 1, 30, 2, 1))).table
    before, after = "output contrast position", "low_band high_band p p_adjusted n members unit margin verdict flag"
    expected = f"{before} estimate se low high low_adjusted high_adjusted {after}"
    assert list(table.columns) == expected.split()


def test_contrasts_of_one_name_stand_together_sorted_by_numbers_with_outputs_inside(make, seed):
    contrasts = [
        Contrast(name, WEIGHTS, {"gap": gap, "strand": strand})
        for strand in ("-", "+")
        for gap in (10, 2, 9)
        for name in ("interaction", "effect")
    ]
    table = estimate(make(normal(seed, 1, 30, 2, 2), contrasts)).table
    rows = list(table[["contrast", "gap", "strand", "output"]].itertuples(index=False, name=None))
    assert rows == [
        (name, gap, strand, output)
        for name in ("interaction", "effect")
        for gap in (2, 9, 10)
        for strand in ("-", "+")
        for output in ("y0", "y1")
    ]
    assert table.index.tolist() == list(range(24))


def test_a_factor_is_whole_numbers_if_all_rows_have_it_else_missing_where_they_lack_it(make, seed):
    contrasts = [
        Contrast("effect", WEIGHTS, {"copies": 2, "gap": 5, "letter": "A"}),
        Contrast("effect", WEIGHTS, {"copies": 1}),
    ]
    table = estimate(make(normal(seed, 1, 30, 2, 1), contrasts)).table
    assert table["copies"].dtype == np.int64
    assert table["copies"].tolist() == [1, 2]
    assert table["gap"].dtype == np.float64
    assert table["gap"].isna().tolist() == [True, False]
    assert table["letter"].isna().tolist() == [True, False]
    assert table["letter"].iloc[1] == "A"


def test_an_effect_is_what_it_is_when_estimated_alone(make, seed):
    y = normal(seed, 1, 50, 6, 1)
    together = estimate(make(y)).table
    for i in range(5):
        alone = estimate(make(y[:, :, [0, i + 1]])).table
        for column in ("estimate", "se", "low", "high", "p"):
            assert together[column][i] == pytest.approx(alone[column][0], rel=1e-12)


def test_the_unit_is_that_of_the_output_or_says_that_nobody_named_one(make, seed):
    y = normal(seed, 1, 30, 2, 2)
    assert estimate(make(y)).table["unit"].tolist() == ["model output"] * 2
    assert estimate(make(y, units={"y1": "log2 counts"})).table["unit"].tolist() == ["model output", "log2 counts"]
    outcomes = make(y)
    outcomes.y.attrs["unit"] = "z"
    effects = estimate(outcomes)
    assert effects.table["unit"].tolist() == ["z", "z"]
    assert effects.margins["y0"].rule.endswith(" z")


# Families


def test_a_family_is_the_contrasts_of_one_name_over_all_outputs(make, seed):
    """By scipy from the same numbers: 3 positions and 2 outputs are 6 tests, the step a family of 2."""
    y = normal(seed, 1, 60, 4, 2) + 0.4 * np.arange(4)[:, None]
    contrasts = [Contrast("effect", {f"arm {i}": 1.0, "none": -1.0}, {"position": i}) for i in (1, 2, 3)]
    step = Contrast("step", {"arm 2": 1.0, "arm 1": -1.0})
    table = estimate(make(y, [*contrasts, step])).table
    p = np.array([stats.ttest_rel(y[0, :, i, o], y[0, :, 0, o]).pvalue for i in (1, 2, 3) for o in (0, 1)])
    p_step = np.array([stats.ttest_rel(y[0, :, 2, o], y[0, :, 1, o]).pvalue for o in (0, 1)])
    np.testing.assert_allclose(table["p"], np.r_[p, p_step], rtol=1e-9)
    by_family = np.r_[stats.false_discovery_control(p), stats.false_discovery_control(p_step)]
    np.testing.assert_allclose(table["p_adjusted"], by_family, rtol=1e-9)
    for rows in (slice(0, 6), slice(6, 8)):
        part = table.iloc[rows]
        level = 1 - 0.05 * max((part["p_adjusted"] <= 0.05).sum(), 1) / len(part)
        half = stats.t.ppf((1 + level) / 2, 59) * part["se"]
        np.testing.assert_allclose(part["high_adjusted"] - part["estimate"], half, rtol=1e-9)
        np.testing.assert_allclose(part["low_adjusted"], part["estimate"] - half, rtol=1e-9)


def test_a_contrast_without_p_leaves_the_others_of_its_family_what_they_are(make, seed):
    """calibration §0.9: one NaN turns a whole family to NaN in other packages."""
    y = normal(seed, 1, 60, 4, 1)
    y[:, :, 3] = y[:, :, 0] * 0 + 5
    y[:, :, 0] = 0
    table = estimate(make(y)).table
    assert table["p"].isna().tolist() == table["p_adjusted"].isna().tolist() == [False, False, True]
    np.testing.assert_allclose(table["p_adjusted"][:2], stats.false_discovery_control(table["p"][:2]))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_low_and_high_are_at_the_level_and_verdicts_never_below_95(make_effect, seed, level):
    row = estimate(make_effect(normal(seed, 40)), level=level).table.iloc[0]
    for column, share in (("high", level), ("high_adjusted", max(level, 0.95))):
        assert row[column] - row["estimate"] == pytest.approx(stats.t.ppf((1 + share) / 2, 39) * row["se"])


# Verdicts and flags, one fault a row


@pytest.mark.parametrize(
    ("delta", "verdict", "flag"),
    [
        (np.zeros(1000), "inconclusive", "constant"),  # STA-01
        (np.full(1000, 5.0), "present", "constant"),  # STA-02
        (np.full(30, -0.03), "inconclusive", "constant"),  # STA-06
        (np.r_[np.zeros(999), 1.0], "inconclusive", "rare response"),  # STA-03
        (normal(1, 1000) * 0.1 + 0.5, "present", ""),
        (normal(1, 1000) * 0.1 + 0.05, "negligible", ""),
        (stats.norm.ppf(np.arange(1, 1000) / 1000) * 0.1, "absent", ""),
        (stats.norm.ppf(np.arange(1, 300) / 300) * 0.1, "inconclusive", ""),  # n = 299
        (normal(1, 100), "inconclusive", ""),
        (np.array([3.0]), "inconclusive", "n=1: no interval"),  # BKG-02
        (np.array([3.0, 3.1]), "present", "n=2"),  # BKG-03
        (np.exp(normal(1, 1000) * 2), "present", "skew"),
    ],
)
def test_each_kind_of_contrast_gets_its_verdict_and_its_flag(make_effect, delta, verdict, flag):
    row = estimate(make_effect(delta), margin=0.1).table.iloc[0]
    assert (row["verdict"], row["flag"]) == (verdict, f"{flag}; one model".lstrip("; "))


def test_a_small_p_is_no_finding_without_the_margin_p_05_starred(make_effect, seed):
    """p = 1e-20 for an effect of a hundredth of the model's spread; there is no star to take for more."""
    effects = estimate(make_effect(0.01 + 0.03 * normal(seed, 1000)))
    row = effects.table.iloc[0]
    assert row["p_adjusted"] < 1e-15
    assert row["verdict"] == "negligible"
    assert "*" not in effects.table.to_string() + " ".join(effects.notes)


def test_a_constant_that_is_not_0_has_no_p_and_zeros_have_a_p_of_1_STA_02(make_effect):
    """scipy gives 0.0, 4e-145 or NaN here, as rounding falls."""
    for n in (30, 1000):
        assert np.isnan(estimate(make_effect(np.full(n, 5.0))).table["p"][0])
        assert np.isnan(estimate(make_effect(np.full(n, -0.03))).table["p"][0])
        assert estimate(make_effect(np.zeros(n))).table["p"][0] == 1.0


def test_a_constant_model_without_spread_claims_nothing_STA_01(make):
    """f = 1: no SD, so no margin and no interval, and the notes say why; nothing is a NaN in words."""
    effects = estimate(make(np.ones((1, 1000, 2, 1)), sd=0.0))
    row = effects.table.iloc[0]
    assert (row["estimate"], row["se"], row["p"], row["verdict"]) == (0, 0, 1, "inconclusive")
    assert np.isnan(row[["low", "high", "margin"]].astype(float)).all()
    assert row["flag"] == "constant; one model; no margin"
    words = " ".join([*effects.notes, effects.margins["y0"].rule, row["flag"], row["unit"]])
    assert "SD of 500 held-out sequences is 0" in words
    assert "1 of 1 contrast is identical in all n = 1000 backgrounds" in words
    assert "nan" not in words.lower()


def test_without_a_spread_what_was_not_seen_is_as_large_as_the_range_of_the_answers_STA_01(make):
    """y is 0 without edits and 4 in both arms: their difference is 0, give or take 3/n of that range."""
    y = np.zeros((1, 1000, 3, 1))
    y[:, :, 1:] = 4.0
    difference = [Contrast("difference", {"arm 1": 1.0, "arm 2": -1.0})]
    row = estimate(make(y, difference, sd=0.0), margin=0.2).table.iloc[0]
    assert (row["estimate"], row["low"], row["high"]) == (0, pytest.approx(-0.012), pytest.approx(0.012))
    assert (row["verdict"], row["flag"]) == ("inconclusive", "constant; one model")


@pytest.mark.parametrize("given", [None, "outcomes"])
def test_what_is_not_outcomes_is_refused(given):
    with pytest.raises(InputError, match=r"`outcomes` is of type (NoneType|str): the result of run is needed"):
        estimate(given)


def test_three_in_n_is_said_STA_07(make_effect, seed):
    notes = " ".join(estimate(make_effect(normal(seed, 1000))).notes)
    assert "fewer than 3/n = 0.003 of backgrounds is not excluded (n = 1000)" in notes
    assert "300" not in notes
    assert "absent below n = 300" in " ".join(estimate(make_effect(normal(seed, 200))).notes)


def test_a_margin_of_0_is_said_to_allow_two_verdicts_STA_12(make, seed):
    y = normal(seed, 1, 1000, 3, 1)
    y[:, :, 2] += 1
    effects = estimate(make(y), margin=0)
    assert effects.table["verdict"].tolist() == ["inconclusive", "present"]
    assert any("margin of 0" in note for note in effects.notes)


def test_a_missing_scale_flags_no_margin_and_decides_nothing_STA_12(make, seed):
    effects = estimate(make(normal(seed, 1, 1000, 2, 1) + 9 * np.arange(2)[:, None], sd=None))
    assert effects.table["verdict"].tolist() == ["inconclusive"]
    assert effects.table["flag"].tolist() == ["one model; no margin"]
    assert effects.margins["y0"].value is None


def test_the_margin_is_a_column_and_its_rule_a_note(make, seed):
    effects = estimate(make(normal(seed, 1, 30, 3, 2), sd=3.0), margin={"y1": 0.7})
    assert effects.table["margin"].tolist() == pytest.approx([0.3, 0.7] * 2)
    assert "Margin of y0: 0.1 × the SD of 500 held-out sequences = 0.1 × 3 = 0.3 model output." in effects.notes


# Models


def test_one_model_is_said_to_be_one_and_an_ensemble_covers_its_members_STA_15(make_effect, seed):
    one, three = (estimate(make_effect(normal(seed, members, 50))) for members in (1, 3))
    assert "Conditional on this one model" in one.notes[0]
    assert "model-to-model variation between these 3 members" in three.notes[0]
    assert "training data and its split, as is common, the interval is conditional on both" in three.notes[0]
    assert (one.table["flag"][0], three.table["flag"][0]) == ("one model", "")


def test_members_that_disagree_widen_the_interval_of_an_ensemble(make_effect, seed):
    """Five members apart by SD 0.5 against 0: se goes from sqrt(1/1000 + ...) = 0.03 to more than 0.1."""
    shared = normal(seed, 1, 1000) + 0.1 * normal(seed + 1, 5, 1000)
    apart = 0.5 * np.array([[-1.26], [-0.63], [0], [0.63], [1.26]])  # SD 0.5
    near, far = (estimate(make_effect(shared + spread)).table["se"][0] for spread in (0, apart))
    assert near < 0.04
    assert far == pytest.approx((0.5**2 / 5 + 1 / 1000) ** 0.5, rel=0.05)


# What is 0 by construction


@pytest.mark.parametrize(("members", "n"), [(1, 1), (1, 30), (3, 1000)])
def test_an_identity_is_0_absent_and_says_why_MOT_16(make, seed, members, n):
    contrasts = [Contrast("effect", WEIGHTS), IDENTITY]
    row = estimate(make(normal(seed, members, n, 2, 1), contrasts, sd=0.0)).table.iloc[1]
    assert row[["estimate", "se", "low", "high", "low_adjusted", "high_adjusted"]].tolist() == [0] * 6
    assert (row["p"], row["verdict"], row["flag"]) == (1.0, "absent", IDENTITY.identity)


def test_an_identity_that_is_not_0_stops_the_estimate(make, seed):
    y = normal(seed, 1, 30, 2, 1)
    y[:, :, 1] = y[:, :, 0]
    same = Contrast("asymmetry", WEIGHTS, identity="both strands are read alike")
    assert estimate(make(y, [same])).table["verdict"].tolist() == ["absent"]
    y[0, 3, 1] += 0.25
    with pytest.raises(RunError, match=r"asymmetry is up to 0.25.*both strands are read alike"):
        estimate(make(y, [same]))


# Refused


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_missing_answer_is_named_and_no_mean_is_made_over_the_rest(make, seed, value):
    y = normal(seed, 2, 30, 3, 1)
    y[1, 17, 2, 0] = value
    with pytest.raises(InputError, match=r"member 1 for arm arm 2 on background 17 \(not finite: 1 of 180 values\)"):
        estimate(make(y))


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, "0.95", True, None, float("nan")])
def test_a_level_outside_0_to_1_is_refused(make_effect, level):
    with pytest.raises(InputError, match="level"):
        estimate(make_effect(np.arange(30.0)), level=level)


@pytest.mark.parametrize("margin", [-1, (1, -1), (-1, 1), "wide", {"y7": 1}])
def test_a_margin_that_is_none_is_refused_STA_13(make_effect, margin):
    with pytest.raises(InputError, match="margin"):
        estimate(make_effect(np.arange(30.0)), margin=margin)


def test_no_contrasts_no_backgrounds_and_a_factor_named_as_a_column_are_refused(make):
    y = np.zeros((1, 30, 2, 1))
    with pytest.raises(InputError, match="without contrasts"):
        estimate(make(y, []))
    with pytest.raises(InputError, match="at least one background"):
        estimate(make(y[:, :0]))
    with pytest.raises(InputError, match="factor named 'n'"):
        estimate(make(y, [Contrast("effect", WEIGHTS, {"n": 3})]))


# The whole


def test_estimating_changes_nothing_in_the_outcomes(make, seed):
    outcomes = make(normal(seed, 2, 30, 3, 2).astype(np.float32))
    before = outcomes.y.copy(deep=True)
    first, second = estimate(outcomes), estimate(outcomes)
    assert outcomes.y.identical(before)
    pd.testing.assert_frame_equal(first.table, second.table)


def test_a_planted_effect_is_recovered_from_float32_predictions(make, seed):
    """+0.5 on every background with noise of 0.2, n = 1000: 5 standard errors are 0.032."""
    y = normal(seed, 1, 1000, 1, 1) + np.array([0, 0.5])[:, None] + 0.2 * normal(seed + 1, 1, 1000, 2, 1)
    row = estimate(make(y.astype(np.float32))).table.iloc[0]
    assert row["estimate"] == pytest.approx(0.5, abs=0.045)
    assert row["verdict"] == "present"


# Multiplicity


def test_max_t_uses_that_effects_share_their_backgrounds(make, seed):
    """Ten arms that are one: their family is one test, which Holm counts ten times."""
    rng = np.random.default_rng(seed)
    none, effect = rng.normal(size=(2, 1, 600, 1, 1))
    y = np.concatenate([none, np.repeat(none + 0.1 + effect, 10, axis=2)], axis=2)
    tables = {method: estimate(make(y), multiplicity=method).table for method in ("holm", "max-t", "bh")}
    width = {method: float((t["high_adjusted"] - t["low_adjusted"]).iloc[0]) for method, t in tables.items()}
    plain = float((tables["bh"]["high"] - tables["bh"]["low"]).iloc[0])
    assert width["max-t"] == pytest.approx(plain, rel=0.1)
    assert width["holm"] > 1.3 * plain
    assert tables["max-t"]["p_adjusted"].iloc[0] == pytest.approx(tables["max-t"]["p"].iloc[0], abs=0.04)


def test_max_t_of_few_backgrounds_or_several_members_is_holm(make, seed):
    for shape in ((1, 100, 5, 1), (3, 400, 5, 1)):
        outcomes = make(normal(seed, *shape))
        one, other = (estimate(outcomes, multiplicity=method).table for method in ("holm", "max-t"))
        assert one.equals(other)


def test_a_multiplicity_that_is_none_is_refused(make, seed):
    with pytest.raises(InputError, match="one of bh, by, holm, max-t"):
        estimate(make(normal(seed, 1, 30, 2, 1)), multiplicity="bonferroni")
