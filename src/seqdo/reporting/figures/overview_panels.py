"""The panels of an overview: how each kind of small figure is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from seqdo.reporting.figures.kinds.logo import information, letters
from seqdo.reporting.figures.selection import VARIANT
from seqdo.reporting.figures.style import COLORS, FAINT, INK, LINES
from seqdo.reporting.text.captions import MOST_ROWS
from seqdo.reporting.text.labels import factors, level, margin_of, unit_of
from seqdo.reporting.text.single_backgrounds import ranked
from seqdo.reporting.view import Figure
from seqdo.sequences.alphabet import DNA, Alphabet

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def motif_shown(effects: Effects, output: str) -> Motif | None:
    """The motif of a search, or the first pattern that a design writes."""
    motif = searched(effects, output)
    if motif is not None:
        return motif
    arms = [arm for arm in effects.outcomes.design.arms.values() if arm.sites]
    return next((motif for arm in arms for site in arm.sites for motif in site.patterns), None)


def scrambles_of(design: Design) -> tuple[str, tuple[str, ...]]:
    """The arm of a pattern and those of its scrambles, in a design without factors."""
    specific = [contrast for contrast in design.contrasts if contrast.name == "specific" and not contrast.levels]
    if not specific or design.unedited is None:
        return "", ()
    return against_mean(specific[0])


def _draw_motif(ax: Axes, effects: Effects, figure: Figure) -> None:
    motif = motif_shown(effects, figure.output)
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
    pattern, controls = scrambles_of(design)
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
    arm = design.arms[scrambles_of(design)[0]]
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
