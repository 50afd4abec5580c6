"""Figures of one contrast: a curve, a map, intervals, or the distribution over backgrounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from seqdo.effects.effects import Effects
from seqdo.reporting.figures import panels
from seqdo.reporting.figures.style import HEIGHT, WIDTH
from seqdo.reporting.text.labels import factor_label, factors, level, levels, margin_of, unit_of
from seqdo.reporting.text.numbers import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_INTERVALS = 30
"""Rows of a figure of intervals; of more, the largest are shown and the figure says so."""


def draw_distribution(ax: Axes, effects: Effects, contrast: str, output: str) -> None:
    """The contrast on each background, with its mean and interval."""
    rows = _rows(effects, contrast, output)
    panels.band(ax, margin_of(effects, output), vertical=True)
    panels.distribution(ax, effects.values(int(rows.index[0])).mean(0), rows.iloc[0])
    ax.set_xlabel(axis_label(contrast, effects, output))
    legend(ax)


def draw_curve(ax: Axes, effects: Effects, contrast: str, output: str) -> None:
    """The contrast against its numeric factor, a line for each category."""
    rows = _rows(effects, contrast, output)
    by = factors(effects, rows)
    numeric = next(name for name in by if pd.api.types.is_numeric_dtype(rows[name]))
    panels.band(ax, margin_of(effects, output), vertical=False)
    panels.curve(ax, _lines(effects, rows, by, numeric, output), numeric)
    ax.set_xlabel(panels.short(axis_name(effects, numeric)))
    ax.set_ylabel(axis_label(contrast, effects, output))
    legend(ax)


def draw_map(ax: Axes, effects: Effects, contrast: str, output: str) -> None:
    """The contrast by two factors or more, one of them numeric."""
    rows = _rows(effects, contrast, output)
    by = factors(effects, rows)
    numeric = next(name for name in by if pd.api.types.is_numeric_dtype(rows[name]))
    others = [name for name in by if name != numeric]
    down = others[0]
    if len(others) > 1:
        down = ", ".join(others)
        rows = rows.assign(**{down: [", ".join(level(row[name]) for name in others) for _, row in rows.iterrows()]})
    down_levels = list(dict.fromkeys(rows[down]))
    if down == "letter" or pd.api.types.is_numeric_dtype(rows[down]):
        down_levels = sorted(down_levels)
    panels.heat_map(ax, rows, numeric, down, down_levels, margin_of(effects, output))
    if down == "letter":
        panels.mark_missing(ax, down_levels, rows, numeric, down)
    ax.set_title(axis_label(contrast, effects, output))


def draw_intervals(ax: Axes, effects: Effects, contrast: str, output: str) -> None:
    """The contrast by categories, the largest first."""
    rows = _rows(effects, contrast, output)
    by = factors(effects, rows)
    labels = [", ".join(level(row[name]) for name in by) for _, row in rows.iterrows()]
    order = np.argsort(-rows["estimate"].to_numpy(float), kind="stable")
    _intervals(ax, effects, output, labels, rows, order)
    ax.set_xlabel(axis_label(contrast, effects, output))
    legend(ax)


def draw_contrasts(ax: Axes, effects: Effects, contrast: str, output: str) -> None:
    """All contrasts of a design without factors, in the order of its table."""
    rows = effects.table[effects.table["output"].astype(str) == output]
    _intervals(ax, effects, output, rows["contrast"].astype(str).tolist(), rows, np.arange(len(rows)))
    ax.set_xlabel(axis_label("contrast", effects, output))
    legend(ax)


def draw_nothing(ax: Axes, effects: Effects, contrast: str, output: str) -> None:
    """A figure that says that there is nothing to draw."""
    panels.no_data(ax, f"no data: {contrast} could not be estimated")


def axis_label(contrast: str, effects: Effects, output: str) -> str:
    """The contrast, its output and its unit, on an axis."""
    unit = unit_of(effects, output)
    return panels.short(f"{contrast} on {output}" + (f" ({unit})" if unit else ""), 36)


def axis_name(effects: Effects, factor: str) -> str:
    """A factor on an axis, with the unit of a distance: bp of DNA, nt of RNA."""
    unit = {"dna": " (bp)", "rna": " (nt)"}.get(getattr(effects.outcomes.backgrounds.alphabet, "name", ""), "")
    return factor_label(factor) + (unit if factor == "gap" else "")


def legend(ax: Axes) -> None:
    """Above the axes, where it hides no data; each entry once."""
    handles: dict[str, Any] = {}
    for handle, text in zip(*ax.get_legend_handles_labels(), strict=True):
        handles.setdefault(text, handle)
    length = sum(map(len, handles)) + 6 * len(handles)  # of one row, in letters; about 80 fit
    columns = len(handles) if length < 80 else 3 if length < 110 else 2
    style = {"ncols": columns, "borderaxespad": 0.2, "handlelength": 1.6, "columnspacing": 1.4}
    figure = ax.get_figure()
    if figure is not None and figure.get_axes() == [ax] and figure.get_layout_engine() is not None:
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", **style)
    else:  # Axes in a figure of the user: keep to these Axes
        ax.legend(list(handles.values()), list(handles), loc="lower left", bbox_to_anchor=(0, 1.0), **style)


def _rows(effects: Effects, contrast: str, output: str) -> pd.DataFrame:
    table = effects.table
    return table[(table["output"].astype(str) == output) & (table["contrast"].astype(str) == contrast)]


def _lines(
    effects: Effects, rows: pd.DataFrame, by: list[str], numeric: str, output: str
) -> list[tuple[str, pd.DataFrame]]:
    """Label and rows of each line of a curve; the specific effect next to the effect."""
    others = [name for name in by if name != numeric]
    if others:
        groups = rows.groupby(others, sort=False, observed=True)
        return [(levels(part.iloc[0], others), part) for _, part in groups]
    contrast = str(rows["contrast"].iloc[0])
    specific = _rows(effects, "specific", output)
    specific = specific[specific[numeric].notna()]
    if contrast == "effect" and len(specific):
        return [("effect", rows), ("specific (minus scrambles)", specific)]
    return [(contrast, rows)]


def _intervals(
    ax: Axes, effects: Effects, output: str, labels: list[str], rows: pd.DataFrame, order: Any  # noqa: ANN401
) -> None:  # fmt: skip
    """Intervals in an order; of many the largest in size, and a title that says so."""
    if len(rows) > MOST_INTERVALS:
        sizes = np.nan_to_num(np.abs(rows["estimate"].to_numpy(float)))
        largest = set(np.argsort(-sizes, kind="stable")[:MOST_INTERVALS].tolist())
        order = np.array([i for i in order if i in largest])
        ax.set_title(f"the {MOST_INTERVALS} largest of {count(len(rows), 'effect')}")
    if ax.figure is not None and getattr(ax.figure, "axes", []) == [ax]:
        ax.figure.set_size_inches(WIDTH, max(1.9, min(0.2 * len(order) + 1.1, 2.4 * HEIGHT)))  # type: ignore[union-attr]
    panels.band(ax, margin_of(effects, output), vertical=True)
    panels.intervals(ax, [labels[i] for i in order], rows.iloc[order])
