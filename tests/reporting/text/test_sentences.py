"""Sentences about single rows: the numbers and the verdict of the row, and no more."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqdo.reporting.text.sentences import CONFIDENCE, comparison, finding, listed, tally


def row(estimate: float, half: float, verdict: str, margin: float = 0.1, **more: object) -> dict[str, object]:
    low, high = estimate - half, estimate + half
    return {
        "output": "y", "estimate": estimate, "low": low, "high": high, "low_adjusted": low, "high_adjusted": high,
        "margin": margin, "verdict": verdict, "flag": "", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (row(2.01, 0.03, "present"), "GATTACA at 20 raises y by 2.01 (95 % CI 1.98 to 2.04): present."),
        (row(-0.5, 0.1, "present"), "GATTACA at 20 lowers y by 0.500 (95 % CI 0.400 to 0.600): present."),
        (
            row(0.01, 0.02, "absent"),
            "GATTACA at 20 has no effect on y beyond the margin of ±0.1 (0.0100, 95 % CI −0.0100 to 0.0300): absent.",
        ),
        (
            row(0.05, 0.02, "negligible"),
            "GATTACA at 20 changes y by less than the margin of ±0.1 (0.0500, 95 % CI 0.0300 to 0.0700): negligible.",
        ),
        (
            row(0.1, 0.05, "inconclusive"),
            "It is undecided whether GATTACA at 20 changes y (0.100, 95 % CI 0.050 to 0.150; the interval crosses "
            "the margin of ±0.1): inconclusive.",
        ),
        (
            row(0.01, 0.02, "inconclusive"),
            "It is undecided whether GATTACA at 20 changes y (0.0100, 95 % CI −0.0100 to 0.0300; the sample does not "
            "allow a firmer verdict): inconclusive.",
        ),
        (
            row(2.0, 0.1, "inconclusive", margin=np.nan),
            "GATTACA at 20 changes y by 2.00 (95 % CI 1.90 to 2.10). No margin was set, so there is no verdict.",
        ),
        (row(np.nan, np.nan, "inconclusive", flag="n = 1"), "GATTACA at 20: the effect on y is not available (n = 1)."),
        (
            row(2.0, 0.1, "present", **{CONFIDENCE: 0.9}),
            "GATTACA at 20 raises y by 2.00 (90 % CI 1.90 to 2.10): present.",
        ),
    ],
)
def test_a_finding_has_the_interval_and_the_verdict_of_its_row(given: dict[str, object], sentence: str) -> None:
    shown = finding("GATTACA at 20", given)
    assert shown.text == sentence
    assert shown.verdict in ("", given["verdict"])
    assert not re.search(r"\d\.\d", shown.claim)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(-0.6, 0.1, "present"), "Next to it, y is lower by 0.600 (95 % CI 0.500 to 0.700): present."),
        (row(0.0, 0.05, "absent"), "Next to it, y differs by less than the margin of ±0.1"),
        (row(0.1, 0.05, "inconclusive"), "Next to it, it is undecided whether y differs"),
        (row(np.nan, np.nan, "inconclusive"), "Next to it, the difference in y is not available."),
    ],
)
def test_a_comparison_has_a_direction_only_where_the_verdict_is_present(given: dict[str, object], words: str) -> None:
    shown = comparison("Next to it", given)
    assert shown.text.startswith(words)
    assert ("higher" in shown.text or "lower" in shown.text) == (given["verdict"] == "present")


def test_verdicts_are_counted() -> None:
    assert tally(["present"] * 3, "position") == "present at all 3 positions"
    assert tally(["present"] * 2, "k-mer") == "present for both k-mers"
    assert tally(["present"], "position") == "present at the only position"
    mixed = tally(["present", "absent", "inconclusive"], "position")
    assert mixed == "present at 1 of 3 positions, absent at 1 and inconclusive at 1"
    assert tally([], "gap") == "estimated at none of 0 gaps"
    assert listed(["a"]) == "a"
