"""Intervals: against closed forms and slow code, and how often they cover a planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seqdo.effects.statistics.interval import crossed, guard, interval, paired
from seqdo.effects.statistics.verdicts import verdicts

FAILS = 1e-5
"""Chance, for each cell below, that a right implementation with another seed falls outside its band."""


def lowest(share, runs):
    """Lowest count of ``runs`` that a true ``share`` gives, but for FAILS."""
    return stats.binom.ppf(FAILS, runs, share)


def highest(share, runs):
    return stats.binom.isf(FAILS, runs, share)


def misses(found, truth):
    low, high = found.bounds(0.95)
    return (truth < low) | (truth > high)


# One model


@pytest.mark.parametrize("level", [0.8, 0.95, 0.9999])
def test_the_paired_interval_is_the_one_sample_t_of_scipy(seed, level):
    values = np.random.default_rng(seed).normal(0.1, 1, (6, 25))
    found, test = paired(values), stats.ttest_1samp(values, 0, axis=-1)
    low, high = found.bounds(level)
    expected = test.confidence_interval(level)
    np.testing.assert_allclose([low, high], [expected.low, expected.high], rtol=1e-10)
    np.testing.assert_allclose(found.p, test.pvalue, rtol=1e-9)
    np.testing.assert_allclose(found.se, stats.sem(values, axis=-1), rtol=1e-12)


def test_an_interval_takes_one_level_for_each_contrast(seed):
    found = paired(np.random.default_rng(seed).normal(size=(3, 25)))
    both = found.half_width(np.array([0.9, 0.95, 0.99]))
    assert both.tolist() == [found.half_width(level)[i] for i, level in enumerate([0.9, 0.95, 0.99])]


def test_two_backgrounds_have_a_t_interval_of_12_7_standard_errors_BKG_03():
    found, judged = interval(np.array([[[1.0, 2.0]]]), 1.0)
    assert found.half_width(0.95) / found.se == pytest.approx(12.7062, abs=1e-4)
    assert judged.flag.tolist() == ["n=2"]


@pytest.mark.parametrize("members", [1, 3])
def test_one_background_has_an_estimate_and_no_interval_BKG_02(members):
    found, judged = interval(np.full((2, members, 1), 3.0), 1.0)
    assert found.estimate.tolist() == [3.0, 3.0]
    assert np.isnan([found.se, found.p, *found.bounds(0.95)]).all()
    assert judged.flag.tolist() == ["n=1: no interval"] * 2
    assert not judged.safe.any()


def test_backgrounds_are_paired_and_not_two_groups_welch_on_paired_data(seed):
    """Arms share backgrounds (SD 1); the effect varies by 0.05. Two groups would give an interval 20 times wider."""
    rng = np.random.default_rng(seed)
    none = rng.normal(size=400)
    treated = none + 0.1 + 0.05 * rng.normal(size=400)
    found = paired((treated - none)[None])
    welch = stats.ttest_ind(treated, none, equal_var=False)
    welch_width = np.ptp(welch.confidence_interval(0.95))
    assert welch.pvalue > 0.01
    assert found.p[0] < 1e-30
    # The ratio of widths is sqrt(2)/0.05 = 28 in the limit; an SD from n = 400 is within 15 % of the truth, surely.
    assert 22 < welch_width / (2 * found.half_width(0.95)[0]) < 35


@pytest.mark.parametrize("n", [10, 30, 100])
def test_the_paired_interval_covers_95_of_100_C1(seed, n):
    """Sum of 12 letters with real weights, 4,000 runs, two-sided band, fails for 2 of 100,000 seeds."""
    rng = np.random.default_rng([seed, n])
    weights = rng.normal(size=(12, 4))
    letters = rng.integers(0, 4, (4000, n, 12))
    values = weights[np.arange(12), letters].sum(-1)
    covered = 4000 - misses(paired(values), weights.mean(1).sum()).sum()
    assert lowest(0.95, 4000) <= covered <= highest(0.95, 4000), covered / 4000


# Ensembles


def slow_crossed(x):
    """Two-way layout without replication, one number at a time: variance of the mean, its df, the mean squares."""
    S, n = len(x), len(x[0])
    grand = sum(sum(row) for row in x) / (S * n)
    rows = [sum(row) / n for row in x]
    columns = [sum(x[s][b] for s in range(S)) / S for b in range(n)]
    m = n * sum((r - grand) ** 2 for r in rows) / (S - 1)
    b = S * sum((c - grand) ** 2 for c in columns) / (n - 1)
    r = sum((x[i][j] - rows[i] - columns[j] + grand) ** 2 for i in range(S) for j in range(n)) / ((S - 1) * (n - 1))
    df = (m + b - r) ** 2 / (m**2 / (S - 1) + b**2 / (n - 1) + r**2 / ((S - 1) * (n - 1)))
    return grand, (m + b - r) / (S * n), df, (m, b, r)


def test_the_crossed_interval_is_the_two_way_anova_with_satterthwaites_df(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, 6, 1)) * 0.5 + rng.normal(size=(4, 1, 30)) + rng.normal(size=(4, 6, 30)) * 0.3 + 1
    found = crossed(x)
    for i in range(4):
        grand, variance, df, (m, b, r) = slow_crossed(x[i].tolist())
        assert min(m, b) > r
        assert found.estimate[i] == pytest.approx(grand, rel=1e-12)
        assert found.se[i] == pytest.approx(variance**0.5, rel=1e-10)
        assert found.df[i] == pytest.approx(df, rel=1e-9)


def test_the_crossed_variance_holds_for_a_table_worked_by_hand():
    """[[1, 2, 3], [3, 4, 8]]: means 2 and 5, 2, 3 and 5.5, 3.5; SS 13.5, 13, 3; MS 13.5, 6.5, 1.5."""
    found = crossed(np.array([[[1.0, 2, 3], [3, 4, 8]]]))
    assert found.estimate[0] == pytest.approx(3.5)
    assert found.se[0] == pytest.approx(((13.5 + 6.5 - 1.5) / 6) ** 0.5)
    assert found.df[0] == pytest.approx(18.5**2 / (13.5**2 / 1 + 6.5**2 / 2 + 1.5**2 / 2))
    assert found.member_se[0] == pytest.approx((13.5 / 6) ** 0.5)


@pytest.mark.parametrize(("rows", "columns"), [(0, 1), (1, 0)])
def test_a_negative_component_is_0_and_the_other_mean_square_stands_alone(seed, rows, columns):
    """Residuals with no member (or background) effect left: their mean square is 0, below the residual's."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(6, 40))
    noise -= noise.mean(0) + noise.mean(1, keepdims=True) - noise.mean()
    x = noise + rows * rng.normal(size=(6, 1)) + columns * rng.normal(size=(1, 40))
    _, naive, _, (m, b, _) = slow_crossed(x.tolist())
    assert min(m, b) < 1e-20
    found = crossed(x[None])
    assert found.se[0] ** 2 == pytest.approx(max(m, b) / 240)
    assert found.se[0] ** 2 > naive
    assert found.df[0] == (5 if rows else 39)


