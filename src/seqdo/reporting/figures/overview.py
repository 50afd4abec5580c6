"""The overview at the top of a page: small figures of the main designs, each with the margin drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.designs.design import Design
from seqdo.effects.analyses.calibration import against_mean
from seqdo.effects.analyses.pattern_motif import searched
from seqdo.effects.effects import Effects
from seqdo.motifs.motif import Motif
from seqdo.reporting.figures import panels as parts
from seqdo.reporting.figures.contrasts import axis_name
from seqdo.reporting.figures.logo import information, letters
from seqdo.reporting.figures.selection import MAPPED, VARIANT, kind_of
from seqdo.reporting.figures.style import COLORS, FAINT, INK, LINES, house_style, new_figure
from seqdo.reporting.text.captions import MOST_ROWS, panel_caption
from seqdo.reporting.text.labels import factors, level, margin_of, outputs, printable, unit_of
from seqdo.reporting.text.single_backgrounds import ranked
from seqdo.reporting.view import Figure, Sentence
from seqdo.sequences.alphabet import DNA, Alphabet

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
    figures = _one_of_controls(figures, effects)
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
            ax.set_title(parts.short(figure.caption, 44), weight="bold")
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
        return "controls" if len(_controls(design)[1]) >= FEWEST_CONTROLS else ""
    return kind if kind in PANELS else ""


def _one_of_controls(figures: Sequence[Figure], effects: Sequence[Effects]) -> list[Figure]:
    """Of several panels with controls, the one with the most."""
    sizes = {
        figure.section: len(_controls(effects[figure.section - 1].outcomes.design)[1])
        for figure in figures
        if figure.kind == "controls"
    }
    best = max(sizes, key=lambda section: sizes[section], default=0)
    return [figure for figure in figures if figure.kind != "controls" or figure.section == best]


def _pattern(effects: Sequence[Effects]) -> list[Figure]:
    """A logo: the motif of a search, else the pattern of the first design that writes one."""
    every = [(number, each, output) for number, each in enumerate(effects, 1) for output in outputs(each)[:1]]
    for number, each, output in every:
        if searched(each, output) is not None:
            return [Figure("motif", "", output, section=number)]
    for number, each, output in every:
        motif = _motif(each, output)
        if motif is not None and motif.width <= LONGEST and len(each.outcomes.design.factors.get("kmer", ())) < 2:
            return [Figure("motif", "", output, section=number)]
    return []


def _motif(effects: Effects, output: str) -> Motif | None:
    """The motif of a search, or the first pattern that a design writes."""
    motif = searched(effects, output)
    if motif is not None:
        return motif
    arms = [arm for arm in effects.outcomes.design.arms.values() if arm.sites]
    return next((motif for arm in arms for site in arm.sites for motif in site.patterns), None)


def _controls(design: Design) -> tuple[str, tuple[str, ...]]:
    """The arm of a pattern and those of its scrambles, in a design without factors."""
    specific = [contrast for contrast in design.contrasts if contrast.name == "specific" and not contrast.levels]
    if not specific or design.unedited is None:
        return "", ()
    return against_mean(specific[0])


def _draw_motif(ax: Axes, effects: Effects, figure: Figure) -> None:
    motif = _motif(effects, figure.output)
    if motif is None:
        parts.no_data(ax)
        return
    letters(motif.matrix * information(motif)[:, None], motif.alphabet or _alphabet(effects), ax)
    ax.set_ylim(0, 2)
    ax.set_ylabel("information (bits)")


def _draw_letters(ax: Axes, effects: Effects, figure: Figure) -> None:
    """The pattern's own letters, as high as the mean loss from replacing each."""
    rows = _rows(effects, figure)
    alphabet = _alphabet(effects)
    places = sorted(rows["place"].dropna().astype(int).unique())
    heights = np.zeros((len(places), 4))
    for i, place in enumerate(places):
        part = rows[rows["place"] == place]
        own = set(alphabet.letters) - set(part["letter"])
        if len(own) == 1:
            heights[i, alphabet.letters.index(own.pop())] = -float(part["estimate"].mean())
    margin = margin_of(effects, figure.output)
    parts.band(ax, margin, vertical=False)
    _signed_letters(ax, effects, figure, heights, "place")


