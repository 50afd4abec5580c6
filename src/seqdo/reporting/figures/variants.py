"""What pages say of variants, one by one: those that change most, with what other trained models would answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.figures import panels
from seqdo.reporting.figures.style import COLOURS, HEIGHT, WIDTH, house_style, new_figure
from seqdo.reporting.text.labels import margin_of, outputs, printable, unit_of
from seqdo.reporting.text.numbers import count, number
from seqdo.reporting.text.sentences import comparison, frame, listed, of_margin, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONTRAST = "variant"

EACH = ", one by one"
"""How the name of such a figure ends."""

MOST_TOLD = 3
"""Variants that each get a number in the answer."""


def variants_figure(effects: Effects, output: str | None = None, most: int = 30, ax: Axes | None = None) -> Axes:
    """Draw what single variants change, the largest changes first, each with its interval over the models.

    An interval is by t over the members of an ensemble, and of one variant alone. Filled: it lies beyond the margin
    (the grey band), on either side. With one or two models there are no intervals.

    Parameters
    ----------
    effects : of ``variants``
    output : by default the first
    most : variants that are drawn; of more, those with the largest change
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which no window knows of

    Raises
    ------
    InputError
        An output that is not in the table, or effects of another experiment.
    """
    known = outputs(effects)
    output = known[0] if output is None and known else output
    if output not in known or not len(frame(effects.table, CONTRAST)):
        given = f"effects of {effects.outcomes.design.experiment} on {', '.join(known) or 'no output'}"
        raise InputError(given, f"variants on output={output!r} are asked for", "Give estimate's result of sd.variants")
    rows, alone = _ranked(effects, output), ax is None
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
        else:  # someone else's figure: keep to these axes
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), **style)
    return ax


def variant_figures(effects: Effects, output: str) -> list[tuple[str, str, Axes]]:
    """The figure that a report shows of one output: (what, output, Axes); none of other experiments."""
    if effects.outcomes.design.experiment != "variants" or not len(frame(effects.table, CONTRAST)):
        return []
    return [(f"{CONTRAST}{EACH}", output, variants_figure(effects, output))]


def told_of_variants(effects: Effects, output: str) -> list[str]:
    """The largest changes, how many lie beyond the margin, and the mean of all."""
    rows = _ranked(effects, output)
    if not len(rows):
        return []
    members = int(rows["members"].iloc[0])
    shown = [f"{printable(str(row['background']))} ({_size(row)})" for _, row in rows.iloc[:MOST_TOLD].iterrows()]
    of = count(len(rows), "variant")
    said = [f"Of {of}, {listed(shown)} change{'s' if len(rows) == 1 else ''} {printable(output)} most."]
    asked = frame(effects.table, CONTRAST)
    mean = asked[asked["output"].astype(str) == output].iloc[0]
    if members <= 2:
        said.append(f"With {count(members, 'model')} a single variant has no interval.")
    elif np.isfinite(float(mean["margin"])):
        up, down = (int((rows["beyond"] == sign).sum()) for sign in (1, -1))
        said.append(
            f"By their own intervals over {members} models {up} raise it and {down} lower it beyond the "
            f"margin{of_margin(mean)}; no interval is adjusted for the number of variants."
        )
    return said + [comparison("Over all of them, with the alternative alleles", mean)] * (len(rows) > 1)


def _size(row: pd.Series[float]) -> str:
    return signed(row) if np.isfinite(row["low"]) else number(row["estimate"])


def _ranked(effects: Effects, output: str) -> pd.DataFrame:
    """Single variants, the largest change first; ``beyond`` the margin is 1 or −1 where the interval lies there."""
    asked = frame(effects.table, CONTRAST)
    one = replace(effects, table=asked[asked["output"].astype(str) == output]).individual
    margin = margin_of(effects, output)
    limit = margin if np.isfinite(margin) else np.inf
    beyond = (one["low"] > limit).astype(int) - (one["high"] < -limit).astype(int)
    ranked = one.assign(beyond=beyond, level=effects.level)
    return ranked.iloc[np.argsort(-ranked["estimate"].abs().to_numpy(), kind="stable")]


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Intervals from the top; those beyond the margin filled and in another colour."""
    y = np.arange(len(rows))[::-1]
    beyond = rows["beyond"].to_numpy() != 0
    for which, label, colour in ((beyond, "beyond the margin", "present"), (~beyond, "within it or open", "absent")):
        part = rows[which]
        if not len(part):
            continue
        ax.hlines(y[which], part["low"], part["high"], color=COLOURS[colour], linewidth=2, zorder=2)
        ax.plot(
            part["estimate"], y[which], linestyle="", marker="o", markersize=4.6, color=COLOURS[colour],
            markerfacecolor=COLOURS[colour] if colour == "present" else "white", label=label, zorder=4,
        )  # fmt: skip
    ax.set_yticks(y, [panels.short(str(name)) for name in rows["background"]])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