@pytest.mark.parametrize("members", [2, 3, 4, 5])
def test_with_2_to_4_members_the_interval_is_no_narrower_than_t_of_their_means(seed, members):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, members, 1)) * 0.3 + rng.normal(size=(50, members, 200))
    found, t = crossed(x), stats.ttest_1samp(x.mean(-1), 0, axis=-1)
    own = t.confidence_interval(0.95)
    half, own_half = found.half_width(0.95), (own.high - own.low) / 2
    satterthwaite = stats.t.ppf(0.975, found.df) * found.se
    expected = np.maximum(satterthwaite, own_half) if members < 5 else satterthwaite
    np.testing.assert_allclose(half, expected, rtol=1e-9)
    p = 2 * stats.t.sf(np.abs(found.estimate) / found.se, found.df)
    np.testing.assert_allclose(found.p, np.maximum(p, t.pvalue) if members < 5 else p, rtol=1e-8)


@pytest.mark.parametrize("members", [2, 3, 4, 5, 10])
@pytest.mark.parametrize("between", [0.0, 0.1, 0.3])
def test_the_crossed_interval_covers_C4(seed, members, between):
    """4,000 runs, n = 100, SD 1 of backgrounds and 0.3 of the residual; true cover is .938 or more (cells of C4
    at R = 4,000), at most .99 for S = 2 and .975 for more. The interval over backgrounds alone must fail at SD 0.3.
    """
    rng = np.random.default_rng([seed, members, int(100 * between)])
    runs, n = 4000, 100
    x = rng.standard_normal((runs, 1, n)) + 0.3 * rng.standard_normal((runs, members, n))
    x += between * rng.standard_normal((runs, members, 1))
    covered = runs - misses(crossed(x), 0.0).sum()
    assert lowest(0.938, runs) <= covered <= highest(0.99 if members == 2 else 0.975, runs), covered / runs
    if between == 0.3:
        assert runs - misses(paired(x.mean(1)), 0.0).sum() < lowest(0.938, runs)


