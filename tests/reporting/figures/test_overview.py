"""The overview: which designs get a panel, what the panels draw, and that the margin is on each."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import PathPatch, Rectangle

import seqdo as sd
from seqdo.experiments import arrange, embed
from seqdo.experiments.controls import controls
from seqdo.reporting.figures.overview import MOST_PANELS, draw_panel, overview_figure, panels
from seqdo.reporting.figures.style import to_svg
from seqdo.reporting.text.answers import sentences

KINDS = {
    "embed": embed.embed("GATTACA", at=20, scrambles=4),
    "positions": embed.positions("GATTACA", range(0, 50, 5)),
    "copies": arrange.copies("GATTACA", [2, 14, 26]),
    "spacing": arrange.spacing("GATTACA", "CCGGT", range(0, 6), at=10),
    "mutants": embed.mutants("GAT", at=20),
    "kmers": embed.kmers(2, at=20),
}


def first_letters(arm):
    """2 for each site that begins with G, and 1 more where the next letter is A."""
    texts = [site.motif.text for site in arm.sites]
    return sum(2.0 * (text[0] == "G") + (text[1] == "A") for text in texts)


def of(effects):
    return panels(effects, [sentences(each) for each in effects])


def test_each_experiment_has_one_panel_of_the_contrast_that_its_answer_is_about(make):
    effects = [make(design, first_letters) for design in (*KINDS.values(), embed.positions("CCC", range(3)))]
    figures = of(effects)
    assert [(figure.kind, figure.contrast, figure.section) for figure in figures] == [
        ("letters", "change", 5), ("controls", "effect", 1), ("curve", "effect", 2), ("curve", "effect", 3),
        ("curve", "interaction", 4), ("intervals", "effect", 6),
    ]  # fmt: skip
    assert len(figures) == MOST_PANELS
    assert [figure.name for figure in figures] == [f"overview-{i}" for i in range(1, 7)]
    assert all(figure.caption and figure.caption in figure.alt for figure in figures)
    for figure in figures:
        bands = [patch for patch in draw_panel(effects, figure).patches if isinstance(patch, Rectangle)]
        assert any(patch.get_label() == "margin ± 0.1" for patch in bands), figure.kind


def test_a_pattern_is_drawn_where_no_design_asks_about_its_letters(make):
    figures = of([make(KINDS["positions"]), make(KINDS["copies"])])
    assert [figure.kind for figure in figures] == ["motif", "curve", "curve"]
    assert len(draw_panel([make(KINDS["positions"])], figures[0]).patches) == 7  # the letters of GATTACA


def test_of_several_designs_with_scrambles_the_one_with_the_most_is_drawn(make):
    designs = [KINDS["embed"], controls("GATTACA", at=9, scrambles=8, kmers=0)]
    (figure,) = [
        figure
        for figure in of([make(each, model={"noise": {"y": 1}}) for each in designs])
        if figure.kind == "controls"
    ]
    assert figure.section == 2
    assert figure.caption == "GATTACA and 8 scrambled versions"


def test_dots_are_the_effects_of_the_scrambles_and_the_marker_is_that_of_the_pattern(make):
    effects = make(KINDS["embed"], first_letters)
    (figure,) = of([effects])
    ax = draw_panel([effects], figure)
    dots, marker = (line for line in ax.lines if line.get_marker() == "o")
    y = effects.outcomes.y.sel(output="y").mean(("model", "background"))
    expected = [float(y.sel(arm=arm) - y.sel(arm="none")) for arm in effects.outcomes.design.arms if "~" in arm]
    np.testing.assert_allclose(np.sort(dots.get_xdata()), np.sort(expected), atol=1e-9)
    assert marker.get_xdata()[0] == pytest.approx(effects.table["estimate"].iloc[0])
    assert len(set(zip(dots.get_xdata(), dots.get_ydata(), strict=True))) == 4


def test_letters_are_as_high_as_the_mean_loss_from_replacing_them(make):
    """GAT alone begins with G and goes on with A: replacing G costs 2, A costs 1, T nothing."""
    effects = [make(KINDS["mutants"], first_letters, noise=0.001), make(KINDS["positions"])]
    (figure,) = [figure for figure in of(effects) if figure.kind == "letters"]
    heights = {}
    for patch in draw_panel(effects, figure).patches:
        if isinstance(patch, PathPatch):
            box = patch.get_path().get_extents()
            heights[round((box.x0 + box.x1) / 2)] = max(box.y1, -box.y0)
    assert heights[0] == pytest.approx(2.0, abs=0.01)
    assert heights[1] == pytest.approx(1.0, abs=0.01)
    assert heights.get(2, 0.0) == pytest.approx(0.0, abs=0.01)


def test_a_single_design_has_only_panels_that_its_own_figures_do_not_show(make):
    assert [figure.kind for figure in of([make(KINDS["embed"])])] == ["controls"]
    assert [figure.kind for figure in of([make(KINDS["mutants"])])] == ["letters"]
    for name in ("positions", "copies", "spacing", "kmers"):
        assert of([make(KINDS[name])]) == []


def test_designs_on_real_sequences_have_panels(make):
    probe = sd.Sequences.from_strings(["GAUUACAUGCAC"], sd.RNA, ["probe"])
    model = sd.planted.additive({"UUA": 2.0}, 12, alphabet=sd.RNA)
    effects = [
        sd.estimate(sd.run(each(probe), model, rng=0), margin=0.1) for each in (sd.mutagenesis, sd.pairwise_mutagenesis)
    ]
    (figure,) = of(effects)
    assert (figure.kind, figure.caption) == ("sequence letters", "Letter contributions in probe")
    patches = [patch for patch in draw_panel(effects, figure).patches if isinstance(patch, PathPatch)]
    places = {round(patch.get_path().get_extents().x0 + 0.47) for patch in patches}
    assert places == {2, 3, 4}  # GA UUA CA…


def test_the_overview_as_one_figure_has_every_panel_and_the_same_bytes(make, tmp_path):
    effects = [make(design, first_letters) for design in KINDS.values()]
    figures = of(effects)
    axes = overview_figure(effects, figures).figure.axes
    assert [ax.get_title(loc="left") for ax in axes] == [figure.caption for figure in figures]
    texts = [to_svg(overview_figure(effects, figures).figure, "overview") for _ in range(2)]
    assert texts[0] == texts[1]
