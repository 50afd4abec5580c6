"""Sentences on hairpins: each from its row, on planted models whose answers are known."""

from __future__ import annotations

import pytest

import seqdo as sd
from seqdo.reporting.text.answers import answer

pytest.importorskip("RNA", reason="ViennaRNA (extra structure) is not installed")

GATED = sd.planted.hairpin_gated("NGCUGGN", 41, at=17, stem=9, alphabet=sd.RNA)


@pytest.mark.parametrize(
    ("design", "sentences"),
    [
        (
            sd.hairpin("GCUGG", 18, core=[1, 5]),
            (
                "GCUGG in the loop of a hairpin raises y by 1.0",
                "rather than in the stem of a hairpin, y is higher",
            ),
        ),
        (
            sd.compensatory("GCUGG", 18, core=[1, 5]),
            ("With the 5' arm broken, y is lower by 1.0", "(all that letters alone can do), y is higher by 2.0"),
        ),
        (
            sd.hairpin_series("GCUGG", 18, "stem", [5, 9], core=[1, 5]),
            ("in the loop of a hairpin is present at 1 of 2 levels", "It is largest at stem 9"),
        ),
    ],
    ids=lambda value: value.experiment if isinstance(value, sd.Design) else "",
)
def test_what_a_page_says(design, sentences, tmp_path):
    effects = sd.estimate(sd.run(design, GATED, sd.backgrounds.uniform(41), n=40, rng=0), margin=0.1)
    said = answer(effects)
    assert not [one for one in sentences if one not in said], said
    sd.report(effects, tmp_path / "page.html")
