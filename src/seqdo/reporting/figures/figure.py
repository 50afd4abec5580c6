"""Figures of effects, chosen by the design's factors; the margin is drawn on each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqdo.effects.analyses.pattern_motif import searched
from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.figures import panels as parts
from seqdo.reporting.figures.contrasts import (
    draw_contrasts,
    draw_curve,
    draw_distribution,
    draw_intervals,
    draw_map,
    draw_nothing,
)
from seqdo.reporting.figures.kinds.controls import controls_figure
from seqdo.reporting.figures.kinds.logo import logo
from seqdo.reporting.figures.kinds.maps import map_figure
from seqdo.reporting.figures.kinds.periodogram import periodogram
from seqdo.reporting.figures.kinds.variants import variants_figure
from seqdo.reporting.figures.overview import overview_figure, panels
from seqdo.reporting.figures.selection import curve_rows, kind_of, selected
from seqdo.reporting.figures.style import house_style, new_figure, to_svg
from seqdo.reporting.text.answers import sentences
from seqdo.reporting.text.labels import as_list, contrasts, factors, main_contrasts, names, outputs, slug
from seqdo.reporting.view import Figure
from seqdo.sequences.file_path import output_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONTRAST_DRAWINGS: Mapping[str, Callable[[Axes, Effects, str, str], None]] = {
    "curve": draw_curve, "map": draw_map, "intervals": draw_intervals, "distribution": draw_distribution,
    "contrasts": draw_contrasts, "no data": draw_nothing,
}  # fmt: skip
"""Kind of a figure of one contrast and output to the function that draws it on Axes."""


def figure(effects: Effects, contrast: str | None = None, output: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw a contrast of one output, in the way that fits the design's factors.

    One numeric factor: a curve with its interval, and the same for ``specific`` next to ``effect``. Two factors: a
    line for each of up to four categories, else a map. Categories: intervals, the largest first, 30 at most. No
    factor: the distribution over backgrounds, with the mean and its interval; and without ``contrast`` all contrasts
    of such a design side by side. The thick (or darker) interval is of this effect alone; the lighter band of a
    curve holds the whole curve, and the thin interval of others is adjusted for the family. The gray band is the
    margin.

    Parameters
    ----------
    effects : the result of ``estimate``
    contrast : by default the one that answers the design's question
    output : by default the first
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which opens no window

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
            parts.no_data(ax, "no data: no effect was estimated")
            return ax
        output = outputs(effects)[0] if output is None else _checked("output", output, outputs(effects))
        table = effects.table[effects.table["output"].astype(str) == output]
        if contrast is None and not any(factors(effects, table)) and len(table) > 1:
            draw_contrasts(ax, effects, "", output)
            return ax
        if contrast is None:
            contrast = main_contrasts(effects)[0]
        contrast = _checked("contrast", contrast, contrasts(effects))
        CONTRAST_DRAWINGS[kind_of(effects, contrast, output)](ax, effects, contrast, output)
    return ax


def draw(effects: Effects, what: Figure) -> Axes:
    """Draw a figure of a report; the first Axes of a new Figure."""
    return DRAWINGS[what.kind](effects, what)


def _contrast(effects: Effects, what: Figure) -> Axes:
    with house_style():
        ax = new_figure().add_subplot()
        CONTRAST_DRAWINGS[what.kind](ax, effects, what.contrast, what.output)
    return ax


def _controls(effects: Effects, what: Figure) -> Axes:
    return controls_figure(effects, next(each for each in effects.calibrations if each.row == what.item))


def _sequence_map(effects: Effects, what: Figure) -> Axes:
    return map_figure(effects, what.item, what.output)


def _periodogram(effects: Effects, what: Figure) -> Axes:
    tests = effects.responses
    same = (tests["output"] == what.output) & (tests["contrast"] == what.contrast) & (tests["curve"] == what.item)
    return periodogram(curve_rows(effects, what, "gap"), tests[same])


def _variants(effects: Effects, what: Figure) -> Axes:
    return variants_figure(effects, what.output)


def _motif(effects: Effects, what: Figure) -> Axes:
    motif = searched(effects, what.output)
    assert motif is not None  # noqa: S101 - selected only where there is one
    return logo(motif)


DRAWINGS: Mapping[str, Callable[[Effects, Figure], Axes]] = dict.fromkeys(CONTRAST_DRAWINGS, _contrast) | {
    "controls": _controls, "sequence map": _sequence_map, "periodogram": _periodogram, "variants": _variants,
    "motif": _motif,
}  # fmt: skip
"""Kind of a figure to the function that draws it: the one table to extend."""


def figures(effects: Effects) -> list[tuple[Figure, Axes]]:
    """Every figure that a report shows of a design, and its Axes."""
    return [(each, draw(effects, each)) for each in selected(effects)]


def save_figures(effects: Effects | Sequence[Effects], folder: str | os.PathLike[str]) -> list[Path]:
    """Write every figure of a report as SVG into ``folder``; the paths, in the order of the report.

    Of several designs there is also ``overview.svg``, with the panels of the overview in one figure.

    Parameters
    ----------
    effects : the result of ``estimate``, or a list of results
    folder : where to write; made if it does not exist
    """
    several, target = as_list(effects), output_folder(folder)
    small = panels(several, [sentences(each) for each in several]) if len(several) > 1 else []
    written = [_written(target, "overview", overview_figure(several, small))] if small else []
    for name, each in zip(names(several), several, strict=True):
        for i, (_, ax) in enumerate(figures(each), 1):
            written.append(_written(target, f"{slug(name)}-{i}", ax))
    return written


def _written(folder: Path, name: str, ax: Axes) -> Path:
    """Write the figure of Axes as SVG; it appears under its name only when it is complete."""
    path = folder / f"{name}.svg"
    partial = path.with_name(path.name + ".partial")
    partial.write_text(to_svg(ax.figure, name), encoding="utf-8")  # type: ignore[arg-type]
    return partial.replace(path)


def _checked(argument: str, name: str, accepted: list[str]) -> str:
    if name not in accepted:
        raise InputError(
            f"`{argument}={name!r}` is not in the table", f"it has {', '.join(map(repr, accepted[:8]))}",
            f"Write {argument}={accepted[0]!r}",
        )  # fmt: skip
    return name
