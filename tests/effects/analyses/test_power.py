"""How many backgrounds: as many as make the interval that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from statsmodels.stats.power import TTestPower

from seqdo.effects.analyses.power import Spread, power
from seqdo.effects.analyses.power import needed as needed_of
from seqdo.effects.estimate import estimate
from seqdo.errors import InputError


def needed(between, within, members, half, chance):
    return needed_of(Spread(between, within, members, np.zeros(len(half))), half, 0.95, chance)


def test_n_is_the_first_at_which_the_interval_is_narrow():
    (n,) = needed(np.array([1.0]), np.zeros(1), 1, np.array([0.05]), 0.5)
    half = [student(m - 1).ppf(0.975) / np.sqrt(m) for m in (n - 1, n)]
    assert half[0] > 0.05 >= half[1]
    assert n == pytest.approx((1.96 / 0.05) ** 2, rel=0.01)


def test_n_for_an_effect_is_that_of_statsmodels():
    for size, chance in ((0.2, 0.8), (0.1, 0.9)):
        (n,) = needed(np.array([1.0]), np.zeros(1), 1, np.array([size]), chance)
        assert n == pytest.approx(TTestPower().solve_power(size, power=chance, alpha=0.05), rel=0.01)


def test_members_that_disagree_are_not_outvoted_by_backgrounds():
    n = needed(np.ones(2), np.array([0.01, 1.0]), 5, np.full(2, 0.1), 0.5)
    assert np.isfinite(n[0])
    assert n[1] == np.inf


def test_constants_need_what_the_share_rule_does_and_what_was_not_asked_is_nan(make_effect):
    effects = estimate(make_effect(np.full(100, 3.0)), margin=0.1)
    table = power(effects, half_width=0.1)
    assert table["n_half_width"].tolist() == [90.0]  # 3/n of 3
    assert table["n_present"].isna().all()
    assert table["flag"].str.contains("constant").all()


def test_an_ensemble_needs_what_it_then_has(make_effect, seed):
    """Members that agree but for backgrounds: a small pilot must not take their noise for disagreement."""
    rng = np.random.default_rng(seed)

    def drawn(n):
        return rng.normal(size=n) * 0.3 + 0.3 * rng.normal(size=(5, n))

    found = [power(estimate(make_effect(drawn(100)), margin=0.1), 0.03)["n_half_width"].iloc[0] for _ in range(20)]
    n = int(np.median(found))
    row = estimate(make_effect(drawn(n)), margin=0.1).table.iloc[0]
    assert (row["high"] - row["low"]) / 2 == pytest.approx(0.03, rel=0.2)


def test_an_effect_in_a_family_is_found_with_the_chance_that_was_asked_for(make, seed):
    """Of 60 runs with .9 each 45 or more, but for 1 in 1,000 seeds."""
    rng = np.random.default_rng(seed)

    def asked(n, size):
        y = rng.normal(size=(1, n, 31, 1)) * 0.5
        y[:, :, 1] += size
        return estimate(make(y), margin=0.1)

    n = int(power(asked(300, 0.0), effect=0.3)["n_present"].median())
    assert sum(asked(n, 0.3).table["verdict"].iloc[0] == "present" for _ in range(60)) >= 45


def test_a_run_of_that_many_has_that_interval(make_effect, seed):
    rng = np.random.default_rng(seed)
    n = int(power(estimate(make_effect(rng.normal(size=400)), margin=0.1), 0.08)["n_half_width"].iloc[0])
    row = estimate(make_effect(rng.normal(size=n)), margin=0.1).table.iloc[0]
    # The SDs of 400 and n values are known to 4 and 3 %: 1 in 1,000 seeds lies beyond 15 %.
    assert (row["high"] - row["low"]) / 2 == pytest.approx(0.08, rel=0.15)


def test_an_effect_counts_beyond_the_margin(make_effect, seed):
    effects = estimate(make_effect(np.random.default_rng(seed).normal(size=200)), margin=0.1)
    one, other = (power(effects, effect=size)["n_present"].iloc[0] for size in (0.2, 0.3))
    assert one / other == pytest.approx(4, rel=0.05)
    with pytest.raises(InputError, match="within the margin"):
        power(effects, effect=0.05)


@pytest.mark.parametrize("asked", [{}, {"half_width": 0}, {"half_width": True}, {"effect": 1, "chance": 1}])
def test_what_is_no_question_is_refused(make_effect, asked):
    with pytest.raises(InputError):
        power(estimate(make_effect(np.arange(30.0)), margin=0.1), **asked)


def test_one_background_is_no_pilot(make_effect):
    with pytest.raises(InputError, match="`pilot` has one background"):
        power(estimate(make_effect([1.0]), margin=0.1), 0.1)
