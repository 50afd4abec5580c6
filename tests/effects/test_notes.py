"""Notes next to a table of effects: numbers, singular and plural, and what some contrasts lack."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.estimate import estimate


@pytest.mark.parametrize(
    ("constant", "notes"),
    [
        (
            1,
            [
                "1 of 2 contrasts is identical in all n = 50 backgrounds.",
                "1 of 2 contrasts has no p-value and was excluded from multiple-testing correction.",
            ],
        ),
        (
            2,
            [
                "2 of 2 contrasts are identical in all n = 50 backgrounds.",
                "2 of 2 contrasts have no p-value and were excluded from multiple-testing correction.",
            ],
        ),
    ],
)
def test_contrasts_without_a_p_value_are_counted(make, constant, notes):
    """Arms differ from none by 5 on every background, or by random numbers."""
    y = np.random.default_rng(0).normal(size=(1, 50, 3, 1))
    y[:, :, 1 : 1 + constant] = y[:, :, :1] + 5
    assert list(estimate(make(np.round(y * 64) / 64), margin=0.1).notes[-2:]) == notes


@pytest.mark.parametrize(
    ("outputs", "note"),
    [
        (4, None),
        (5, "The table has the margins of 1 more output."),
        (6, "The table has the margins of 2 more outputs."),
    ],
)
def test_the_margins_of_four_outputs_are_notes_and_the_others_are_counted(make, outputs, note):
    effects = estimate(make(np.random.default_rng(0).normal(size=(1, 50, 2, outputs))), margin=0.1)
    assert sum(text.startswith("Margin of ") for text in effects.notes) == 4
    assert [text for text in effects.notes if "more output" in text] == ([note] if note else [])


def test_a_run_that_stopped_counts_its_interim_analyses():
    """All effects are 1, so the first interim analysis, at n = 100, meets the rule."""
    model = sd.planted.additive({"GATTACA": 1.0}, 40)
    rule = sd.half_width(0.05)
    outcomes = sd.run(sd.embed("GATTACA", at=9), model, ["C" * 40] * 500, rng=0, until=rule)
    (note,) = [text for text in estimate(outcomes, margin=0.1).notes if "interim" in text]
    assert note.startswith(f"The run was to continue until {rule}, for at most 500 backgrounds. It stopped at n = 100 ")
    assert "after 1 interim analysis; 800 evaluations were saved." in note
    assert "remain valid under repeated interim analyses" in note


@pytest.mark.parametrize(
    ("sources", "note"),
    [
        (49, "The first sequence is used once more, and weighted more."),
        (48, "The first 2 sequences are used once more, and weighted more."),
        (25, None),
    ],
)
def test_sequences_that_are_used_once_more_are_counted(make, sources, note):
    y = np.random.default_rng(0).normal(size=(1, 50, 2, 1))
    of_sources = {"in_turn": sources, "sources": {"number": sources, "sha256": "0"}}
    background = {"kind": "shuffled", "k": 2, "fixed": 0} | of_sources
    notes = " ".join(estimate(make(y, background=background), margin=0.1).notes)
    assert f"Backgrounds come from {sources} sequences" in notes
    assert (note in notes) if note else ("once more" not in notes)
