"""The overview at the top of a page: small figures of the main designs, each with the margin drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from seqdo.effects.analyses.pattern_motif import searched
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.overview_panels import PANELS, motif_shown, scrambles_of
from seqdo.reporting.figures.panels import short
from seqdo.reporting.figures.selection import MAPPED, VARIANT, kind_of
from seqdo.reporting.figures.style import house_style, new_figure
from seqdo.reporting.text.captions import panel_caption
from seqdo.reporting.text.labels import outputs, printable
from seqdo.reporting.text.shown_outputs import shown_outputs
from seqdo.reporting.view import Figure, Sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
"""Small figures of an overview."""

FEWEST_CONTROLS = 3
"""Scrambled controls from which a panel shows them."""

LONGEST = 45
"""Positions of a sequence that fit into a panel as letters."""

WIDTH, HEIGHT = 3.1, 1.9
"""Inches of a panel."""

ACROSS = 3
"""Panels in a row of the overview as one figure."""

_ORDER = ("motif", "letters", "sequence letters", "controls")
"""Kinds of panels that come first; the others follow in the order of the designs."""

_ALONE = ("letters", "controls")
"""Kinds of panels that show what the figures of the design itself do not show."""


def panels(effects: Sequence[Effects], answers: Sequence[Sequence[Sentence]]) -> list[Figure]:
    """The panels of an overview, at most one of each experiment; of a single design what its figures do not show.

    Parameters
    ----------
    effects : of all designs of the page, in its order
    answers : the sentences of each design
    """
    figures: list[Figure] = []
    experiments: set[str] = set()
    for number, (each, answer) in enumerate(zip(effects, answers, strict=True), 1):
        figure, experiment = _panel(each, answer), each.outcomes.design.experiment
        if figure is not None and experiment not in experiments:
            experiments.add(experiment)
            figures.append(replace(figure, section=number))
    figures = _most_controls(figures, effects)
    if len(effects) == 1:
        figures = [figure for figure in figures if figure.kind in _ALONE]
    elif figures and not any(figure.kind in _ORDER[:3] for figure in figures):
        figures = [*_pattern(effects), *figures]
    figures.sort(key=lambda figure: _ORDER.index(figure.kind) if figure.kind in _ORDER else len(_ORDER))
    return [_named(effects, figure, i) for i, figure in enumerate(figures[:MOST_PANELS], 1)]


def draw_panel(effects: Sequence[Effects], figure: Figure, ax: Axes | None = None) -> Axes:
    """Draw a panel of an overview, on its own or on Axes.

    Parameters
    ----------
    effects : of all designs of the page, in its order
    figure : one of ``panels``
    ax : Axes to draw on; by default those of a new Figure
    """
    with house_style(size=8):
        ax = new_figure(WIDTH, HEIGHT).add_subplot() if ax is None else ax
        PANELS[figure.kind](ax, effects[figure.section - 1], figure)
        ax.tick_params(labelsize=8)  # ticks are made when the figure is saved, in another style
    return ax


def overview_figure(effects: Sequence[Effects], figures: Sequence[Figure]) -> Axes:
    """All panels of an overview in one figure, three to a row; the first Axes of a new Figure."""
    rows = -(-len(figures) // ACROSS)
    with house_style(size=8):
        drawing = new_figure(ACROSS * WIDTH, rows * (HEIGHT + 0.25))
        axes = drawing.subplots(rows, ACROSS, squeeze=False).ravel()
        for ax, figure in zip(axes, figures, strict=False):
            draw_panel(effects, figure, ax)
            ax.set_title(short(figure.caption, 44), weight="bold")
        for ax in axes[len(figures) :]:
            ax.set_axis_off()
    first: Axes = axes[0]
    return first


def _named(effects: Sequence[Effects], figure: Figure, number: int) -> Figure:
    caption = panel_caption(effects[figure.section - 1], figure)
    question = printable(effects[figure.section - 1].outcomes.design.question)
    return replace(figure, name=f"overview-{number}", caption=caption, alt=f"{caption}. {question}")


def _panel(effects: Effects, answer: Sequence[Sentence]) -> Figure | None:
    """The small figure of a design: of the contrast that its answer is about; None where none fits."""
    lead = next((sentence for sentence in answer if sentence.lead and sentence.row is not None), None)
    every = outputs(effects)
    if lead is None or lead.row is None or not every:
        return None
    contrast, output = str(effects.table["contrast"].iloc[lead.row]), str(effects.table["output"].iloc[lead.row])
    kind = _kind(effects, contrast, output)
    return Figure(kind, contrast, output) if kind else None


def _kind(effects: Effects, contrast: str, output: str) -> str:
    design = effects.outcomes.design
    if design.experiment in MAPPED:
        short = len(effects.outcomes.backgrounds) == 1 and int(effects.outcomes.backgrounds.lengths.max()) <= LONGEST
        if design.experiment == "mutagenesis" and short:
            return "sequence letters"
        return "curve" if kind_of(effects, contrast, output) == "curve" else ""
    if contrast == VARIANT:
        return "variants"
    kind = kind_of(effects, contrast, output)
    if kind == "map":
        return "letters" if {"place", "letter"} <= set(design.factors) else ""
    if kind == "distribution":
        return "controls" if len(scrambles_of(design)[1]) >= FEWEST_CONTROLS else ""
    return kind if kind in PANELS else ""


def _most_controls(figures: Sequence[Figure], effects: Sequence[Effects]) -> list[Figure]:
    """Of several panels with controls, the one with the most."""
    sizes = {
        figure.section: len(scrambles_of(effects[figure.section - 1].outcomes.design)[1])
        for figure in figures
        if figure.kind == "controls"
    }
    best = max(sizes, key=lambda section: sizes[section], default=0)
    return [figure for figure in figures if figure.kind != "controls" or figure.section == best]


def _pattern(effects: Sequence[Effects]) -> list[Figure]:
    """A logo: the motif of a search, else the pattern of the first design that writes one."""
    every = [(number, each, output) for number, each in enumerate(effects, 1) for output in shown_outputs(each)[:1]]
    for number, each, output in every:
        if searched(each, output) is not None:
            return [Figure("motif", "", output, section=number)]
    for number, each, output in every:
        motif = motif_shown(each, output)
        if motif is not None and motif.width <= LONGEST and len(each.outcomes.design.factors.get("kmer", ())) < 2:
            return [Figure("motif", "", output, section=number)]
    return []