def test_one_member_gets_the_paired_interval_and_no_invented_model_variance_STA_15(seed):
    x = np.random.default_rng(seed).normal(size=(3, 1, 50))
    found, _ = interval(x, 1.0)
    assert (found.half_width(0.95) == paired(x[:, 0]).half_width(0.95)).all()


def test_the_guard_of_an_ensemble_looks_at_the_mean_over_its_members(seed):
    """Each member responds to 8 backgrounds of its own of 64; their mean responds to half of them."""
    rng = np.random.default_rng(seed)
    x = np.zeros((1, 4, 64))
    for member in range(4):
        x[0, member, 8 * member : 8 * member + 8] = 1 + 0.1 * rng.random(8)
    assert guard(x[:, 0]).flag.tolist() == ["rare response"]
    assert interval(x, 1.0)[1].safe.all()


def test_values_near_the_ends_of_floats_neither_overflow_nor_vanish(seed):
    values = np.random.default_rng(seed).gamma(1, size=(2, 3, 100))
    for scale in (1e-250, 1e250):
        found, judged = interval(values * scale, 1.0)
        plain, plainly = interval(values, 1.0)
        np.testing.assert_allclose(found.half_width(0.95) / scale, plain.half_width(0.95), rtol=1e-9)
        assert (judged.flag == plainly.flag).all()


# The guard


def gate(rng, shape, share):
    return (rng.random(shape) < share).astype(float)


def test_the_guard_is_n_of_25_times_the_squared_skew():
    """Responses of size 1 in a share p of backgrounds have the skew (1 − 2p)/sqrt(p(1 − p))."""
    for share, n in [(0.5, 20), (0.1, 100), (0.1, 200), (0.05, 400), (0.05, 600)]:
        values = np.zeros(n)
        values[: round(share * n)] = 1
        closed = (1 - 2 * share) / (share * (1 - share)) ** 0.5
        assert stats.skew(values) == pytest.approx(closed)
        judged = guard(values[None])
        assert judged.safe[0] == (n >= 25 * closed**2), (share, n)
        assert judged.flag[0] == ("" if judged.safe[0] else "rare response")


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        (np.zeros(30), "constant"),  # STA-01
        (np.full(30, 5.0), "constant"),  # STA-02
        (np.full(30, -0.03), "constant"),  # STA-06: its SD is 7e-18
        (np.where(np.arange(30) % 2, -0.03, np.nextafter(-0.03, 0)), "constant"),  # two sums of one number
        (np.r_[np.zeros(29), 4.0], "rare response"),  # STA-03
        (np.r_[np.full(29, 2.0), -9.0], "rare response"),
        (np.r_[np.random.default_rng(0).normal(size=29) * 1e-9, 4.0], "rare response"),  # zeros of a float32 model
        (np.exp(np.linspace(0, 8, 30)), "skew"),
        (np.linspace(-1, 1, 30), ""),
        (np.linspace(-1, 1, 19), "n<20"),
        (np.zeros(5), "constant; n<20"),
        (np.r_[np.zeros(8), 1.0], "rare response; n<20"),
        (np.array([1.0, 1.0]), "constant; n=2"),
        (np.array([1.0, 2.0]), "n=2"),
        (np.array([1.0]), "n=1: no interval"),
    ],
)
def test_the_flag_says_what_is_wrong(values, flag):
    judged = guard(values[None])
    assert judged.flag.tolist() == [flag]
    assert judged.safe[0] == (flag == "")


