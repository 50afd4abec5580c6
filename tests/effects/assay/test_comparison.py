"""Measured effects compared with a model that is right, wrong about one pattern, or wrong in scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

import seqdo as sd
from seqdo.effects.assay.measured import AssayEffects

LENGTH = 40
WEIGHTS = {"GATTA": 2.0, "CCGGT": 1.0, "TTCAG": 0.5, "ACGTC": -1.0, "GGGAT": 0.0, "CTCTC": 1.5, "TACCA": -0.5}
TRUE = sd.planted.additive(WEIGHTS, LENGTH)
NULL = sd.backgrounds.uniform(LENGTH)


@pytest.fixture(scope="module")
def assay():
    rng = np.random.default_rng(0)
    texts = NULL.sample(6000, rng=1)
    return texts, TRUE.predict(texts)[0, :, 0] + rng.normal(size=6000) * 0.5


def effects(weights, seed=2, n=200):
    model = sd.planted.additive(weights, LENGTH)
    return sd.estimate(sd.run(sd.kmers(list(WEIGHTS), at=12), model, NULL, n=n, rng=seed), margin=0.1)


def measured(assay, **more):
    return sd.measured_effects(*assay, list(WEIGHTS), both_strands=False, **more)


def test_a_model_that_is_right_lies_on_the_line_of_equal_effects(assay):
    """The slope within 4 standard errors of 1 (fails in less than 1 % of seeds: t with 5 degrees of freedom)."""
    both = sd.compare_with_assay(measured(assay), effects(WEIGHTS))
    slope = both.summary.loc["slope"]
    assert abs(slope["estimate"] - 1) < 4 * both.line.slope_se
    assert slope["low"] < slope["estimate"] < slope["high"]
    assert not both.table["parts"].any()
    assert both.table["pattern"].tolist() == list(WEIGHTS)
    assert both.summary.loc["spearman", "estimate"] == spearmanr(both.table["effect"], both.table["measured"])[0]
    assert 0.9 < both.ceiling <= 1


def test_the_pattern_that_a_model_has_wrong_deviates_from_the_line(assay):
    """One of seven effects is too large. This adds scatter, and scatter does not count as error."""
    both = sd.compare_with_assay(measured(assay), effects(WEIGHTS | {"GGGAT": 3.0}))
    table = both.table.set_index("pattern")
    assert both.scatter > 0.3
    assert table["errors"].abs().idxmax() == "GGGAT"
    assert table.loc["GGGAT", "parts"]
    assert table.loc["GGGAT", "difference"] < -0.5


def test_a_model_of_half_the_scale_has_the_slope_two(assay):
    both = sd.compare_with_assay(measured(assay), effects({word: weight / 2 for word, weight in WEIGHTS.items()}))
    assert both.summary.loc["slope", "estimate"] == pytest.approx(2, abs=4 * both.line.slope_se)


def test_by_position_the_models_effect_is_the_mean_over_the_bin():
    """The effect of GATTA increases with its start: bins of 5 starts, compared with a scan of all starts."""
    slope = np.arange(LENGTH) / LENGTH

    def answer(codes):
        word = sd.DNA.encode("GATTA")
        found = np.stack([(codes[:, i : i + 5] == word).all(1) for i in range(LENGTH - 4)], 1)
        return found @ slope[: LENGTH - 4] * 4.0

    model = sd.wrap(answer, alphabet=sd.DNA, length=LENGTH, layout="codes")
    texts = NULL.sample(20000, rng=3)
    y = answer(texts.codes) + np.random.default_rng(4).normal(size=20000) * 0.2
    found = sd.measured_effects(texts, y, "GATTA", positions=range(0, 36, 5), both_strands=False)
    scan = sd.estimate(sd.run(sd.positions("GATTA", range(35)), model, NULL, n=100, rng=5), margin=0.1)
    both = sd.compare_with_assay(found, scan)
    assert both.table["position"].tolist() == list(range(0, 35, 5))
    want = scan.table["estimate"].to_numpy().reshape(7, 5).mean(1)
    assert both.table["effect"].to_numpy() == pytest.approx(want)
    assert both.summary.loc["slope", "estimate"] == pytest.approx(1, abs=4 * both.line.slope_se)


def test_what_was_not_measured_stays_in_the_table_and_out_of_the_fit(assay):
    found = measured(assay)
    table = found.table.copy()
    table.loc[0, ["estimate", "se", "low", "high"]] = np.nan
    both = sd.compare_with_assay(AssayEffects(table, found.n, found.level), effects(WEIGHTS))
    assert both.line.n == len(WEIGHTS) - 1
    assert np.isnan(both.table.loc[0, "p"])
    assert not both.table.loc[0, "parts"]


def test_only_rows_that_the_tables_have_are_joined(assay):
    one = effects(WEIGHTS)
    assert (
        sd.compare_with_assay(measured(assay), replace(one, table=one.table.drop(index=0))).line.n == len(WEIGHTS) - 1
    )


def test_refusals(assay):
    in_assay, in_model = measured(assay), effects(WEIGHTS)
    with pytest.raises(sd.InputError, match="`measured` is of type Effects and `effects` of type AssayEffects"):
        sd.compare_with_assay(in_model, in_assay)
    with pytest.raises(sd.InputError, match="output='z': the outputs of the effects are 'y'"):
        sd.compare_with_assay(in_assay, in_model, output="z")
    with pytest.raises(sd.InputError, match="`effects` of kmers have no contrast 'specific' of a measured pattern"):
        sd.compare_with_assay(in_assay, in_model, contrast="specific")
    with pytest.raises(sd.InputError, match=r"share 4 effects with an interval .*a line needs 5 or more"):
        sd.compare_with_assay(sd.measured_effects(*assay, list(WEIGHTS)[:4], both_strands=False), in_model)


def test_a_comparison_prints_as_a_line(assay):
    both = sd.compare_with_assay(measured(assay), effects(WEIGHTS))
    assert repr(both).startswith("<7 measured effects compared with y: slope ")
    assert repr(both).endswith(", 0 deviate from the line>")
