"""A figure of controls: what each of them does, and whether their p is what a p should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seqdo.effects.analyses.calibration import Calibration
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.panels import short
from seqdo.reporting.figures.style import BAND, COLOURS, FAINT, INK, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WITH_CONTROLS = " and its controls"
"""What the figure of a contrast is called after the contrast."""

MOST = 2
"""Contrasts with controls of which a report draws this; the others are in its table."""


def controls_figure(effects: Effects, one: Calibration) -> Axes:
    """Left the effects of the controls and of the pattern, each against the controls' mean; right the controls' p.

    p of controls that all do the same lies along the diagonal, within the grey band in 999 of 1,000 runs. Returns the
    left Axes; ``ax.figure`` has both.
    """
    row = effects.table.loc[one.row]
    left: Axes
    with house_style():
        left, right = new_figure().subplots(1, 2, width_ratios=(3, 2))
        _effects(left, one, f"{row['contrast']} on {row['output']}")
        _uniform(right, one)
    return left


def _effects(ax: Axes, one: Calibration, label: str) -> None:
    ends = np.append(one.others, one.effect)
    edges = np.histogram_bin_edges(ends, bins=40) if np.ptp(ends) > 0 else np.array([-0.5, 0.5]) + ends[0]
    ax.hist(one.others, bins=edges.tolist(), color=FAINT, linewidth=0.4, edgecolor="white", zorder=2)
    ax.axvline(one.effect, color=COLOURS["present"] if one.calibrated else INK, linewidth=2, zorder=3)
    ax.annotate(
        "the pattern", (one.effect, 1), (-4 if one.effect > 0 else 4, -2), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="right" if one.effect > 0 else "left", va="top", fontsize=9, color=INK,
    )  # fmt: skip
    ax.set_xlabel(short(label, 36))
    ax.set_ylabel(f"{len(one.others)} controls")
    ax.locator_params(axis="x", nbins=4)
    ax.locator_params(axis="y", integer=True)


def _uniform(ax: Axes, one: Calibration) -> None:
    p = np.sort(one.p[np.isfinite(one.p)])
    ax.set_xlabel("p of a control")
    ax.set_ylabel("share with a smaller p")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    if not len(p):
        ax.text(0.5, 0.5, "controls all\ndo the same", ha="center", va="center", color=INK, fontsize=9)
        return
    ends = np.array([0.0, 1.0])
    ax.fill_between(ends, ends - one.allowed, ends + one.allowed, color=BAND, linewidth=0, zorder=1)
    ax.plot(ends, ends, color=FAINT, linewidth=0.9, zorder=2)
    ax.step(np.concatenate([[0], p, [1]]), np.concatenate([[0], np.arange(1, len(p) + 1) / len(p), [1]]),
            where="post", color=COLOURS["present"], linewidth=1.5, zorder=3)  # fmt: skip
