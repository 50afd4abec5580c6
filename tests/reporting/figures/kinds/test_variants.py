"""Single variants in a report: sentences, and a figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.errors import InputError
from seqdo.reporting.figures.figure import figures
from seqdo.reporting.figures.kinds.variants import variants_figure
from seqdo.reporting.text.answers import answer

PROBES = sd.Sequences.from_strings(["GATTACCCCC", "CCCCCCCCCC"], sd.DNA, ["a", "b"])
ROWS = [
    ("breaks", "a", 2, "T", "C"),
    ("makes nothing", "b", 2, "C", "T"),
    ("half", "a", 8, "C", "G"),
    ("small", "b", 0, "C", "A"),
]


def effects(members: int) -> sd.Effects:
    """Models that know GATTA by 2.0, 2.1, ..., a G at 8 by half of that and a C at 0 by a tenth."""

    def one(weight):
        def predict(x):
            whole = (x.argmax(1)[:, :5] == [2, 0, 3, 3, 0]).all(1)
            return weight * (whole + 0.5 * x[:, 2, 8] + 0.1 * x[:, 1, 0])

        return predict

    models = [one(2 + 0.1 * i) for i in range(members)]
    model = sd.wrap(models if members > 1 else models[0], alphabet=sd.DNA, length=10, outputs=["y"])
    table = pd.DataFrame(ROWS, columns=["id", "sequence", "position", "ref", "alt"])
    return sd.estimate(sd.run(sd.variants(table, PROBES), model), margin=0.5)


def test_the_answer_has_the_largest_changes_and_how_many_lie_beyond_the_margin():
    """Weights 2.0, 2.1 and 2.2: mean 2.1, standard error 0.1/√3, t(2, 0.975) 4.303: ±0.248, and half of it all."""
    said = answer(effects(3))
    assert "Of 4 variants, breaks (−2.10, 95 % CI −2.35 to −1.85), half (1.05, 95 % CI 0.93 to 1.17)" in said
    assert "over 3 models, 1 raise y and 1 lower it beyond the margin of ±0.5" in said
    assert "With the alternative alleles, on average over all variants, it is undecided whether y differs" in said


@pytest.mark.parametrize("members", [1, 2])
def test_with_one_or_two_models_no_interval_is_claimed(members):
    said = answer(effects(members))
    assert "a single variant has no interval" in said
    assert "beyond" not in said


def test_the_figure_ranks_them_and_fills_those_beyond_the_margin():
    ax = variants_figure(effects(3))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["breaks", "half", "small", "makes nothing"]
    filled, hollow = (line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_allclose(np.sort(filled.get_xdata()), [-2.1, 1.05], atol=1e-6)
    np.testing.assert_allclose(hollow.get_xdata(), [-0.21, 0.0], atol=1e-6)


def test_of_more_variants_the_largest_are_drawn_and_the_figure_says_so():
    ax = variants_figure(effects(3), most=1)
    assert ax.get_title(loc="left") == "the 1 largest of 4 variants"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["breaks"]


def test_a_report_shows_it_and_other_effects_have_none():
    assert ("variants", "y") in [(figure.kind, figure.output) for figure, _ in figures(effects(3))]
    model = sd.planted.additive({"GATTA": 2.0}, length=20)
    other = sd.estimate(sd.run(sd.embed("GATTA", at=3), model, sd.backgrounds.uniform(20), n=20, rng=0))
    assert "variants" not in [figure.kind for figure, _ in figures(other)]
    for given, output in ((other, None), (effects(1), "z")):
        with pytest.raises(InputError, match="variants"):
            variants_figure(given, output)