def test_the_constant_of_STA_06_has_no_sd_of_0_in_floats():
    assert np.full(30, -0.03).std() > 0


@pytest.mark.parametrize("half", [15, 14])
def test_at_least_half_of_the_backgrounds_make_a_response_rare(half):
    values = np.r_[np.zeros(half), np.exp(np.linspace(1, 9, 30 - half))]
    assert guard(values[None]).flag[0] == ("rare response" if half == 15 else "skew")


@pytest.mark.parametrize(
    ("constant", "sd", "width"), [(5.0, 1.0, 5.0), (0.2, 2.0, 2.0), (0.0, 2.0, 2.0), (-5.0, 1.0, 5.0)]
)
@pytest.mark.parametrize("members", [1, 3])
def test_a_constant_contrast_gets_3_of_n_of_its_size_or_the_outputs_sd_STA_01_STA_02(constant, sd, width, members):
    found, _ = interval(np.full((1, members, 1000), constant), sd)
    low, high = found.bounds(0.95)
    assert low[0] == pytest.approx(constant - 3 / 1000 * width)
    assert high[0] == pytest.approx(constant + 3 / 1000 * width)
    assert found.se.tolist() == [0.0]
    assert found.p[0] == 1.0 if constant == 0 else np.isnan(found.p[0])
    assert found.half_width(0.999)[0] == pytest.approx(3 / 1000 * width * np.log(0.001) / np.log(0.05))


def test_the_share_rule_is_the_exact_binomial_limit_of_no_response():
    """(1 − share)^n = 0.05 has the root 3/n to 1 % at n = 100 and more; at other levels −log(1 − level)/n."""
    found, _ = interval(np.zeros((1, 1, 400)), 1.0)
    for level in (0.95, 0.99, 0.9999):
        exact = stats.binomtest(0, 400).proportion_ci(2 * level - 1).high
        assert found.half_width(level)[0] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("sd", [0.0, np.nan])
def test_zeros_without_a_scale_have_no_interval_rather_than_one_without_width(sd):
    found, _ = interval(np.zeros((1, 1, 1000)), sd)
    assert np.isnan(found.bounds(0.95)).all()
    assert found.p.tolist() == [1.0]


def test_members_that_differ_by_constants_keep_the_interval_over_members():
    """Each member says the same on all backgrounds, but 1, 2 and 3: nothing is known to 3/n."""
    x = np.repeat(np.array([1.0, 2.0, 3.0])[None, :, None], 1000, axis=2)
    found, judged = interval(x, 1.0)
    expected = stats.ttest_1samp([1, 2, 3], 0)
    assert judged.flag.tolist() == ["constant"]
    assert found.half_width(0.95)[0] == pytest.approx(2 - expected.confidence_interval(0.95).low)
    assert found.p[0] == pytest.approx(expected.pvalue)


# What the guard is for