def _draw_sequence(ax: Axes, effects: Effects, figure: Figure) -> None:
    """The letters of the only sequence, as high as the mean loss from replacing each."""
    values = effects.maps.isel(sequence=0).sel(output=figure.output).mean("model")
    grid = values.transpose("letter", "position").values
    codes = effects.outcomes.backgrounds.codes[0, values["position"].values]
    heights = np.zeros((len(codes), 4))
    heights[np.arange(len(codes)), codes] = np.nan_to_num(-grid.sum(0) / (len(grid) - 1))
    parts.band(ax, margin_of(effects, figure.output), vertical=False)
    _signed_letters(ax, effects, figure, heights, "position")
    ax.set_xticks([])


def _signed_letters(ax: Axes, effects: Effects, figure: Figure, heights: NDArray[np.float64], by: str) -> None:
    limits = float(np.minimum(heights, 0).sum(1).min()), float(np.maximum(heights, 0).sum(1).max())
    letters(heights, _alphabet(effects), ax)
    margin = margin_of(effects, figure.output)
    edge = margin if np.isfinite(margin) else 0.0
    ax.set_ylim(min(1.08 * limits[0], -1.3 * edge), max(1.08 * limits[1], 1.3 * edge) or 1.0)
    ax.set_xlabel(by)
    ax.set_ylabel(_short_label("loss", effects, figure))


def _draw_controls(ax: Axes, effects: Effects, figure: Figure) -> None:
    """The effect of the pattern with its interval, above the effects of its scrambles as a dot each."""
    outcomes, design = effects.outcomes, effects.outcomes.design
    pattern, controls = _controls(design)
    y = outcomes.y.sel(output=figure.output)
    unedited = y.sel(arm=design.unedited).mean(dtype=np.float64)
    values = np.array([float(y.sel(arm=arm).mean(dtype=np.float64) - unedited) for arm in controls])
    parts.band(ax, margin_of(effects, figure.output), vertical=True)
    heights, size = _stacked(values)
    ax.plot(values, heights, "o", markersize=size, color=FAINT, markeredgewidth=0, zorder=2)
    table = effects.table
    effect = table[(table["contrast"] == "effect") & (table["output"].astype(str) == figure.output)]
    middle = float(y.sel(arm=pattern).mean(dtype=np.float64) - unedited)
    if len(effect):
        row = effect.iloc[0]
        color = COLORS.get(str(row["verdict"]), INK)
        ax.hlines([0.0], row["low_adjusted"], row["high_adjusted"], color=color, linewidth=2.2, zorder=3)
        ax.plot([middle], [0.0], "o", markersize=5, color=color, zorder=4)
    ax.annotate(
        parts.short(_pattern_name(design), 16), (middle, 0.0), (0, 6), textcoords="offset points", ha="center",
        va="bottom", color=INK, fontsize=8, weight="bold", zorder=5,
    )  # fmt: skip
    ax.set_ylim(-0.22, 1.05)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(_short_label("effect", effects, figure))


