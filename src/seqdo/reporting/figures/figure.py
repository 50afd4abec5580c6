"""Figures of effects, chosen by the design's factors; the margin is drawn on each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.figures import panels
from seqdo.reporting.figures.controls import MOST, WITH_CONTROLS, controls_figure
from seqdo.reporting.figures.logo import searched_logos
from seqdo.reporting.figures.maps import map_figures
from seqdo.reporting.figures.periodogram import WAVES, periodogram
from seqdo.reporting.figures.style import HEIGHT, WIDTH, house_style, new_figure, to_svg
from seqdo.reporting.figures.variants import variant_figures
from seqdo.reporting.text.labels import (
    as_list,
    contrasts,
    factors,
    level,
    levels,
    main_contrasts,
    margin_of,
    names,
    outputs,
    printable,
    slug,
    unit_of,
)
from seqdo.reporting.text.numbers import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_INTERVALS = 30
"""Rows of a figure of intervals; of more, the largest are shown and the figure says so."""

MOST_LINES = 4
"""Lines of a curve; more categories make a map."""


MOST_OUTPUTS = 6
"""Outputs of which a report shows figures; the others are in its table."""


def figure(effects: Effects, contrast: str | None = None, output: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw a contrast of one output, in the way that fits the design's factors.

    One numeric factor: a curve with its interval, and the same for ``specific`` beside ``effect``. Two factors: a
    line for each of up to four categories, else a map. Categories: intervals, the largest first, 30 at most. No
    factor: the distribution over backgrounds, with the mean and its interval; and without ``contrast`` all contrasts
    of such a design side by side. The thick (or darker) interval is of this effect alone; the lighter band of a
    curve holds all of it, and the thin interval of others is adjusted for the family. The grey band is the margin.

    Parameters
    ----------
    effects : the result of ``estimate``
    contrast : by default the one that answers the design's question
    output : by default the first
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which no window knows of

    Raises
    ------
    InputError
        A contrast or output that is not in the table.
    """
    (effects,) = as_list(effects)
    with house_style():
        if ax is None:
            ax = new_figure().add_subplot()
        if not len(effects.table):
            panels.no_data(ax, "no data: no effect was estimated")
            return ax
        output = outputs(effects)[0] if output is None else _known("output", output, outputs(effects))
        table = effects.table[effects.table["output"].astype(str) == output]
        if contrast is None and not any(factors(effects, table)) and len(table) > 1:
            _intervals(ax, table["contrast"].astype(str).tolist(), table, effects, output)
        else:
            chosen = (
                main_contrasts(effects)[0] if contrast is None else _known("contrast", contrast, contrasts(effects))
            )
            _draw(ax, effects, table, chosen, output)
    return ax


def figures(effects: Effects) -> list[tuple[str, str, Axes]]:
    """Every figure a report shows of a design: (contrast, output, Axes); no contrast where all are side by side."""
    found = []
    for output in outputs(effects)[:MOST_OUTPUTS]:
        rows = effects.table[effects.table["output"].astype(str) == output]
        wanted: list[str | None] = [*main_contrasts(effects)]
        if not factors(effects, rows):
            wanted = [main_contrasts(effects)[-1]] if len(rows) == 1 else [None, main_contrasts(effects)[-1]]
        mapped = map_figures(effects, output)
        if mapped and len(effects.outcomes.backgrounds) == 1:
            wanted = []  # the map of the one sequence shows it all
        found += [(name or "", output, figure(effects, name, output)) for name in wanted]
        found += mapped + _waves(effects, rows, output)
        found += variant_figures(effects, output) + searched_logos(effects, output)
    for one in [one for one in effects.calibrations if one.row in effects.table.index][:MOST]:
        row = effects.table.loc[one.row]
        found.append((f"{row['contrast']}{WITH_CONTROLS}", str(row["output"]), controls_figure(effects, one)))
    return found


def _waves(effects: Effects, rows: pd.DataFrame, output: str) -> list[tuple[str, str, Axes]]:
    """A periodogram of each curve that was asked for waves."""
    asked = effects.responses
    drawn = []
    for _, one in asked[(asked["test"] == "periodic") & (asked["output"] == output)].iterrows():
        mine = rows[rows["contrast"] == one["contrast"]]
        by = [name for name in factors(effects, mine) if name != one["factor"]]
        curve = [", ".join(f"{name} {level(row[name])}" for name in by) == one["curve"] for _, row in mine.iterrows()]
        same = asked[(asked[["output", "contrast", "curve"]] == one[["output", "contrast", "curve"]]).all(axis=1)]
        named = " ".join(filter(None, (str(one["contrast"]), str(one["curve"]))))
        drawn.append((f"{named}{WAVES}", output, periodogram(mine[curve], same)))
    return drawn


def save_figures(effects: Effects | Sequence[Effects], folder: str | os.PathLike[str]) -> list[Path]:
    """Write every figure of a report as SVG into ``folder``; the paths, in the order of the report."""
    several, target = as_list(effects), Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, each in zip(names(several), several, strict=True):
        for i, (_, _, ax) in enumerate(figures(each), 1):
            path = target / f"{slug(name)}-{i}.svg"
            partial = path.with_name(path.name + ".partial")
            partial.write_text(to_svg(ax.figure, f"{slug(name)}-{i}"), encoding="utf-8")  # type: ignore[arg-type]
            partial.replace(path)
            written.append(path)
    return written


