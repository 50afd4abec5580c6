"""Answers in words: what each experiment's table comes to, and that nothing more is claimed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from seqdo.designs.design import Arm, Contrast, Design
from seqdo.effects.effects import Effects
from seqdo.experiments import arrange, embed
from seqdo.experiments import sequence_context as context
from seqdo.reporting.text.answers import answer
from seqdo.reporting.text.sentences import comparison, finding, listed, tally

Make = Callable[..., Effects]


def row(estimate: float, half: float, verdict: str, margin: float = 0.1, **more: object) -> dict[str, object]:
    low, high = estimate - half, estimate + half
    return {
        "output": "y", "estimate": estimate, "low": low, "high": high, "low_adjusted": low, "high_adjusted": high,
        "margin": margin, "verdict": verdict, "flag": "", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (row(2.01, 0.03, "present"), "GATTACA at 20 raises y by 2.01 (95 % interval 1.98 to 2.04): present."),
        (row(-0.5, 0.1, "present"), "GATTACA at 20 lowers y by 0.500 (95 % interval 0.400 to 0.600): present."),
        (
            row(0.01, 0.02, "absent"),
            "GATTACA at 20 has no effect on y beyond the margin of ±0.1 "
            "(0.0100, 95 % interval −0.0100 to 0.0300): absent.",
        ),
        (
            row(0.05, 0.02, "negligible"),
            "GATTACA at 20 changes y by less than the margin of ±0.1 "
            "(0.0500, 95 % interval 0.0300 to 0.0700): negligible.",
        ),
        (
            row(0.1, 0.05, "inconclusive"),
            "Whether GATTACA at 20 changes y is open (0.100, 95 % interval 0.050 to 0.150; the interval reaches across "
            "the margin of ±0.1): inconclusive.",
        ),
        (
            row(0.01, 0.02, "inconclusive"),
            "Whether GATTACA at 20 changes y is open (0.0100, 95 % interval −0.0100 to 0.0300; the sample does not "
            "allow a firmer verdict): inconclusive.",
        ),
        (
            row(2.0, 0.1, "inconclusive", margin=np.nan),
            "No verdict on GATTACA at 20, for no margin is set: the effect on y is 2.00, 95 % interval 1.90 to 2.10.",
        ),
        (row(np.nan, np.nan, "inconclusive", flag="n = 1"), "GATTACA at 20: the effect on y is not available (n = 1)."),
        (
            row(2.0, 0.1, "present", level=0.9),
            "GATTACA at 20 raises y by 2.00 (90 % interval 1.90 to 2.10): present.",
        ),
    ],
)
def test_a_finding_says_the_interval_and_the_verdict_of_its_row(given: dict[str, object], sentence: str) -> None:
    assert finding("GATTACA at 20", given) == sentence


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(-0.6, 0.1, "present"), "Beside it, y is lower by 0.600 (95 % interval 0.500 to 0.700): present."),
        (row(0.0, 0.05, "absent"), "Beside it, y differs by less than the margin of ±0.1"),
        (row(0.1, 0.05, "inconclusive"), "Beside it, whether y differs is open"),
        (row(np.nan, np.nan, "inconclusive"), "Beside it, the difference in y is not available."),
    ],
)
def test_a_comparison_says_which_way_only_where_the_verdict_is_present(given: dict[str, object], words: str) -> None:
    said = comparison("Beside it", given)
    assert said.startswith(words)
    assert ("higher" in said or "lower" in said) == (given["verdict"] == "present")


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
        "The effect of GATTACA on y is present at all 4 positions. It is largest at position",
    ]),
    (embed.positions("GATTACA", [5]), present, ["GATTACA at position 5 raises y by 2.0"]),
    (embed.orientation("GATTACA", at=20), present, [
        "GATTACA on the forward strand raises y", "GATTACA on the reverse strand raises y",
        "On the forward rather than the reverse strand, y differs by less than the margin",
    ]),
    (embed.orientation("GAATTC", at=20), present, ["It is its own reverse complement"]),
    (embed.mutants("GAT", at=20), lambda arm: 2.0 * ("GAT" in {s.motif.name for s in arm.sites}), [
        "GAT at 20 raises y", "A change from replacing one letter is present at all 9 substitutions.",
        "y is lower by 2.0", "counted from 0",
    ]),
    (embed.kmers(3, at=20), best_aac, [
        "An effect on y is present at 2 of 64 k-mers and absent at 62.",
        "The largest is that of AAC: ", "partly by luck",
    ]),
    (arrange.copies("GATTACA", [2, 14, 26, 38]), present, [
        "4 copies of GATTACA raise y by 8.0",
        "Each further copy adds as much as the one before it",
    ]),
    (arrange.copies("GATTACA", [2, 14]), synergy, [
        "The step to 2 copies adds more than the step before it: present.",
    ]),
    (arrange.spacing("GATTACA", "CCGGT", range(0, 5), at=10), synergy, [
        "The effect of GATTACA and CCGGT together on y is present at all 5 gaps.",
        "A difference from the sum of each alone is present at all 5 gaps.",
        "compared with the sum, y is higher by 3.0",
    ]),
    (arrange.spacing("GATTACA", "GATTACA", range(0, 5), at=10), present, [
        "The effect of GATTACA and GATTACA together on y is present at all 5 gaps.",
        "A difference from the sum of each alone is absent at all 5 gaps.",
    ]),
    (arrange.interaction(["GATTACA", "CCGGT"], at=[10, 30]), present, [
        "GATTACA and CCGGT together raise y by 4.0", "Their effects add up, within the margin of ±0.1", "absent.",
    ]),
    (arrange.interaction(["GATTACA", "CCGGT"], at=[10, 30]), synergy, [
        "Compared with the sum of each alone, y is higher by 3.0",
    ]),
    (arrange.interaction(["GATTACA", "CCGGT", "TTTA"], at=[10, 30, 40]), synergy, [
        "An interaction is present at all 4 combinations.", "y is lower by 7.00", "GATTACA + CCGGT + TTTA",
    ]),
    (context.flanks("GATTACA", at=20, left=1), lambda arm: 1.0 * (arm.label[0] == "A"), [
        "An effect on y is present at 1 of 4 fillings and absent at 3.", "The largest is that of AGATTACA",
        "A difference from the mean of all fillings is present at all 4 fillings.",
    ]),
    (context.swap("GATTACA", ["CCGGTTA", "TTTTAAA"], at=20), lambda arm: 1.0 * arm.label.startswith("GATTACA"), [
        "GATTACA raises y by", "A difference from what stands in its place is present at both controls.",
    ]),
    (context.gc_context("GATTACA", at=20), present, [
        "GATTACA alone raises y by 2.0", "A difference between GC and AT beside it is absent at both sides.",
    ]),
]  # fmt: skip
IDS = [f"{case[0].experiment}-{i}" for i, case in enumerate(CASES)]
ASKED = {str(design): design for design, *_ in CASES}
"""Each design once, whatever was planted."""


@pytest.mark.parametrize(("design", "planted", "parts"), CASES, ids=IDS)
def test_the_answer_says_what_was_planted(
    design: Design, planted: Callable[[Arm], float], parts: list[str], make: Make
) -> None:
    """Effects of 0 or 0.75 and more, with noise of 0.001, against a margin of 0.1: no seed gives another verdict."""
    said = answer(make(design, planted, noise=0.001))
    assert all(part in said for part in parts), said
    assert not re.search(r"\b(nan|inf|None)\b", said)


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


def test_many_outputs_are_counted_and_the_clearest_is_told(make: Make) -> None:
    said = answer(make(embed.embed("GATTACA", at=20), present, outputs=("a", "b", "c", "d")))
    assert said.startswith("An effect is present in 4 of 4 outputs. GATTACA at 20 raises a by")


def test_verdicts_are_counted_in_words(make: Make) -> None:
    table = make(embed.positions("GATTACA", range(0, 12, 4)), present).table
    assert tally(table, "position") == "present at all 3 positions"
    assert tally(table.iloc[:2], "position") == "present at both positions"
    assert tally(table.iloc[:1], "position") == "present at the one position"
    mixed = table.assign(verdict=["present", "absent", "inconclusive"])
    assert tally(mixed, "position") == "present at 1 of 3 positions, absent at 1 and inconclusive at 1"
    assert listed(["a"]) == "a"
