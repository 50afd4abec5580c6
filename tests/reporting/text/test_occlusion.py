"""Sentences on occlusion: what they say of each verdict, and that the effect is called one on the treated."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.reporting.text.answers import answer
from seqdo.reporting.text.occlusion import told_of_occlusion

SITE = "GATTACAGATT"


def effects(count, model, **more):
    rng = np.random.default_rng(0)
    some = ["".join(row) for row in rng.choice(list("ACT"), (300, 90))]
    for start in (10, 30, 50, 70)[:count]:
        some = [text[:start] + SITE + text[start + len(SITE) :] for text in some]
    return sd.estimate(sd.run(sd.occlude(some, SITE, replicates=2, **more), model, rng=0), margin=0.1)


def test_the_effect_is_called_one_on_the_treated():
    said = answer(effects(1, sd.planted.additive({SITE: 2.0}, 90)))
    assert said.startswith("The sites, where they stand, raise y by 2.0")
    assert "effect on the treated (ATT)" in said


def test_single_sites_their_sum_and_other_motifs_are_told():
    found = effects(2, sd.planted.additive({SITE: -1.0}, 90), number=2, by=["CCCCCAAAAAC"])
    table = found.table.assign(level=found.level)
    table.loc[table["contrast"] == "beyond the sum", "verdict"] = "absent"
    said = " ".join(told_of_occlusion(table, found.outcomes.design))
    assert "where they stand, lower y by 2.0" in said
    assert "The first from the left, by itself, lowers y" in said
    assert "The second from the left" in said
    assert "Their effects add up, within the margin" in said
    assert "Compared with CCCCCAAAAAC in their place, y is lower" in said


def test_of_many_sites_and_many_motifs_only_counts_and_the_largest_are_told():
    saturating = sd.planted.saturating(SITE, 90, cap=1)
    others = [letter * 11 for letter in "ACT"] + ["CCCCCAAAAAC"]
    said = answer(effects(4, saturating, number=4, by=others))
    assert "An effect of a single site, beside the others, is inconclusive at all 4 sites." in said
    assert "With all of them, compared with the sum of each, y is higher by 1" in said
    assert "A difference from other motifs in their place is present at all 4 motifs." in said
    assert said.count("in their place, y is") == 1


@pytest.mark.parametrize(
    ("weight", "verb"), [(2.0, "raise y by 2.0"), (0.0, "change y by less than the margin of ±0.5")]
)
def test_a_transplant_is_told(weight, verb):
    """4 of the 11 letters of a site are A, and 34 % of the others: 0.04 for each makes 0.01."""
    some = ["".join(row) for row in np.random.default_rng(0).choice(list("ACT"), (400, 60))]
    some = [text[:20] + SITE + text[31:] for text in some]
    design = sd.transplant(some, SITE)
    model = sd.planted.additive({SITE: weight, "A": 0.04}, 60)
    outcomes = sd.run(design, model, sd.backgrounds.shuffled(some), n=400, rng=0)
    assert f"The sites alone, in other sequences, {verb}" in answer(sd.estimate(outcomes, margin=0.5))
