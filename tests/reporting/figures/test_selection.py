"""Which figures a report shows: every kind has a drawing and a caption, and histograms are details."""

from __future__ import annotations

import pytest

from seqdo.experiments import arrange, embed
from seqdo.reporting.figures.figure import DRAWINGS
from seqdo.reporting.figures.overview_panels import PANELS
from seqdo.reporting.figures.selection import MAIN_OUTPUTS, selected
from seqdo.reporting.text.captions import CAPTIONS, PANEL_CAPTIONS


def test_every_kind_of_figure_has_a_drawing_and_a_caption():
    assert DRAWINGS.keys() == CAPTIONS.keys()
    assert PANELS.keys() == PANEL_CAPTIONS.keys()


@pytest.mark.parametrize(
    ("design", "kinds"),
    [
        (embed.embed("GATTACA", at=20), [("distribution", False)]),
        (embed.embed("GATTACA", at=20, scrambles=2), [("contrasts", True), ("distribution", False)]),
        (embed.positions("GATTACA", range(0, 50, 10)), [("curve", True)]),
        (embed.mutants("GAT", at=20), [("map", True)]),
        (embed.kmers(2, at=20), [("intervals", True)]),
        (arrange.interaction(["GATTACA", "CCGGT"], at=[10, 30]), [("contrasts", True), ("distribution", False)]),
    ],
    ids=lambda value: getattr(value, "experiment", ""),
)
def test_the_figures_of_a_design_and_which_are_details(design, kinds, make):
    assert [(figure.kind, figure.main) for figure in selected(make(design))] == kinds


def test_figures_of_further_outputs_are_details(make):
    figures = selected(make(embed.positions("GAT", range(3)), outputs=tuple("abcde"), n=20))
    assert [figure.main for figure in figures] == [True] * MAIN_OUTPUTS + [False] * (5 - MAIN_OUTPUTS)
