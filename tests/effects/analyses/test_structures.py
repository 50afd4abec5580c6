"""What arms fold into, and effects by dose: against a direct count, a planted line, and another library's errors."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

import seqdo as sd
from seqdo.effects.analyses.structures import slope
from seqdo.sequences.folding import loop_probabilities

pytest.importorskip("RNA", reason="ViennaRNA (extra structure) is not installed")

NULL = sd.backgrounds.uniform(41)
MODEL = sd.planted.additive({"GCUGG": 1.0}, 41, alphabet=sd.RNA)


@pytest.fixture(scope="module")
def outcomes() -> sd.Outcomes:
    return sd.run(sd.hairpin("GCUGG", 18, core=[1, 5]), MODEL, NULL, n=24, rng=0)


def test_every_arm_is_folded_as_the_model_saw_it(outcomes):
    table = sd.structures(outcomes).set_index("arm")
    assert list(table.index) == list(outcomes.design.arms)
    for arm, row in table.iterrows():
        seen = outcomes.edited(arm)
        found = loop_probabilities(seen)[:, 18:23]
        beside = np.concatenate([seen.codes[:, :18], seen.codes[:, 23:]], 1)
        assert row["hairpin"] == pytest.approx(found[:, 1:, 1].mean())
        assert row["paired"] == pytest.approx(found[:, :, 0].mean())
        assert row["gc"] == pytest.approx(((beside == 1) | (beside == 2)).mean())
    motif = table[(table["insert"] == "GCUGG") & (table["structure"] != "unconstrained")]
    assert motif["met"].tolist() == [1, 1, 1]
    assert table.loc[table["structure"] == "unconstrained", ["met", "tries"]].isna().to_numpy().all()
    for _, same in table.groupby("structure"):
        assert same["gc"].nunique() == 1
    assert table.attrs["folding"].startswith("ViennaRNA")
    assert sd.structures(outcomes, most=5)["n"].tolist() == [5] * len(table)


def test_structures_are_of_designs_that_fold():
    plain = sd.run(sd.embed("GCUGG", at=18), MODEL, NULL, n=2, rng=0)
    with pytest.raises(sd.InputError, match="a design whose arms fold is needed"):
        sd.structures(plain)


@pytest.mark.parametrize(("call", "words"), [(sd.structures, "result of run"), (sd.dose, "result of estimate")])
def test_nothing_has_no_structures_and_no_dose(call, words):
    with pytest.raises(sd.InputError, match=f"is of type NoneType: the {words} is needed.*{call.__name__}"):
        call(None)


def test_a_model_that_reads_structure_has_its_slope(outcomes):
    """The answer is 2 × P(the core in a hairpin loop) with the motif, and 0 without: a line through all constructs."""

    def reads(codes):
        there = np.array(["".join("ACGU"[c] for c in row[18:23]) == "GCUGG" for row in codes])
        answers = np.zeros(len(codes))
        if there.any():
            answers[there] = 2 * loop_probabilities(sd.Sequences.from_codes(codes[there]))[:, 19:23, 1].mean(1)
        return answers

    model = sd.wrap(reads, alphabet=sd.RNA, length=41, layout="codes")
    design = sd.hairpin_series("GCUGG", 18, "stem", [3, 6], core=[1, 5], scrambles=0)
    table = sd.dose(sd.estimate(sd.run(design, model, NULL, n=24, rng=0), margin=0.1))
    assert table["stem"].tolist()[:2] == [3, 6]
    assert np.isnan(table["stem"].iloc[2])
    np.testing.assert_allclose(table[["slope", "low", "high"]], 2, atol=0.05)  # none of the backgrounds has GCUGG there
    assert table["n"].tolist() == [24, 24, 48]
    assert table["r2"].min() > 0.99


def test_errors_are_those_of_clusters():
    """Three constructs of each of 60 backgrounds, whose errors hang together."""
    rng = np.random.default_rng(0)
    doses = rng.random((3, 60))
    values = 0.5 * doses + rng.normal(size=60) + 0.1 * rng.normal(size=(3, 60))
    found = slope(doses, values[:, None, :])
    groups = np.tile(np.arange(60), 3)
    fitted = sm.OLS(values.ravel(), sm.add_constant(doses.ravel())).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    half = (found["high"] - found["low"]) / 2
    from scipy.stats import t

    assert found["slope"] == pytest.approx(fitted.params[1])
    assert half == pytest.approx(t.ppf(0.975, 58) * fitted.bse[1] * np.sqrt(60 / 58))
    assert found["r2"] == pytest.approx(fitted.rsquared)


def test_members_are_crossed_with_backgrounds():
    """Three members with slopes 0, 1 and 2: the interval is of what others would have learned, t with 2 degrees."""
    doses = np.random.default_rng(0).random((1, 500))
    values = np.array([0.0, 1.0, 2.0])[None, :, None] * doses[:, None, :]
    found = slope(doses, values)
    assert found["slope"] == pytest.approx(1)
    assert found["high"] - found["slope"] == pytest.approx(4.3027 / np.sqrt(3), rel=0.01)


def test_doses_that_hardly_differ_have_no_slope():
    assert np.isnan(
        slope(np.ones((1, 30)) - 1e-3 * np.arange(30) / 30, np.random.default_rng(0).random((1, 1, 30)))["slope"]
    )


def test_a_dose_needs_a_contrast_of_the_design(outcomes):
    with pytest.raises(sd.InputError, match=r"`contrast='change'`: the contrasts .* are effect, specific, structure"):
        sd.dose(sd.estimate(outcomes, margin=0.1), "change")
