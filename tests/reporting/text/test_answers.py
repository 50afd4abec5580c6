"""Answers as sentences: what each experiment's table shows, and that nothing more is claimed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.design import Arm, Contrast, Design, Site
from seqdo.effects.effects import Effects
from seqdo.experiments import arrange, embed
from seqdo.experiments import sequence_context as context
from seqdo.motifs.motif import Motif
from seqdo.reporting.text.answers import answer, sentences

Make = Callable[..., Effects]


def present(arm: Arm) -> float:
    return 2.0 * len(arm.sites)


def synergy(arm: Arm) -> float:
    return {0: 0.0, 1: 1.0, 2: 5.0, 3: 5.0}[len(arm.sites)]


def by_names(arm: Arm) -> float:
    return float(sum(map(ord, arm.label)) % 7)


def best_aac(arm: Arm) -> float:
    return sum({"AAC": 4.0, "GGT": -1.0}.get(site.motif.name, 0.0) for site in arm.sites)


CASES = [
    (embed.embed("GATTACA", at=20), present, ["GATTACA at 20 raises y by 2.0", "): present."]),
    (embed.embed("GATTACA", at=20, scrambles=2), present, [
        "Compared with its scrambled versions, y differs by less than",
    ]),
    (embed.positions("GATTACA", range(0, 20, 5)), present, [
        "The effect of GATTACA on y is present at all 4 positions.", "The largest effect is at position",
    ]),
    (embed.positions("GATTACA", [5]), present, ["GATTACA at position 5 raises y by 2.0"]),
    (embed.orientation("GATTACA", at=20), present, [
        "GATTACA on the forward strand raises y", "GATTACA on the reverse strand raises y",
        "On the forward rather than the reverse strand, y differs by less than the margin",
    ]),
    (embed.orientation("GAATTC", at=20), present, [
        "y is the same by construction (palindrome: both orientations are the same sequence): absent.",
    ]),
    (embed.mutants("GAT", at=20), lambda arm: 2.0 * ("GAT" in {s.motif.name for s in arm.sites}), [
        "GAT at 20 raises y", "A change from replacing one letter is present for all 9 substitutions.",
        "The largest change is with ", "(counted from 0): −2.0",
    ]),
    (embed.kmers(3, at=20), best_aac, [
        "An effect on y is present for 2 of 64 k-mers and absent for 62.",
        "The largest effect is that of AAC: 4.0", "partly due to chance",
    ]),
    (arrange.copies("GATTACA", [2, 14, 26, 38]), present, [
        "4 copies of GATTACA raise y by 8.0",
        "Each further copy adds as much as the copy before it, within the margin.",
    ]),
    (arrange.copies("GATTACA", [2, 14]), synergy, [
        "The step to 2 copies adds more than the step before it: present.",
    ]),
    (arrange.spacing("GATTACA", "CCGGT", range(0, 5), at=10), synergy, [
        "The effect of GATTACA and CCGGT together on y is present at all 5 gaps.",
        "An interaction (a difference from the sum of the single effects) is present at all 5 gaps.",
        "The largest interaction is at gap", ": 3.0",
    ]),
    (arrange.spacing("GATTACA", "GATTACA", range(0, 5), at=10), present, [
        "The effect of GATTACA and GATTACA together on y is present at all 5 gaps.",
        "An interaction (a difference from the sum of the single effects) is absent at all 5 gaps.",
    ]),
    (arrange.interaction(["GATTACA", "CCGGT"], at=[10, 30]), present, [
        "GATTACA and CCGGT together raise y by 4.0", "The effects add up, within the margin of ±0.1", "absent.",
    ]),
    (arrange.interaction(["GATTACA", "CCGGT"], at=[10, 30]), synergy, [
        "Compared with the sum of the single effects, y is higher by 3.0",
    ]),
    (arrange.interaction(["GATTACA", "CCGGT", "TTTA"], at=[10, 30, 40]), synergy, [
        "An interaction is present for all 4 combinations.",
        "The largest interaction is that of GATTACA + CCGGT + TTTA: −7.00",
    ]),
    (context.flanks("GATTACA", at=20, left=1), lambda arm: 1.0 * (arm.label[0] == "A"), [
        "An effect on y is present for 1 of 4 fillings and absent for 3.", "The largest effect is that of AGATTACA",
        "A difference from the mean of all fillings is present for all 4 fillings.",
    ]),
    (context.swap("GATTACA", ["CCGGTTA", "TTTTAAA"], at=20), lambda arm: 1.0 * arm.label.startswith("GATTACA"), [
        "GATTACA raises y by", "A difference from the controls in its place is present for both controls.",
        "Compared with the most similar control, ",
    ]),
    (context.gc_context("GATTACA", at=20), present, [
        "GATTACA alone raises y by 2.0", "A difference between GC and AT patches is absent at both sides.",
    ]),
]  # fmt: skip
IDS = [f"{case[0].experiment}-{i}" for i, case in enumerate(CASES)]
ASKED = {str(design): design for design, *_ in CASES}
"""Each design once, whatever was planted."""


@pytest.mark.parametrize(("design", "planted", "parts"), CASES, ids=IDS)
def test_the_answer_is_what_was_planted(
    design: Design, planted: Callable[[Arm], float], parts: list[str], make: Make
) -> None:
    """Effects of 0 or 0.75 and more, with noise of 0.001, against a margin of 0.1: no seed gives another verdict."""
    text = answer(make(design, planted, noise=0.001))
    assert all(part in text for part in parts), text
    assert not re.search(r"\b(nan|inf|None)\b", text)


@pytest.mark.parametrize("design", ASKED.values(), ids=lambda design: design.experiment)
def test_nothing_is_claimed_where_all_is_inconclusive(design: Design, make: Make) -> None:
    """However large the estimates are: no sentence may say raises, lowers, higher, lower, more or less."""
    effects = make(design, by_names)
    said = answer(replace(effects, table=effects.table.assign(verdict="inconclusive")))
    assert "inconclusive" in said
    assert not re.search(r"\b(raises?|lowers?|higher|lower|adds more|adds less|largest)\b", said), said


def test_a_design_of_ones_own_gets_a_general_sentence(make: Make) -> None:
    arms = {"none": Arm(), "a": embed.embed("GATTACA", at=20).arms["GATTACA@20"]}
    design = Design("mine", "Does it?", arms, (Contrast("difference", {"a": 1.0, "none": -1.0}),))
    assert answer(make(design, present)).startswith("The contrast difference raises y by 2.0")


def test_a_known_experiment_with_contrasts_of_its_own_still_gets_an_answer(make: Make) -> None:
    arms = embed.embed("GATTACA", at=20).arms
    design = Design("embed", "Does it?", arms, (Contrast("odd", {"GATTACA@20": 1.0, "none": -1.0}),))
    assert "The contrast odd raises y" in answer(make(design, present))


def test_many_outputs_are_counted_and_the_clearest_gets_sentences(make: Make) -> None:
    said = answer(make(embed.embed("GATTACA", at=20), present, outputs=("a", "b", "c", "d")))
    assert said.startswith("An effect is present in 4 of 4 outputs. GATTACA at 20 raises a by")


def test_the_leading_sentences_answer_the_question_and_name_their_rows(make: Make) -> None:
    """Of a spacing scan the interaction leads, and its row is the largest; claims have no numbers of effects."""
    effects = make(arrange.spacing("GATTACA", "CCGGT", range(0, 5), at=10), synergy)
    (lead,) = [sentence for sentence in sentences(effects) if sentence.lead]
    assert lead.claim.startswith("The largest interaction is at gap ")
    assert lead.counts == {"present": 5}
    interactions = effects.table["estimate"].abs().where(effects.table["contrast"] == "interaction")
    assert lead.row == interactions.idxmax()


@pytest.mark.parametrize("name", ["{pattern}", "{", "a{0}b", "{levels!r}"])
def test_braces_in_names_are_text(name: str, make: Make) -> None:
    """Names are never templates: a motif, a contrast, a level or an output may hold braces."""
    arms = {"none": Arm(), "a": Arm((Site(Motif(name, np.eye(4)), 5),))}
    contrasts = [Contrast(name, {"a": 1.0, "none": -1.0}, {"kind": name + end}) for end in "xy"]
    own = Design("own", name, arms, (Contrast("effect", {"a": 1.0, "none": -1.0}), *contrasts))
    text = answer(make(own, present, outputs=(name,)))
    assert f"raises {name} by 2.0" in text
    assert f"The contrast {name} is present" in text
    assert f"{name} at 5 raises {name} by" in answer(make(replace(own, experiment="embed"), present, outputs=(name,)))


def test_an_experiment_without_phrases_gets_sentences_from_its_factors_and_contrasts(make: Make) -> None:
    spacing = arrange.spacing("GATTACA", "CCGGT", range(0, 5), at=10, scrambles=1)
    text = answer(make(replace(spacing, experiment="new"), synergy))
    assert "The effect of GATTACA and CCGGT together on y is present at all 5 gaps." in text
    assert "An interaction (a difference from the sum of the single effects) is present at all 5 gaps." in text
    assert "A difference from the scrambled versions is absent at all 5 gaps." in text
    kinds = replace(embed.kmers(1, at=20), experiment="new")
    assert "The contrast effect is present for all 4 k-mers." in answer(make(kinds, present))


def test_a_factor_may_be_called_level(make: Make) -> None:
    arms = embed.embed("GATTACA", at=20).arms
    design = Design("own", "?", arms, (Contrast("effect", {"GATTACA@20": 1.0, "none": -1.0}, {"level": 3}),))
    assert "GATTACA at level 3 raises y by 2.0" in answer(make(design, present))
    assert "(95 % CI " in answer(make(design, present))


GATED = sd.planted.hairpin_gated("NGCUGGN", 41, at=17, stem=9, alphabet=sd.RNA)


@pytest.mark.parametrize(
    ("experiment", "given", "parts"),
    [
        (
            "hairpin",
            {},
            ("GCUGG in the loop of a hairpin raises y by 1.0", "rather than in the stem of a hairpin, y is higher"),
        ),
        (
            "compensatory",
            {},
            ("With the 5' arm broken, y is lower by 1.0", "(expected without pairing), y is higher by 2.0"),
        ),
        (
            "hairpin_series",
            {"vary": "stem", "levels": [5, 9]},
            ("in the loop of a hairpin on y is present at 1 of 2 levels", "The largest effect is at stem 9"),
        ),
    ],
)
def test_answers_about_hairpins_are_what_was_planted(experiment, given, parts):
    pytest.importorskip("RNA", reason="ViennaRNA (extra structure) is not installed")
    design = getattr(sd, experiment)("GCUGG", 18, core=[1, 5], **given)
    text = answer(sd.estimate(sd.run(design, GATED, sd.backgrounds.uniform(41), n=40, rng=0), margin=0.1))
    assert not [part for part in parts if part not in text], text


SITE = "GATTACAGATT"


def occluded(count, model, **more):
    rng = np.random.default_rng(0)
    some = ["".join(row) for row in rng.choice(list("ACT"), (300, 90))]
    for start in (10, 30, 50, 70)[:count]:
        some = [text[:start] + SITE + text[start + len(SITE) :] for text in some]
    return sd.estimate(sd.run(sd.occlude(some, SITE, replicates=2, **more), model, rng=0), margin=0.1)


def test_the_effect_of_occlusion_is_called_one_on_the_treated():
    text = answer(occluded(1, sd.planted.additive({SITE: 2.0}, 90)))
    assert text.startswith("The sites, where they stand, raise y by 2.0")
    assert "effect on the treated (ATT)" in text


def test_single_sites_their_sum_and_other_motifs_get_sentences():
    effects = occluded(2, sd.planted.additive({SITE: -1.0}, 90), number=2, by=["CCCCCAAAAAC"])
    table = effects.table.copy()
    table.loc[table["contrast"] == "beyond the sum", "verdict"] = "absent"
    text = answer(replace(effects, table=table))
    assert "where they stand, lower y by 2.0" in text
    assert "The first site from the left, by itself, lowers y" in text
    assert "The second site from the left" in text
    assert "The effects add up, within the margin" in text
    assert "Compared with CCCCCAAAAAC in their place, y is lower" in text


def test_many_sites_and_many_motifs_are_counted_and_the_largest_is_named():
    saturating = sd.planted.saturating(SITE, 90, cap=1)
    others = [letter * 11 for letter in "ACT"] + ["CCCCCAAAAAC"]
    text = answer(occluded(4, saturating, number=4, by=others))
    assert "An effect of a single site, with the others kept, is inconclusive at all 4 sites." in text
    assert "With all sites, compared with the sum of the single effects, y is higher by 1" in text
    assert "A difference from other motifs in their place is present for all 4 motifs." in text
    assert text.count("The largest difference is from ") == 1


@pytest.mark.parametrize(
    ("weight", "verb"), [(2.0, "raise y by 2.0"), (0.0, "change y by less than the margin of ±0.5")]
)
def test_a_transplant_gets_a_sentence(weight, verb):
    """4 of the 11 letters of a site are A, and 34 % of the others: 0.04 for each makes 0.01."""
    some = ["".join(row) for row in np.random.default_rng(0).choice(list("ACT"), (400, 60))]
    some = [text[:20] + SITE + text[31:] for text in some]
    design = sd.transplant(some, SITE)
    model = sd.planted.additive({SITE: weight, "A": 0.04}, 60)
    outcomes = sd.run(design, model, sd.backgrounds.shuffled(some), n=400, rng=0)
    assert f"The sites alone, in other sequences, {verb}" in answer(sd.estimate(outcomes, margin=0.5))
