"""A figure of measured against predicted effects: the fitted line, and the points that deviate from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seqdo.effects.assay.comparison import AssayComparison
from seqdo.reporting.figures.panels import short
from seqdo.reporting.figures.style import COLORS, FAINT, INK, LINES, house_style, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_LABELS = 8
"""Points that deviate and are named: those furthest from the line in units of their error."""

ROOM = (0.16, 0.045)
"""Share of the axes' width and height that a name takes."""

MOST_BARS = 300
"""Points that have bars for their intervals; of more only the points are drawn."""

SIDE = 4.6
"""Inches of a figure that has one scale on both sides."""


def measured_figure(comparison: AssayComparison, ax: Axes | None = None, *, identity: bool = True) -> Axes:
    """Draw the model's effect (across) and the measured effect (up), with intervals unless there are many points.

    Points that deviate from the line by more than their errors are filled and orange. The 8 furthest are named, except
    where a name would cover another.

    Parameters
    ----------
    comparison : the result of ``sd.compare_with_assay``
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which opens no window
    identity : draw the line of equal effects too; leave it out where the units differ
    """
    table = comparison.table[comparison.table["difference"].notna()]
    with house_style():
        if ax is None:
            ax = new_figure(SIDE, SIDE).add_subplot()
        ax.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        ax.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
        for deviates, color in ((False, LINES[0]), (True, COLORS["inconclusive"])):
            _points(ax, table[table["parts"] == deviates], color, filled=deviates)
        ends = np.array([table["effect"].min(), table["effect"].max()])
        if identity:
            ax.plot(ends, ends, color=FAINT, linewidth=1, linestyle=":", zorder=2, label="equal effects")
        slope = comparison.summary.loc["slope"]
        text = f"slope {slope['estimate']:.2f} ({slope['low']:.2f} to {slope['high']:.2f})"
        ax.plot(ends, comparison.line.at(ends), color=INK, linewidth=1.3, zorder=4, label=text)
        _names(ax, table)
        ax.set_xlabel(f"{comparison.contrast} on {short(comparison.output, 24)} ({short(comparison.unit, 20)})")
        ax.set_ylabel("measured effect")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2, columnspacing=1.2)
    return ax


def _points(ax: Axes, rows: pd.DataFrame, color: str, *, filled: bool) -> None:
    if not len(rows):
        return
    many = len(rows) > MOST_BARS
    if not many:
        ax.hlines(rows["measured"], rows["effect_low"], rows["effect_high"], color=color, linewidth=0.6, alpha=0.5)
        ax.vlines(rows["effect"], rows["measured_low"], rows["measured_high"], color=color, linewidth=0.6, alpha=0.5)
    ax.plot(
        rows["effect"], rows["measured"], linestyle="none", marker="o", markersize=1.6 if many else 3.6, color=color,
        markerfacecolor=color if filled or many else "white", markeredgewidth=0.0 if many else 0.9, zorder=3,
        label="deviates" if filled else None,
    )  # fmt: skip


def _names(ax: Axes, table: pd.DataFrame) -> None:
    parted, by_place = table[table["parts"]], "position" in table and table["pattern"].nunique() == 1
    ax.autoscale_view()  # else the axes learn of their points only when they are drawn
    placed: list[tuple[float, float]] = []
    for _, row in parted.loc[parted["errors"].abs().sort_values(ascending=False).index].iterrows():
        x, y = ax.transLimits.transform((row["effect"], row["measured"]))
        covered = any(abs(x - across) < ROOM[0] and abs(y - up) < ROOM[1] for across, up in placed)
        if covered or len(placed) == MOST_LABELS:
            continue
        placed.append((x, y))
        above = row["difference"] > 0
        place = f"{row['position']:g}–{row['stop'] - 1:g}" if by_place else ""
        ax.annotate(
            place or short(str(row["pattern"]), 14), (row["effect"], row["measured"]),
            (-4 if above else 4, 3 if above else -3),
            textcoords="offset points", ha="right" if above else "left", va="bottom" if above else "top",
            fontsize=8, color=INK, zorder=5,
        )  # fmt: skip
