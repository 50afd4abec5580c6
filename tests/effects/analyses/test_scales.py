"""Other scales of models whose scale is known: what multiplies, what adds, and what changes its sign."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.design import Contrast
from seqdo.effects.analyses.scales import pair
from seqdo.effects.anytime.confidence_sequence import stretch

PATTERNS, AT, LENGTH = ["GATTACA", "CCGGTT"], [5, 25], 40


def weights_of(size=0.1):
    """Letter weights for which both patterns raise the score."""
    weights = size * np.random.default_rng(3).normal(size=(LENGTH, 4))
    for pattern, start in zip(PATTERNS, AT, strict=True):
        weights[np.arange(start, start + len(pattern)), sd.DNA.encode(pattern)] += 2.5 * size
    return weights


def asked(link, n=600, design=None):
    weights = weights_of()
    model = sd.wrap(
        lambda codes: link(weights[np.arange(LENGTH), codes].sum(1)), alphabet=sd.DNA, length=LENGTH, layout="codes"
    )
    design = design or sd.interaction(PATTERNS, at=AT)
    return sd.estimate(sd.run(design, model, sd.backgrounds.uniform(LENGTH), n=n, rng=2), margin=0.01)


def row_of(effects, contrast="interaction"):
    return effects.scales[effects.table["contrast"] == contrast].iloc[0]


def test_effects_that_multiply_interact_and_their_logs_do_not():
    row = row_of(asked(np.exp))
    assert row["interaction"] == "removable by log"
    assert row["log"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(row["logit"])


def test_effects_that_add_in_log_odds_are_removable_by_logit():
    row = row_of(asked(lambda score: 1 / (1 + np.exp(-(score - 1.5)))))
    assert row["interaction"] == "removable by logit"
    assert row["logit"] == pytest.approx(0, abs=1e-9)
    assert not row["log_low"] <= 0 <= row["log_high"]


def test_effects_that_add_do_not_interact_and_no_log_is_taken_of_what_has_none():
    row = row_of(asked(lambda score: score - 1))
    assert row["interaction"] == "none"
    assert np.isnan(row[["log", "log_low", "logit", "logit_high"]].astype(float)).all()


def test_what_a_log_does_not_remove_another_scale_may():
    assert row_of(asked(lambda score: (score + 5) ** 3 / 100))["interaction"] == "removable"


def test_a_pattern_whose_sign_changes_beside_the_other_is_robust():
    """The score counts for up to a peak and against from there on: one alone raises it, both go beyond."""
    effects = asked(lambda score: 5 - (score - 1.7) ** 2)
    table = effects.table.set_index("contrast")["estimate"]
    assert table[PATTERNS[0]] > 0
    assert table["interaction"] < 0
    assert row_of(effects)["interaction"] == "robust"


def test_ratios_are_those_of_the_papers_and_cover_what_is_exact():
    effects = asked(np.exp)
    row, y = row_of(effects), effects.outcomes.y.mean("background").values.ravel()
    none, a, b, both = y[[0, *(list(effects.outcomes.y["arm"].values).index(arm) for arm in arms_of(effects))]]
    assert row["ratio_to_first"] == pytest.approx(1 + (both - a - b + none) / a)
    assert row["ratio_to_expected"] == pytest.approx(both / (a + b - none))
    # Means of exponentials of independent letters are products; the truth lies within, with a chance of .95 each.
    weights = weights_of()
    means = np.exp(weights).mean(1)

    def mean(*patterns):
        inside = means.copy()
        for pattern in patterns:
            places = np.arange(AT[pattern], AT[pattern] + len(PATTERNS[pattern]))
            inside[places] = np.exp(weights[places, sd.DNA.encode(PATTERNS[pattern])])
        return inside.prod()

    exact = mean(0, 1) / (mean(0) + mean(1) - mean())
    width = row["ratio_to_expected_high"] - row["ratio_to_expected_low"]
    assert abs(row["ratio_to_expected"] - exact) < width  # two half-widths: missed by 1 in 10,000 seeds


def arms_of(effects):
    """A, B and both, as the design names them."""
    (interaction,) = (c for c in effects.outcomes.design.contrasts if c.name == "interaction")
    both, a, b, _ = pair(interaction, effects.outcomes.design)
    return a, b, both


@pytest.mark.parametrize("order", [1, -1])
def test_a_pair_is_a_difference_in_differences_in_any_order_and_nothing_else(order):
    design = sd.interaction(["GAT", "CCG"], at=[3, 20])
    found = [pair(contrast, design) for contrast in design.contrasts]
    (both,) = (arm for arm in design.arms if len(design.arms[arm].sites) == 2)
    assert found[:-1] == [None] * 3
    assert found[-1] == (both, "GAT@3", "CCG@20", "none")
    turned = Contrast("i", dict(list(design.contrasts[-1].weights.items())[::order]))
    assert pair(turned, design)[0::3] == (both, "none")
    steps = sd.copies("GAT", [3, 20])
    assert [pair(contrast, steps) for contrast in steps.contrasts] == [None] * len(steps.contrasts)


def test_rows_are_those_of_the_table_for_each_output(seed):
    weights = weights_of()

    def two(codes):
        score = weights[np.arange(LENGTH), codes].sum(1)
        return np.stack([np.exp(score), score], 1)

    model = sd.wrap(two, alphabet=sd.DNA, length=LENGTH, layout="codes", outputs=["raw", "log"])
    outcomes = sd.run(sd.interaction(PATTERNS, at=AT), model, sd.backgrounds.uniform(LENGTH), n=300, rng=seed)
    effects = sd.estimate(outcomes, margin=0.01)
    raw, log = (effects.table["output"] == name for name in ("raw", "log"))
    # The log of the first output is the second.
    np.testing.assert_allclose(effects.scales.loc[raw, "log"], effects.table.loc[log, "estimate"], atol=1e-6)
    np.testing.assert_allclose(effects.scales.loc[raw, "log_low"], effects.table.loc[log, "low"], atol=1e-2)
    assert effects.scales.loc[log, "log"].isna().all()


def test_a_ratio_to_what_may_be_0_is_none():
    """The score is centred so that its mean with the first pattern is 0."""
    weights, places = weights_of(), np.arange(AT[0], AT[0] + len(PATTERNS[0]))
    best = weights[places, sd.DNA.encode(PATTERNS[0])].sum()
    centre = weights.mean(1).sum() - weights[places].mean(1).sum() + best
    row = row_of(asked(lambda score: score - centre))
    assert np.isnan(row[["ratio_to_first", "ratio_to_first_low", "ratio_to_first_high"]].astype(float)).all()


def test_a_mean_whose_sign_changes_is_not_robust_where_a_log_takes_the_interaction_away():
    """In one background of four the second pattern halves the answer, which is large there; in others it doubles it."""
    gate = 39

    def model(codes):
        a = (codes[:, 5:12] == sd.DNA.encode(PATTERNS[0])).all(1)
        b = (codes[:, 25:31] == sd.DNA.encode(PATTERNS[1])).all(1)
        there = codes[:, gate] == 0
        return np.where(there, 100.0, 1.0) * np.exp(0.5 * a + np.where(there, -0.7, 0.7) * b) + 0.0

    wrapped = sd.wrap(model, alphabet=sd.DNA, length=LENGTH, layout="codes")
    outcomes = sd.run(sd.interaction(PATTERNS, at=AT), wrapped, sd.backgrounds.uniform(LENGTH), n=600, rng=2)
    assert row_of(sd.estimate(outcomes, margin=0.01))["interaction"] == "removable by log"


def test_in_a_run_that_could_stop_they_hold_at_every_look():
    weights = weights_of()
    model = sd.wrap(
        lambda codes: np.exp(weights[np.arange(LENGTH), codes].sum(1)), alphabet=sd.DNA, length=LENGTH, layout="codes"
    )
    outcomes = sd.run(
        sd.interaction(PATTERNS, at=AT),
        model,
        sd.backgrounds.uniform(LENGTH),
        rng=1,
        until=sd.half_width(0.3, "effect"),
    )
    effects = sd.estimate(outcomes, margin=0.01)
    row = effects.scales.iloc[0]
    values = np.log(
        outcomes.y.sel(arm=arms_of(effects)[2]).values[0, :, 0] / outcomes.y.sel(arm="none").values[0, :, 0]
    )
    n = len(values)
    expected = stretch(n, 0.95) * values.std(ddof=1) / np.sqrt(n)
    assert (row["log_high"] - row["log_low"]) / 2 == pytest.approx(expected, rel=1e-6)
