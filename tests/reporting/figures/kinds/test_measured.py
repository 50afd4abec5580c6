"""The figure of measured effects: its points, its lines, and which of them are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqdo.effects.assay.comparison import compare_with_assay
from seqdo.effects.assay.measured import AssayEffects
from seqdo.experiments.embed import kmers, positions
from seqdo.reporting.figures.kinds.measured import measured_figure
from seqdo.reporting.figures.style import new_figure, to_svg

WORDS = ["GATTAC", "CCGGTA", "TTTCAG", "ACGTCC", "GGGATA", "CTCTCA", "AACCGG", "TGTGAC"]


@pytest.fixture
def both(make):
    """Effects 0, 1, 2, ...; measured the same but for one word, and one that was not measured."""
    effects = make(kmers(WORDS, at=5), lambda arm: float(WORDS.index(arm.sites[0].motif.name)) if arm.sites else 0.0)
    y = np.arange(8.0)
    y[2] += 3
    y[7] = np.nan
    table = pd.DataFrame({"pattern": WORDS, "estimate": y, "se": 0.1, "low": y - 0.2, "high": y + 0.2, "p": 0.5,
                          "p_adjusted": 0.5, "df": 50.0, "n_with": 60, "n_without": 500, "flag": ""})  # fmt: skip
    table.loc[7, ["se", "low", "high"]] = np.nan
    return compare_with_assay(AssayEffects(table, 560, 0.95), effects)


def test_points_lines_and_the_word_that_parts(both):
    ax = measured_figure(both)
    points = np.concatenate([np.transpose(line.get_data()) for line in ax.lines if line.get_marker() == "o"])
    measured = both.table.dropna(subset="measured")
    assert len(points) == 7
    assert sorted(points[:, 1]) == pytest.approx(sorted(measured["measured"]))
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert f"slope {both.summary.loc['slope', 'estimate']:.2f}" in " ".join(labels)
    assert "equal effects" in labels
    assert "TTTCAG" in [text.get_text() for text in ax.texts]
    assert "TGTGAC" not in [text.get_text() for text in ax.texts]


def test_without_identity_and_on_given_axes(both):
    ax = new_figure().add_subplot()
    assert measured_figure(both, ax, identity=False) is ax
    assert "equal effects" not in [text.get_text() for text in ax.get_legend().get_texts()]


def test_by_position_the_bins_are_named(make):
    effects = make(positions("GATTAC", range(0, 30, 5)), lambda arm: arm.sites[0].at / 10 if arm.sites else 0.0)
    y = np.arange(6) / 2.0
    y[1] += 4
    starts = np.arange(0, 30, 5)
    table = pd.DataFrame({"pattern": "GATTAC", "position": starts, "stop": starts + 5, "estimate": y, "se": 0.1,
                          "low": y - 0.2, "high": y + 0.2, "p": 0.5, "p_adjusted": 0.5, "df": 50.0, "n_with": 60,
                          "n_without": 500, "flag": ""})  # fmt: skip
    ax = measured_figure(compare_with_assay(AssayEffects(table, 560, 0.95), effects))
    assert "5–9" in [text.get_text() for text in ax.texts]


def test_as_svg_it_is_small_and_the_same_each_time(both):
    first, again = (to_svg(measured_figure(both).figure, "measured", "a figure") for _ in range(2))
    assert first == again
    assert len(first) < 80_000


def test_of_names_that_would_lie_on_one_another_the_furthest_is_written(make):
    """Two words at one place, 3 and 2.9 above the line; a third below it elsewhere has room."""
    effects = make(
        kmers(WORDS, at=5), lambda arm: float(min(WORDS.index(arm.sites[0].motif.name), 6)) if arm.sites else 0
    )
    y = np.array([0, 1, 2 - 5.9, 3, 4, 5, 9, 8.9])
    table = pd.DataFrame({"pattern": WORDS, "estimate": y, "se": 0.1, "low": y - 0.2, "high": y + 0.2, "p": 0.5,
                          "p_adjusted": 0.5, "df": 50.0, "n_with": 60, "n_without": 500, "flag": ""})  # fmt: skip
    both = compare_with_assay(AssayEffects(table, 560, 0.95), effects)
    named = [text.get_text() for text in measured_figure(both).texts]
    assert both.table.set_index("pattern").loc[["TTTCAG", "AACCGG", "TGTGAC"], "parts"].all()
    assert {"TTTCAG", "AACCGG"} <= set(named)
    assert "TGTGAC" not in named