def _stacked(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Heights of dots that do not cover each other, from 0 up, and the size of a dot in points."""
    bins = np.histogram_bin_edges(values, bins=34) if np.ptp(values) > 0 else np.array([-0.5, 0.5]) + values[:1]
    place = np.clip(np.searchsorted(bins, values, side="right") - 1, 0, len(bins) - 2)
    rank = np.array([int((place[:i] == place[i]).sum()) for i in range(len(place))])
    step = min(0.09, 0.82 / max(1, int(rank.max())))
    return rank * step, min(4.0, max(1.6, 44 * step))


def _pattern_name(design: Design) -> str:
    arm = design.arms[_controls(design)[0]]
    return next((motif.name for site in arm.sites for motif in site.patterns), "pattern")


def _draw_curve(ax: Axes, effects: Effects, figure: Figure) -> None:
    rows = _rows(effects, figure)
    by = factors(effects, rows)
    numeric = next(name for name in by if pd.api.types.is_numeric_dtype(rows[name]))
    others = [name for name in by if name != numeric]
    groups = [part for _, part in rows.groupby(others, sort=False, observed=True)] if others else [rows]
    parts.band(ax, margin_of(effects, figure.output), vertical=False)
    for i, part in enumerate(groups):
        part = part.sort_values(numeric)
        x, color = part[numeric].to_numpy(float), LINES[i % len(LINES)]
        low, high = (part[f"{end}_band"].fillna(part[f"{end}_adjusted"]) for end in ("low", "high"))
        for run in np.split(np.arange(len(part)), parts.holes(x)):
            ax.fill_between(x[run], low.iloc[run], high.iloc[run], color=color, alpha=0.18, linewidth=0, zorder=2)
            ax.plot(x[run], part["estimate"].iloc[run], color=color, linewidth=1.4, zorder=3)
        if len(part) <= MOST_ROWS:
            ax.plot(x, part["estimate"], "o", markersize=3.2, color=color, zorder=4)
    ax.set_xlabel(parts.short(axis_name(effects, numeric)))
    ax.set_ylabel(_short_label(figure.contrast, effects, figure))
    levels = np.unique(rows[numeric].to_numpy(float))
    if len(levels) <= MOST_ROWS:
        ax.set_xticks(levels, [f"{value:g}" for value in levels])


def _draw_intervals(ax: Axes, effects: Effects, figure: Figure) -> None:
    rows = _rows(effects, figure)
    by = factors(effects, rows)
    sizes = np.nan_to_num(rows["estimate"].abs().to_numpy(float))
    rows = rows.iloc[np.sort(np.argsort(-sizes, kind="stable")[:MOST_ROWS])]
    rows = rows.iloc[np.argsort(-rows["estimate"].to_numpy(float), kind="stable")]
    labels = [", ".join(level(row[name]) for name in by) for _, row in rows.iterrows()]
    _interval_rows(ax, effects, figure, labels, rows, ("low_adjusted", "high_adjusted"))
    ax.set_xlabel(_short_label(figure.contrast, effects, figure))


def _draw_variants(ax: Axes, effects: Effects, figure: Figure) -> None:
    rows = ranked(effects, figure.output, VARIANT).iloc[:MOST_ROWS]
    verdicts = np.where(rows["beyond"] != 0, "present", "absent")
    labels = [str(name) for name in rows["background"]]
    _interval_rows(ax, effects, figure, labels, rows.assign(verdict=verdicts), ("low", "high"))
    ax.set_xlabel(_short_label("alt − ref", effects, figure))


def _interval_rows(
    ax: Axes, effects: Effects, figure: Figure, labels: Sequence[str], rows: pd.DataFrame, ends: tuple[str, str]
) -> None:
    """An interval and a marker to a line, colored by verdict."""
    parts.band(ax, margin_of(effects, figure.output), vertical=True)
    y = np.arange(len(rows))[::-1]
    colors = [COLORS.get(str(verdict), INK) for verdict in rows["verdict"]]
    ax.hlines(y, rows[ends[0]], rows[ends[1]], color=colors, linewidth=1.8, zorder=2)
    for place, value, color, verdict in zip(y, rows["estimate"], colors, rows["verdict"], strict=True):
        face = "white" if verdict == "inconclusive" else color
        ax.plot([value], [place], "o", markersize=3.6, color=color, markerfacecolor=face, zorder=3)
    ax.set_yticks(y, [parts.short(label, 18) for label in labels])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


PANELS: Mapping[str, Callable[[Axes, Effects, Figure], None]] = {
    "motif": _draw_motif, "letters": _draw_letters, "sequence letters": _draw_sequence, "controls": _draw_controls,
    "curve": _draw_curve, "intervals": _draw_intervals, "variants": _draw_variants,
}  # fmt: skip
"""Kind of a panel to the function that draws it: the one table to extend."""


def _rows(effects: Effects, figure: Figure) -> pd.DataFrame:
    table = effects.table
    return table[(table["contrast"].astype(str) == figure.contrast) & (table["output"].astype(str) == figure.output)]


def _short_label(what: str, effects: Effects, figure: Figure) -> str:
    unit = unit_of(effects, figure.output)
    return parts.short(f"{what} on {figure.output}" + (f" ({unit})" if unit else ""), 26)


def _alphabet(effects: Effects) -> Alphabet:
    return effects.outcomes.backgrounds.alphabet or DNA
