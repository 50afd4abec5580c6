"""Spacing of three and more patterns, against a planted model whose terms of pairs and triples are known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import seqdo as sd
from seqdo.errors import InputError
from seqdo.specs.entry import entry, entry_of

LENGTH = 60
BLANK = ["T" * LENGTH] * 3
A, B, C = "GAAC", "CCGA", "ACGGA"
"""Patterns that neither overlap one another nor occur in T."""


def starts(x, pattern):
    """The one start of a pattern in each sequence; -1 where it is missing."""
    letters = np.asarray(x).argmax(1)
    wanted = np.array(["ACGT".index(letter) for letter in pattern])
    windows = np.lib.stride_tricks.sliding_window_view(letters, len(wanted), 1)
    hits = (windows == wanted).all(2)
    return np.where(hits.any(1), hits.argmax(1), -1)


def pair(gap):
    return 1.5 / (1 + np.abs(gap))


def triple(first, second):
    return 0.25 * first - 0.1 * second


def terms(x):
    """1, 2 and 4 for A, B and C; a pair term of A with B, one of B with C, and a term of all three, by their gaps."""
    a, b, c = (starts(x, pattern) for pattern in (A, B, C))
    y = 1.0 * (a >= 0) + 2.0 * (b >= 0) + 4.0 * (c >= 0)
    first, second = b - a - len(A), c - b - len(B)
    y += np.where((a >= 0) & (b >= 0), pair(first), 0) + np.where((b >= 0) & (c >= 0), pair(second), 0)
    return y + np.where((a >= 0) & (b >= 0) & (c >= 0), triple(first, second), 0)


MODEL = sd.wrap(terms, alphabet=sd.DNA, length=LENGTH, outputs=["y"])
GRID = list(product([0, 3, 9], [1, 5]))


def table(design, model=MODEL):
    frame = sd.estimate(sd.run(design, model, BLANK)).table
    return {
        (row["contrast"], *(row.get(f"gap {k}") for k in (1, 2) if not np.isnan(row.get(f"gap {k}", np.nan)))): row[
            "estimate"
        ]
        for _, row in frame.iterrows()
    }


def test_every_term_of_a_planted_model_is_its_own_contrast():
    estimates = table(sd.spacing([A, B, C], gaps=GRID, at=5))
    assert estimates["GAAC",] == pytest.approx(1)
    for first, second in GRID:
        at = first, second
        assert estimates["CCGA", first] == pytest.approx(2)
        assert estimates["ACGGA", *at] == pytest.approx(4)
        assert estimates["interaction:GAAC+CCGA", first] == pytest.approx(pair(first))
        assert estimates["interaction:CCGA+ACGGA", *at] == pytest.approx(pair(second))
        assert estimates["interaction:GAAC+ACGGA", *at] == pytest.approx(0, abs=1e-9)
        assert estimates["interaction:GAAC+CCGA+ACGGA", *at] == pytest.approx(triple(*at), abs=1e-9)
        whole = 7 + pair(first) + pair(second) + triple(*at)
        assert estimates["effect", *at] == pytest.approx(whole)
    assert len(estimates) == 1 + 3 + 6 + 3 + 6 + 6 + 6 + 6  # A, B, C, AB, BC, AC, ABC, effect


def test_one_gap_varies_and_the_other_is_fixed():
    estimates = table(sd.spacing([A, B, C], gaps=[(4, gap) for gap in range(1, 7)], at=5))
    curve = [estimates["interaction:GAAC+CCGA+ACGGA", 4, gap] for gap in range(1, 7)]
    assert np.diff(curve) == pytest.approx([-0.1] * 5)  # as planted


def test_patterns_stand_at_the_gaps_and_strands_of_the_design():
    design = sd.spacing(["GAC", "CCA", "GAC", "AGG"], gaps=[(2, 0, 7)], at=3, strand=["++++", "+-++"])
    names = [site.name for arm in design.arms.values() for site in arm.sites]
    assert set(names) == {"GAC", "CCA", "CCA(rc)", "AGG"}
    whole = next(arm for arm in design.arms.values() if len(arm.sites) == 4)
    assert [site.starts[0] for site in whole.sites] == [3, 8, 11, 21]
    assert {each.name for each in design.contrasts if "(1)+CCA+GAC (2)" in each.name} == {
        "interaction:GAC (1)+CCA+GAC (2)", "interaction:GAC (1)+CCA+GAC (2)+AGG",
    }  # fmt: skip
    assert design.factors["orientation"] == ("++++", "+-++")


def test_two_patterns_are_as_they_were():
    """The form with a pair keeps its arms, contrasts and call."""
    design = sd.spacing("GATTACA", "CCGG", gaps=range(3), at=10)
    assert design.call == 'sd.spacing("GATTACA", "CCGG", gaps=range(0, 3), at=10)' or design.call == (
        'sd.spacing("GATTACA", "CCGG", gaps=[0, 1, 2], at=10)'
    )
    assert list(design.factors) == ["gap"]
    assert [each.name for each in design.contrasts[:2]] == ["effect", "interaction"]
    assert sd.spacing("GATTACA", "CCGG", range(3), 10).contrasts == design.contrasts


def test_scrambles_are_of_the_joint_effect():
    design = sd.spacing([A, B, C], gaps=[(1, 2)], at=5, scrambles=2)
    assert [each.name for each in design.contrasts].count("specific") == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"first": [A, B]}, "`first` holds 2 patterns.*a list of 3 to 5"),
        ({"first": [A] * 6}, "`first` holds 6 patterns"),
        ({"gaps": [3]}, r"`gaps` holds \[3\] for 3 patterns: each set of gaps holds 2"),
        ({"gaps": [(3, 4, 5)]}, r"`gaps` holds \[3, 4, 5\]"),
        ({"gaps": []}, "`gaps` is empty"),
        ({"gaps": [(3, -1)]}, "gaps=-1"),
        ({"gaps": [(3, 1.5)]}, "gaps=1.5"),
        ({"gaps": [(3, 1), (3, 1)]}, r"`gaps` holds \[3, 1\] twice"),
        ({"gaps": None}, "`gaps` is missing"),
        ({"at": None}, "`at` is missing"),
        ({"second": A}, "`second` is .* next to a list of patterns"),
        ({"orders": ["BA"]}, "`orders=.*of a list of patterns"),
        ({"strand": ["++"] * 2}, "`strand=.*for 3 patterns"),
        ({"strand": ["+*+"]}, "`strand="),
    ],
)
def test_what_is_no_set_of_gaps_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        sd.spacing(**{"first": [A, B, C], "gaps": [(1, 2)], "at": 5} | call)
    with pytest.raises(InputError, match="`second` is missing"):
        sd.spacing(A, gaps=[1], at=5)


def test_a_study_can_ask_and_a_page_shows_it(tmp_path):
    content = {"experiment": "spacing", "first": [A, B, C], "gaps": [[0, 1], [0, 5], [3, 1]], "at": 5}
    design = entry(content).design()
    assert entry_of(design) == content
    effects = sd.estimate(sd.run(design, MODEL, sd.backgrounds.uniform(LENGTH), n=64, rng=0))
    page = sd.report(effects, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "gap 1" in page
    assert "gap 2" in page
