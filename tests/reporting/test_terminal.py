"""The terminal: question, answer and main effects, within its width."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.experiments import embed
from seqdo.reporting.terminal import summary

Make = Callable[..., Effects]


def test_the_summary_says_question_answer_and_rows(make: Make) -> None:
    """The estimate is within 0.05 of 2, five standard errors."""
    lines = summary(make(embed.embed("GATTACA", at=20)), 100).splitlines()
    assert lines[0] == "What is the effect of GATTACA at position 20?"
    assert re.fullmatch(r"   GATTACA at 20 raises y by [12]\.\d\d \(95 % CI 1\.9\d to 2\.0\d\): present\.", lines[1])
    assert re.fullmatch(r"   y  effect  [12]\.\d\d  1\.9\d to 2\.0\d  present", lines[3])


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_the_summary_keeps_to_the_width_of_the_terminal(width: int, make: Make) -> None:
    """Below 60 columns it is that of 60."""
    designs = [embed.positions("GATTACA" * 3, range(0, 30, 3), scrambles=2), embed.kmers(3, at=20)]
    lines = summary([make(design) for design in designs], width).splitlines()
    assert max(map(len, lines)) <= max(width, 60)


def test_of_many_rows_the_largest_are_shown_and_counted(make: Make) -> None:
    text = summary(make(embed.kmers(3, at=20)))
    assert "... the 8 largest of 64 effects" in text


def test_the_summary_is_plain_text_without_nan(make: Make) -> None:
    """G8; and characters that every terminal's encoding has."""
    effects = make(embed.positions("GATTACA", range(0, 12, 4)), lambda arm: -2.0 * len(arm.sites))
    numbers = ("estimate", "low", "high", "low_adjusted", "high_adjusted", "p", "p_adjusted")
    lost = effects.table.assign(flag="n = 1", verdict="inconclusive", **dict.fromkeys(numbers, np.nan))
    for each in (effects, replace(effects, table=lost), replace(effects, table=effects.table.iloc[:0])):
        text = summary(each)
        assert not re.search(r"\b(nan|inf|None|<NA>)\b", text, re.I)
        text.encode("cp1252")


def test_anything_but_effects_is_refused() -> None:
    with pytest.raises(InputError, match="`effects` holds an object of type DataFrame: the result of estimate"):
        summary(pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"`effects=\[\]` is empty: a report needs the effects of at least one design"):
        summary([])
