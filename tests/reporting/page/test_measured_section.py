"""Measured effects on a page: sentences with the numbers of their table."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqdo.effects.assay.comparison import AssayComparison, compare_with_assay
from seqdo.effects.assay.measured import AssayEffects
from seqdo.experiments.embed import kmers
from seqdo.reporting.page.measured_section import measurements, write_measured

WORDS = ["GATTAC", "CCGGTA", "TTTCAG", "ACGTCC", "GGGATA", "CTCTCA", "AACCGG", "TGTGAC"]


def measured(y: np.ndarray, missed: np.ndarray | None = None) -> AssayEffects:
    """Effects y with the error 0.1; with ``missed`` also what predictions miss, p 0 where it is not 0."""
    table = pd.DataFrame({"pattern": WORDS, "estimate": y, "se": 0.1, "low": y - 0.2, "high": y + 0.2, "p": 0.5,
                          "p_adjusted": 0.5, "df": 50.0, "n_with": 60, "n_without": 500})  # fmt: skip
    if missed is not None:
        table = table.assign(predicted=y - missed, predicted_low=y, predicted_high=y, missed=missed, missed_low=missed)
        table = table.assign(missed_high=missed, missed_p_adjusted=np.where(missed, 0.0, 1.0))
    table["flag"] = ""
    return AssayEffects(table, 560, 0.95)


@pytest.fixture
def asked(make):
    """The model's effects of the words: 0, 1, 2, ..., 7."""
    return make(kmers(WORDS, at=5), lambda arm: float(WORDS.index(arm.sites[0].motif.name)) if arm.sites else 0.0)


def text_of(comparison: AssayComparison) -> str:
    (measurement,) = measurements([comparison])
    return " ".join(measurement.sentences)


def test_of_three_deviating_patterns_the_model_mispredicts_one_and_the_furthest_comes_first(asked):
    y, missed = np.arange(8.0), np.zeros(8)
    y[[2, 3, 5]] += [2, -3, 1]  # which hardly turns the line
    missed[[3, 6]] = 1  # the last lies on the line
    both = compare_with_assay(measured(y, missed), asked)
    text = text_of(both)
    assert "8 effects were both measured and predicted, in 560 sequences, anywhere in a sequence." in text
    assert "3 patterns deviate from the fitted line by more than their errors" in text
    assert "the model mispredicts the effect of 1 of the deviating patterns" in text
    (measurement,) = measurements([both])
    rows = [(row.pattern, row.measured, row.predicted) for row in measurement.deviations]
    assert rows == [("ACGTCC", 0.0, -1.0), ("TTTCAG", 4.0, 4.0), ("CTCTCA", 6.0, 6.0)]


def test_without_a_deviating_pattern_no_sentence_is_about_mispredictions(asked):
    text = text_of(compare_with_assay(measured(np.arange(8.0)), asked))
    assert "No pattern deviates from the fitted line by more than its error" in text
    assert "mispredicts" not in text
    assert "as high as the errors allow" in text  # points on a line have the r of 1
    assert "1.00 (" in text


def test_bins_and_adjustments_are_named(asked):
    one = compare_with_assay(measured(np.arange(8.0)), asked)
    table = one.measured.table.assign(position=3, stop=33)
    text = text_of(replace(one, measured=replace(one.measured, table=table, adjusted=("gc", "patterns"))))
    assert "with the start at 3 to 32, adjusted for GC and the other patterns." in text


def test_what_could_not_be_measured_is_counted_and_files_hold_every_row(asked, tmp_path):
    y = np.arange(8.0)
    y[6:] = np.nan
    found = measured(y)
    found.table.loc[6:, "se"] = np.nan
    one = compare_with_assay(found, asked)
    assert "6 effects were both measured and predicted" in text_of(one)
    assert "2 effects could not be measured." in text_of(one)
    write_measured([one, one], tmp_path)
    assert len(pd.read_csv(tmp_path / "measured-2.csv")) == 8
    line = pd.read_csv(tmp_path / "measured-1-line.csv", index_col="of")
    assert line.loc["slope", "estimate"] == pytest.approx(1, abs=0.05)
    assert (tmp_path / "figures" / "measured-2.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_top_of_a_page_has_slope_and_rank_correlation_and_leads_to_the_section(asked, html):
    """Effects 0 to 7 measured three times as large, in the same order."""
    text = html([asked], measured=[compare_with_assay(measured(3 * np.arange(8.0)), asked)])
    head, rest = text.split("</header>")
    assert 'href="#measured-1"' in head
    assert re.search(r"Measured effects \(anywhere in a sequence\) are (2\.9\d*|3\.0\d*) \(95 % CI ", head)
    assert "rank correlation is 1.00 (" in head
    assert 'id="measured-1"' in rest
    assert "Measured effects" not in html([asked])


def test_one_pattern_deviates_by_its_error_and_two_by_their_errors(asked):
    y = np.arange(8.0)
    y[3] += 1
    assert "One pattern deviates from the fitted line by more than its error" in text_of(
        compare_with_assay(measured(y), asked)
    )
    y[4] -= 1
    assert "2 patterns deviate from the fitted line by more than their errors" in text_of(
        compare_with_assay(measured(y), asked)
    )
