"""Cells of the tables: the numbers of a row, the leading sentences, and the verdict that most rows have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seqdo.experiments import arrange, embed
from seqdo.reporting.page.cells import NOT_BEYOND, answers, lines, usual
from seqdo.reporting.page.sections import section, sections


def test_lines_are_numbered_through_the_page_and_leave_out_what_all_rows_have(make):
    effects = [make(embed.positions("GAT", range(3))), make(embed.embed("GAT", at=3))]
    pages = lines(sections(effects), ["one model"])
    assert [line.number for page in pages for line in page] == [0, 1, 2, 3]
    assert [line.at for line in pages[0]] == ["position 0", "position 1", "position 2"]
    assert {line.flag for page in pages for line in page} == {""}
    assert {line.flag for line in lines(sections(effects), [])[0]} == {"one model"}


def test_a_doubted_effect_has_a_flag(make):
    (row,) = section(make(embed.embed("GAT", at=3)), 1, "embed-1").rows
    shown = replace(section(make(embed.embed("GAT", at=3)), 1, "embed-1"), rows=(replace(row, doubted=True),))
    assert lines([shown], [])[0][0].flag == f"one model; {NOT_BEYOND}"


def test_the_bar_has_the_margin_and_the_interval_in_hundredths(make):
    """With a margin of 4, twice the effect of 2, the bar reaches to ±4: 0 is at 50 and 2 at 74."""
    effects = make(embed.embed("GATTACA", at=20), noise=0.0001, margin=4.0)
    ((line,),) = lines(sections([effects]), [])
    assert line.bar is not None
    assert [float(place) for place in line.bar] == pytest.approx([2, 96, 74, 74, 74], abs=0.1)


def test_the_verdict_of_most_rows_is_a_symbol_alone(make):
    (rows,) = lines(sections([make(embed.positions("GAT", range(12)))]), [])
    assert usual(rows) == "present"
    assert usual(rows[:9]) == ""  # of few rows every verdict is written
    half = [replace(row, verdict="absent") for row in rows[:6]] + rows[6:]
    assert usual(half) == ""
    assert usual([]) == ""


def test_answers_have_the_effect_of_their_row_and_counts_of_verdicts(make):
    effects = make(arrange.copies("GATTACA", [2, 14, 26]), noise=0.001)
    leads = answers(section(effects, 1, "copies-1"))
    assert [lead.claim for lead in leads] == [
        "3 copies of GATTACA raise y.", "Each further copy adds as much as the copy before it, within the margin.",
    ]  # fmt: skip
    assert leads[0].verdicts == (("present", ""),)
    assert float(leads[0].estimate) == pytest.approx(6, abs=0.01)
    scan = make(embed.positions("GAT", range(4)))
    mixed = replace(scan, table=scan.table.assign(verdict=["present", "present", "absent", "inconclusive"]))
    (lead,) = answers(section(mixed, 1, "positions-1"))
    assert lead.verdicts == (("present", "2 of 4"), ("absent", "1"), ("inconclusive", "1"))