LAWS = {  # draw, mean
    "normal": (lambda rng, shape: rng.standard_normal(shape), 0.0),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0),
    "log-normal": (lambda rng, shape: rng.lognormal(size=shape), np.exp(0.5)),
    "gate 1/8": (lambda rng, shape: gate(rng, shape, 1 / 8), 1 / 8),
    "gate 1/20": (lambda rng, shape: gate(rng, shape, 1 / 20), 1 / 20),
    "gate 1/64": (lambda rng, shape: gate(rng, shape, 1 / 64), 1 / 64),
    # Not looked at when the rule was made (C8f).
    "gamma 0.3": (lambda rng, shape: rng.gamma(0.3, size=shape), 0.3),
    "t5": (lambda rng, shape: rng.standard_t(5, shape), 0.0),
    "−exponential": (lambda rng, shape: -rng.exponential(size=shape), -1.0),
    "spike": (lambda rng, shape: rng.standard_normal(shape) + 10 * gate(rng, shape, 0.02), 0.2),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [30, 100, 300])
def test_an_interval_that_misses_is_flagged_but_for_the_nominal_5_in_100_C2(seed, law, n):
    """2,000 runs; at most .0525 is the truth, .0565 for spikes (C2, C8f at R = 10,000), which n < 300 can't see."""
    draw, truth = LAWS[law]
    found, judged = interval(draw(np.random.default_rng([seed, n]), (2000, 1, n)), 1.0)
    unflagged = (misses(found, truth) & judged.safe).sum()
    if (law, n) not in {("spike", 30), ("spike", 100)}:  # STA-07
        assert unflagged <= highest(0.0565 if law == "spike" else 0.0525, 2000), unflagged / 2000


def test_plain_t_misses_a_rare_response_that_the_guard_flags_STA_03(seed):
    """Gate 1/64, n = 30: (63/64)^30 = .62 of runs see zeros only. Every run is flagged."""
    values = gate(np.random.default_rng(seed), (2000, 1, 30), 1 / 64)
    found, judged = interval(values, 1.0)
    assert misses(paired(values[:, 0]), 1 / 64).mean() > 0.5
    assert (judged.flag != "").all()
    zeros = (~values.any((1, 2))).sum()
    assert lowest((63 / 64) ** 30, 2000) <= zeros <= highest((63 / 64) ** 30, 2000)
    # Zeros only: 3/n covers 1/64, as an exact limit on the share does.
    assert not misses(found, 1 / 64)[judged.constant].any()


def absent(values, margin):
    found, judged = interval(values[:, None], 1.0)
    low, high = found.bounds(0.95)
    return verdicts(low, high, np.full(len(values), margin), values.shape[-1], judged.safe) == "absent"


def plain_tost(values, margin):
    low, high = paired(values).bounds(0.90)
    return (low > -margin) & (high < margin)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [20, 300, 1000])
def test_an_effect_as_large_as_the_margin_is_seldom_called_absent_C8_STA_04(seed, law, n):
    """2,000 runs with the truth at the margin: at most .048 (C8), and never below n = 300."""
    draw, truth = LAWS[law]
    values = draw(np.random.default_rng([seed, n]), (2000, n))
    margin = abs(truth) or 0.5
    values += (margin if truth >= 0 else -margin) - truth
    said = absent(values, margin).sum()
    assert said == 0 if n < 300 else said <= highest(0.05, 2000), said / 2000
    if (law, n) == ("gate 1/20", 20):
        # With no guard at all 36 of 100 runs are all zeros, and equivalence is declared.
        assert plain_tost(values, margin).mean() > 0.3


@pytest.mark.parametrize("n", [30, 100])
def test_a_rare_spike_under_noise_is_never_called_absent_below_300_STA_07(seed, n):
    """2 % of backgrounds respond with 10 SD; the sample may hold none, so that no rule on the sample can see it."""
    rng = np.random.default_rng([seed, n])
    values = rng.standard_normal((1000, n)) + 10 * gate(rng, (1000, n), 0.02)
    assert plain_tost(values, 0.6).any()
    assert not absent(values, 0.6).any()