def _draw(ax: Axes, effects: Effects, table: pd.DataFrame, contrast: str, output: str) -> None:
    rows = table[table["contrast"].astype(str) == contrast]
    by = factors(effects, rows)
    numeric = [name for name in by if pd.api.types.is_numeric_dtype(rows[name])]
    if not np.isfinite(rows["estimate"].astype(float)).any():
        panels.no_data(ax, f"no data: {contrast} could not be estimated")
        return
    axis_label = _axis_label(contrast, effects, output)
    margin = margin_of(effects, output)
    if len(by) == 0:
        panels.band(ax, margin, vertical=True)
        panels.distribution(ax, effects.values(int(rows.index[0])).mean(0), rows.iloc[0])
        ax.set_xlabel(axis_label)
        _legend(ax)
    elif len(numeric) == 1 and _lines_fit(rows, by, numeric[0]):
        panels.band(ax, margin, vertical=False)
        panels.curve(ax, _lines(table, rows, by, numeric[0], contrast), numeric[0])
        ax.set_ylabel(axis_label)
        _legend(ax)
    elif numeric:
        _map(ax, rows, by, numeric[0], margin)
        ax.set_title(axis_label)
    else:
        _intervals(
            ax,
            [", ".join(level(row[name]) for name in by) for _, row in rows.iterrows()],
            rows,
            effects,
            output,
            axis_label,
        )


def _axis_label(contrast: str, effects: Effects, output: str) -> str:
    unit = unit_of(effects, output)
    return panels.short(f"{contrast} on {output}" + (f" ({unit})" if unit else ""), 36)


def _lines_fit(rows: pd.DataFrame, by: list[str], numeric: str) -> bool:
    others = [name for name in by if name != numeric]
    return "letter" not in others and (not others or len(rows[others].drop_duplicates()) <= MOST_LINES)


def _lines(
    table: pd.DataFrame, rows: pd.DataFrame, by: list[str], numeric: str, contrast: str
) -> list[tuple[str, pd.DataFrame]]:
    others = [name for name in by if name != numeric]
    if others:
        groups = rows.groupby(others, sort=False, observed=True)
        return [(levels(part.iloc[0], others), part) for _, part in groups]
    specific = table[(table["contrast"] == "specific") & table[numeric].notna()]
    if contrast == "effect" and len(specific):
        return [("effect", rows), ("specific (minus scrambles)", specific)]
    return [(contrast, rows)]


def _map(ax: Axes, rows: pd.DataFrame, by: list[str], numeric: str, margin: float) -> None:
    others = [name for name in by if name != numeric]
    down = others[0]
    if len(others) > 1:
        down = ", ".join(others)
        rows = rows.assign(**{down: [", ".join(level(row[name]) for name in others) for _, row in rows.iterrows()]})
    found = list(dict.fromkeys(rows[down]))
    if down == "letter" or pd.api.types.is_numeric_dtype(rows[down]):
        found = sorted(found)
    panels.heat_map(ax, rows, numeric, down, found, margin)
    if down == "letter":
        panels.mark_missing(ax, found, rows, numeric, down)


def _intervals(
    ax: Axes, labels: list[str], rows: pd.DataFrame, effects: Effects, output: str, axis_label: str = ""
) -> None:
    estimates = rows["estimate"].to_numpy(float)
    order = np.argsort(-estimates, kind="stable") if axis_label else np.arange(len(rows))
    if len(rows) > MOST_INTERVALS:
        largest = set(np.argsort(-np.nan_to_num(np.abs(estimates)), kind="stable")[:MOST_INTERVALS].tolist())
        order = np.array([i for i in order if i in largest])
        ax.set_title(f"the {MOST_INTERVALS} largest of {count(len(rows), 'effect')}")
    if ax.figure is not None and getattr(ax.figure, "axes", []) == [ax]:
        ax.figure.set_size_inches(WIDTH, max(1.9, min(0.24 * len(order) + 1.1, 2.4 * HEIGHT)))  # type: ignore[union-attr]
    panels.band(ax, margin_of(effects, output), vertical=True)
    panels.intervals(ax, [labels[i] for i in order], rows.iloc[order])
    ax.set_xlabel(axis_label or _axis_label("contrast", effects, output))
    _legend(ax)


def _legend(ax: Axes) -> None:
    """Above the axes, where it hides no data; each entry once."""
    handles: dict[str, Any] = {}
    for handle, text in zip(*ax.get_legend_handles_labels(), strict=True):
        handles.setdefault(text, handle)
    columns = 4 if sum(map(len, handles)) + 6 * len(handles) < 72 else 2
    style = {"ncols": columns, "borderaxespad": 0.2, "handlelength": 1.6, "columnspacing": 1.4}
    figure = ax.get_figure()
    if figure is not None and figure.get_axes() == [ax] and figure.get_layout_engine() is not None:
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", **style)
    else:  # someone else's figure: keep to these axes
        ax.legend(list(handles.values()), list(handles), loc="lower left", bbox_to_anchor=(0, 1.0), **style)


def _known(what: str, name: str, known: list[str]) -> str:
    if name not in known:
        raise InputError(
            f"{what}={name!r}", f"the table has {', '.join(map(repr, known[:8]))}", f"Write {what}={known[0]!r}"
        )
    return printable(name)
