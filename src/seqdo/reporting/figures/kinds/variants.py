"""A figure of single variants, those with the largest change first, with their intervals over models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.figures import panels
from seqdo.reporting.figures.selection import VARIANT
from seqdo.reporting.figures.style import COLORS, HEIGHT, WIDTH, house_style, new_figure
from seqdo.reporting.text.labels import margin_of, outputs, unit_of
from seqdo.reporting.text.numbers import count
from seqdo.reporting.text.single_backgrounds import ranked

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def variants_figure(effects: Effects, output: str | None = None, most: int = 30, ax: Axes | None = None) -> Axes:
    """Draw the changes of single variants, the largest first, each with its interval over the models.

    The interval of a variant is a t interval over the members of an ensemble, and describes this variant alone. A
    filled marker has an interval beyond the margin (the gray band). With one or two models there are no intervals.

    Parameters
    ----------
    effects : of ``variants``
    output : by default the first
    most : variants that are drawn; of more, those with the largest change
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which opens no window

    Raises
    ------
    InputError
        An output that is not in the table, or effects of another experiment.
    """
    names, experiment = outputs(effects), effects.outcomes.design.experiment
    output = names[0] if output is None and names else output
    if output not in names or not (effects.table["contrast"].astype(str) == VARIANT).any():
        raise InputError(
            f"`effects` of {experiment} on {', '.join(names) or 'no output'}, with `output={output!r}`",
            "effects of sd.variants are needed, and one of their outputs",
            "Write estimate(run(sd.variants(...), model))",
        )  # fmt: skip
    rows, alone = ranked(effects, output, VARIANT), ax is None
    shown = rows.iloc[:most]
    with house_style():
        if ax is None:
            ax = new_figure(WIDTH, max(1.9, min(0.24 * len(shown) + 1.1, 2.4 * HEIGHT))).add_subplot()
        panels.band(ax, margin_of(effects, output), vertical=True)
        _draw(ax, shown)
        unit = unit_of(effects, output)
        ax.set_xlabel(panels.short(f"alt − ref on {output}" + (f" ({unit})" if unit else ""), 36))
        if len(rows) > most:
            ax.set_title(f"the {most} largest of {count(len(rows), 'variant')}")
        style: dict[str, Any] = {"ncols": 3, "borderaxespad": 0.2, "columnspacing": 1.4}
        if alone:
            ax.figure.legend(loc="outside upper left", **style)
        else:  # Axes in a figure of the user: keep to these Axes
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), **style)
    return ax


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Intervals from the top; those beyond the margin filled and in another color."""
    y = np.arange(len(rows))[::-1]
    beyond = rows["beyond"].to_numpy() != 0
    for which, label, color in ((beyond, "beyond the margin", "present"), (~beyond, "not beyond it", "absent")):
        part = rows[which]
        if not len(part):
            continue
        ax.hlines(y[which], part["low"], part["high"], color=COLORS[color], linewidth=2, zorder=2)
        ax.plot(
            part["estimate"], y[which], linestyle="", marker="o", markersize=4.6, color=COLORS[color],
            markerfacecolor=COLORS[color] if color == "present" else "white", label=label, zorder=4,
        )  # fmt: skip
    ax.set_yticks(y, [panels.short(str(name)) for name in rows["background"]])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
